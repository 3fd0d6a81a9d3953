// Connections of nobody in particular: bounded, and never in the way of who is authorised.

const net = require('node:net')
const { once } = require('node:events')
const { Client } = require('../helpers/client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { startServerProcess } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

let host
let sockets
/** Aborted when the test is over: what comes again by itself must not come into the next one. */
let over
beforeEach(() => {
  sockets = []
  over = new AbortController()
})
afterEach(async () => {
  over.abort()
  for (const socket of sockets) socket.destroy()
  await host.stop()
})

/** A connection that says so much and waits. */
function dangle(text = '', localAddress = '127.0.0.1') {
  const { hostname, port } = new URL(host.url)
  const socket = net.connect({ port: Number(port), host: hostname, localAddress })
  socket.on('error', () => {})
  socket.resume()
  if (text) socket.write(text)
  sockets.push(socket)
  return socket
}

const open = () => sockets.filter((socket) => !socket.closed && !socket.destroyed).length

/** The head of an upgrade request, from an address that a proxy names. */
function request(forwardedFor) {
  const lines = [
    'GET / HTTP/1.1',
    `Host: ${new URL(host.url).host}`,
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
  ]
  if (forwardedFor) lines.push(`X-Forwarded-For: ${forwardedFor}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}

/** The status of the answer to an upgrade request. */
async function statusOf(forwardedFor) {
  const socket = dangle()
  socket.pause()
  const answer = once(socket, 'data')
  socket.write(request(forwardedFor))
  socket.resume()
  return Number(String((await answer)[0]).split(' ')[1])
}

describe('of the example', () => {
  const TOKEN = 's3cret'

  test('a thousand that send nothing, or no token, keep nobody out who has it', async () => {
    host = await startServerProcess({ authToken: TOKEN, maxConnections: 300, maxUnauthorized: 100 })
    const before = host.connect({ token: TOKEN })
    await before.sees(PROMPT)
    // Anew whenever one is cut off.
    let made = 0
    const { signal } = over
    const flood = (address, text) => {
      if (signal.aborted) return
      made += 1
      dangle(text, address).once('close', () => setTimeout(flood, 100, address, text))
    }
    for (let n = 0; n < 1000; n += 1) flood(`127.0.0.${1 + (n % 4)}`, n % 2 === 0 ? '' : 'GET / HTTP/1.1\r\n')
    await eventually('the flood', () => made > 2000)
    const works = async (client) => {
      await client.sees(PROMPT)
      client.type('echo wor""ks\r')
      await client.sees('works\r\n')
    }
    const elsewhere = { localAddress: '127.0.0.9' }
    for (let n = 0; n < 5; n += 1) {
      await works(host.connect({ token: TOKEN, sessionId: `s${n}` }, elsewhere))
    }
    // From an address that floods as well a client may have to try more than once.
    const again = async () => {
      const client = host.connect({ token: TOKEN, sessionId: 's0' })
      await client.until('an answer', () => client.closed ?? client.messages.length > 0)
      return client.messages.length > 0 && client
    }
    const client = await eventually('a connection', again)
    client.type('echo he""re\r')
    await client.sees('here\r\n')
    before.type('echo still he""re\r')
    await before.sees('still here\r\n')
  })
})

describe('of a server of its own', () => {
  test('past its bound the oldest connection of an address goes, and no authorised one', async () => {
    host = await startTerminals({ token: 't', maxUnauthorizedPerAddress: 3 })
    host.server.on('connection', host.terminals.connection)
    const client = host.connect({ token: 't' })
    await client.sees(PROMPT)
    const other = dangle('', '127.0.0.2')
    // Not the address from which a client of another test may still look for its server.
    for (let n = 0; n < 5; n += 1) await once(dangle('', '127.0.0.3'), 'connect')
    const mine = sockets.slice(1)
    await eventually('the oldest two to go', () => mine[0].closed && mine[1].closed)
    expect(mine.slice(2).some(({ closed }) => closed)).toBe(false)
    expect(other.closed).toBe(false)
    client.type('echo go""on\r')
    await client.sees('goon\r\n')
  })

  test('past the bound in all it is that of the address with most', async () => {
    host = await startTerminals({ token: 't', maxUnauthorized: 4 })
    host.server.on('connection', host.terminals.connection)
    await once(dangle('', '127.0.0.2'), 'connect')
    for (let n = 0; n < 3; n += 1) await once(dangle('', '127.0.0.3'), 'connect')
    await once(dangle('', '127.0.0.4'), 'connect')
    await eventually('one to go', () => sockets[1].closed)
    expect(open()).toBe(4)
    // What was let go of makes room.
    sockets[0].destroy()
    await once(dangle('', '127.0.0.5'), 'connect')
    await once(dangle('', '127.0.0.6'), 'connect')
    await eventually('another one to go', () => sockets[2].closed)
  })

  test('a connection that the application admits does not count', async () => {
    host = await startTerminals({ token: 't', maxUnauthorizedPerAddress: 1 })
    host.server.on('connection', host.terminals.connection)
    host.server.prependListener('request', ({ socket }) => host.terminals.admit(socket))
    const admitted = dangle('GET / HTTP/1.1\r\nHost: x\r\n\r\n')
    await once(admitted, 'data')
    await once(dangle(), 'connect')
    await once(dangle(), 'connect')
    await eventually('the second to go', () => sockets[1].closed)
    expect(admitted.closed).toBe(false)
  })

  test('clients behind a proxy are counted by their own addresses, IPv6 by /64', async () => {
    const asked = []
    host = await startTerminals({
      authorize: () => new Promise((resolve) => asked.push(resolve)),
      maxUnauthorized: 7,
      maxUnauthorizedPerAddress: 2,
      trustProxy: ['loopback'],
    })
    host.server.on('connection', host.terminals.connection)
    for (const address of ['192.0.2.1', '192.0.2.1', '2001:db8:0:1::1', '2001:db8::1:ffff:0:0:2']) {
      dangle(request(address))
    }
    await eventually('the questions', () => asked.length === 4)
    expect(await statusOf('192.0.2.1')).toBe(429)
    expect(await statusOf('2001:db8:0:1:aaaa::')).toBe(429)
    for (const address of ['2001:db8:0:2::1', '192.0.2.2', '::ffff:192.0.2.3']) dangle(request(address))
    await eventually('the other questions', () => asked.length === 7)
    expect(await statusOf('192.0.2.9')).toBe(503)
    for (const refuse of asked) refuse(null)
    await eventually('them to be gone', () => open() === 0)
    dangle(request('192.0.2.1'))
    await eventually('one more question', () => asked.length === 8)
    asked[7](null)
  })

  test('a connection behind a WebSocket server of the application is told 1013', async () => {
    const { WebSocketServer } = require('ws')
    host = await startTerminals({ authorize: () => new Promise(() => {}), maxUnauthorizedPerAddress: 1 })
    const own = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    await once(own, 'listening')
    own.on('connection', (ws, request) => host.terminals.connect(ws, request))
    const url = `http://127.0.0.1:${own.address().port}`
    const [first, second] = [new Client(url), new Client(url)]
    const { code } = await Promise.race([first.isClosed(), second.isClosed()])
    expect(code).toBe(1013)
    for (const client of [first, second]) client.socket.terminate()
    own.close()
  })
})
