// Twenty thousand connections that die without a word (Linux: it reads /proc).

const { once } = require('node:events')
const { WebSocket } = require('ws')
const { descriptors, eventually, threads } = require('../helpers/proc')
const { STEADY, startServerProcess } = require('../helpers/server')

const AT_ONCE = 50
const BATCH = 2500
/** Batches before what is held is looked at: they fill pools and caches, and the engine's. */
const WARM_UP = 2
const BATCHES = 6

let host
afterEach(() => host.stop())

/** Connects to the one session, waits for its past, and vanishes without a close frame. */
async function connectAndDie() {
  const ws = new WebSocket(`${host.url.replace('http', 'ws')}/?sessionId=only`)
  await once(ws, 'message')
  ws.terminate()
  await once(ws, 'close')
}

async function batch() {
  for (let made = 0; made < BATCH; made += AT_ONCE) {
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

const least = (values) => Math.min(...values)

test('leave bytes, descriptors, threads and memory where they were', async () => {
  host = await startServerProcess({}, { execArgv: ['--expose-gc', ...STEADY] })
  for (let done = 0; done < WARM_UP; done += 1) await batch()
  const before = await held()
  const series = []
  for (let done = 0; done < BATCHES; done += 1) {
    await batch()
    series.push(await held())
  }
  const { sessions, nativeBytes, attached, fds, threads } = series.at(-1)
  expect({ sessions, nativeBytes, attached }).toEqual({
    sessions: 1,
    nativeBytes: before.nativeBytes,
    attached: 0,
  })
  expect(fds).toBeLessThanOrEqual(before.fds)
  expect(threads).toBe(before.threads)
  // What is kept for good lies under the engine's ups and downs: the least of
  // each half shows it. A leak of 1 KB a connection would be 7.5 MB.
  const [first, second] = [series.slice(0, BATCHES / 2), series.slice(BATCHES / 2)]
  const growth = (name) => least(second.map((each) => each[name])) - least(first.map((each) => each[name]))
  expect(growth('heapUsed')).toBeLessThan(2 << 20)
  expect(growth('rss')).toBeLessThan(4 << 20)
}, 300_000)
