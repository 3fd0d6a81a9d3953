// What the application's `open` can do to a connection, and what it cannot.

const { once } = require('node:events')
const { SessionRegistry } = require('offheap-terminal')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1024 * 1024

let host
let foreign
beforeEach(() => {
  foreign = new SessionRegistry()
})
afterEach(async () => {
  foreign.shutdown()
  await host.stop()
})

const throws = (error) => () => {
  throw error
}
const coded = (code, message = 'No') => Object.assign(new Error(message), { code })
const closed = () => {
  const session = host.registry.create()
  session.close()
  return session
}

/** By name: the application's function, the close code, the code of the error frame. */
const WRONG = [
  ['returns nothing', () => undefined, 4404, 'ERR_SESSION_NOT_FOUND'],
  ['returns null, later', async () => null, 4404, 'ERR_SESSION_NOT_FOUND'],
  ['returns a text', () => 'session', 1011, 'ERR_INVALID_SESSION'],
  ['returns a closed session', closed, 1013, 'ERR_CLOSED'],
  ['returns a closed session, later', async () => closed(), 1013, 'ERR_CLOSED'],
  ['returns another registry’s session', () => foreign.create({ id: 'x' }), 1011, 'ERR_INVALID_SESSION'],
  [
    'returns another registry’s session of an id that is known here',
    () => {
      host.registry.create({ id: 'x' })
      return foreign.create({ id: 'x' })
    },
    1011,
    'ERR_INVALID_SESSION',
  ],
  ['throws', throws(new Error('the password of the database is 1234')), 4000, undefined],
  ['throws nothing', throws(undefined), 4000, undefined],
  ['throws, later', async () => throws(new Error('no'))(), 4000, undefined],
  ['throws a limit', throws(coded('ERR_SESSION_LIMIT')), 1008, undefined],
  ['forbids it', throws(coded('ERR_FORBIDDEN')), 4403, 'ERR_FORBIDDEN'],
  ['forbids it by a status', throws(Object.assign(new Error('no'), { status: 403 })), 4403, 'ERR_FORBIDDEN'],
  ['never returns', () => new Promise(() => {}), 1013, 'ERR_TIMED_OUT'],
]

describe.each([
  ['JSON', {}],
  ['offheap.v1', { stream: true }],
])('%s: an open that', (_name, more) => {
  test.each(WRONG)('%s', async (_what, open, code, error) => {
    host = await startTerminals({ open, timeLimit: 100 })
    const client = host.connect({}, more)
    const frame = await client.message('error')
    expect(frame.code).toBe(error)
    expect(frame.message).not.toMatch('1234')
    expect((await client.isClosed()).code).toBe(code)
    await eventually('nobody to be attached', () => host.registry.stats().connections === 0)
  })
})

describe('offheap.mux.v1: the channel ends, and the connection goes on: an open that', () => {
  test.each(WRONG)('%s', async (_what, wrong, code, error) => {
    const open = (query, grant) =>
      query.sessionId === 'wrong' ? wrong() : host.terminals.findOrCreate(query, grant)
    host = await startTerminals({ open, timeLimit: 100 })
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    mux.send({ type: 'open', channel: 1, sessionId: 'wrong' })
    expect((await mux.until(({ type }) => type === 'error', 1)).code).toBe(error)
    expect((await mux.until(({ type }) => type === 'closed', 1)).code).toBe(code)
    await mux.open(1, { sessionId: 'right', path: host.folder })
    await mux.sees(1, PROMPT)
    mux.ws.terminate()
  })
})

test('a session that open creates is new to its client, also when it takes its time', async () => {
  const pty = { file: '/bin/sh', args: ['-c', 'echo on""ce; exec cat'] }
  host = await startTerminals({
    open: async ({ sessionId }) => {
      await new Promise(setImmediate)
      const session = host.registry.get(sessionId) ?? host.registry.create({ id: sessionId, pty })
      await new Promise(setImmediate)
      return session
    },
  })
  const client = host.connect({ sessionId: 's' })
  expect(await client.ready()).toMatchObject({ type: 'connected', sessionId: 's' })
  await client.sees('once\r\n')
  const second = host.connect({ sessionId: 's' })
  expect(await second.ready()).toMatchObject({ type: 'reconnected' })
})

