// Who may talk to the server, what it refuses, and how it starts and stops.

const crypto = require('node:crypto')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const { Client } = require('../helpers/client')
const { descriptors, eventually, isRunning } = require('../helpers/proc')
const { ENTRY, runServer, startServer } = require('../helpers/server')
const { PROMPT, workspace } = require('../helpers/workspace')
const { TerminalWebSocketServer } = require(ENTRY)

/** The status of a GET with headers that `fetch` would not send. */
function get(url, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { headers }, (response) => {
      response.resume()
      resolve(response.statusCode)
    })
    request.on('error', reject)
  })
}

describe('origin and host', () => {
  let host
  beforeAll(async () => {
    host = await startServer({ maxSessions: 0, allowedOrigins: ['https://app.example'] })
  })
  afterAll(() => host.stop())

  const own = () => new URL(host.url)
  const refused = [
    ['a foreign origin', () => ({ Origin: 'https://evil.example' })],
    ['a foreign port', () => ({ Origin: `http://127.0.0.1:${own().port - 1}` })],
    ['the origin of a file', () => ({ Origin: 'null' })],
    ['an origin that begins like ours', () => ({ Origin: `${host.url}.evil.example` })],
    ['another scheme', () => ({ Origin: `chrome-extension://${own().host}` })],
    ['nonsense', () => ({ Origin: '//' })],
    ['a foreign host that leads to loopback', () => ({ Host: `evil.example:${own().port}` })],
    [
      'a foreign host with its own origin',
      () => ({ Host: `evil.example:${own().port}`, Origin: `http://evil.example:${own().port}` }),
    ],
    ['a host that begins like loopback', () => ({ Host: '127.0.0.1.evil.example' })],
  ]
  const welcome = [
    ['none', () => ({})],
    ['its own', () => ({ Origin: host.url })],
    ['localhost', () => ({ Host: `localhost:${own().port}`, Origin: `http://localhost:${own().port}` })],
    ['an allowed one', () => ({ Origin: 'https://app.example' })],
  ]

  test.each(refused)('%s: 403 over HTTP', async (_what, headers) => {
    expect(await get(`${host.url}/api/terminal/health`, headers())).toBe(403)
    expect(await get(`${host.url}/`, headers())).toBe(403)
  })

  test.each(refused)('%s: 403 over WebSocket, and no shell', async (_what, headers) => {
    const before = host.registry.stats().created
    const client = host.connect({}, { headers: headers() })
    expect(await client.until('the refusal', () => client.refused)).toBe(403)
    expect(host.registry.stats().created).toBe(before)
  })

  test.each(welcome)('welcome: %s', async (_what, headers) => {
    expect(await get(`${host.url}/api/terminal/health`, headers())).toBe(200)
    const client = host.connect({}, { headers: headers() })
    await client.ready()
  })
})

describe('a server that others can reach, without a token', () => {
  let host
  beforeAll(async () => {
    host = await startServer({
      host: '0.0.0.0',
      allowNoToken: true,
      maxSessions: 0,
      allowedOrigins: ['https://app.example'],
    })
    host.port = new URL(host.url).port
    host.local = `http://127.0.0.1:${host.port}`
  })
  afterAll(() => host.stop())

  test.each(['evil.example', '127.0.0.1.evil.example', 'evil.example:80'])(
    'a name that anybody can point at it is refused, and its page with it: %s',
    async (Host) => {
      for (const headers of [{ Host }, { Host, Origin: `http://${Host}` }]) {
        expect(await get(`${host.local}/`, headers)).toBe(403)
        expect(await get(`${host.local}/api/stats`, headers)).toBe(403)
        const client = new Client(host.local, {}, { headers })
        expect(await client.until('the refusal', () => client.refused)).toBe(403)
      }
      expect(host.registry.stats().created).toBe(0)
    },
  )

  test.each(['192.0.2.7:4001', '[2001:db8::7]:4001', 'localhost', '[::ffff:127.0.0.1]', 'app.example'])(
    'an address, a loopback name, and the host of an allowed origin are welcome: %s',
    async (Host) => {
      expect(await get(`${host.local}/api/stats`, { Host })).toBe(200)
    },
  )
})

