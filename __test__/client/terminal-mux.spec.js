// The shared connection against a fake WebSocket.

const { TerminalClient, TerminalMux } = require('../../client/index.js')

const opened = []

class FakeSocket {
  static all = []
  static get last() {
    return FakeSocket.all.at(-1)
  }
  readyState = 0
  sent = []
  closedWith = null

  constructor(url, protocols) {
    this.url = new URL(url)
    this.protocols = protocols
    FakeSocket.all.push(this)
  }
  get texts() {
    return this.sent.filter((data) => typeof data === 'string').map((data) => JSON.parse(data))
  }
  open() {
    this.readyState = 1
    this.onopen?.()
  }
  send(data) {
    this.sent.push(data)
  }
  close(code) {
    this.closedWith = code
    this.readyState = 2
  }
  json(message) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  frame(channel, offset, text) {
    const data = Buffer.alloc(12 + text.length)
    data.writeUInt32BE(channel)
    data.writeBigUInt64BE(BigInt(offset), 4)
    data.write(text, 12, 'latin1')
    this.onmessage?.({ data: data.buffer.slice(data.byteOffset, data.byteOffset + data.length) })
  }
  end(code) {
    this.readyState = 3
    this.onclose?.({ code, reason: '' })
  }
}

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 })
  FakeSocket.all = []
})
afterEach(() => {
  for (const client of opened.splice(0)) client.dispose()
  jest.useRealTimers()
})

const newMux = (options) => new TerminalMux('http://127.0.0.1/mux', { WebSocket: FakeSocket, ...options })

/** A client of the connection with what its terminal was given. */
function join(mux, sessionId, options) {
  const client = new TerminalClient(mux, { sessionId, ...options })
  opened.push(client)
  const shown = []
  client.attach({
    cols: 80,
    rows: 24,
    write(data, _kind, parsed) {
      shown.push(Buffer.from(data).toString())
      parsed()
    },
    reset() {},
    resize() {},
  })
  client.connect()
  return { client, shown }
}

function ready(sessionId, channel, type = 'connected') {
  FakeSocket.last.json({ type, channel, sessionId, workingDir: '/', cols: 80, rows: 24 })
}

test('clients share a connection, each with a channel of its own', () => {
  const mux = newMux({ token: 't&1' })
  const a = join(mux, 'a', { projectId: 'p' })
  const b = join(mux, 'b')
  expect(FakeSocket.all).toHaveLength(1)
  const socket = FakeSocket.last
  expect(socket.url.href).toBe('ws://127.0.0.1/mux?token=t%261')
  expect(socket.protocols).toEqual(['offheap.mux.v1'])
  socket.open()
  expect(socket.texts).toEqual([
    { type: 'open', channel: 1, projectId: 'p', sessionId: 'a', window: 262144, cols: 80, rows: 24 },
    { type: 'open', channel: 2, sessionId: 'b', window: 262144, cols: 80, rows: 24 },
  ])
  ready('a', 1)
  ready('b', 2)
  expect([a.client.state, b.client.state, mux.channels]).toEqual(['live', 'live', 2])
  socket.frame(2, 0, 'for b')
  socket.frame(1, 0, 'for a')
  expect([a.shown, b.shown]).toEqual([['for a'], ['for b']])
  b.client.input('typed')
  expect(Buffer.from(socket.sent.at(-1)).toString('latin1')).toBe('\0\0\0\x02typed')
  b.client.resize(10, 5)
  expect(socket.texts.at(-1)).toEqual({ type: 'resize', channel: 2, cols: 10, rows: 5 })
})

test('a channel that is left or ended frees its number, and the connection when it was the last', () => {
  const mux = newMux()
  const a = join(mux, 'a')
  const b = join(mux, 'b')
  const socket = FakeSocket.last
  socket.open()
  ready('a', 1)
  ready('b', 2)
  a.client.close()
  expect(socket.texts.at(-1)).toEqual({ type: 'close', channel: 1, code: 1000 })
  socket.frame(1, 0, 'late')
  expect(a.shown).toEqual([])
  socket.json({ type: 'closed', channel: 2, code: 1008, reason: 'Connection limit exceeded' })
  expect(b.client.state).toBe('refused')
  expect([mux.channels, socket.closedWith]).toEqual([0, 1000])
})

