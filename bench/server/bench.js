/**
 * The server beside its peers, in one run on one machine with the same clients:
 *
 *     npm run bench:server                 (about 30 minutes; medians of three rounds)
 *     npm run bench:server -- once         (about 10 minutes; one round of each)
 *     npm run bench:server -- quick        (about 5 minutes; one round, smaller)
 *     npm run bench:server -- --only=offheap   (only the ways whose name contains it)
 *     npm run bench:server -- --stall=60   (how long the stalled viewer stalls; 20 s by default)
 *
 * Writes the figures to bench/results/server.json; `node bench/server/report.js`
 * makes the tables and plot of them.
 */

const { fork } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { RESULTS, tables } = require('./report')

const quick = process.argv.includes('quick')
const once = process.argv.includes('once')
const stallFlag = process.argv.find((argument) => /^--stall=\d+$/.test(argument))
const only = process.argv.find((argument) => argument.startsWith('--only='))?.slice('--only='.length) ?? ''
const MEGABYTES = quick ? 10 : 50
const LINES = quick ? 300_000 : 2_000_000
const KEYS = quick ? 200 : 1000
const STALL_SECONDS = stallFlag ? Number(stallFlag.split('=')[1]) : 20
const ROUNDS = quick || once ? 1 : 3

const WAYS = [
  { name: 'the old way', server: 'legacy' },
  { name: 'careful JavaScript, JSON', server: 'careful' },
  { name: 'careful JavaScript, binary', server: 'careful-binary' },
  { name: 'offheap, JSON, no screen', server: 'offheap-no-screen' },
  { name: 'offheap.v1, no screen', server: 'offheap-no-screen', protocol: 'offheap.v1' },
  { name: 'offheap, JSON', server: 'offheap' },
  { name: 'offheap.v1', server: 'offheap', protocol: 'offheap.v1' },
].filter(({ name }) => name.includes(only))

const LOG = path.join(os.tmpdir(), `offheap-bench-${process.pid}.log`)

/** Log text as programs print it: times, levels, words and numbers. */
function writeLog() {
  const levels = ['INFO', 'DEBUG', 'WARN', 'ERROR']
  let text = ''
  for (let line = 0; text.length < 1024 * 1024; line += 1) {
    const time = new Date(1.7e12 + line * 137).toISOString()
    text += `${time} [${levels[line % 4]}] worker-${line % 17} request ${line * 7919} took ${line % 997} ms\n`
  }
  const file = fs.openSync(LOG, 'w')
  for (let index = 0; index < MEGABYTES; index += 1) fs.writeSync(file, text.slice(0, 1024 * 1024))
  fs.closeSync(file)
}

/** A process that answers one message at a time. */
class Helper {
  constructor(script, args = [], execArgv = []) {
    this.child = fork(path.join(__dirname, script), args, { execArgv })
    this.died = new Promise((_resolve, reject) => {
      this.child.once('exit', (code, signal) => reject(new Error(`died of ${signal ?? `status ${code}`}`)))
    })
    // Also when nobody waits for it at the moment.
    this.died.catch(() => {})
  }

  answer() {
    const answer = new Promise((resolve) => this.child.once('message', resolve))
    return Promise.race([answer, this.died])
  }

  ask(message) {
    if (this.child.connected) this.child.send(message)
    return this.answer()
  }

  stop() {
    this.child.kill('SIGKILL')
  }
}

/** Runs one task against one way, in fresh processes. */
async function run({ server, protocol }, task) {
  const host = new Helper('host.js', [server], ['--max-old-space-size=1024', '--expose-gc'])
  const clients = new Helper('clients.js')
  let begun
  try {
    const { port } = await host.answer()
    const way = { port, protocol }
    // What the engine compiles while it warms up is no cost of a megabyte.
    if (task.task === 'transfer') await clients.ask({ ...task, ...way, sessions: 2, name: 'warm-up' })
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
  echo: [],
  stall: [],
}

async function transfers() {
  const commands = [
    ['log text', `cat ${LOG}`, MEGABYTES * 1.048576],
    ['lines', `seq 1 ${LINES}`, lineBytes(LINES) / 1e6],
  ]
  for (const [kind, command, megabytes] of commands) {
    for (const sessions of [1, 8, 20]) {
      for (const way of WAYS) {
        const figures = await median(way, { task: 'transfer', sessions, command }, 'seconds')
        checkComplete(figures, megabytes * sessions * 0.99e6)
        const row = { kind, sessions, way: way.name, megabytes: megabytes * sessions, ...figures }
        note('transfer', row)
      }
    }
  }
}

/** What `seq` prints for so many lines. */
function lineBytes(lines) {
  let bytes = 0
  for (let from = 1; from <= lines; from *= 10) {
    bytes += (Math.min(lines, from * 10 - 1) - from + 1) * (`${from}`.length + 1)
  }
  return bytes
}

/** A server that lost output would be the fastest. */
function checkComplete({ died, bytes }, wanted) {
  if (!died && bytes < wanted) throw new Error(`${bytes} bytes came, ${wanted} were printed`)
}

async function echoes() {
  for (const floods of [0, 20]) {
    for (const way of WAYS) {
      const figures = await median(way, { task: 'echo', floods, keys: KEYS }, 'p99')
      note('echo', { floods, way: way.name, ...figures })
    }
  }
}

async function stalls() {
  for (const way of WAYS) {
    const figures = await run(way, { task: 'stall', seconds: STALL_SECONDS, keys: 300 })
    note('stall', { way: way.name, ...figures })
  }
}

function note(table, row) {
  results[table].push(row)
  console.error(table, row.kind ?? '', row.sessions ?? row.floods ?? '', row.way, row.died ?? '')
}

async function main() {
  writeLog()
  try {
    await transfers()
    await echoes()
    await stalls()
  } finally {
    fs.rmSync(LOG)
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  console.log(tables(results))
}

main()
