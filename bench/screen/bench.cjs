'use strict'

// Throughput, memory and snapshots beside other engines in the same run, and
// what hostile bytes cost. Writes the figures to bench/results/screen.json and
// prints them; `node bench/screen/report.cjs --write` puts them into docs/benchmarks.md.
//
//   npm run bench:screen -- [megabytes]
//   npm run bench:screen -- worst        only the hostile bytes

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const engines = require('./engines.cjs')
const { Harness } = require('./harness.cjs')
const hostile = require('./hostile.cjs')
const { RESULTS, part, worst } = require('./report.cjs')
const streams = require('./streams.cjs')
const xterm = require('./xterm.cjs')

const size = (Number(process.argv[2]) || 20) * 1e6
const OURS = 'offheap-terminal'
const LINES = 1000
const ROUNDS = 5
const SNAPSHOTS = 1000

const NAMES = {
  ascii: 'plain lines',
  log: 'log text',
  seq: 'numbers, one a line',
  sgr: 'coloured build log',
  app: 'full-screen editor',
  dense: 'every cell coloured',
  utf8: 'beyond ASCII',
  cursor: 'words anywhere',
  scroll: 'y, one a line',
}

/** Bytes a second of every engine, with every stream. */
async function throughput(names) {
  const rows = []
  for (const [stream, make] of Object.entries(streams)) {
    const bytes = make(size)
    const speed = (name, lines) => bytes.length / engines.ask('speed', name, lines, ROUNDS, bytes)[0]
    rows.push({
      name: NAMES[stream],
      engines: names.map((name) => speed(name, LINES)),
      bare: speed(OURS, 0),
      xterm: await xterm.speed(bytes),
    })
  }
  return rows
}

function firstLines(bytes, count) {
  let at = 0
  for (let line = 0; line < count; line++) at = bytes.indexOf(10, at) + 1
  return bytes.subarray(0, at)
}

/** Bytes of resident memory that a terminal of each engine adds. */
function memory(names) {
  const cases = {
    'a new screen': Buffer.alloc(0),
    'full-screen editor': streams.app(200000),
    'every cell coloured': streams.dense(100000),
    '1000 plain lines': firstLines(streams.ascii(400000), LINES + 24),
    '1000 coloured lines': firstLines(streams.sgr(400000), LINES + 24),
    '1000 lines beyond ASCII': firstLines(streams.utf8(400000), LINES + 24),
  }
  return Object.entries(cases).map(([name, bytes]) => {
    const count = name.startsWith('1000') ? 200 : 1000
    const figures = names.map((engine) => engines.ask('memory', engine, LINES, count, bytes))
    return {
      name,
      engines: figures.map(([resident]) => resident),
      counted: figures[names.indexOf(OURS)][1],
      xterm: xterm.memory(bytes, 100),
    }
  })
}

/** Seconds and bytes of a snapshot by each engine that can make one. */
async function snapshots(names) {
  const rows = []
  for (const stream of ['ascii', 'sgr', 'app', 'dense', 'utf8']) {
    const bytes = streams[stream](3e6)
    const ask = (name, lines) => engines.ask('snapshot', name, lines, SNAPSHOTS, bytes)
    const [screen, all] = await xterm.serialise(bytes, 0, LINES)
    rows.push({
      name: NAMES[stream],
      engines: names.map((name) => ask(name, 0)),
      xterm: screen,
      all: { ours: ask(OURS, LINES), xterm: all },
    })
  }
  return rows
}

/** Rows of text, each in a colour, on a thousand rows of a thousand columns. */
function hugeScreen() {
  const line = (y) => `\x1b[${y + 1};1H\x1b[38;5;${y % 256};1m${'offheap-terminal'.repeat(63).slice(0, 1000)}`
  return Buffer.from(`${Array.from({ length: 1000 }, (_, y) => line(y)).join('')}\x1b[m`)
}

/** Milliseconds that 64 KiB of each expensive sequence take. */
function bounds() {
  execFileSync('cargo', ['build', '--release', '--quiet'], {
    cwd: path.join(__dirname, 'harness'),
    stdio: 'inherit',
  })
  const full = hugeScreen()
  return Object.entries(hostile).map(([name, [before, repeated]]) => {
    const [first, unit] = [Buffer.concat([full, Buffer.from(before)]), Buffer.from(repeated)]
    const harness = new Harness().open({ cols: 1000, rows: 1000, bytes: 256 * 1024 })
    harness.ask(`time-hostile ${first.length} ${unit.length}`, Buffer.concat([first, unit]))
    return { name, ms: Number(harness.run()[0]) }
  })
}

async function main() {
  if (process.argv.includes('worst')) {
    console.log(worst(bounds()))
    return
  }
  const names = engines.build()
  const results = {
    node: process.version,
    platform: `${os.platform()} ${os.arch()}`,
    cpus: os.cpus().length,
    megabytes: size / 1e6,
    rounds: ROUNDS,
    names,
    versions: names.map((name) => (name === OURS ? '' : engines.version(name))),
    xterm: require('@xterm/headless/package.json').version,
    throughput: await throughput(names),
    memory: memory(names),
    snapshots: await snapshots(names),
    bounds: bounds(),
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  console.log(`${part(results)}\n\n${worst(results.bounds)}`)
}

main()