test('with a token, whose page cannot know it, any name will do', async () => {
  const host = await startServer({ host: '0.0.0.0', authToken: 's3cret' })
  try {
    const local = `http://127.0.0.1:${new URL(host.url).port}`
    const headers = { Host: 'terminal.example', Origin: 'http://terminal.example' }
    expect(await get(`${local}/api/stats?token=s3cret`, headers)).toBe(200)
    expect(await get(`${local}/api/stats`, headers)).toBe(401)
  } finally {
    await host.stop()
  }
})

describe('a token', () => {
  let host
  beforeAll(async () => {
    host = await startServer({ authToken: 's3cret & more' })
  })
  afterAll(() => host.stop())

  test('in the query, or as Authorization', async () => {
    for (const [query, headers] of [
      [{ token: 's3cret & more' }, {}],
      [{}, { Authorization: 'Bearer s3cret & more' }],
      [{}, { Authorization: 'token s3cret & more' }],
    ]) {
      await host.connect(query, { headers }).ready()
      const url = `${host.url}/api/terminal/health?${new URLSearchParams(query)}`
      expect(await get(url, headers)).toBe(200)
    }
  })

  test.each([
    ['none', {}, {}],
    ['a wrong one', { token: 's3cret' }, {}],
    ['an empty one', { token: '' }, {}],
    ['a wrong header', {}, { Authorization: 'Bearer s3cret' }],
  ])('%s: 401, and no shell', async (_what, query, headers) => {
    const client = host.connect(query, { headers })
    expect(await client.until('the refusal', () => client.refused)).toBe(401)
    expect(await get(`${host.url}/api/stats?${new URLSearchParams(query)}`, headers)).toBe(401)
  })

  test('the page itself needs none: it asks for it', async () => {
    expect(await get(`${host.url}/`)).toBe(200)
  })

  test('the shell does not learn it, nor anything else that is for the server and its npm', async () => {
    const ours = { AUTH_TOKEN: 's3cret & more', PORT: '4001', npm_config_prefix: '/none' }
    Object.assign(process.env, ours)
    try {
      const client = host.connect({ token: 's3cret & more' })
      await client.sees(PROMPT)
      client.type('env | grep -cE "^(AUTH_TOKEN|PORT|npm_)"; echo che""cked\r')
      await client.sees('checked\r\n')
      expect(client.output).toContain('\r\n0\r\nchecked')
    } finally {
      for (const name of Object.keys(ours)) delete process.env[name]
    }
  })

  test("a project's own settings of those names are the project's", async () => {
    fs.writeFileSync(host.file('.env.local'), 'PORT=3000\nAUTH_TOKEN=of-the-project\n')
    const client = host.connect({ token: 's3cret & more' })
    await client.sees(PROMPT)
    client.type('echo "<$PORT $AUTH_TOKEN>"\r')
    await client.sees('<3000 of-the-project>')
  })
})

