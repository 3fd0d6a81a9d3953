// Clients in bad faith: whatever they send, the server lives on, and another
// client's stream stays exact to the byte.

const http = require('node:http')
const net = require('node:net')
const { once } = require('node:events')
const { COUNTER } = require('../helpers/counter')
const { CounterReader } = require('../helpers/counter-reader')
const { PATIENCE } = require('../helpers/patience')
const { descriptors, eventually } = require('../helpers/proc')
const { startServer, startServerProcess } = require('../helpers/server')

const DEPTH = 100_000
const DEEP = '['.repeat(DEPTH) + ']'.repeat(DEPTH)
const TYPES =
  'input resize ctrl ack theme focus blur focus_change suspend resume ping subscribe git-refresh open close'.split(
    ' ',
  )
const VALUES = [
  'null',
  'true',
  '-1',
  '1e999',
  '0.5',
  '9007199254740993',
  '"x"',
  '"\\ud800"',
  '[]',
  '{}',
  '{"toString":1}',
  '{"toString":1,"valueOf":null}',
  '{"__proto__":{"length":1e9}}',
  DEEP,
]
const FIELDS =
  'data cols rows width height key offset mode channel code type share foreground background cursor'.split(
    ' ',
  )

let server
let reader
let witness
beforeAll(async () => {
  server = await startServerProcess({ maxSessions: 200, maxSessionsPerProject: 0 })
  witness = server.connect({}, { stream: true })
  reader = new CounterReader()
  await witness.ready()
  witness.type(`node ${COUNTER} 1000000 64 20\r`)
  const begun = await witness.until('the counter', () => {
    const binary = witness.frames.filter(({ type }) => type === 'binary')
    const [first] = binary
    return first && reader.begin(Buffer.concat(binary.map(({ data }) => data)), first.offset) && binary
  })
  const all = Buffer.concat(begun.map(({ data }) => data))
  reader.take(reader.at, all.subarray(reader.at - begun[0].offset))
  witness.keep = false
  witness.onFrame = ({ offset, data }) => reader.take(offset, data)
})
afterEach(async () => {
  // It would have thrown in the client if a byte was wrong; here it is seen to go on.
  const { received } = reader
  await witness.until('the other stream to go on', () => reader.received > received || witness.closed)
  expect(reader.gaps).toEqual([])
  expect(witness.closed).toBeNull()
  expect(server.child.exitCode).toBeNull()
})
afterAll(() => server.stop())

/** Sends to a connection of its own and waits until the server has seen it. */
async function offend(options, messages) {
  const client = server.connect({}, options)
  await once(client.socket, 'open')
  for (const message of messages) client.socket.send(message)
  client.socket.close()
  await client.isClosed()
  return client
}

test.each(VALUES.map((value) => [value.length > 40 ? 'nested deeply' : value, value]))(
  'every field of every message: %s',
  async (_name, value) => {
    const messages = [value, `{"type":${value}}`]
    for (const type of TYPES) {
      const fields = value === DEEP ? ['key', 'channel', 'code'] : FIELDS
      for (const field of fields) messages.push(`{"type":"${type}","${field}":${value}}`)
    }
    await offend({}, messages)
    await offend({ stream: true }, messages)
  },
)

test('every field of the messages of many sessions over one connection', async () => {
  const { WebSocket } = require('ws')
  const mux = new WebSocket(`${server.url.replace('http', 'ws')}/mux`, ['offheap.mux.v1'])
  const answered = new Promise((resolve, reject) => {
    mux.on('close', (code, reason) => reject(new Error(`closed with ${code} ${reason}`)))
    mux.on('message', (data, isBinary) => {
      const message = isBinary ? null : JSON.parse(data)
      if (message?.type === 'pong' && message.channel === 3) resolve()
    })
  })
  await once(mux, 'open')
  for (const value of VALUES) {
    for (const type of TYPES.slice(-3)) {
      for (const field of FIELDS) mux.send(`{"type":"${type}","${field}":${value}}`)
    }
    mux.send(
      `{"type":"open","channel":7,"offset":${value},"window":${value},"sessionId":${value},"cols":${value},"rows":${value}}`,
    )
    mux.send(`{"type":"ctrl","channel":7,"key":${value}}`)
    mux.send(`{"type":${value},"channel":7}`)
    mux.send(`{"type":"close","channel":7,"code":${value}}`)
  }
  for (let length = 0; length < 8; length += 1) mux.send(Buffer.alloc(length, 255))
  mux.send(JSON.stringify({ type: 'ping', channel: 3 }))
  await answered
  mux.close()
  await once(mux, 'close')
})