test('a client that comes while the connection of the last one closes has one of its own', () => {
  const mux = newMux()
  const first = join(mux, 'a')
  FakeSocket.last.open()
  first.client.close()
  const closing = FakeSocket.last
  expect(closing.readyState).toBe(2)
  const second = join(mux, 'b')
  closing.end(1000)
  expect(FakeSocket.all).toHaveLength(2)
  FakeSocket.last.open()
  ready('b', 2)
  expect(second.client.state).toBe('live')
})

test('a connection that fails is one for all: they come back on one, each where it was', () => {
  const mux = newMux()
  const clients = [join(mux, 'a'), join(mux, 'b')]
  FakeSocket.last.open()
  ready('a', 1)
  ready('b', 2)
  FakeSocket.last.frame(1, 0, 'abc')
  FakeSocket.last.end(1006)
  expect(clients.map(({ client }) => client.state)).toEqual(['waiting', 'waiting'])
  jest.advanceTimersByTime(1000)
  expect(FakeSocket.all).toHaveLength(2)
  FakeSocket.last.open()
  const opens = FakeSocket.last.texts.sort((x, y) => x.sessionId.localeCompare(y.sessionId))
  expect(opens.map(({ sessionId, offset }) => [sessionId, offset])).toEqual([
    ['a', 3],
    ['b', undefined],
  ])
})

test('a connection that went silent is not waited on again by the next channel', () => {
  const mux = newMux()
  const clients = [join(mux, 'a'), join(mux, 'b')]
  const dead = FakeSocket.last
  dead.open()
  ready('a', 1)
  jest.advanceTimersByTime(3000)
  dead.json({ type: 'connected', channel: 2, sessionId: 'b', cols: 80, rows: 24 })
  jest.advanceTimersByTime(25_000) // The first has asked, and has had no answer.
  expect(dead.closedWith).toBe(4004)
  expect(clients.map(({ client }) => client.state)).not.toContain('live')
  jest.advanceTimersByTime(1000)
  expect(FakeSocket.all).toHaveLength(2)
})

test('one slow session does not take the others’ connection away', () => {
  const mux = newMux()
  const a = join(mux, 'a')
  join(mux, 'slow')
  const socket = FakeSocket.last
  socket.open()
  ready('a', 1)
  for (let second = 0; second < 9; second += 1) {
    jest.advanceTimersByTime(1000)
    socket.frame(1, second, 'x')
  }
  jest.advanceTimersByTime(1500)
  expect(a.client.state).toBe('live')
  expect(socket.closedWith).toBe(null)
  expect(socket.texts.at(-1)).toMatchObject({ type: 'close', channel: 2 })
})

test('frames that belong to nobody are events of the connection', () => {
  const mux = newMux()
  const { client } = join(mux, 'a')
  const socket = FakeSocket.last
  socket.open()
  ready('a', 1)
  const problems = []
  mux.addEventListener('error', ({ detail }) => problems.push(detail.code))
  const own = []
  client.addEventListener('error', ({ detail }) => own.push(detail.code))
  socket.onmessage({ data: new ArrayBuffer(3) })
  socket.onmessage({ data: '{' })
  socket.json({ type: 'error', message: 'No such channel', code: 'ERR_NO_CHANNEL' })
  socket.json({ type: 'closed', channel: 99, code: 1000 })
  socket.json({ type: 'exit', channel: 99, code: 0 })
  socket.frame(99, 0, 'x')
  expect(problems).toEqual(['ERR_FRAME', 'ERR_FRAME', 'ERR_FRAME'])
  const torn = new ArrayBuffer(7)
  new DataView(torn).setUint32(0, 1)
  socket.onmessage({ data: torn })
  expect(own).toEqual(['ERR_FRAME'])
  expect(client.state).toBe('live')
})
