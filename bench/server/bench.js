/**
 * The server beside its peers, in one run on one machine with the same clients:
 *
 *     npm run bench:server                 (about 40 minutes; medians of three rounds)
 *     npm run bench:server -- once         (about 13 minutes; one round of each)
 *     npm run bench:server -- quick        (about 6 minutes; one round, smaller)
 *     npm run bench:server -- reach        (about 10 minutes; what a megabyte costs above the floor)
 *     npm run bench:server -- reach quick  (about 3 minutes; the same, smaller)
 *     npm run bench:server -- --rounds=3   (medians of so many rounds)
 *     npm run bench:server -- --only=offheap   (only the ways whose name contains it)
 *     npm run bench:server -- --stall=60   (how long the stalled viewer stalls; 20 s by default)
 *
 * Writes the figures to bench/results/server.json, or reach.json;
 * `node bench/server/report.js` makes the tables and plot of them. The floor is a
 * loop that only reads the same terminals (floor/, built with cargo; Linux only).
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const floor = require('./floor')
const { Helper } = require('./helper')
const { FLOOR, REACH, RESULTS, tables } = require('./report')
const { Texts } = require('./texts')

const flag = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1]
const [once, quick, reach] = ['once', 'quick', 'reach'].map((word) => process.argv.includes(word))
const only = flag('only') ?? ''
const KEYS = quick ? 200 : 1000
const STALL_SECONDS = Number(flag('stall') ?? 20)
const ROUNDS = Number(flag('rounds') ?? (once || quick || reach ? 1 : 3))

const WAYS = [
  { name: FLOOR },
  { name: 'the old way', server: 'legacy' },
  { name: 'careful JavaScript, JSON', server: 'careful' },
  { name: 'careful JavaScript, binary', server: 'careful-binary' },
  { name: 'offheap, JSON, no screen', server: 'offheap-no-screen' },
  { name: 'offheap.v1, no screen', server: 'offheap-no-screen', protocol: 'offheap.v1' },
  { name: 'offheap, JSON', server: 'offheap' },
  { name: 'offheap.v1', server: 'offheap', protocol: 'offheap.v1' },
].filter(isWanted)

/** The floor stands beside whatever is measured; what is only to be passed does not. */
function isWanted({ name }) {
  if (name === FLOOR) return process.platform === 'linux'
  return name.includes(only) && !(reach && name === 'the old way')
}

const SERVERS = WAYS.filter(({ server }) => server)

/**
 * The texts that sessions print, with mebibytes of each session, or of all where they are to be reached:
 * so many that what a session costs by itself, to begin and to end, is little of it.
 */
const KINDS = reach
  ? { 'log text': 320, 'coloured UTF-8': 320, lines: 240, yes: 240 }
  : { 'log text': 50, 'coloured UTF-8': 25, lines: 15 }
const SESSIONS = reach ? [8, 20] : [1, 8, 20]

function mebibytesOf(kind, sessions) {
  const all = KINDS[kind] / (quick ? 5 : 1)
  return Math.max(1, Math.round(reach ? all / sessions : all))
}

/** Runs one task against one way, in fresh processes. */
async function run({ server, protocol }, task) {
  if (!server) return floor.run(task)
  const host = new Helper('host.js', [server], { execArgv: ['--max-old-space-size=1024', '--expose-gc'] })
  const clients = new Helper('clients.js')
  let begun
  try {
    const { port } = await host.answer()
    const way = { port, protocol }
    // What the engine compiles while it warms up is no cost of a megabyte.
    if (task.command) await clients.ask({ ...task, ...way, task: 'transfer', sessions: 2, name: 'warm-up' })
    const { heapLeft: before } = await host.ask('collect')
    await host.ask('reset')
    begun = performance.now()
    const result = await Promise.race([clients.ask({ ...task, ...way }), host.died])
    const figures = await host.ask('report')
    const { heapLeft } = await host.ask('collect')
    return { ...result, ...figures, heapGrowth: heapLeft - before }
  } catch (error) {
    return { died: error.message, diedAfter: (performance.now() - begun) / 1000 }
  } finally {
    host.stop()
    clients.stop()
  }
}

/** The median round, by a key. */
async function median(way, task, key) {
  const rounds = []
  for (let round = 0; round < ROUNDS; round += 1) rounds.push(await run(way, task))
  const good = rounds.filter(({ died }) => !died).sort((a, b) => a[key] - b[key])
  return good[good.length >> 1] ?? rounds[0]
}

const results = {
  node: process.version,
  platform: `${os.type()} ${process.arch}`,
  cpus: os.cpus().length,
  rounds: ROUNDS,
  stallSeconds: STALL_SECONDS,
  transfer: [],
  unwatched: [],
  echo: [],
  stall: [],
}

const texts = new Texts()

async function transfers() {
  for (const kind of Object.keys(KINDS)) {
    for (const sessions of SESSIONS) {
      for (const way of WAYS) {
        const { command, bytes } = texts.command(kind, mebibytesOf(kind, sessions))
        const figures = await median(way, { task: 'transfer', sessions, command }, 'cpuMs')
        checkComplete(way, figures, bytes * sessions * 0.99)
        note('transfer', { kind, sessions, way: way.name, megabytes: (bytes * sessions) / 1e6, ...figures })
      }
    }
  }
}

/** The same while nobody watches, which only a server can do that keeps sessions. */
async function unwatched() {
  const sessions = 8
  const ways = SERVERS.filter(({ server, protocol }) => server.startsWith('offheap') && !protocol)
  for (const kind of Object.keys(KINDS)) {
    for (const way of ways) {
      const { command, bytes } = texts.command(kind, mebibytesOf(kind, sessions))
      const figures = await median(way, { task: 'unwatched', sessions, command }, 'cpuMs')
      note('unwatched', { kind, sessions, way: way.name, megabytes: (bytes * sessions) / 1e6, ...figures })
    }
  }
}

/** A server that lost output would be the fastest: ours must not, and of others it is said. */
function checkComplete({ name, server }, { died, bytes }, wanted) {
  if (died || bytes >= wanted) return
  const lost = `${name} lost output: ${bytes} bytes came, ${wanted.toFixed(0)} were printed`
  if (!server || server.startsWith('offheap')) throw new Error(lost)
  console.error(lost)
}

async function echoes() {
  for (const floods of [0, 20]) {
    for (const way of SERVERS) {
      const figures = await median(way, { task: 'echo', floods, keys: KEYS }, 'p99')
      note('echo', { floods, way: way.name, ...figures })
    }
  }
}

async function stalls() {
  for (const way of SERVERS) {
    const figures = await run(way, { task: 'stall', seconds: STALL_SECONDS, keys: 300 })
    note('stall', { way: way.name, ...figures })
  }
}

function note(table, row) {
  results[table].push(row)
  console.error(table, row.kind ?? '', row.sessions ?? row.floods ?? '', row.way, row.died ?? '')
}

async function main() {
  if (WAYS.length > SERVERS.length) floor.build()
  try {
    await transfers()
    await unwatched()
    if (!reach) {
      await echoes()
      await stalls()
    }
  } finally {
    texts.remove()
  }
  const file = reach ? REACH : RESULTS
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, `${JSON.stringify(results, null, 2)}\n`)
  console.log(tables(results))
}

main()
