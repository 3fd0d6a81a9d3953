// Many sessions over one connection.

const { once } = require('node:events')
const { WebSocket } = require('ws')
const { MuxClient } = require('../helpers/mux-client')
const { eventually, rss } = require('../helpers/proc')
const { STEADY, startServer, startServerProcess } = require('../helpers/server')
const { startTerminals } = require('../helpers/terminals')

describe.each([
  ['the example', startServer],
  ['TerminalServer', (limits) => startTerminals({}, limits)],
])('%s', (_name, start) => {
  let host
  let mux

  beforeEach(async () => {
    host = await start({ screen: false })
    mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
  })
  afterEach(async () => {
    mux.ws.terminate()
    await host.stop()
  })

  test('channels are sessions of their own', async () => {
    await mux.open(1, { sessionId: 'a' })
    await mux.open(2, { sessionId: 'b' })
    mux.type(1, 'echo on""e\r')
    mux.send({ type: 'input', channel: 2, data: 'echo tw""o\r' })
    await mux.sees(1, 'one')
    await mux.sees(2, 'two')
    expect(mux.output.get(1)).not.toContain('two')
    expect(host.registry.stats()).toMatchObject({ sessions: 2, connections: 2, viewers: 2 })
  })

  test('a flooded channel does not starve another', async () => {
    await mux.open(1)
    await mux.open(2)
    mux.type(1, 'yes\r')
    await eventually('the flood', () => mux.bytes.get(1) > 4 << 20)
    for (let index = 0; index < 10; index += 1) {
      mux.type(2, `echo e""cho-${index}\r`)
      await mux.sees(2, `echo-${index}`)
    }
    mux.type(1, '\x03')
    mux.type(1, 'echo st""opped\r')
    await mux.sees(1, 'stopped')
  })

  test('a channel that is left keeps its session, and is resumed at its offset', async () => {
    await mux.open(1, { sessionId: 'kept' })
    mux.type(1, 'echo fi""rst\r')
    await mux.sees(1, 'first')
    mux.send({ type: 'close', channel: 1, code: 1001 })
    await mux.until(({ type }) => type === 'closed', 1)
    expect(host.registry.stats()).toMatchObject({ sessions: 1, viewers: 0 })
    const offset = mux.bytes.get(1)
    mux.bytes.set(7, offset)
    const answer = await mux.open(7, { sessionId: 'kept', offset })
    expect(answer.type).toBe('reconnected')
    mux.type(7, 'echo sec""ond\r')
    await mux.sees(7, 'second')
    expect(mux.output.get(7)).not.toContain('first')
  })

  test('the end of a shell ends its channel and no other', async () => {
    await mux.open(1)
    await mux.open(2)
    mux.type(1, 'exit 3\r')
    expect(await mux.until(({ type }) => type === 'exit', 1)).toMatchObject({ code: 3 })
    await mux.until(({ type, code }) => type === 'closed' && code === 1000, 1)
    mux.type(2, 'echo al""ive\r')
    await mux.sees(2, 'alive')
    await mux.open(1)
  })

  test('a channel opened again when its shell has ended has a new shell', async () => {
    await mux.open(1, { sessionId: 'again' })
    mux.type(1, 'exit 3\r')
    await mux.until(({ type, code }) => type === 'closed' && code === 1000, 1)
    expect(await mux.open(1, { sessionId: 'again' })).toMatchObject({ type: 'connected' })
  })

  test('what is wrong is said to its channel', async () => {
    await mux.open(1)
    mux.send({ type: 'open', channel: 1 })
    await mux.until(({ code }) => code === 'ERR_INVALID_CHANNEL', 1)
    for (const channel of [-1, 1.5, 2 ** 32]) {
      mux.send({ type: 'open', channel })
      await mux.until(({ code }) => code === 'ERR_INVALID_CHANNEL', channel)
    }
    mux.send({ type: 'resize', channel: 9, cols: 80, rows: 24 })
    await mux.until(({ code }) => code === 'ERR_NO_CHANNEL', 9)
    mux.send({ type: 'nonsense', channel: 1 })
    await mux.until(({ code }) => code === 'ERR_UNKNOWN_MESSAGE', 1)
    mux.ws.send('{')
    await mux.until(({ code }) => code === 'ERR_INVALID_JSON')
    mux.ws.send(Buffer.from([0, 0]))
    await mux.until(({ code }) => code === 'ERR_NO_CHANNEL')
    mux.send({ type: 'ping' })
    await mux.until(({ type }) => type === 'pong')
  })

  test('limits refuse a channel, and the connection goes on', async () => {
    for (let channel = 1; channel <= 4; channel += 1) await mux.open(channel)
    await host.stop()
    host = await start({ maxSessions: 1 })
    mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    await mux.open(1)
    mux.send({ type: 'open', channel: 2 })
    await mux.until(({ type, code }) => type === 'closed' && code === 1008, 2)
    mux.type(1, 'echo al""ive\r')
    await mux.sees(1, 'alive')
  })

  test('a connection that fails leaves its sessions without viewers, and they live on', async () => {
    await mux.open(1)
    await mux.open(2)
    mux.ws.terminate()
    await eventually('the viewers to go', () => host.registry.stats().viewers === 0)
    expect(host.registry.stats()).toMatchObject({ sessions: 2, connections: 0 })
  })
})

test('without the subprotocol there is no service', async () => {
  const host = await startServer()
  const ws = new WebSocket(`${host.url.replace('http', 'ws')}/mux`)
  const [code] = await once(ws, 'close')
  expect(code).toBe(1002)
  await host.stop()
})

test('who opens channels on and on and reads nothing makes the server hold no screen for each time', async () => {
  const host = await startServerProcess({}, { execArgv: STEADY })
  const greedy = new MuxClient(host.url)
  try {
    await once(greedy.ws, 'open')
    await greedy.open(1, { sessionId: 'a', path: host.folder, cols: 400, rows: 250 })
    greedy.type(1, `printf '\\033[38;5;%dmx' $(seq 100000); echo fi""lled\r`)
    await greedy.sees(1, 'filled')
    const before = rss(host.pid)
    greedy.frame = () => {}
    greedy.ws._socket.pause()
    for (let i = 0; i < 100; i += 1) {
      greedy.send({ type: 'close', channel: 1 })
      greedy.send({ type: 'open', channel: 1, sessionId: 'a' })
    }
    greedy.send({ type: 'open', channel: 2, sessionId: 'last' })
    await eventually('all of it', async () => (await host.ask('stats')).sessions === 2)
    // A screen is more than a megabyte.
    expect(rss(host.pid) - before).toBeLessThan(32 << 20)
    greedy.ws._socket.resume()
    await greedy.until(({ type }) => type === 'connected', 2)
  } finally {
    greedy.ws.terminate()
    await host.stop()
  }
})