describe('while a session is being opened', () => {
  let opened
  const slow = () => new Promise((resolve) => (opened = resolve))
  const open = (_query, grant) => slow().then(() => host.terminals.findOrCreate({ path: host.folder }, grant))

  test.each([
    ['JSON', {}],
    ['offheap.v1', { stream: true }],
  ])('what its client says waits, in order and within bounds: %s', async (_name, more) => {
    host = await startTerminals({ open })
    const client = host.connect({}, more)
    await once(client.socket, 'open')
    client.send({ type: 'ping' })
    client.type('echo ea""rly\r')
    await eventually('the question', () => opened)
    opened()
    await client.sees('early\r\n')
    await client.message('pong')
  })

  test('a client that says too much is not read', async () => {
    host = await startTerminals({ open })
    const client = host.connect()
    await once(client.socket, 'open')
    for (let sent = 0; sent < 64; sent += 1)
      client.send(JSON.stringify({ type: 'ping', pad: 'x'.repeat(MIB - 64) }))
    await eventually('the question', () => opened)
    // What its socket and ours hold is little: the rest waits with the client.
    await eventually('the client to be held back', () => client.socket.bufferedAmount > 32 * MIB)
    opened()
    await client.until('all pongs', () => client.messages.filter(({ type }) => type === 'pong').length === 64)
  })

  test('a client that leaves gets none, and the answer harms nobody', async () => {
    host = await startTerminals({ open })
    const client = host.connect()
    await once(client.socket, 'open')
    await eventually('the question', () => opened)
    await client.close(1000)
    opened()
    await eventually('the session', () => host.registry.stats().sessions === 1)
    expect(host.registry.stats().connections).toBe(0)
    expect(host.errors).toEqual([])
  })

  test('a channel keeps what is said on it up to a bound, and can be left', async () => {
    host = await startTerminals({ open })
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    mux.send({ type: 'open', channel: 1 })
    mux.type(1, 'echo ea""rly\r')
    mux.send({ type: 'input', channel: 1, data: 'x'.repeat(512 * 1024) })
    await mux.until(({ code }) => code === 'ERR_INPUT_QUEUE_FULL', 1)
    mux.send({ type: 'open', channel: 1 })
    await mux.until(({ code }) => code === 'ERR_INVALID_CHANNEL', 1)
    opened()
    await mux.sees(1, 'early\r\n')
    opened = null
    mux.send({ type: 'open', channel: 2 })
    await eventually('the question', () => opened)
    mux.send({ type: 'close', channel: 2, code: 1000 })
    await mux.until(({ type }) => type === 'closed', 2)
    const leave = opened
    opened()
    await eventually('the other session', () => host.registry.stats().sessions === 2)
    expect(leave && host.registry.stats().connections).toBe(1)
    mux.ws.terminate()
  })
})

test('messages of the application reach it with their viewer; what it throws is told', async () => {
  host = await startTerminals({
    messages: {
      hello: ({ name }, { session, grant, send }) =>
        send({ type: 'hello', text: `${name} at ${session.id}, who may ${grant.access}` }),
      fail: throws(coded('ERR_OF_ITS_OWN', 'not today')),
    },
  })
  const client = host.connect({ sessionId: 's' })
  await client.ready()
  client.send({ type: 'hello', name: 'Ann' })
  expect(await client.message('hello')).toEqual({ type: 'hello', text: 'Ann at s, who may write' })
  client.send({ type: 'fail' })
  expect(await client.message('error')).toEqual({
    type: 'error',
    code: 'ERR_OF_ITS_OWN',
    message: 'not today',
  })
  client.send({ type: 'toString' })
  await client.message('error', ({ code }) => code === 'ERR_UNKNOWN_MESSAGE')
})

test('an onError that throws makes nothing worse', async () => {
  const said = jest.spyOn(console, 'error').mockImplementation(() => {})
  host = await startTerminals({ open: throws(new Error('no')), onError: throws(new Error('worse')) })
  expect((await host.connect().isClosed()).code).toBe(4000)
  expect(said).toHaveBeenCalled()
  said.mockRestore()
})

describe('a client that lies about its offset', () => {
  const past = async () => {
    host = await startTerminals()
    const client = host.connect({ sessionId: 's' })
    await client.ready()
    client.type('echo on""ce\r')
    await client.sees(`once\r\n${PROMPT}`)
    return client
  }

  test.each(['-1', '1.5', 'NaN', '1e3', '0x10', '9007199254740993', '99999999999999999999', ''])(
    'offset=%s counts as none',
    async (offset) => {
      await past()
      const client = host.connect({ sessionId: 's', offset }, { stream: true })
      expect(await client.message('snapshot')).toMatchObject({ cols: 80, rows: 30 })
      expect(client.messages.map(({ type }) => type)).not.toContain('gap')
    },
  )

  test('one past the end is told the gap, and gets the screen', async () => {
    const { end } = await past()
    const ahead = host.connect({ sessionId: 's', offset: 2 ** 52 }, { stream: true })
    expect(await ahead.message('gap')).toEqual({ type: 'gap', from: 2 ** 52, to: end })
    await ahead.message('snapshot')
    ahead.send({ type: 'ack', offset: 2 ** 53 - 1 })
    ahead.type('echo mo""re\r')
    await ahead.sees('more\r\n')
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    await mux.open(1, { sessionId: 's', offset: 2 ** 52 })
    await mux.until(({ type }) => type === 'gap', 1)
    mux.ws.terminate()
  })
})
