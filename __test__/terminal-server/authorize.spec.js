// Who may connect: decided before the handshake is answered.

const { once } = require('node:events')
const http = require('node:http')
const { WebSocketServer } = require('ws')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer } = require('offheap-terminal/server')
const { Client } = require('../helpers/client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const GRANT = { access: 'write' }
const later = (act) => () => new Promise((resolve) => setImmediate(resolve)).then(act)
const throws = (error) => () => {
  throw error
}

let host
afterEach(() => host?.stop())

async function refusalOf(options, query = {}, more = {}) {
  host = await startTerminals(options)
  const client = host.connect(query, more)
  const status = await client.until('the refusal', () => client.refused)
  expect(host.registry.stats().created).toBe(0)
  return status
}

describe('a refusal is an HTTP status, and no shell is started', () => {
  test.each([
    ['null', () => null, 401],
    ['undefined', () => undefined, 401],
    ['false', () => false, 401],
    ['null, later', later(() => null), 401],
    ['an error', throws(new Error('out of order')), 403],
    ['an error, later', later(throws(new Error('out of order'))), 403],
    ['nothing thrown', throws(undefined), 403],
    ['an error with a status', throws(Object.assign(new Error('no'), { status: 429 })), 429],
    ['a refusal', () => ({ status: 403, message: 'Not you' }), 403],
    ['a refusal, later', later(() => ({ status: 404 })), 404],
    ['a text', () => 'yes', 403],
    ['true', () => true, 403],
    ['an unknown access', () => ({ access: 'admin' }), 403],
    ['a user that is no string', () => ({ userId: 7 }), 403],
    ['a promise that is none', () => Object.defineProperty({ access: 'all' }, 'then', { value: 1 }), 403],
    ['a getter that throws', () => Object.defineProperty({}, 'then', { get: throws(new Error('no')) }), 403],
  ])('%s', async (_what, authorize, status) => {
    expect(await refusalOf({ authorize })).toBe(status)
  })

  test('a header of the refusal cannot be forged by its message', async () => {
    host = await startTerminals({
      authorize: () => ({ status: 403, message: 'a\r\nSet-Cookie: x=1\r\n\r\n' }),
    })
    const [response] = await once(upgradeRequest(host.url), 'response')
    expect(response.statusCode).toBe(403)
    expect(response.headers['set-cookie']).toBeUndefined()
    response.resume()
  })

  test('one that never comes is a 503', async () => {
    expect(await refusalOf({ timeLimit: 50, authorize: () => new Promise(() => {}) })).toBe(503)
    expect(host.errors).toMatchObject([{ code: 'ERR_TIMED_OUT' }])
  })

  test('a client that leaves while it is decided upon harms nobody', async () => {
    let decide
    host = await startTerminals({ authorize: () => new Promise((resolve) => (decide = resolve)) })
    const client = host.connect()
    await eventually('the question', () => decide)
    client.socket.terminate()
    await client.isClosed()
    decide(GRANT)
    decide = null
    const other = host.connect()
    await eventually('the next question', () => decide)
    decide(GRANT)
    await other.ready()
    await eventually('the other one to be gone', () => host.registry.stats().connections === 1)
  })

  test('a foreign origin is refused before anybody is asked', async () => {
    let asked = 0
    const authorize = () => {
      asked += 1
      return GRANT
    }
    expect(await refusalOf({ authorize }, {}, { headers: { Origin: 'https://evil.example' } })).toBe(403)
    expect(asked).toBe(0)
  })
})

describe('a grant', () => {
  test('may come later, and reaches open and shell with the address and what the application added', async () => {
    const seen = []
    host = await startTerminals({
      authorize: later(() => ({ userId: 'ann', team: 'core' })),
      open: (query, grant) => {
        seen.push({ query, grant })
        return host.terminals.findOrCreate(query, grant)
      },
    })
    const client = host.connect({ sessionId: 's' })
    expect(await client.ready()).toMatchObject({ type: 'connected', access: 'write' })
    expect(seen[0].grant).toEqual({ userId: 'ann', team: 'core', access: 'write', address: '127.0.0.1' })
    expect({ ...seen[0].query }).toEqual({ sessionId: 's', path: host.folder })
    expect(host.registry.get('s').userId).toBe('ann')
  })

  test('for a project is for no other', async () => {
    host = await startTerminals({ authorize: () => ({ projectId: 'mine' }) })
    const own = host.connect({ sessionId: 's' })
    await own.ready()
    expect(host.registry.get('s', 'mine').projectId).toBe('mine')
    const other = host.connect({ sessionId: 's', projectId: 'other' })
    expect(await other.message('error')).toMatchObject({ code: 'ERR_FORBIDDEN' })
    expect((await other.isClosed()).code).toBe(4403)
    expect(host.registry.list()).toHaveLength(1)
  })

  test('of one user opens no session of another', async () => {
    let userId = 'ann'
    host = await startTerminals({ authorize: () => ({ userId }) })
    const ann = host.connect({ sessionId: 's' })
    await ann.sees(PROMPT)
    userId = 'bob'
    const bob = host.connect({ sessionId: 's' })
    expect(await bob.message('error')).toMatchObject({ code: 'ERR_FORBIDDEN' })
    expect((await bob.isClosed()).code).toBe(4403)
    await ann.settled()
    userId = 'ann'
    expect(await host.connect({ sessionId: 's' }).ready()).toMatchObject({ type: 'reconnected' })
  })
})

describe('by default', () => {
  test.each([
    ['this machine', {}, {}, null],
    ['a rebound name', {}, { Host: 'evil.example' }, 403],
    ['the token', { token: 's3cret' }, { Authorization: 'Bearer s3cret' }, null],
    [
      'the token under any name',
      { token: 's3cret' },
      { Host: 'a.example', Authorization: 'Bearer s3cret' },
      null,
    ],
    ['another token', { token: 's3cret' }, { Authorization: 'Bearer secret' }, 401],
    ['no token', { token: 's3cret' }, {}, 401],
    ['an allowed origin', { origins: ['https://a.example'] }, { Origin: 'https://a.example' }, null],
    ['a proxy nobody named', {}, { 'X-Forwarded-For': '192.0.2.1', 'X-Forwarded-Host': 'a.example' }, null],
    [
      'a named proxy for somebody else',
      { trustProxy: ['loopback'] },
      { 'X-Forwarded-For': '192.0.2.1' },
      403,
    ],
    ['a named proxy for this machine', { trustProxy: ['loopback'] }, { 'X-Forwarded-For': '::1' }, null],
    [
      'a page behind a named proxy, with the token',
      { token: 's3cret', trustProxy: ['127.0.0.1'] },
      {
        Host: 'inner:4001',
        'X-Forwarded-Host': 'a.example',
        Origin: 'https://a.example',
        Authorization: 'Bearer s3cret',
      },
      null,
    ],
    [
      'the same, the proxy not being named',
      { token: 's3cret' },
      {
        Host: 'inner:4001',
        'X-Forwarded-Host': 'a.example',
        Origin: 'https://a.example',
        Authorization: 'Bearer s3cret',
      },
      403,
    ],
  ])('%s', async (_what, options, headers, refused) => {
    host = await startTerminals(options)
    const client = host.connect({}, { headers })
    await client.until('an answer', () => client.refused ?? client.messages[0])
    expect(client.refused).toBe(refused)
  })
})

describe('a ws server of the application’s own', () => {
  let server
  let url
  let connected
  beforeEach(async () => {
    const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1' })
    server = sockets
    sockets.on('connection', (ws, request) => connected(ws, request))
    await once(sockets, 'listening')
    url = `http://127.0.0.1:${sockets.address().port}`
  })
  afterEach(() => server.close())

  test.each([
    ['null', () => null, 4401],
    ['null, later', later(() => null), 4401],
    ['an error', throws(new Error('no')), 4403],
    ['never', () => new Promise(() => {}), 1013],
    ['another status', () => ({ status: 404 }), 1008],
  ])('is told of a refusal by a close code: %s', async (_what, authorize, code) => {
    host = await startTerminals({ authorize, timeLimit: 50 })
    connected = (ws, request) => host.terminals.connect(ws, request)
    const client = new Client(url)
    expect((await client.isClosed()).code).toBe(code)
    expect(client.messages).toEqual([])
  })

  test('what is said before the decision is heard after it, in order', async () => {
    let decide
    host = await startTerminals({ authorize: () => new Promise((resolve) => (decide = resolve)) })
    connected = (ws, request) => host.terminals.connect(ws, request)
    const client = new Client(url, { path: host.folder })
    await once(client.socket, 'open')
    client.send({ type: 'ping' })
    client.type('echo ea""rly\r')
    await eventually('the question', () => decide)
    decide(GRANT)
    await client.message('pong')
    await client.sees('early\r\n')
    client.socket.terminate()
  })

  test('with a grant nobody is asked; one that is none is thrown', async () => {
    host = await startTerminals({ authorize: () => null })
    const thrown = []
    connected = (ws, request) => {
      try {
        host.terminals.connect(ws, request, 'root')
      } catch (error) {
        thrown.push(error.code)
      }
      host.terminals.connect(ws, request, { access: 'read' })
    }
    const client = new Client(url, { sessionId: 'none' })
    expect((await client.isClosed()).code).toBe(4404)
    expect(thrown).toEqual(['ERR_INVALID_GRANT'])
  })
})

test.each([
  ['no options', undefined, 'ERR_INVALID_ARG_TYPE'],
  ['no registry', {}, 'ERR_INVALID_ARG_TYPE'],
  ['a registry that is none', { registry: {} }, 'ERR_INVALID_ARG_TYPE'],
  ['a function that is none', { authorize: 'all' }, 'ERR_INVALID_ARG_TYPE'],
  ['origins that are no list', { origins: 'https://a.example' }, 'ERR_INVALID_ARG_TYPE'],
  ['an origin that is none', { origins: ['a.example'] }, 'ERR_INVALID_ARG_VALUE'],
  ['an origin with a path', { origins: ['https://a.example/'] }, 'ERR_INVALID_ARG_VALUE'],
  ['a proxy that is none', { trustProxy: ['everybody'] }, 'ERR_INVALID_ARG_VALUE'],
  ['a network that is none', { trustProxy: ['10.0.0.0/33'] }, 'ERR_INVALID_ARG_VALUE'],
  ['a history that is none', { history: 'buffered' }, 'ERR_INVALID_ARG_VALUE'],
  ['a history that is no word', { history: true }, 'ERR_INVALID_ARG_TYPE'],
  ['unknown messages that are to vanish', { unknownMessages: 'drop' }, 'ERR_INVALID_ARG_VALUE'],
  ['an empty token', { token: '' }, 'ERR_INVALID_ARG_TYPE'],
  ['messages that are no functions', { messages: { hello: 1 } }, 'ERR_INVALID_ARG_TYPE'],
  ...[0, -1, 1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 31].map((pingInterval) => [
    `pingInterval ${pingInterval}`,
    { pingInterval },
    'ERR_OUT_OF_RANGE',
  ]),
  ['maxCols 0', { maxCols: 0 }, 'ERR_OUT_OF_RANGE'],
  ['maxRows 65536', { maxRows: 65_536 }, 'ERR_OUT_OF_RANGE'],
  ['maxPayload as text', { maxPayload: '1' }, 'ERR_INVALID_ARG_TYPE'],
])('options: %s', (_what, options, code) => {
  host = null
  const registry = new SessionRegistry()
  try {
    const full = options && { registry, ...options }
    if (_what === 'no registry') delete full.registry
    expect(() => new TerminalServer(full)).toThrow(expect.objectContaining({ code }))
  } finally {
    registry.shutdown()
  }
})

test('null is the same as leaving an option out', async () => {
  const names = 'authorize token open origins trustProxy keepAlive outputKeepsAlive pingInterval maxPayload'
  const none = Object.fromEntries(names.split(' ').map((name) => [name, null]))
  host = await startTerminals({ ...none, maxCols: null, maxRows: null, timeLimit: null, messages: null })
  await host.connect().ready()
})

/** A handshake without a WebSocket. */
function upgradeRequest(url, path = '/') {
  const headers = { Connection: 'Upgrade', Upgrade: 'websocket', 'Sec-WebSocket-Version': 13 }
  const request = http.get(url, {
    path,
    headers: { ...headers, 'Sec-WebSocket-Key': 'dGhlIHNhbXBsZSBub25jZQ==' },
  })
  return request.on('error', () => {})
}

test('a request whose URL is none is a 400', async () => {
  host = await startTerminals()
  const [response] = await once(upgradeRequest(host.url, '//['), 'response')
  expect(response.statusCode).toBe(400)
  response.resume()
})