describe('frames that break the protocol', () => {
  let host
  let bystander
  beforeAll(async () => {
    host = await startServer({ maxSessions: 0 })
    bystander = host.connect()
    await bystander.sees(PROMPT)
  })
  afterAll(() => host.stop())
  afterEach(async () => {
    const { length } = bystander.output
    bystander.type('echo ca""lm\r')
    await bystander.sees('calm\r\n', length)
  })

  test.each([
    ['JSON', false],
    ['offheap.v1', true],
  ])('over 1 MiB: 1009 (%s)', async (_name, stream) => {
    const client = host.connect({}, { stream })
    await client.ready()
    client.socket.send(Buffer.alloc(1024 * 1024 + 1, '1'))
    expect((await client.isClosed()).code).toBe(1009)
  })

  test('exactly 1 MiB is taken', async () => {
    const client = host.connect()
    await client.ready()
    client.send('1'.repeat(1024 * 1024))
    expect(await client.message('error')).toMatchObject({ code: expect.any(String) })
    await client.settled()
  })

  const frame = (first, payload, { masked = true } = {}) => {
    const head = [first, (masked ? 0x80 : 0) | payload.length]
    return Buffer.concat([Buffer.from(head), Buffer.alloc(masked ? 4 : 0), Buffer.from(payload)])
  }
  const malformed = [
    ['a frame without a mask', frame(0x81, '{}', { masked: false }), 1002],
    ['reserved bits', frame(0xf1, '{}'), 1002],
    ['an unknown opcode', frame(0x83, '{}'), 1002],
    ['a continuation of nothing', frame(0x80, '{}'), 1002],
    ['a text frame within a fragmented one', Buffer.concat([frame(0x01, '{'), frame(0x81, '}')]), 1002],
    ['a fragmented ping', frame(0x09, 'x'), 1002],
    ['text that is no UTF-8', frame(0x81, [0x22, 0xff, 0xfe, 0x22]), 1007],
    ['a surrogate in UTF-8', frame(0x81, [0x22, 0xed, 0xa0, 0x80, 0x22]), 1007],
    [
      'a character cut at the end of a fragmented message',
      Buffer.concat([frame(0x01, '"'), frame(0x80, [0xe2, 0x82])]),
      1007,
    ],
    ['a length of 2^63', Buffer.from([0x82, 0xff, 0x80, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]), null],
    ['a length of 4 GiB', Buffer.from([0x82, 0xff, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0]), 1009],
    ['a close code that there is not', frame(0x88, [0x00, 0x05]), 1002],
    ['a close of one byte', frame(0x88, [0x03]), 1002],
  ]

  test.each(malformed)('%s ends that connection alone', async (_what, bytes, code) => {
    const { socket, received } = await rawConnection(host.url)
    const ended = new Promise((resolve) => socket.once('close', resolve))
    socket.write(bytes)
    await ended
    const close = lastClose(received())
    expect(close).toEqual(code ?? expect.any(Number))
    await eventually('the viewer is gone', () => host.registry.list().every(({ viewers }) => viewers <= 1))
  })

  test('a fragmented message is put together, pings between its parts included', async () => {
    const { socket, received } = await rawConnection(host.url)
    socket.write(Buffer.concat([frame(0x01, '{"type"'), frame(0x89, 'hi'), frame(0x80, ':"ping"}')]))
    await eventually('the answer', () => received().includes('{"type":"pong"}'))
    socket.destroy()
  })

  test('random bytes, 200 times over', async () => {
    for (let i = 0; i < 200; i += 1) {
      const { socket } = await rawConnection(host.url, 'sessionId=fuzzed')
      socket.write(crypto.randomBytes(crypto.randomInt(1, 300)))
      socket.destroy()
    }
    await eventually('all gone', () => host.registry.get('fuzzed')?.connections === 0)
  })

  test('an upgrade that is none, and requests that are no HTTP', async () => {
    const { hostname, port } = new URL(host.url)
    for (const text of [
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET / HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n',
      'GET http://[ HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'GET //[ HTTP/1.1\r\nHost: localhost\r\n\r\n',
      '\x16\x03\x01\x02\x00\x01\x00\x01',
      'GET / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -1\r\n\r\n',
    ]) {
      const socket = net.connect(port, hostname)
      let answer = ''
      socket.on('data', (data) => (answer += data))
      socket.on('error', () => {})
      const ended = new Promise((resolve) => socket.once('close', resolve))
      socket.write(text, 'latin1')
      socket.end()
      await ended
      expect(answer === '' || /^HTTP\/1\.1 4\d\d /.test(answer)).toBe(true)
    }
  })
})

test('past the limit of connections, new ones are dropped, and old ones serve on', async () => {
  const host = await startServer({ maxConnections: 3 })
  try {
    const clients = Array.from({ length: 3 }, () => host.connect({ sessionId: 'a' }))
    await Promise.all(clients.map((client) => client.ready()))
    const late = host.connect({ sessionId: 'a' })
    await late.until('the end', () => late.error)
    await Promise.all(clients.map((client) => client.settled()))
    await clients[0].close()
    await eventually('room', () => host.registry.get('a').connections === 2)
    await host.connect({ sessionId: 'a' }).ready()
  } finally {
    await host.stop()
  }
})

