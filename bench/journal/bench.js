/**
 * What journal and keeper cost, and what they save:
 *
 *     npm run bench:journal                (about 4 minutes)
 *     npm run bench:journal -- quick       (about 1 minute: smaller, for a look)
 *     npm run bench:journal -- --dir=/var/tmp   (where journals lie; else memory, /dev/shm)
 *
 * Costs are measured against a registry with neither, by turns in the same run.
 * Needs a release build, and Linux. Writes bench/results/journal.json;
 * `node bench/journal/report.js` makes the tables of it.
 */

const { execFileSync, spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { RESULTS, tables } = require('./report')
const { Viewer } = require('./viewer')

const quick = process.argv.includes('quick')
const WHERE =
  process.argv.find((argument) => argument.startsWith('--dir='))?.slice('--dir='.length) ??
  (fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir())
const WAYS = ['plain', 'journal', 'keeper']
const ROUNDS = quick ? 3 : 15
const MEGABYTES = quick ? 20 : 60
const KEYS = quick ? 200 : 1000
const IDLE = quick ? 50 : 200
const KILLS = quick ? 5 : 20
const SHELLS = 20
const TAKEOVERS = quick ? 5 : 20
const SESSIONS = quick ? 200 : 1000
/** What each restored session has printed. */
const PRINTED = 64 * 1024
const QUIET_SECONDS = quick ? 1 : 3

const root = fs.mkdtempSync(path.join(WHERE, 'offheap-bench-'))
const log = path.join(root, 'log')
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const sorted = (values) => [...values].sort((a, b) => a - b)
const quantile = (values, share) =>
  sorted(values)[Math.min(values.length - 1, Math.floor(values.length * share))]
const median = (values) => quantile(values, 0.5)

/** A process that does one thing after the other. */
class Peer {
  static all = new Set()

  constructor(way, dir) {
    // A thousand terminals are more descriptors than most systems give by default.
    const script = 'ulimit -n "$(ulimit -Hn)"; exec "$0" "$@"'
    const args = [process.execPath, '--expose-gc', path.join(__dirname, 'process.js'), way, dir]
    this.child = spawn('/bin/sh', ['-c', script, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    this.ended = new Promise((resolve) => this.child.once('exit', resolve))
    this.ready = this.#answer()
    Peer.all.add(this)
  }

  #answer() {
    return new Promise((resolve, reject) => {
      this.child.once('message', ({ answer, failed }) =>
        failed ? reject(new Error(failed)) : resolve(answer),
      )
      this.ended.then((status) => reject(new Error(`ended: ${status}`)))
    })
  }

  async ask(order, what = {}) {
    await this.ready
    const answer = this.#answer()
    this.child.send({ order, ...what })
    return answer
  }

  kill() {
    Peer.all.delete(this)
    this.child.kill('SIGKILL')
    return this.ended
  }

  async shutdown() {
    await this.ask('shutdown')
    await this.kill()
  }
}

let directories = 0
function directory() {
  directories += 1
  const dir = path.join(root, `d${directories}`)
  fs.mkdirSync(dir, { mode: 0o700 })
  return dir
}

/** Log text as programs print it: times, levels, words and numbers. */
function writeLog() {
  const levels = ['INFO', 'DEBUG', 'WARN', 'ERROR']
  let text = ''
  for (let line = 0; text.length < 1024 * 1024; line += 1) {
    const time = new Date(1.7e12 + line * 137).toISOString()
    text += `${time} [${levels[line % 4]}] worker-${line % 17} request ${line * 7919} took ${line % 997} ms\n`
  }
  const file = fs.openSync(log, 'w')
  for (let index = 0; index < MEGABYTES; index += 1) fs.writeSync(file, text.slice(0, 1024 * 1024))
  fs.closeSync(file)
}

/** Throughput, CPU and echo by turns, so that what the machine does meanwhile hits all ways alike. */
async function measureCosts() {
  const peers = WAYS.map((way) => ({ way, peer: new Peer(way, directory()), floods: [], echoes: [] }))
  for (let round = 0; round <= ROUNDS; round += 1) {
    // Nobody is always the first.
    const order = round % 2 === 0 ? peers : [...peers].reverse()
    for (const { peer, floods, echoes } of order) {
      const flood = await peer.ask('flood', { file: log })
      const times = await peer.ask('echo', { keys: Math.ceil(KEYS / ROUNDS) })
      // The first round warms up.
      if (round === 0) continue
      floods.push(flood)
      echoes.push(...times)
    }
  }
  const costs = []
  for (const { way, peer, floods, echoes } of peers) {
    const idleBytes = await peer.ask('idle', { count: IDLE })
    await peer.shutdown()
    costs.push({
      way,
      mbPerSecond: MEGABYTES / median(floods.map(({ seconds }) => seconds)),
      cpuPerMb: median(floods.map(({ cpuMs }) => cpuMs)) / MEGABYTES,
      echoP50: median(echoes),
      echoP99: quantile(echoes, 0.99),
      idleBytes,
    })
  }
  return costs
}

/** A server is killed again and again while its shells print, and another follows at once. */
async function measureKills() {
  const dir = directory()
  let server = new Peer('keeper', dir)
  await server.ask('restore')
  await server.ask('count', { shells: SHELLS })
  const port = await server.ask('serve')
  const viewers = Array.from({ length: SHELLS }, (_, each) => new Viewer(`s${each}`, port))
  await Promise.all(viewers.map((viewer) => viewer.next()))
  let pids = null
  let same = 0
  const first = []
  for (let kill = 0; kill < KILLS; kill += 1) {
    await sleep(100 + ((kill * 137) % 400))
    await server.kill()
    const began = performance.now()
    const nexts = viewers.map((viewer) => viewer.next())
    server = new Peer('keeper', dir)
    const { sessions } = await server.ask('restore')
    const known = new Map(sessions.map(({ id, pid }) => [id, pid]))
    pids ??= known
    for (const [id, pid] of pids) if (pid !== null && known.get(id) === pid) same += 1
    await server.ask('serve', { port })
    // The last of them: every viewer has something by then.
    first.push(Math.max(...(await Promise.all(nexts))) - began)
  }
  for (const viewer of viewers) viewer.stop()
  await server.shutdown()
  const sum = (name) => viewers.reduce((total, viewer) => total + viewer[name], 0)
  return {
    count: KILLS,
    shells: SHELLS,
    same,
    lost: sum('lost'),
    doubled: sum('doubled'),
    wrong: sum('wrong'),
    firstP50: median(first),
    firstMax: Math.max(...first),
  }
}

/** The next server is ready before it takes over; its viewer comes back by itself. */
async function measureTakeover() {
  const dir = directory()
  let server = new Peer('keeper', dir)
  await server.ask('restore')
  await server.ask('spew')
  const viewer = new Viewer('flood', await server.ask('serve'), { checks: false })
  await viewer.next()
  const pauses = []
  for (let turn = 0; turn < TAKEOVERS; turn += 1) {
    const next = new Peer('keeper', dir)
    const port = await next.ask('serve')
    await viewer.next()
    viewer.pause = 0
    viewer.port = port
    await next.ask('restore', { takeover: true })
    for (let frame = 0; frame < 20; frame += 1) await viewer.next()
    pauses.push(viewer.pause)
    await server.kill()
    server = next
  }
  viewer.stop()
  await server.shutdown()
  return { count: TAKEOVERS, p50: median(pauses), most: Math.max(...pauses) }
}

/** The keeper of a directory. */
function keeperOf(dir) {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
  const line = list.split('\n').find((each) => each.includes('offheap-keeper') && each.includes(dir))
  return Number(line.trim().split(' ')[0])
}

/** What a run that failed has left. */
function endKeepers() {
  const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
  for (const line of list.split('\n'))
    if (line.includes('offheap-keeper serve') && line.includes(root))
      process.kill(Number(line.trim().split(' ')[0]))
}

async function measureRestore(way) {
  const dir = directory()
  const before = new Peer(way, dir)
  await before.ask('fill', { count: SESSIONS, bytes: PRINTED })
  const keeper = way === 'keeper' ? await measureKeeper(keeperOf(dir)) : null
  await before.kill()
  const times = []
  for (let round = 0; round < 3; round += 1) {
    const next = new Peer(way, dir)
    const { ms, sessions } = await next.ask('restore')
    if (sessions.length !== SESSIONS) throw new Error(`only ${sessions.length} of ${SESSIONS} were restored`)
    times.push(ms)
    if (round === 2) await next.shutdown()
    else await next.kill()
  }
  return { ms: median(times), keeper }
}

async function measureKeeper(pid) {
  const read = (name) => fs.readFileSync(`/proc/${pid}/${name}`, 'utf8')
  const kib = (name) => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(read('smaps_rollup'))[1])
  const wakes = () => Number(/^voluntary_ctxt_switches:\s+(\d+)/m.exec(read('status'))[1])
  await sleep(500)
  const before = wakes()
  await sleep(QUIET_SECONDS * 1000)
  return {
    shells: SESSIONS,
    bytes: (kib('Private_Clean') + kib('Private_Dirty')) * 1024,
    threads: Number(/^Threads:\s+(\d+)/m.exec(read('status'))[1]),
    wakes: wakes() - before,
    seconds: QUIET_SECONDS,
  }
}

async function main() {
  if (process.platform !== 'linux') throw new Error('bench:journal reads /proc, and so needs Linux')
  const said = (what) => process.stderr.write(`${what} …\n`)
  try {
    writeLog()
    said('costs')
    const costs = await measureCosts()
    said('kills')
    const kills = await measureKills()
    said('takeovers')
    const takeover = await measureTakeover()
    said('restoring')
    const journal = await measureRestore('journal')
    const kept = await measureRestore('keeper')
    const results = {
      node: process.version,
      platform: `${os.type()} ${os.arch()}`,
      cpus: os.cpus().length,
      rounds: ROUNDS,
      where: WHERE,
      costs,
      kills,
      takeover,
      restore: { count: SESSIONS, journal: journal.ms, keeper: kept.ms },
      keeper: kept.keeper,
    }
    fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
    fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
    console.log(tables(results))
  } finally {
    for (const peer of Peer.all) await peer.kill()
    endKeepers()
    fs.rmSync(root, { recursive: true, force: true })
  }
}

main().then(
  () => process.exit(0),
  (error) => {
    console.error(error)
    process.exit(1)
  },
)
