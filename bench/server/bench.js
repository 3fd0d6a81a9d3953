/**
 * The server beside its peers, in one run on one machine with the same clients:
 *
 *     npm run bench:server            (about 25 minutes; medians of three rounds)
 *     npm run bench:server -- once    (about 8 minutes; one round of each)
 *     npm run bench:server -- quick   (about 4 minutes; one round, smaller)
 *
 * Prints tables in Markdown and writes the figures to results/server.json.
 */

const { fork } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const quick = process.argv.includes('quick')
const MEGABYTES = quick ? 10 : 50
const LINES = quick ? 300_000 : 2_000_000
const KEYS = quick ? 200 : 1000
const once = process.argv.includes('once')
const STALL_SECONDS = quick ? 10 : once ? 20 : 60
const ROUNDS = quick || once ? 1 : 3

const WAYS = [
  { name: 'legacy', server: 'legacy' },
  { name: 'careful JavaScript', server: 'careful' },
  { name: 'offheap, JSON', server: 'offheap-no-screen' },
  { name: 'offheap, v1', server: 'offheap-no-screen', protocol: 'offheap.v1' },
  { name: 'offheap, JSON, screen', server: 'offheap' },
  { name: 'offheap, v1, screen', server: 'offheap', protocol: 'offheap.v1' },
]

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
  }

  answer() {
    return new Promise((resolve, reject) => {
      const died = (code) => reject(new Error(`the process died with ${code}`))
      this.child.once('exit', died)
      this.child.once('message', (message) => {
        this.child.off('exit', died)
        resolve(message)
      })
    })
  }

  ask(message) {
    const answer = this.answer()
    this.child.send(message)
    return answer
  }

  stop() {
    this.child.kill('SIGKILL')
  }
}

/** Runs one task against one way, in fresh processes. */
async function run(way, task) {
  const host = new Helper('host.js', [way.server], ['--max-old-space-size=1024'])
  const clients = new Helper('clients.js')
  try {
    const { port } = await host.answer()
    await host.ask('reset')
    const result = await clients.ask({ ...task, port, protocol: way.protocol })
    return { ...result, ...(await host.ask('report')) }
  } catch (error) {
    return { died: error.message }
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

const results = { node: process.version, cpus: os.cpus().length, quick, transfer: [], echo: [], stall: [] }
const mb = (bytes) => (bytes / 1e6).toFixed(1)

async function transfers() {
  const commands = [
    ['log text', `cat ${LOG}`, MEGABYTES * 1.048576],
    ['lines', `seq 1 ${LINES}`, (`${LINES}`.length + 1) * LINES * 1e-6],
  ]
  console.log(
    '| output | sessions | server | MB/s | CPU ms/MB | heap peak MB | RSS peak MB | GCs | longest ms | loop p99 ms |',
  )
  console.log('|---|---|---|---|---|---|---|---|---|---|')
  for (const [kind, command, megabytes] of commands) {
    for (const sessions of [1, 8, 20]) {
      for (const way of WAYS) await transferRow({ kind, command, megabytes, sessions, way })
    }
  }
}

async function transferRow({ kind, command, megabytes, sessions, way }) {
  const figures = await median(way, { task: 'transfer', sessions, command }, 'seconds')
  results.transfer.push({ kind, sessions, way: way.name, megabytes, ...figures })
  if (figures.died) {
    console.log(`| ${kind} | ${sessions} | ${way.name} | ${figures.died} | | | | | | |`)
    return
  }
  const total = megabytes * sessions
  const cells = [
    (total / figures.seconds).toFixed(0),
    (figures.cpuMs / total).toFixed(2),
    mb(figures.heapPeak),
    mb(figures.rssPeak),
    figures.collections,
    figures.longestPause.toFixed(1),
    figures.loopDelayP99.toFixed(1),
  ]
  console.log(`| ${kind} | ${sessions} | ${way.name} | ${cells.join(' | ')} |`)
}

async function echoes() {
  console.log('\n| echo | server | p50 ms | p99 ms |\n|---|---|---|---|')
  for (const floods of [0, 20]) {
    for (const way of WAYS) {
      const figures = await median(way, { task: 'echo', floods, keys: KEYS }, 'p99')
      results.echo.push({ floods, way: way.name, ...figures })
      const label = floods === 0 ? 'idle' : `${floods} flooding`
      console.log(`| ${label} | ${way.name} | ${latency(figures)} |`)
    }
  }
}

async function stalls() {
  console.log(
    `\n| one viewer stalled for ${STALL_SECONDS} s | RSS growth MB | heap peak MB | other session's p50 ms | p99 ms |`,
  )
  console.log('|---|---|---|---|---|')
  for (const way of WAYS) {
    const figures = await run(way, { task: 'stall', seconds: STALL_SECONDS, keys: 300 })
    results.stall.push({ way: way.name, ...figures })
    const growth = figures.died ? figures.died : mb(figures.rssPeak - figures.rssStart)
    console.log(
      `| ${way.name} | ${growth} | ${figures.died ? '' : mb(figures.heapPeak)} | ${latency(figures)} |`,
    )
  }
}

function latency({ died, p50, p99 }) {
  return died ? ' | ' : `${p50.toFixed(2)} | ${p99.toFixed(2)}`
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
  const folder = path.join(__dirname, '..', 'results')
  fs.mkdirSync(folder, { recursive: true })
  fs.writeFileSync(path.join(folder, 'server.json'), `${JSON.stringify(results, null, 2)}\n`)
}

main()