describe('who takes for ever', () => {
  let host
  let before
  const open = []
  beforeAll(async () => {
    host = await startServer({ headersTimeout: 300, pingInterval: 300 })
  })
  beforeEach(() => {
    before = descriptors().length
  })
  afterEach(() => {
    for (const socket of open.splice(0)) socket.destroy()
  })
  afterAll(() => host.stop())

  /** Each peer's descriptor is here, and so is the server's. */
  function isLetGo(peers) {
    return eventually('the server has let go', () => descriptors().length <= before + peers)
  }

  function connect(text) {
    const { hostname, port } = new URL(host.url)
    const socket = net.connect({ host: hostname, port, allowHalfOpen: true })
    open.push(socket)
    socket.on('error', () => {})
    socket.resume()
    socket.write(text)
    return socket
  }

  const head = `GET / HTTP/1.1\r\nHost: localhost\r\n`
  const upgrade = `${head}Connection: Upgrade\r\nUpgrade: websocket\r\n`
  test.each([
    ['to say anything', ''],
    ['over the head of a request', head],
    ['over its body', 'POST /api/terminal/create HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n{'],
    ['to close after a refused upgrade', `${upgrade}Origin: https://evil.example\r\n\r\n`],
    ['to close after an upgrade to nothing', `${upgrade.replace('/', '/none')}\r\n`],
    ['to close after a handshake that is none', `${upgrade}\r\n`],
  ])('%s is let go', async (_what, text) => {
    const sockets = Array.from({ length: 20 }, () => connect(text))
    // The server has said its last; does it still wait for theirs?
    await Promise.all(sockets.map((socket) => once(socket, 'end')))
    await isLetGo(sockets.length)
  })

  /** Answers that fill the buffers on their way. */
  const answers = `GET /vendor/xterm/xterm.mjs HTTP/1.1\r\nHost: localhost\r\n\r\n`.repeat(100)

  test('to read its answers is let go, and leaves no file open', async () => {
    const sockets = Array.from({ length: 5 }, () => connect(answers).pause())
    await eventually('the server has them', () => descriptors().length >= before + 2 * sockets.length)
    await isLetGo(sockets.length)
  })

  test('over a frame, byte by byte, is let go with its viewer', async () => {
    const { socket } = await rawConnection(host.url, 'sessionId=slow')
    // Not `once`, which a reset of the connection would make fail.
    const ended = new Promise((resolve) => socket.once('close', resolve))
    // A text frame of 100 bytes.
    socket.write(Buffer.from([0x81, 0x80 | 100, 0, 0, 0, 0]))
    const drip = setInterval(() => socket.write('x'), 100)
    await ended
    clearInterval(drip)
    await eventually('the viewer is gone', () => host.registry.get('slow').connections === 0)
  })
})

/** A WebSocket connection by hand: the handshake is done, the rest is the test's. */
async function rawConnection(url, query = '') {
  const { hostname, port, host } = new URL(url)
  const socket = net.connect(port, hostname)
  socket.on('error', () => {})
  let data = Buffer.alloc(0)
  socket.on('data', (chunk) => (data = Buffer.concat([data, chunk])))
  socket.write(
    `GET /?${query} HTTP/1.1\r\nHost: ${host}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n` +
      'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
  )
  await eventually('the handshake', () => data.includes('\r\n\r\n'))
  expect(data.toString('latin1')).toMatch(/^HTTP\/1\.1 101 /)
  return { socket, received: () => data }
}

/** The code of the close frame at the end of what the server sent. */
function lastClose(data) {
  const at = data.lastIndexOf(0x88)
  return at >= 0 && at + 4 <= data.length ? data.readUInt16BE(at + 2) : undefined
}

