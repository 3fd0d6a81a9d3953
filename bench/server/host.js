/**
 * Runs one server in a process of its own and answers for what it costs:
 * processor time, memory, collections and the delay of the event loop.
 */

const { monitorEventLoopDelay, PerformanceObserver } = require('node:perf_hooks')

const serve = require(`./servers/${process.argv[2]}.js`)
const delay = monitorEventLoopDelay({ resolution: 10 })
let figures
let cpu

new PerformanceObserver((list) => {
  for (const { duration } of list.getEntries()) {
    figures.collections += 1
    figures.longestPause = Math.max(figures.longestPause, duration)
  }
}).observe({ entryTypes: ['gc'] })

function reset() {
  figures = { collections: 0, longestPause: 0, heapPeak: 0, rssPeak: 0 }
  figures.heapStart = process.memoryUsage().heapUsed
  figures.rssStart = process.memoryUsage().rss
  delay.reset()
  cpu = process.cpuUsage()
}

function sample() {
  const { heapUsed, rss } = process.memoryUsage()
  figures.heapPeak = Math.max(figures.heapPeak, heapUsed)
  figures.rssPeak = Math.max(figures.rssPeak, rss)
}

function report() {
  sample()
  const { user, system } = process.cpuUsage(cpu)
  return { ...figures, cpuMs: (user + system) / 1000, loopDelayP99: delay.percentile(99) / 1e6 }
}

process.on('message', (order) => {
  if (order === 'reset') reset()
  process.send(order === 'report' ? report() : { done: order })
})

delay.enable()
reset()
setInterval(sample, 50).unref()
serve((port) => process.send({ port }))
process.on('disconnect', () => process.exit(0))
