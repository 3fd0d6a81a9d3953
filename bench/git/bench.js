/**
 * Git status beside the app's old way, in one run over one repository of 10,000 files:
 *
 *     npm run bench:git               (about 4 minutes)
 *     npm run bench:git -- quick      (about 40 seconds: fewer of everything)
 *
 * Writes the figures to bench/results/git.json and prints the table;
 * `npm run bench:git:report -- --write` puts it into docs/benchmarks.md.
 */

const { execFileSync, fork, spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { performance } = require('node:perf_hooks')
const { setTimeout: sleep } = require('node:timers/promises')
const { WebSocket } = require('ws')
const { RESULTS, tables } = require('./report')

const quick = process.argv.includes('quick')
const FILES = 10_000
const FOLDERS = 500
const EDITS = quick ? 10 : 80
const OLD_EDITS = quick ? 2 : 8
const IDLE_SECONDS = quick ? 5 : 60
const BURST = 5000
const SUBSCRIBERS = 100
const CYCLES = quick ? 100 : 1000
const AT_ONCE = 25
/** Between two edits, in ms: as somebody saves files. */
const PAUSE = 700
/** Clock ticks a second, of /proc. */
const TICKS = 100

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-bench-git-'))

function git(...args) {
  execFileSync('git', ['-c', 'user.name=b', '-c', 'user.email=b@example.com', ...args], { cwd: folder })
}

const nameOf = (index) => `d${index % FOLDERS}/f${index}.txt`

function makeRepository() {
  git('init', '-q')
  for (let index = 0; index < FILES; index += 1) {
    if (index < FOLDERS) fs.mkdirSync(path.join(folder, `d${index}`))
    fs.writeFileSync(path.join(folder, nameOf(index)), `text ${index}\n`)
  }
  git('add', '-A')
  git('commit', '-q', '-m', 'first')
}

/** A process with what it tells, one message at a time. */
class Host {
  constructor(...args) {
    this.child = fork(path.join(__dirname, 'host.js'), args)
  }

  async next() {
    const [message] = await once(this.child, 'message')
    return message
  }

  async stats() {
    this.child.send('stats')
    return (await this.next()).stats
  }

  /** CPU time so far, with that of the programs it ran, in ms. */
  cpu() {
    const text = fs.readFileSync(`/proc/${this.child.pid}/stat`, 'latin1')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return (fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0) * 1000) / TICKS
  }

  rss() {
    const text = fs.readFileSync(`/proc/${this.child.pid}/status`, 'latin1')
    return Number(/VmRSS:\s+(\d+)/.exec(text)[1]) * 1024
  }

  descriptors() {
    return fs.readdirSync(`/proc/${this.child.pid}/fd`).length
  }

  /** inotify's watches. */
  watches() {
    const root = `/proc/${this.child.pid}`
    const notifiers = fs
      .readdirSync(`${root}/fd`)
      .filter((fd) => leadsTo(`${root}/fd/${fd}`, 'anon_inode:inotify'))
    const text = notifiers.map((fd) => fs.readFileSync(`${root}/fdinfo/${fd}`, 'latin1')).join('')
    return text.match(/^inotify wd:/gm)?.length ?? 0
  }
}

function leadsTo(link, target) {
  try {
    return fs.readlinkSync(link) === target
  } catch {
    return false
  }
}

class Subscriber {
  last = null
  #waiting = []