describe('settings', () => {
  /** One that serves where it should have refused must not go on to serve. */
  const started = []
  const run = (env) => {
    const server = runServer(env)
    started.push(server.child)
    return server
  }
  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL')
  })

  test.each([
    ['PORT', 'abc'],
    ['PORT', '65536'],
    ['PORT', '-1'],
    ['PORT', '80.5'],
    ['PORT', '0x50'],
    ['HISTORY_BYTES', '1'],
    ['ALLOW_NO_TOKEN', 'yes'],
    ['HISTORY_BYTES', '1e6'],
    ['MAX_SESSIONS', 'many'],
    ['MAX_SESSIONS_PER_PROJECT', '-4'],
    ['SPAWNS_PER_MINUTE', 'NaN'],
    ['ALLOWED_ORIGINS', 'example.com'],
    ['ALLOWED_ORIGINS', 'https://example.com/path'],
    ['HOST', 'no.such.host.invalid'],
    ['BASE_PATH', 'tools'],
    ['BASE_PATH', '/a/../b'],
    ['BASE_PATH', '//evil.example'],
    ['TRUST_PROXY', 'everybody'],
    ['TRUST_PROXY', '10.0.0.0/99'],
    ['HISTORY_AS', 'both'],
    ['UNKNOWN_MESSAGES', '1'],
    ['UNICODE_VERSION', '9'],
    ['KEEP_ALIVE', '1000'],
    ['KEEP_ALIVE', '1000=never'],
    ['KEEP_ALIVE', '1000=9999999999'],
    ['INACTIVE_TIMEOUT', '-1'],
    ['OUTPUT_KEEPS_ALIVE', 'yes'],
  ])('%s=%s is refused at the start, with a clear message', async (name, value) => {
    const { code, stdout, stderr } = await run({ PORT: '0', [name]: value }).exited
    expect(code).toBe(1)
    expect(stdout).toBe('')
    if (name === 'HOST') expect(stderr).toMatch(value)
    else expect(stderr).toMatch(new RegExp(`^${name}.*"?${value.replaceAll('/', '\\/')}`))
    expect(stderr).not.toMatch(/terminal-ws-standalone\.js:\d+/)
  })

  test.each(['0.0.0.0', '::', '192.0.2.7', 'terminal.example', '127.0.0.1.example'])(
    'HOST=%s without a token is refused, with the ways out',
    async (HOST) => {
      const { code, stderr } = await run({ PORT: '0', HOST }).exited
      expect(code).toBe(1)
      expect(stderr).toMatch(/^HOST=.* AUTH_TOKEN.* ALLOW_NO_TOKEN=1/)
      expect(() => new TerminalWebSocketServer({ host: HOST })).toThrow(
        expect.objectContaining({ code: 'ERR_CONFIG' }),
      )
    },
  )

  test.each([
    ['HOST', '0.0.0.0', { AUTH_TOKEN: 's3cret' }],
    ['HOST', '0.0.0.0', { ALLOW_NO_TOKEN: '1' }],
    ['HOST', 'LOCALHOST', {}],
    ['HOST', '127.0.0.2', {}],
  ])('%s=%s with %j is served', async (name, value, more) => {
    const { child, said, exited } = run({ PORT: '0', [name]: value, ...more })
    await eventually('the address', () => /http:\S+/.test(said.stdout))
    child.kill()
    expect(await exited).toMatchObject({ code: 0 })
  })

  test('a port that is taken is said', async () => {
    const host = await startServer()
    try {
      const { code, stderr } = await run({ PORT: new URL(host.url).port }).exited
      expect(code).toBe(1)
      expect(stderr).toMatch(/^Port \d+ of 127\.0\.0\.1 is in use.* PORT/)
    } finally {
      await host.stop()
    }
  })
})

describe.each(['SIGTERM', 'SIGINT'])('%s', (signal) => {
  test('tells the viewers (1001), ends the shells, and exits with 0', async () => {
    const space = workspace()
    const { child, said, exited } = runServer({ PORT: '0', SHELL: '/bin/bash' })
    try {
      const [url] = await eventually('the address', () => /http:\S+/.exec(said.stdout))
      const client = new Client(url, { path: space.folder })
      await client.sees(PROMPT)
      const stubborn = new Client(url, { path: space.folder })
      await stubborn.sees(PROMPT)
      stubborn.type("trap '' HUP TERM; echo pid=$$\r")
      const pid = await stubborn.until('its pid', () => /pid=(\d+)\r/.exec(stubborn.output)?.[1])
      expect(isRunning(pid)).toBe(true)
      child.kill(signal)
      expect((await client.isClosed()).code).toBe(1001)
      expect((await stubborn.isClosed()).code).toBe(1001)
      expect(await exited).toMatchObject({ code: 0, signal: null, stderr: '' })
      expect(isRunning(pid)).toBe(false)
    } finally {
      child.kill('SIGKILL')
      space.remove()
    }
  })
})
