// A viewer that reads nothing for a minute while its shell prints without end.
// Memory and correctness are asserted; times are printed, for who runs it on a
// machine of their own.

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { FLOOD, expectWhole } = require('../helpers/flood')
const { MuxClient } = require('../helpers/mux-client')
const { eventually, rss } = require('../helpers/proc')
const { startServerProcess } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1024 * 1024
const RING = 256 * 1024
const STALL = Number(process.env.STALL_SECONDS ?? 60)
/** Two rounds of pings, and a little. */
const LET_GO = Math.max(STALL, 35)
const CHANNEL = 1

let host
let peers
beforeEach(() => {
  peers = []
})
afterEach(async () => {
  for (const { child } of peers) child.kill('SIGKILL')
  await host.stop()
})

/** A peer in a process of its own; `ask` calls its commands. */
async function peer(sessionId) {
  const child = fork(path.join(__dirname, 'peer.js'), [host.url, host.folder, sessionId])
  let next = 0
  const ask = async (command, argument) => {
    const id = (next += 1)
    child.send({ id, command, argument })
    for (;;) {
      const [answer] = await once(child, 'message')
      if (answer.id === id) return answer.value
    }
  }
  peers.push({ child })
  await once(child, 'message')
  return ask
}

/** What the stalled viewer's protocols have in common, for the test. */
const PROTOCOLS = {
  JSON: () => plain({}),
  'offheap.v1': () => plain({ stream: true }),
  'offheap.mux.v1': () => multiplexed(),
}

async function plain(options, query = {}) {
  const client = host.connect({ sessionId: 'flood', ...query }, options)
  await client.ready()
  return {
    client,
    socket: client.socket,
    type: (text) => client.type(text),
    sees: () => client.sees(PROMPT),
    messages: () => client.messages,
    frames: () => client.frames,
    bytes: () => client.bytes,
    forget() {
      client.frames = []
      client.output = ''
    },
  }
}

async function multiplexed() {
  const mux = new MuxClient(host.url)
  await once(mux.ws, 'open')
  await mux.open(CHANNEL, { sessionId: 'flood', path: host.folder })
  let frames = []
  let bytes = 0
  mux.onFrame = (frame) => {
    frames.push(frame)
    bytes += frame.data.length
  }
  return {
    socket: mux.ws,
    type: (text) => mux.type(CHANNEL, text),
    sees: () => mux.sees(CHANNEL, PROMPT),
    messages: () => mux.messages.map(({ channel, ...message }) => message),
    frames: () => frames,
    bytes: () => bytes,
    forget() {
      frames = []
    },
  }
}

const gapsOf = (viewer) => viewer.messages().filter(({ type }) => type === 'gap')

test.each([
  ['JSON', { screen: false }],
  ['offheap.v1', { screen: false }],
  ['offheap.mux.v1', { screen: false }],
  ['offheap.v1', { screen: true }],
])(`${STALL} s of not reading: %s, %j`, async (protocol, { screen }) => {
  // Who does not read answers no ping either: it would be let go after 30 s.
  host = await startServerProcess({ historyBytes: RING, screen, pingInterval: 2 ** 30 })
  const stalled = await PROTOCOLS[protocol]()
  await stalled.sees()
  const echo = await peer('other')
  const idle = await echo('echo', 5)
  const second = await peer('flood')
  stalled.type(`${FLOOD}\r`)
  await eventually('the flood', async () => (await second('bytes')) > 4 * MIB)
  const reading = await measured(second, echo, 10)
  stalled.forget()
  await eventually('frames after that', () => stalled.frames().length > 0)

  stalled.socket._socket.pause()
  const before = rss(host.pid)
  const stalling = await measured(second, echo, STALL)
  report(`${protocol}${screen ? ', screen' : ''}`, { idle, reading, stalling, before })
  expect(stalling.rss - before).toBeLessThan(RING + 8 * MIB)
  expect(stalling.bytes).toBeGreaterThan(STALL * MIB)

  const told = gapsOf(stalled).length
  stalled.socket._socket.resume()
  await eventually('the gap', () => gapsOf(stalled).length > told)
  const wanted = stalled.bytes() + MIB
  await eventually('more', () => stalled.bytes() > wanted)
  stalled.socket._socket.pause()
  const [frames, gaps] = [[...stalled.frames()], gapsOf(stalled)]
  if (screen) expect(frames.some(({ type }) => type === 'snapshot')).toBe(true)
  else expect(expectWhole(frames, gaps)).toBeGreaterThan(0)
  stalled.socket.terminate()
})

test(`${LET_GO} s of not reading, with the server's own pings: let go, and told the gap when it comes back`, async () => {
  host = await startServerProcess({ historyBytes: RING, screen: false })
  const stalled = await PROTOCOLS['offheap.v1']()
  await stalled.sees()
  stalled.type(`${FLOOD}\r`)
  await eventually('the flood', () => stalled.bytes() > 4 * MIB)
  stalled.socket._socket.pause()
  const before = rss(host.pid)
  let most = 0
  for (let second = 0; second < LET_GO; second += 1) {
    await sleep(1000)
    most = Math.max(most, rss(host.pid))
  }
  expect(most - before).toBeLessThan(RING + 8 * MIB)
  expect((await host.ask('stats')).connections).toBe(0)
  stalled.socket._socket.resume()
  await stalled.client.isClosed()
  const { end } = stalled.client
  const again = await plain({ stream: true }, { offset: end })
  await eventually('output', () => again.bytes() > MIB)
  const [gap] = gapsOf(again)
  expect(gap.from).toBe(end)
  expect(gap.to).toBe(again.frames()[0].offset)
  again.socket._socket.pause()
  expectWhole([...again.frames()], gapsOf(again))
  again.socket.terminate()
})

/** For some seconds: what a viewer takes, the echo of another session, and the server's memory at most. */
async function measured(viewer, echo, seconds) {
  let most = 0
  const timer = setInterval(() => {
    most = Math.max(most, rss(host.pid))
  }, 100)
  const from = await viewer('bytes')
  const latency = await echo('echo', seconds)
  const bytes = (await viewer('bytes')) - from
  clearInterval(timer)
  return { bytes, rate: bytes / seconds / 1e6, rss: most, ...latency }
}

function report(name, { idle, reading, stalling, before }) {
  const ms = ({ p50, p99 }) => `p50 ${p50.toFixed(2)} ms, p99 ${p99.toFixed(2)} ms`
  const ratio = (one, other) => (one / other).toFixed(2)
  process.stdout.write(
    `${name}
  RSS growth            ${((stalling.rss - before) / MIB).toFixed(1)} MiB
  echo, idle            ${ms(idle)}
  echo, all read        ${ms(reading)}; p99 ${ratio(reading.p99, idle.p99)} of idle
  echo, one stalled     ${ms(stalling)}; p99 ${ratio(stalling.p99, idle.p99)} of idle, ${ratio(stalling.p99, reading.p99)} of all read
  second viewer         ${reading.rate.toFixed(1)} MB/s, then ${stalling.rate.toFixed(1)} MB/s: ${ratio(stalling.rate, reading.rate)}
`,
  )
}