test('frames that break the protocol', async () => {
  const masked = (first, payload) =>
    Buffer.concat([Buffer.from([first, 0x80 | payload.length, 0, 0, 0, 0]), payload])
  const frames = [
    masked(0x81, Buffer.from([0xff, 0xfe, 0xc0])), // text that is no UTF-8
    masked(0x01, Buffer.from([0xe2])), // a fragment that ends inside a character
    masked(0x80, Buffer.from('x')), // a continuation of nothing
    masked(0xff, Buffer.from('x')), // reserved bits
    masked(0x83, Buffer.from('x')), // an unknown kind
    masked(0x88, Buffer.from([0])), // half a close code
    masked(0x88, Buffer.from([0x03, 0xed])), // a close code that is not to be sent
    Buffer.from([0x81, 0x02, 0x7b, 0x7d]), // without a mask
    Buffer.from([0x82, 0xff, 0x7f, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 0]), // 2^63 bytes
    Buffer.from([0x82, 0xfe, 0xff]), // cut off
  ]
  for (const frame of frames) {
    const socket = await upgraded()
    socket.write(frame)
    socket.end()
    await once(socket, 'close')
  }
})

/** A socket that has shaken hands, as bytes. */
async function upgraded() {
  const { hostname, port } = new URL(server.url)
  const socket = net.connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.write(
    `GET /?projectId=raw&sessionId=raw HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
  )
  await once(socket, 'data')
  socket.resume()
  return socket
}

test('requests that break the protocol, and paths that lead elsewhere', async () => {
  const { hostname, port } = new URL(server.url)
  const ask = (text) =>
    new Promise((resolve) => {
      const socket = net.connect(Number(port), hostname)
      let answer = ''
      socket.on('data', (data) => (answer += data.toString('latin1')))
      socket.on('error', () => {})
      socket.on('close', () => resolve(answer))
      socket.end(text)
    })
  const host = `Host: ${hostname}:${port}\r\nConnection: close\r\n`
  const paths = [
    '//',
    '/..%2f..%2fetc/passwd',
    '/../../../etc/passwd',
    '/vendor/xterm/../../../package.json',
    '/%00',
    '/%',
    '/api/terminal/close/%',
    '/api/terminal/close/%ff',
    '/__proto__',
    '/constructor',
    'http://evil.example/api/stats',
    '*',
    '/api/terminal/status?sessionId=__proto__',
    '/api/terminal/list?projectId=constructor',
  ] // prettier-ignore
  for (const path of paths) {
    for (const method of ['GET', 'DELETE', 'PUT', 'OPTIONS']) {
      expect(await ask(`${method} ${path} HTTP/1.1\r\n${host}\r\n`)).not.toMatch(/root:|"devDependencies"/)
    }
    await ask(
      `GET ${path} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n` +
        'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n',
    )
  }
  for (const text of [
    'GET / HTTP/1.1\r\n\r\n',
    'GET / HTTP/9.9\r\n\r\n',
    `GET / HTTP/1.1\r\n${host}X: ${'x'.repeat(100_000)}\r\n\r\n`,
    `POST /api/terminal/create HTTP/1.1\r\n${host}Content-Length: 99999999999\r\n\r\n{`,
    `POST /api/terminal/create HTTP/1.1\r\n${host}Transfer-Encoding: chunked\r\n\r\nfffffffff\r\n{`,
    `CONNECT x:1 HTTP/1.1\r\n${host}\r\n`,
    '\0\0\0\0',
  ]) {
    await ask(text)
  }
  for (const trick of [
    'evil.example',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    '2130706433.evil',
  ]) {
    expect(await ask(`GET /api/stats HTTP/1.1\r\nHost: ${trick}\r\nConnection: close\r\n\r\n`)).toMatch(
      / 403 /,
    )
    expect(await ask(`GET /api/stats HTTP/1.1\r\n${host}Origin: http://${trick}\r\n\r\n`)).toMatch(/ 403 /)
  }
})

test('bodies of the wrong shape', async () => {
  for (const value of VALUES) {
    for (const [method, path] of [
      ['POST', 'create'],
      ['PUT', 'focus'],
      ['POST', 'suspend'],
      ['POST', 'resume'],
    ]) {
      for (const body of [
        value,
        `{"projectId":${value},"projectPath":${value},"sessionId":${value}}`,
        `{"projectId":"p","projectPath":"/","sessionId":"s","mode":${value},"userId":${value}}`,
      ]) {
        const request = http.request(new URL(`/api/terminal/${path}`, server.url), { method, agent: false })
        request.on('error', () => {})
        request.end(body)
        const response = await Promise.race([
          once(request, 'response').then(([found]) => found),
          once(request, 'close').then(() => null),
        ])
        response?.resume()
        if (response) expect(response.statusCode).not.toBe(500)
      }
    }
  }
})

test('a client that asks on and on and reads no answer is cut off', async () => {
  const client = server.connect({ projectId: 'deaf', sessionId: 'deaf' })
  await client.ready()
  client.stopReading()
  client.socket.on('error', () => {})
  const connections = async () =>
    (await server.ask('sessions')).find(({ id }) => id === 'deaf')?.connections ?? 0
  expect(await connections()).toBe(1)
  await eventually('the connection to be ended', async () => {
    for (let count = 0; count < 20_000 && client.socket.bufferedAmount < 1e6; count += 1) {
      client.socket.send('{}')
    }
    return (await connections()) === 0
  })
  client.socket.terminate()
})

test('a thousand connects that leave at once', async () => {
  const before = descriptors(server.pid).length
  for (let batch = 0; batch < 20; batch += 1) {
    const clients = Array.from({ length: 50 }, () =>
      server.connect({ projectId: 'rush', sessionId: 'rush', path: '/tmp' }),
    )
    for (const [at, client] of clients.entries()) {
      if (at % 3 === 0) client.socket.terminate()
      else if (at % 3 === 1) client.socket.on('open', () => client.socket.terminate())
      else client.socket.on('open', () => client.socket.close(1000))
    }
    await Promise.all(clients.map((client) => client.isClosed()))
  }
  await eventually('the descriptors to be closed', () => descriptors(server.pid).length <= before + 8)
})

test('projects whose sessions are refused leave nothing behind', async () => {
  const { server: own, registry, stop } = await startServer({ maxSessions: 1 })
  registry.create()
  const projectId = 'p'.repeat(100_000)
  const before = process.memoryUsage.rss()
  for (let count = 0; count < 2000; count += 1) {
    // The witness answers pings meanwhile.
    if (count % 50 === 0) await new Promise(setImmediate)
    expect(() => own.service.createSession(`${projectId}${count}`.replace(/^p/, 'q'), '/')).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_LIMIT' }),
    )
  }
  expect(process.memoryUsage.rss() - before).toBeLessThan(100e6)
  registry.closeAll()
  expect(own.service.createSession('p', '/').tabName).toBe('Terminal 1')
  await stop()
})

test('a shell that ends while its connection is made', async () => {
  const { registry, connect, stop } = await startServer()
  const attach = registry.attach.bind(registry)
  registry.attach = (id, ...others) => {
    const session = registry.get(id)
    session.kill('SIGKILL')
    // As on a machine that is busy: the exit is there before the connection is complete.
    for (const end = Date.now() + PATIENCE; !session.exit && Date.now() < end; );
    return attach(id, ...others)
  }
  const client = connect()
  expect(await client.isClosed()).toEqual({ code: 1000, reason: 'Shell exited' })
  expect(client.messages).toContainEqual({ type: 'exit', code: 0, signal: 9 })
  await stop()
})
