// How long sessions live without viewers, and how a server ends.

const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { MuxClient } = require('../helpers/mux-client')
const { eventually, isRunning } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
afterEach(() => host.stop())

async function shell(sessionId, more = {}) {
  const client = host.connect({ sessionId }, more)
  await client.sees(PROMPT)
  return client
}

/** Resolves with the reason that a session is closed for. */
function closing(id) {
  return new Promise((resolve) => {
    host.registry.on('sessionClosed', (news) => news.id === id && resolve(news.reason))
  })
}

describe('keepAlive', () => {
  test('says it by the close code', async () => {
    const asked = []
    host = await startTerminals({
      keepAlive: (code, session) => {
        asked.push([code, session.id])
        return code === 4000 ? 0 : 60_000
      },
    })
    const ended = closing('now')
    await (await shell('now')).close(4000)
    await (await shell('later')).close(4001)
    expect(await ended).toBe('inactive')
    await eventually('both answers', () => asked.length === 2)
    expect(asked).toEqual([
      [4000, 'now'],
      [4001, 'later'],
    ])
    expect(host.registry.get('later')).not.toBeNull()
  })

  test.each([
    ['nothing', () => undefined, []],
    ['null', () => null, []],
    ['for ever', () => Number.POSITIVE_INFINITY, []],
    ['a negative number', () => -1, ['ERR_OUT_OF_RANGE']],
    ['NaN', () => Number.NaN, ['ERR_OUT_OF_RANGE']],
    ['a text', () => '1000', ['ERR_OUT_OF_RANGE']],
    [
      'an error',
      () => {
        throw Object.assign(new Error('no'), { code: 'ERR_OF_ITS_OWN' })
      },
      ['ERR_OF_ITS_OWN'],
    ],
  ])('%s leaves it to the registry, or is as long as can be', async (_what, keepAlive, codes) => {
    host = await startTerminals({ keepAlive })
    await (await shell('s')).cut()
    await eventually('it to be left', () => host.registry.get('s').connections === 0)
    expect(host.errors.map(({ code }) => code)).toEqual(codes)
    expect(isRunning(host.registry.get('s').pid)).toBe(true)
    expect(await host.connect({ sessionId: 's' }).ready()).toMatchObject({ type: 'reconnected' })
  })
})

describe('output', () => {
  const INACTIVE = 1200

  async function job(options) {
    host = await startTerminals(options, { inactiveTimeout: INACTIVE })
    const client = await shell('job')
    client.type('while true; do echo ti""ck; sleep 0.05; done\r')
    await client.sees('tick\r\n')
    return client
  }

  test('does not count as activity by default', async () => {
    const client = await job({})
    const ended = closing('job')
    await client.cut()
    expect(await ended).toBe('inactive')
  })

  test('counts where it is to, until there is none', async () => {
    const client = await job({ outputKeepsAlive: 50 })
    const session = host.registry.get('job')
    const ended = closing('job')
    await client.cut()
    // Far beyond what is granted to one that is silent.
    const { end } = session
    const ticks = (2 * INACTIVE) / 50
    await eventually('many ticks', () => session.closed || session.end > end + ticks * 'tick\r\n'.length)
    expect(session.closed).toBe(false)
    session.write('\x03')
    expect(await ended).toBe('inactive')
  })

  test('is not looked at while a longer time is promised, which it would shorten', async () => {
    const client = await job({ outputKeepsAlive: 50, keepAlive: () => 3_600_000 })
    const session = host.registry.get('job')
    await client.cut()
    await eventually('it to be left', () => session.connections === 0)
    const { end, lastActiveAt } = session
    const ticks = (2 * INACTIVE) / 50
    await eventually('some ticks', () => session.closed || session.end > end + ticks * 'tick\r\n'.length)
    expect(session.closed).toBe(false)
    expect(session.lastActiveAt).toBe(lastActiveAt)
  })
})

describe('close()', () => {
  test.each([
    [undefined, 1001],
    [{ code: 1012, reason: 'Restarting' }, 1012],
  ])('%j tells clients, and leaves the sessions', async (options, code) => {
    host = await startTerminals()
    const clients = [await shell('a'), await shell('b', { stream: true })]
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    await mux.open(1, { sessionId: 'c' })
    const left = once(mux.ws, 'close')
    const { pid } = host.registry.get('a')
    await host.terminals.close(options)
    for (const client of clients) {
      expect(await client.isClosed()).toEqual({ code, reason: options?.reason ?? 'Server is shutting down' })
    }
    expect((await left)[0]).toBe(code)
    expect(host.registry.stats()).toMatchObject({ sessions: 3, connections: 0, viewers: 0 })
    expect(isRunning(pid)).toBe(true)
    const late = host.connect()
    expect(await late.until('the refusal', () => late.refused)).toBe(503)
    await host.terminals.close()
  })

  test('sends what was on its way before', async () => {
    host = await startTerminals()
    const client = await shell('s', { stream: true })
    client.type("stty -echo; seq 20000; echo la''st\r")
    await client.sees('last\r\n')
    await host.terminals.close()
    expect(client.output).toContain('20000\r\nlast\r\n')
  })

  test('does not wait for a client that never answers', async () => {
    host = await startTerminals()
    const client = await shell('s')
    client.stopReading()
    await host.terminals.close()
    expect(host.registry.stats().connections).toBe(0)
    client.resumeReading()
    await client.isClosed()
  })

  test('refuses who waits to be authorized', async () => {
    let decide
    host = await startTerminals({ authorize: () => new Promise((resolve) => (decide = resolve)) })
    const client = host.connect()
    await eventually('the question', () => decide)
    await host.terminals.close()
    decide({ access: 'write' })
    expect(await client.until('the refusal', () => client.refused)).toBe(503)
    expect(host.registry.stats().created).toBe(0)
  })

  test.each([0, 999, 1005, 1006, 1015, 3000.5, 5000, '1001'])('with %p is refused', async (code) => {
    host = await startTerminals()
    await expect(host.terminals.close({ code })).rejects.toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
    await host.connect().ready()
  })

  test('with null for what it is by default', async () => {
    host = await startTerminals()
    const client = await shell('s')
    await host.terminals.close({ code: null, reason: null })
    expect(await client.isClosed()).toEqual({ code: 1001, reason: 'Server is shutting down' })
    await host.terminals.close(null)
  })

  test('a registry that is closed first closes its viewers with 1001', async () => {
    host = await startTerminals()
    const client = await shell('s')
    host.registry.shutdown()
    expect(await client.isClosed()).toEqual({ code: 1001, reason: 'Server is shutting down' })
  })

  test('a registry that leaves its sessions to the next process closes their viewers with 1012', async () => {
    const journal = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-journal-'))
    host = await startTerminals({}, { journal })
    const client = await shell('s')
    expect(host.registry.leave()).toBe(1)
    expect(await client.isClosed()).toEqual({ code: 1012, reason: 'Server restarts' })
    fs.rmSync(journal, { recursive: true })
  })
})
