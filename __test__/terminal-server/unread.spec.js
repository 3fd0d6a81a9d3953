// What clients are told and do not read: bounded for one, and for many together.

const net = require('node:net')
const { once } = require('node:events')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1 << 20
const TEXT = 'x'.repeat(50_000)

let host
afterEach(() => host.stop())

/**
 * A server whose clients ask to be told something, and a client that does not read it.
 * `fill(viewer, count)` keeps so many messages waiting for it.
 */
async function start(options) {
  const viewers = []
  host = await startTerminals({ ...options, messages: { tell: (_message, viewer) => viewers.push(viewer) } })
  const fills = new Set()
  const tick = () => {
    for (const fill of fills) fill()
    timer = setImmediate(tick)
  }
  let timer = setImmediate(tick)
  return {
    async deaf() {
      const client = host.connect({ sessionId: 'deaf' })
      await client.ready()
      const known = viewers.length
      client.send({ type: 'tell' })
      await eventually('the viewer', () => viewers.length > known)
      client.stopReading()
      return viewers.at(-1)
    },
    /** Resolves once the network has taken all that it takes, and so many wait. */
    fill(viewer, count) {
      let waiting = 0
      return new Promise((resolve) => {
        const fill = () => {
          for (; waiting < count && !viewer.signal.aborted; waiting += 1) {
            viewer.send({ type: 'told', text: TEXT }, () => {
              waiting -= 1
            })
          }
          // A message that the network takes is out before the next turn.
          setImmediate(() => {
            if (waiting === count || viewer.signal.aborted) resolve()
          })
        }
        fills.add(fill)
      })
    },
    stop: () => clearImmediate(timer),
  }
}

test('what all connections have not read is bounded together: the one that holds the most is cut off', async () => {
  const { deaf, fill, stop } = await start({ maxUnreadBytes: 4 * MIB })
  const honest = host.connect()
  await honest.sees(PROMPT)
  const greedy = await deaf()
  await fill(greedy, 18)
  const others = []
  for (let n = 0; n < 5; n += 1) {
    others.push(await deaf())
    await fill(others[n], 12)
  }
  expect(greedy.signal.aborted).toBe(false)
  const last = await deaf()
  await Promise.all([fill(last, 12), eventually('the bound', () => greedy.signal.aborted)])
  stop()
  expect([...others, last].map(({ signal }) => signal.aborted)).toEqual(Array(6).fill(false))
  honest.type('echo go""on\r')
  await honest.sees('goon\r\n')
})

test('what is read does not count, however much it is', async () => {
  let viewer = null
  host = await startTerminals({
    maxUnreadBytes: MIB,
    messages: {
      tell(_message, from) {
        viewer = from
      },
    },
  })
  const client = host.connect()
  await client.ready()
  client.send({ type: 'tell' })
  await eventually('the viewer', () => viewer)
  for (let round = 0; round < 20; round += 1) {
    const sent = Array.from(
      { length: 10 },
      () => new Promise((out) => viewer.send({ type: 'told', TEXT }, out)),
    )
    await Promise.all(sent)
  }
  await client.until('all of it', () => client.messages.filter(({ type }) => type === 'told').length === 200)
  expect(client.closed).toBeNull()
})

test('answers to pings count as well', async () => {
  host = await startTerminals()
  const honest = host.connect()
  await honest.ready()
  honest.socket.ping('hello')
  const [answer] = await once(honest.socket, 'pong')
  expect(answer.toString()).toBe('hello')
  const { hostname, port } = new URL(host.url)
  const socket = net.connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    `GET /?sessionId=raw HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(socket, 'data')
  socket.pause()
  // Pings of 125 bytes, masked with zeros.
  const ping = Buffer.concat([Buffer.from([0x89, 0xfd, 0, 0, 0, 0]), Buffer.alloc(125, 'x')])
  const pings = Buffer.concat(Array(100).fill(ping))
  let written = 0
  const write = () => {
    while (!socket.destroyed && socket.write(pings)) written += pings.length
  }
  socket.on('drain', write)
  write()
  await new Promise((closed) => socket.once('close', closed))
  expect(written).toBeGreaterThan(0)
})
