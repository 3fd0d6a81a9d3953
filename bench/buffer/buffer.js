/**
 * Writing into a history, three ways in one process: the app's strings, a ring
 * in JavaScript, and `CircularBuffer`. Prints the time of a call, how it
 * compares with the JavaScript ring, and whether that is within the bound. A
 * round writes many times what is gathered: it pays for taking it in.
 *
 *     npm run bench:buffer
 */

const { CircularBuffer } = require('offheap-terminal')
const { JsRing } = require('./js-ring')
const { LegacyBuffer } = require('./legacy-buffer')

const CAPACITY = 64 * 1024
const SIZES = [16, 64, 256, 1024, 2048, 16 * 1024]
/** How many times the cost of the JavaScript ring a call may have. */
const BOUND = 2
/** Many short rounds, in turns, so that some of each have the processor for themselves. */
const ROUNDS = 151
const ROUND_MS = 4

/**
 * A loop of its own for each way, as a program that uses one of them has: the
 * engine sees one kind of object at each call.
 */
const LOOP = `for (let index = 0; index < 1024; index += 1) target.write(chunks[index & 63])`

const ways = {
  legacy: { make: () => new LegacyBuffer(), run: new Function('target', 'chunks', `/* legacy */ ${LOOP}`) },
  'JS ring': {
    make: () => new JsRing(CAPACITY),
    run: new Function('target', 'chunks', `/* ring */ ${LOOP}`),
  },
  offheap: {
    make: () => new CircularBuffer(CAPACITY),
    run: new Function('target', 'chunks', `/* offheap */ ${LOOP}`),
  },
}

const kinds = {
  Buffer: (size) => Buffer.alloc(size, 'The quick brown fox. '),
  'ASCII string': (size) => 'The quick brown fox. '.repeat(Math.ceil(size / 21)).slice(0, size),
  'two-byte string': (size) => 'Grüße, 世界 – '.repeat(Math.ceil(size / 14)).slice(0, size),
}

/** Chunks of a stream are different objects. */
const CHUNKS = 64

/** A string as V8 has it when it comes from elsewhere: flat, in one piece. */
function flat(data) {
  return typeof data === 'string' ? Buffer.from(data).toString() : data
}

/** Nanoseconds a call, the ways taking turns. */
function measure(chunks) {
  const runs = Object.entries(ways).map(([name, { make, run }]) => ({ name, run, target: make(), times: [] }))
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const { run, target, times } of runs) times.push(timeRound(run, target, chunks))
  }
  return Object.fromEntries(runs.map(({ name, times }) => [name, undisturbed(times)]))
}

function timeRound(run, target, chunks) {
  const start = process.hrtime.bigint()
  const deadline = start + BigInt(ROUND_MS * 1e6)
  let calls = 0
  let now = start
  while (now < deadline) {
    run(target, chunks)
    calls += 1024
    now = process.hrtime.bigint()
  }
  return Number(now - start) / calls
}

/** A tenth of the rounds was faster: what else the machine does cannot make a call faster. */
function undisturbed(list) {
  return list.toSorted((a, b) => a - b)[Math.floor(list.length / 10)]
}

let beyond = 0
console.log(`| data | size | legacy ns | JS ring ns | offheap ns | offheap / JS ring | at most ${BOUND} |`)
console.log('|---|---|---|---|---|---|---|')
for (const [kind, make] of Object.entries(kinds)) {
  for (const size of SIZES) {
    const times = measure(Array.from({ length: CHUNKS }, () => flat(make(size))))
    const cells = Object.values(times).map((ns) => ns.toFixed(0))
    const ratio = times.offheap / times['JS ring']
    const isMet = ratio <= BOUND
    if (!isMet) beyond += 1
    console.log(
      `| ${kind} | ${size} | ${cells.join(' | ')} | ${ratio.toFixed(2)} | ${isMet ? 'yes' : 'NO'} |`,
    )
  }
}
const rows = Object.keys(kinds).length * SIZES.length
console.log(`\nAt most ${BOUND} times the JavaScript ring: ${rows - beyond} of ${rows} rows.`)
