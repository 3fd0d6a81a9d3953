// Tokens that let whoever has them open one session, and no other.

const { once } = require('node:events')
const { SessionRegistry } = require('offheap-terminal')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
let owner
let session
beforeEach(async () => {
  host = await startTerminals({ token: 's3cret' })
  owner = host.connect({ token: 's3cret', sessionId: 's', projectId: 'p' })
  await owner.sees(PROMPT)
  session = host.registry.get('s', 'p')
})
afterEach(() => host.stop())

/** Comes with a share and nothing else. */
function visit(share, query = {}, more = {}) {
  return host.connect({ share, ...query }, more)
}

const statusOf = (client) => client.until('the refusal', () => client.refused)

test('a token is random and long, and grants reading where nothing else was said', async () => {
  const [one, other] = [host.terminals.share(session), host.terminals.share(session)]
  expect(one).toMatch(/^[\w-]{32}$/)
  expect(other).not.toBe(one)
  const client = visit(one)
  expect(await client.ready()).toMatchObject({ sessionId: 's', type: 'reconnected', access: 'read' })
  owner.type('echo sha""red\r')
  await client.sees('shared\r\n')
  client.type('exit\r')
  expect(await client.message('error')).toMatchObject({ code: 'ERR_READ_ONLY' })
})

test('with write access it may type, but not speak for the project', async () => {
  const other = host.connect({ token: 's3cret', sessionId: 'other', projectId: 'p' })
  await other.sees(PROMPT)
  const client = visit(host.terminals.share(session, { access: 'write' }))
  await client.ready()
  client.type('echo from a vis""itor\r')
  await owner.sees('from a visitor\r\n')
  for (const type of ['focus', 'blur', 'focus_change']) {
    client.send({ type, mode: 'active' })
    await client.message('error', ({ code, message }) => code === 'ERR_FORBIDDEN' && message.startsWith(type))
  }
  client.send({ type: 'suspend' })
  await client.message('suspended')
  expect(host.registry.get('other', 'p').suspended).toBe(false)
})

test('whatever the query says, it is for that session', async () => {
  const share = host.terminals.share(session, { access: 'write' })
  const client = visit(share, { sessionId: 'other', projectId: 'q', token: 'wrong' })
  expect(await client.ready()).toMatchObject({ sessionId: 's', type: 'reconnected' })
  expect(host.registry.list()).toHaveLength(1)
})

test.each([
  ['an unknown one', () => 'x'.repeat(32)],
  ['an empty one', () => ''],
  ['a very long one', () => 'x'.repeat(10_000)],
  ['a part of one', () => host.terminals.share(session).slice(0, 31)],
  [
    'a revoked one',
    () => {
      const share = host.terminals.share(session)
      expect(host.terminals.revoke(share)).toBe(true)
      expect(host.terminals.revoke(share)).toBe(false)
      return share
    },
  ],
  [
    'one of a session that is gone',
    () => {
      const gone = host.registry.create({ id: 'gone' })
      const share = host.terminals.share(gone)
      gone.close()
      host.registry.create({ id: 'gone' })
      return share
    },
  ],
])('%s is a 401, also for whoever has the token', async (_what, make) => {
  const share = make()
  expect(await statusOf(visit(share))).toBe(401)
  expect(await statusOf(visit(share, { token: 's3cret' }))).toBe(401)
})

test('a foreign page cannot use one', async () => {
  const client = visit(host.terminals.share(session), {}, { headers: { Origin: 'https://evil.example' } })
  expect(await statusOf(client)).toBe(403)
})

test.each([
  ['JSON', {}],
  ['offheap.v1', { stream: true }],
])('revoked, its viewers are cut off at once, and no others: %s', async (_name, more) => {
  const share = host.terminals.share(session, { access: 'write' })
  const kept = visit(host.terminals.share(session), {}, more)
  const client = visit(share, {}, more)
  await Promise.all([client.ready(), kept.ready()])
  const before = host.registry.stats().bytesIn
  // It does not read that it is cut off, and types on.
  client.stopReading()
  expect(host.terminals.revoke(share)).toBe(true)
  client.type('echo in""truder\r')
  client.resumeReading()
  expect(await client.isClosed()).toEqual({ code: 4403, reason: 'Share ended' })
  expect(client.messages.at(-1)).toMatchObject({ type: 'error' })
  expect(client.messages.some(({ code }) => code === 'ERR_SHARE_ENDED')).toBe(true)
  owner.type('\r')
  await kept.settled()
  await owner.settled()
  expect(host.registry.stats().bytesIn).toBe(before + 1)
})