  static async connect(url) {
    const subscriber = new Subscriber()
    subscriber.socket = new WebSocket(`${url.replace('http', 'ws')}/git/bench`)
    subscriber.socket.on('message', (data) => subscriber.#take(JSON.parse(data)))
    await once(subscriber.socket, 'open')
    subscriber.send({ type: 'subscribe', projectPath: folder })
    return subscriber
  }

  send(message) {
    this.socket.send(JSON.stringify(message))
  }

  #take(message) {
    if (message.type !== 'git-status') return
    this.last = message
    for (const waiter of [...this.#waiting]) waiter()
  }

  /** Resolves with the time when a status came that matches. */
  until(matches) {
    return new Promise((resolve) => {
      const check = () => {
        if (!this.last || !matches(this.last.status)) return
        this.#waiting = this.#waiting.filter((each) => each !== check)
        resolve(performance.now())
      }
      this.#waiting.push(check)
      check()
    })
  }
}

async function eventually(ask) {
  while (!(await ask())) await sleep(50)
}

/** The time from a write to the frame that tells of it, again and again. */
async function edits(subscriber) {
  const times = []
  for (let index = 0; index < EDITS; index += 1) {
    const name = nameOf(index * 7)
    await sleep(PAUSE)
    const start = performance.now()
    fs.writeFileSync(path.join(folder, name), `other ${index}\n`)
    times.push((await subscriber.until(({ modified }) => modified.includes(name))) - start)
  }
  git('checkout', '-q', '.')
  await subscriber.until(({ isClean }) => isClean)
  return times
}

/** The same for the old way, whose edits come at any time within its interval. */
async function oldEdits(old) {
  const times = []
  for (let index = 0; index < OLD_EDITS; index += 1) {
    const name = `old-${index}`
    await sleep(5000 * (index / OLD_EDITS))
    const start = performance.now()
    fs.writeFileSync(path.join(folder, name), '')
    while (!(await old.next()).text?.includes(name));
    times.push(performance.now() - start)
  }
  for (let index = 0; index < OLD_EDITS; index += 1) fs.rmSync(path.join(folder, `old-${index}`))
  return times
}

/** A plain `git status`, started as the server starts it. */
async function plainStatus() {
  const times = []
  for (let index = 0; index < 20; index += 1) {
    const start = performance.now()
    const child = spawn('git', ['--no-optional-locks', 'status', '--porcelain=v2', '-z'], {
      cwd: folder,
      stdio: 'ignore',
    })
    await once(child, 'close')
    times.push(performance.now() - start)
  }
  return times
}

/** CPU time of both while nothing changes. */
async function idle(host, old) {
  await sleep(3000)
  const { runs } = await host.stats()
  await sleep(500)
  const before = [host.cpu(), old.cpu()]
  await sleep(IDLE_SECONDS * 1000)
  const after = [host.cpu(), old.cpu()]
  return {
    seconds: IDLE_SECONDS,
    cpuMs: after[0] - before[0],
    oldCpuMs: after[1] - before[1],
    runs: (await host.stats()).runs - runs,
  }
}

const MAKE = `const fs = require('node:fs')
for (let index = 0; index < ${BURST}; index += 1) fs.writeFileSync(\`d\${index % ${FOLDERS}}/burst-\${index}\`, 'x')`

/** How often git runs over many changes by another program. */
async function burst(host, subscriber) {
  const before = (await host.stats()).runs
  const start = performance.now()
  await once(spawn(process.execPath, ['-e', MAKE], { cwd: folder }), 'close')
  const written = performance.now()
  const told = await subscriber.until(({ counts }) => counts.untracked === BURST)
  await sleep(3000)
  const runs = (await host.stats()).runs - before
  git('clean', '-qfd')
  await subscriber.until(({ isClean }) => isClean)
  return { changes: BURST, runs, writtenMs: written - start, toldMs: told - written }
}

async function many(host, url) {
  const before = [host.rss(), host.watches()]
  const others = await Promise.all(Array.from({ length: SUBSCRIBERS - 1 }, () => Subscriber.connect(url)))
  for (const each of others) await each.until(({ isClean }) => isClean)
  const { watches, subscriptions } = await host.stats()
  const figures = {
    subscriptions,
    watches,
    rssGrowth: host.rss() - before[0],
    inotify: host.watches() - before[1],
  }
  for (const { socket } of others) socket.terminate()
  await eventually(async () => (await host.stats()).subscriptions === 1)
  return figures
}

/** Subscribers that vanish without a word, some before git has run. */
async function vanish(url, index) {
  const subscriber = await Subscriber.connect(url)
  if (index % 5 === 0) await subscriber.until(() => true)
  subscriber.socket.terminate()
}

async function cycles(host, url) {
  const gone = () =>
    eventually(async () => {
      const { subscriptions, watches } = await host.stats()
      return subscriptions + watches === 0
    })
  await vanish(url, 0)
  await gone()
  await sleep(1000)
  const before = { watches: host.watches(), descriptors: host.descriptors() }
  for (let done = 0; done < CYCLES; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => vanish(url, index)))
  await gone()
  await sleep(1000)
  const { watches, directories } = await host.stats()
  return {
    cycles: CYCLES,
    watches,
    directories,
    inotify: host.watches() - before.watches,
    descriptors: host.descriptors() - before.descriptors,
  }
}

async function main() {
  makeRepository()
  const host = new Host('offheap')
  const { url } = await host.next()
  const subscriber = await Subscriber.connect(url)
  await subscriber.until(({ isClean }) => isClean)
  await eventually(async () => (await host.stats()).directories > FOLDERS)
  const plain = await plainStatus()
  const latency = await edits(subscriber)
  const flood = await burst(host, subscriber)
  const shared = await many(host, url)
  const old = new Host('old', folder)
  await old.next()
  const quiet = await idle(host, old)
  const oldLatency = await oldEdits(old)
  old.child.kill()
  subscriber.socket.terminate()
  const left = await cycles(host, url)
  host.child.kill()
  const results = {
    node: process.version,
    platform: `${os.type()} ${os.arch()}`,
    cpus: os.cpus().length,
    files: FILES,
    plain,
    latency,
    oldLatency,
    quiet,
    burst: flood,
    shared,
    left,
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  console.log(tables(results))
}

main()
  .catch((error) => {
    console.error(error)
    process.exitCode = 1
  })
  .finally(() => {
    fs.rmSync(folder, { recursive: true, force: true })
    // The processes end with this one.
    process.exit()
  })
