// A fake WebSocket and a fake display for the browser's client: what no server
// and no browser does on demand. To be used within a spec: it has hooks of jest.

const page = new EventTarget()
let TerminalClient

beforeAll(() => {
  globalThis.addEventListener = page.addEventListener.bind(page)
  globalThis.removeEventListener = page.removeEventListener.bind(page)
  ;({ TerminalClient } = require('../../client/index.js')) // With the page's events in place.
})

afterAll(() => {
  delete globalThis.addEventListener
  delete globalThis.removeEventListener
})

const opened = []

beforeEach(() => {
  jest.useFakeTimers({ now: 1_000_000 })
  FakeSocket.all = []
})

afterEach(() => {
  for (const session of opened.splice(0)) session.dispose()
  jest.restoreAllMocks()
  jest.useRealTimers()
})

class FakeSocket {
  static all = []
  static get last() {
    return FakeSocket.all.at(-1)
  }

  constructor(url, protocols) {
    this.url = new URL(url)
    this.protocols = protocols
    this.readyState = 0
    this.sent = []
    this.closedWith = null
    FakeSocket.all.push(this)
  }

  get texts() {
    return this.sent.filter((data) => typeof data === 'string').map((data) => JSON.parse(data))
  }
  get binaries() {
    return this.sent.filter((data) => typeof data !== 'string')
  }
  get input() {
    return Buffer.concat(this.binaries).toString('latin1')
  }
  get acks() {
    return this.texts.filter(({ type }) => type === 'ack').map(({ offset }) => offset)
  }

  send(data) {
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data))
  }
  close(code, reason) {
    if (code !== undefined && code !== 1000 && !(code >= 3000 && code <= 4999))
      throw new Error('InvalidAccessError')
    this.closedWith ??= { code, reason }
    this.readyState = 2
  }

  // What the server does.
  ready(message = {}) {
    this.readyState = 1
    this.json({ type: 'connected', sessionId: 's', workingDir: '/home', cols: 80, rows: 30, ...message })
    return this
  }
  json(message) {
    this.onmessage?.({ data: JSON.stringify(message) })
  }
  frame(offset, data, snapshot = false) {
    const bytes = Buffer.from(data)
    const buffer = new ArrayBuffer(8 + bytes.length)
    new DataView(buffer).setBigUint64(0, BigInt(offset) | (snapshot ? 1n << 63n : 0n))
    new Uint8Array(buffer).set(bytes, 8)
    this.onmessage?.({ data: buffer })
  }
  end(code, reason = '') {
    this.readyState = 3
    this.onclose?.({ code, reason })
  }
}

/** Parses what it was given when told to. */
class FakeDisplay {
  cols = 80
  rows = 24
  width = 640
  height = 384
  queue = []
  seen = []
  kinds = []
  resets = 0
  resizes = []

  write(data, kind, parsed) {
    this.queue.push({ data: Buffer.from(data), kind, parsed })
  }
  reset() {
    this.resets += 1
    this.seen.push(null)
  }
  resize(cols, rows) {
    ;[this.cols, this.rows] = [cols, rows]
    this.resizes.push([cols, rows])
  }
  parse(count = Infinity) {
    for (let i = 0; i < count && this.queue.length > 0; i += 1) {
      const { data, kind, parsed } = this.queue.shift()
      this.seen.push(data)
      if (data.length > 0) this.kinds.push({ ...kind, text: data.toString('latin1') })
      parsed()
    }
  }
  /** All that was parsed since the last reset. */
  get bytes() {
    return Buffer.concat(this.seen.slice(this.seen.lastIndexOf(null) + 1))
  }
}

function setup(options = {}) {
  const terminal = new FakeDisplay()
  const session = new TerminalClient('http://127.0.0.1:4001/', {
    sessionId: 's',
    WebSocket: FakeSocket,
    ...options,
  })
  session.attach(terminal)
  opened.push(session)
  const events = []
  for (const type of [
    'state',
    'ready',
    'size',
    'gap',
    'snapshot',
    'exit',
    'error',
    'inputdropped',
    'control',
    'access',
    'viewers',
  ]) {
    session.addEventListener(type, ({ detail }) => events.push({ type, ...detail, event: type }))
  }
  const of = (type) => events.filter(({ event }) => event === type)
  return { terminal, session, of }
}

function live(options) {
  const all = setup(options)
  all.session.connect()
  FakeSocket.last.ready()
  return { ...all, socket: FakeSocket.last }
}

/** Fails the connection and brings the next one up, resumed. */
function comeBack(message = { type: 'reconnected' }) {
  const before = FakeSocket.all.length
  FakeSocket.last.end(1006)
  while (FakeSocket.all.length === before) jest.advanceTimersToNextTimer()
  return FakeSocket.last.ready(message)
}

module.exports = { FakeDisplay, FakeSocket, comeBack, live, page, setup }