test('it ends with its time, for those who are there, too', async () => {
  const share = host.terminals.share(session, { expiresIn: 1500 })
  const client = visit(share)
  await client.ready()
  expect((await client.isClosed()).code).toBe(4403)
  expect(await statusOf(visit(share))).toBe(401)
  expect(host.terminals.revoke(share)).toBe(false)
  await owner.settled()
})

test('it ends with its session, as that ends for everyone', async () => {
  const share = host.terminals.share(session)
  const client = visit(share)
  await client.ready()
  session.close()
  expect((await client.isClosed()).code).toBe(1000)
  expect(host.terminals.revoke(share)).toBe(false)
})

describe('over a shared connection', () => {
  async function connected(query) {
    const mux = new MuxClient(host.url, query)
    await once(mux.ws, 'open')
    return mux
  }

  test('one channel is opened by a share, others as the connection may', async () => {
    const share = host.terminals.share(session)
    const mux = await connected({ token: 's3cret' })
    expect(await mux.open(1, { share, sessionId: 'x' })).toMatchObject({ sessionId: 's', access: 'read' })
    expect(await mux.open(2, { sessionId: 'x' })).toMatchObject({ sessionId: 'x', access: 'write' })
    host.terminals.revoke(share)
    await mux.until(({ type, code }) => type === 'closed' && code === 4403, 1)
    mux.send({ type: 'open', channel: 3, share })
    await mux.until(({ code }) => code === 'ERR_SHARE_ENDED', 3)
    await mux.until(({ type, code }) => type === 'closed' && code === 4403, 3)
    mux.type(2, 'echo al""ive\r')
    await mux.sees(2, 'alive')
    mux.ws.terminate()
  })

  test('a connection that came by a share opens nothing else', async () => {
    const share = host.terminals.share(session)
    const mux = await connected({ share })
    expect(await mux.open(1, { sessionId: 'x' })).toMatchObject({ sessionId: 's', access: 'read' })
    host.terminals.revoke(share)
    await mux.until(({ type, code }) => type === 'closed' && code === 4403, 1)
    mux.send({ type: 'open', channel: 2 })
    await mux.until(({ type, code }) => type === 'closed' && code === 4403, 2)
    expect(host.registry.list()).toHaveLength(1)
    mux.ws.terminate()
  })
})

test('what is no share is refused', async () => {
  const foreign = new SessionRegistry()
  const { terminals } = host
  expect(() => terminals.share(session, { access: 'admin' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  )
  for (const expiresIn of [0, -1, 1.5, Number.NaN, 2 ** 31]) {
    expect(() => terminals.share(session, { expiresIn })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    )
  }
  for (const none of [null, undefined, {}, 's']) {
    expect(() => terminals.share(none)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  }
  expect(() => terminals.share(session, { expiresIn: '1' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  )
  expect(() => terminals.revoke(7)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  const share = terminals.share(foreign.create({ id: 'elsewhere' }))
  expect((await visit(share).isClosed()).code).toBe(1011)
  foreign.shutdown()
  session.close()
  expect(() => terminals.share(session)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test('there is a bound to how many are valid', () => {
  const shares = Array.from({ length: 10_000 }, () => host.terminals.share(session))
  expect(() => host.terminals.share(session)).toThrow(expect.objectContaining({ code: 'ERR_SHARE_LIMIT' }))
  expect(host.terminals.revoke(shares[0])).toBe(true)
  host.terminals.share(session)
})

test('a server that is closed shares nothing', async () => {
  const share = host.terminals.share(session)
  await host.terminals.close()
  expect(host.terminals.revoke(share)).toBe(false)
  expect(() => host.terminals.share(session)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  await eventually('everybody to be gone', () => host.registry.stats().connections === 0)
})
