// Messages that are begun and not ended: in pieces, by one client and by many.

const net = require('node:net')
const { once } = require('node:events')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1 << 20

let host
let sockets
beforeEach(() => {
  sockets = []
})
afterEach(async () => {
  for (const socket of sockets) socket.destroy()
  await host.stop()
})

/** A WebSocket as bytes; `closedWith` is the close code that came. */
async function upgraded() {
  const { hostname, port } = new URL(host.url)
  const socket = net.connect(Number(port), hostname)
  sockets.push(socket)
  socket.on('error', () => {})
  socket.write(
    `GET /?sessionId=raw HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  let received = Buffer.alloc(0)
  socket.on('data', (data) => {
    received = Buffer.concat([received, data])
  })
  await eventually('the handshake', () => received.includes('\r\n\r\n'))
  await eventually('the session', () => received.includes('connected'))
  return {
    socket,
    /** The code of the close frame, the last that comes. */
    closedWith: async () => {
      if (!socket.closed) await once(socket, 'close')
      const at = received.lastIndexOf(Buffer.from([0x88]))
      return at < 0 ? null : received.readUInt16BE(at + 2)
    },
  }
}

/** A fragment of a text message: masked, as a client's is. */
function fragment(isFirst, payload, isLast = false) {
  const head = Buffer.alloc(payload.length < 126 ? 6 : 14)
  head[0] = (isFirst ? 1 : 0) | (isLast ? 0x80 : 0)
  if (payload.length < 126) head[1] = 0x80 | payload.length
  else {
    head[1] = 0xff
    head.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([head, payload])
}

test('a message in more pieces than any client needs is 1008; in as many as it may come, it is taken', async () => {
  host = await startTerminals()
  const pieces = (count, ended) => {
    const text = JSON.stringify({ type: 'ping' }).padEnd(count)
    return Buffer.concat(
      [...text].map((each, n) => fragment(n === 0, Buffer.from(each), ended && n === count - 1)),
    )
  }
  const patient = await upgraded()
  let answered = false
  patient.socket.on('data', (data) => {
    answered ||= data.includes('pong')
  })
  patient.socket.write(pieces(256, true))
  await eventually('the answer', () => answered)
  const greedy = await upgraded()
  greedy.socket.write(pieces(257, false))
  expect(await greedy.closedWith()).toBe(1008)
  expect(patient.socket.closed).toBe(false)
})

test('incomplete messages of all connections are bounded together: the largest is 1009, others go on', async () => {
  host = await startTerminals({ maxIncompleteBytes: 4 * MIB, maxPayload: 4 * MIB })
  const honest = host.connect()
  await honest.sees(PROMPT)
  const large = await upgraded()
  large.socket.write(fragment(true, Buffer.alloc(2 * MIB, ' ')))
  const others = []
  for (let n = 0; n < 3; n += 1) {
    others.push(await upgraded())
    others[n].socket.write(fragment(true, Buffer.alloc(MIB, ' ')))
  }
  expect(await large.closedWith()).toBe(1009)
  honest.type('echo go""on\r')
  await honest.sees('goon\r\n')
  expect(others.map(({ socket }) => socket.closed)).toEqual([false, false, false])
  // Theirs can be ended, and what is complete is not counted any more.
  for (const { socket } of others) socket.write(fragment(false, Buffer.from('{}'), true))
  const another = await upgraded()
  another.socket.write(fragment(true, Buffer.alloc(3 * MIB, ' ')))
  another.socket.write(fragment(false, Buffer.from('{"type":"ping"}'), true))
  let answered = false
  another.socket.on('data', (data) => {
    answered ||= data.includes('pong')
  })
  await eventually('the answer', () => answered)
})

test('what clients send day in, day out adds up to nothing', async () => {
  host = await startTerminals({ maxIncompleteBytes: MIB })
  const client = host.connect()
  await client.sees(PROMPT)
  client.type('stty -echo; cat > /dev/null\r')
  for (let n = 0; n < 300; n += 1) {
    client.type('x'.repeat(n % 3 === 0 ? 8 : 20_000))
    client.socket.ping(Buffer.alloc(100))
    client.socket.send('[', { fin: false })
    client.socket.send(' '.repeat(200), { fin: false })
    client.socket.send(']', { fin: true })
    if (n % 10 === 0) await client.settled()
  }
  await client.settled()
  expect(client.closed).toBeNull()
})
