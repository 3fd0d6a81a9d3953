/**
 * Runs one server in a process of its own and answers for what it costs:
 * processor time, context switches, memory, collections and the delay of the event loop.
 * Wants `--expose-gc`, for what is left on the heap when all is collected.
 */

const fs = require('node:fs')
const { monitorEventLoopDelay, PerformanceObserver } = require('node:perf_hooks')

const serve = require(`./servers/${process.argv[2]}.js`)
const delay = monitorEventLoopDelay({ resolution: 10 })
/** The name of the thread that writes recordings, as Linux cuts it. */
const RECORDER = 'offheap-recorde'
/** Milliseconds in a tick of what Linux counts. */
const TICK = 10
let figures
let usage
let recorder

const observer = new PerformanceObserver((list) => count(list.getEntries()))
observer.observe({ entryTypes: ['gc'] })

function count(collections) {
  for (const { duration } of collections) {
    figures.collections += 1
    figures.longestPause = Math.max(figures.longestPause, duration)
  }
}

/** What the thread that writes recordings has cost; only Linux says so. */
function recorderTimes() {
  const times = { userMs: 0, systemMs: 0 }
  if (process.platform !== 'linux') return times
  for (const thread of fs.readdirSync('/proc/self/task')) {
    const stat = fs.readFileSync(`/proc/self/task/${thread}/stat`, 'utf8')
    if (!stat.includes(`(${RECORDER})`)) continue
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    times.userMs += fields[11] * TICK
    times.systemMs += fields[12] * TICK
  }
  return times
}

/** The heap without garbage: finalizers run between collections, and free what the next one finds. */
async function collect() {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
  return { heapLeft: process.memoryUsage().heapUsed }
}

function reset() {
  // Collections from before are not what is measured.
  observer.takeRecords()
  figures = { collections: 0, longestPause: 0, heapPeak: 0, rssPeak: 0 }
  figures.rssStart = process.memoryUsage().rss
  delay.reset()
  usage = process.resourceUsage()
  recorder = recorderTimes()
}

function sample() {
  const { heapUsed, rss } = process.memoryUsage()
  figures.heapPeak = Math.max(figures.heapPeak, heapUsed)
  figures.rssPeak = Math.max(figures.rssPeak, rss)
}

function report() {
  sample()
  count(observer.takeRecords())
  const now = process.resourceUsage()
  const spent = (...keys) => keys.reduce((sum, key) => sum + now[key] - usage[key], 0)
  const { userMs, systemMs } = recorderTimes()
  return {
    ...figures,
    recorder: { userMs: userMs - recorder.userMs, systemMs: systemMs - recorder.systemMs },
    cpuMs: spent('userCPUTime', 'systemCPUTime') / 1000,
    switches: spent('voluntaryContextSwitches', 'involuntaryContextSwitches'),
    loopDelayP99: delay.percentile(99) / 1e6,
  }
}

const ORDERS = { reset, report, collect }

process.on('message', async (order) => process.send((await ORDERS[order]()) ?? { done: order }))

delay.enable()
reset()
setInterval(sample, 50).unref()
serve((port) => process.send({ port }))
process.on('disconnect', () => process.exit(0))
