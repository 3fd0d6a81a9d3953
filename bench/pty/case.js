/** One case of one library, in a process of its own: `node case.js CASE LIBRARY`. */

const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { LIBRARIES } = require('./libraries')

const [, , name, library, argument] = process.argv
const { open } = LIBRARIES[library]

const median = (list) => list.toSorted((a, b) => a - b)[list.length >> 1]
const percentile = (list, part) =>
  list.toSorted((a, b) => a - b)[Math.min(list.length - 1, Math.floor(list.length * part))]
const now = () => Number(process.hrtime.bigint()) / 1e6
const threads = () => fs.readdirSync('/proc/self/task').length
/** Memory of our own: code and files that are mapped do not count. */
const resident = () => Number(fs.readFileSync('/proc/self/status', 'utf8').match(/RssAnon:\s+(\d+)/)[1])

function exitOf(pty) {
  return pty.exit ?? new Promise((resolve) => pty.onExit(resolve))
}

async function throughput(count) {
  const file = argument
  const size = fs.statSync(file).size
  let bytes = 0
  const cpu = process.cpuUsage()
  const start = now()
  const ptys = Array.from({ length: count }, () => open('cat', [file], {}))
  for (const pty of ptys) pty.onData((data) => (bytes += data.length))
  await Promise.all(ptys.map(exitOf))
  const seconds = (now() - start) / 1000
  const { user, system } = process.cpuUsage(cpu)
  const total = (size * count) / 1e6
  return {
    mbPerSecond: total / seconds,
    userMsPerMb: user / 1000 / total,
    cpuMsPerMb: (user + system) / 1000 / total,
    bytes,
  }
}

async function idle() {
  const warm = open('cat', [], {})
  warm.onData(() => {})
  await sleep(300)
  global.gc?.()
  const before = { memory: resident(), threads: threads() }
  const ptys = []
  for (let at = 0; at < 1000; at++) {
    const pty = open('cat', [], {})
    pty.onData(() => {})
    ptys.push(pty)
  }
  await sleep(1000)
  global.gc?.()
  const result = { threads: threads() - before.threads, kbPerPty: (resident() - before.memory) / 1000 }
  for (const pty of [warm, ...ptys]) process.kill(pty.pid, 'SIGKILL')
  await sleep(500)
  return result
}

async function echo(bursting) {
  const busy = Array.from({ length: bursting }, () =>
    open('sh', ['-c', 'while :; do seq 1 200; sleep 0.02; done'], {}),
  )
  for (const pty of busy) pty.onData(() => {})
  const pty = open('sh', ['-c', 'stty raw -echo; printf ready; exec cat'], {})
  let received = 0
  let heard = () => {}
  pty.onData((data) => {
    received += data.length
    heard()
  })
  // Counted, so that no answer is taken for the next one's.
  const until = async (count) => {
    while (received < count) {
      await new Promise((resolve) => {
        heard = resolve
      })
    }
  }
  await until('ready'.length)
  await sleep(300)
  const times = []
  for (let at = 1; at <= 2000; at++) {
    const start = now()
    pty.write('x')
    await until('ready'.length + at)
    times.push((now() - start) * 1000)
    await sleep(0)
  }
  for (const { pid } of [pty, ...busy]) process.kill(pid, 'SIGKILL')
  return { p50us: percentile(times, 0.5), p99us: percentile(times, 0.99) }
}

async function spawning(descriptors) {
  const held = Array.from({ length: descriptors }, () => fs.openSync('/dev/null'))
  const times = []
  for (let at = 0; at < 200; at++) {
    const start = now()
    const pty = open('true', [], {})
    times.push(now() - start)
    pty.onData(() => {})
    await exitOf(pty)
  }
  held.forEach((fd) => {
    fs.closeSync(fd)
  })
  return { p50ms: median(times), p99ms: percentile(times, 0.99) }
}

/** How long the loop stands still while 1 MB is pasted to a raw reader. */
async function paste() {
  const pty = open('sh', ['-c', 'stty raw -echo; printf ready; head -c 1000000 | md5sum'], {})
  let most = 0
  let before = now()
  const timer = setInterval(() => {
    most = Math.max(most, now() - before - 1)
    before = now()
  }, 1)
  const exit = exitOf(pty)
  await new Promise((resolve) => pty.onData(resolve))
  before = now()
  pty.write('x'.repeat(1_000_000))
  await Promise.race([exit, sleep(10000)])
  clearInterval(timer)
  return { lagMs: most }
}

const CASES = {
  one: () => throughput(1),
  eight: () => throughput(8),
  idle,
  echo: () => echo(0),
  echoBusy: () => echo(20),
  spawn: () => spawning(0),
  spawnManyFds: () => spawning(10000),
  paste,
}

CASES[name]().then((result) => {
  process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
})
