// Ten thousand connections that die without a word (Linux: it reads /proc).

const { once } = require('node:events')
const { WebSocket } = require('ws')
const { descriptors, eventually, threads } = require('../helpers/proc')
const { startServerProcess } = require('../helpers/server')

const AT_ONCE = 50

let host
afterEach(() => host.stop())

/** Connects to the one session, waits for its past, and vanishes without a close frame. */
async function connectAndDie() {
  const ws = new WebSocket(`${host.url.replace('http', 'ws')}/?sessionId=only`)
  await once(ws, 'message')
  ws.terminate()
  await once(ws, 'close')
}

async function connections(count) {
  for (let made = 0; made < count; made += AT_ONCE) {
    await Promise.all(Array.from({ length: AT_ONCE }, connectAndDie))
  }
}

/** What the server holds once the dead are gone and the garbage is collected. */
async function held() {
  await eventually('the viewers to go', async () => (await host.ask('stats')).viewers === 0)
  const { sessions, nativeBytes, connections: attached } = await host.ask('stats')
  const { heapUsed, rss } = await host.ask('memory')
  return {
    sessions,
    nativeBytes,
    attached,
    fds: descriptors(host.pid).length,
    threads: threads(host.pid),
    heapUsed,
    rss,
  }
}

test('leave bytes, descriptors, threads and memory where they were', async () => {
  host = await startServerProcess({}, { execArgv: ['--expose-gc'] })
  // The first ones warm up pools, caches and the engine.
  await connections(3000)
  const before = await held()
  await connections(10_000)
  const after = await held()
  const { sessions, nativeBytes, attached } = after
  expect({ sessions, nativeBytes, attached }).toEqual({
    sessions: 1,
    nativeBytes: before.nativeBytes,
    attached: 0,
  })
  expect(after.fds).toBeLessThanOrEqual(before.fds)
  expect(after.threads).toBe(before.threads)
  // A leak of 1 KB a connection would be 10 MB.
  expect(after.heapUsed - before.heapUsed).toBeLessThan(5 << 20)
  expect(after.rss - before.rss).toBeLessThan(16 << 20)
})
