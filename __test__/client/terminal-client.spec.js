// The client against a fake WebSocket and a fake display: what no server and no browser does on demand.

const { createHash } = require('node:crypto')

const MIB = 1024 * 1024
const page = new EventTarget()
let TerminalClient

beforeAll(() => {
  globalThis.addEventListener = page.addEventListener.bind(page)
  globalThis.removeEventListener = page.removeEventListener.bind(page)
  ;({ TerminalClient } = require('../../client/index.js'))
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

describe('connecting', () => {
  test('asks for the session with the subprotocol, and without an offset at first', () => {
    const { session } = setup({ projectId: 'p', path: '/tmp/ä', token: 't&1' })
    session.connect()
    const { url, protocols } = FakeSocket.last
    expect(url.protocol).toBe('ws:')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      projectId: 'p',
      sessionId: 's',
      path: '/tmp/ä',
      token: 't&1',
      window: '262144',
      cols: '80',
      rows: '24',
      width: '640',
      height: '384',
    })
    expect(protocols).toEqual(['offheap.v1'])
    expect(session.state).toBe('connecting')
  })

  test('is live once the server says so, and tells its size', () => {
    const { session, socket, of } = live()
    expect(session.state).toBe('live')
    expect(of('ready')).toMatchObject([
      { sessionId: 's', workingDir: '/home', resumed: false, cols: 80, rows: 30, access: 'write' },
    ])
    // The session has another size than the query asked for.
    expect(socket.texts).toEqual([{ type: 'resize', cols: 80, rows: 24, width: 640, height: 384 }])
  })

  test('takes the id that the server made', () => {
    const { session } = setup({ sessionId: undefined })
    session.connect()
    FakeSocket.last.ready({ sessionId: 'session_1_abc' })
    expect(session.sessionId).toBe('session_1_abc')
    comeBack()
    expect(FakeSocket.last.url.searchParams.get('sessionId')).toBe('session_1_abc')
  })

  test('gives up a server that says nothing, with a code of the circuit breaker', () => {
    const { session, of } = setup()
    session.connect()
    const socket = FakeSocket.last
    jest.advanceTimersByTime(10_001)
    expect(socket.closedWith.code).toBe(4001)
    expect(session.state).toBe('waiting')
    expect(of('state').at(-1)).toMatchObject({ code: 4001, attempt: 1 })
  })
})

describe('offsets', () => {
  test('follow the frames, past 32 bits', () => {
    const { session, terminal, socket } = live()
    socket.frame(2 ** 40 + 5, 'hello ')
    socket.frame(2 ** 40 + 11, 'world')
    terminal.parse()
    expect(session.offset).toBe(2 ** 40 + 16)
    expect(session.parsed).toBe(2 ** 40 + 16)
    expect(terminal.bytes.toString()).toBe('hello world')
  })

  test('what comes twice is cut', () => {
    const { session, terminal, socket, of } = live()
    socket.frame(0, 'abcdef')
    socket.frame(3, 'defgh')
    socket.frame(0, 'abc')
    socket.frame(8, 'i')
    terminal.parse()
    expect(terminal.bytes.toString()).toBe('abcdefghi')
    expect(session.offset).toBe(9)
    expect(of('gap')).toEqual([])
  })

  test('a hole is a gap: said, and no half sequence crosses it', () => {
    const { session, terminal, socket, of } = live()
    socket.frame(0, 'abc\x1b[3')
    socket.frame(100, 'xyz')
    terminal.parse()
    expect(of('gap')).toMatchObject([{ from: 6, to: 100, announced: false }])
    expect(terminal.bytes.toString()).toMatch(/^abc\x1b\[3\x18[^c]*xyz$/)
    expect(session.offset).toBe(103)
  })

  test('an announced gap goes on at its end, and is acknowledged', () => {
    const { session, terminal, socket, of } = live()
    socket.frame(0, 'abc')
    socket.json({ type: 'gap', from: 3, to: 5000 })
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(of('gap')).toMatchObject([{ from: 3, to: 5000, announced: true }])
    expect(session.offset).toBe(5000)
    expect(socket.acks).toEqual([5000])
    socket.frame(5000, 'z')
    expect(of('gap')).toHaveLength(1)
  })

  test('a gap that ends below: the session began anew there', () => {
    const { session, terminal, socket } = live()
    socket.frame(9000, 'abc')
    terminal.parse()
    socket.json({ type: 'gap', from: 9003, to: 10 })
    socket.frame(10, 'new')
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(terminal.bytes.toString()).toMatch(/new$/)
    expect(session.offset).toBe(13)
    expect(socket.acks).toEqual([13])
  })

  test('resumes exactly; a new shell starts its own count below the old text', () => {
    const { session, terminal, socket } = live()
    socket.frame(0, 'abc')
    const second = comeBack()
    expect(second.url.searchParams.get('offset')).toBe('3')
    second.frame(3, 'def')
    const third = comeBack({ type: 'connected' })
    third.frame(0, '$ ')
    terminal.parse()
    expect(terminal.resets).toBe(0)
    expect(terminal.bytes.toString()).toMatch(/^abcdef\x18.*\r\n\$ $/s)
    expect(session.offset).toBe(2)
    expect(FakeSocket.last.acks.at(-1) ?? 0).toBeLessThanOrEqual(2)
  })

  test('every byte exactly once over 1000 random cuts', () => {
    const { session, terminal } = setup({ backoff: { min: 1, max: 2 } })
    const stream = Buffer.alloc(400_000)
    for (let i = 0; i < stream.length; i += 4) stream.writeUInt32LE(Math.imul(i, 2654435761) >>> 0, i)
    const below = (n) => Math.floor(Math.random() * n)
    session.connect()
    let cuts = 0
    while (session.offset !== stream.length) {
      const socket = FakeSocket.last.ready({ type: cuts === 0 ? 'connected' : 'reconnected' })
      let at = Math.max(0, Number(socket.url.searchParams.get('offset')) - below(40)) // sometimes sent again
      for (let frames = below(8) + (cuts > 1000 ? 50 : 0); frames > 0 && at < stream.length; frames -= 1) {
        const length = 1 + below(cuts > 1000 ? 9000 : 150)
        socket.frame(at, stream.subarray(at, at + length))
        at = Math.min(at + length, stream.length)
        if (below(3) === 0) terminal.parse(below(3))
      }
      if (session.offset === stream.length) break
      socket.end(1006)
      cuts += 1
      jest.advanceTimersByTime(2)
    }
    terminal.parse()
    expect(cuts).toBeGreaterThan(1000)
    expect(createHash('sha256').update(terminal.bytes).digest('hex')).toBe(
      createHash('sha256').update(stream).digest('hex'),
    )
    expect(session.parsed).toBe(stream.length)
  })
})

describe('flow control', () => {
  test('acknowledges what is parsed, about every 64 KiB and when idle', () => {
    const { terminal, socket } = live()
    for (let i = 0; i < 8; i += 1) socket.frame(i * 32768, Buffer.alloc(32768, 'x'))
    jest.advanceTimersByTime(1000)
    expect(socket.acks).toEqual([]) // received is not parsed
    terminal.parse(5)
    expect(socket.acks).toEqual([65536, 131072])
    jest.advanceTimersByTime(1000)
    expect(socket.acks).toEqual([65536, 131072, 163840])
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(socket.acks.at(-1)).toBe(262144)
  })

  test('after a resume nothing below the offset is acknowledged', () => {
    const { terminal, socket } = live()
    socket.frame(0, Buffer.alloc(100_000))
    const second = comeBack()
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(second.acks).toEqual([])
    second.frame(100_000, 'x')
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(second.acks).toEqual([100_001])
  })
})

describe('what comes again', () => {
  const kinds = ({ kinds }) => kinds.map(({ text, old, shown }) => ({ text, old, shown }))

  test('a history is old and has been shown; what follows is neither', () => {
    const { session, terminal } = setup()
    session.connect()
    const socket = FakeSocket.last.ready({ type: 'reconnected' })
    socket.json({ type: 'replay', from: 0, to: 3 })
    socket.frame(0, 'abcdef')
    expect(session.replaying).toBe(true)
    terminal.parse()
    expect(session.replaying).toBe(false)
    expect(kinds(terminal)).toEqual([
      { text: 'abc', old: true, shown: true },
      { text: 'def', old: false, shown: false },
    ])
  })

  test('what was printed while this client was away is old, but has not been shown', () => {
    const { terminal, socket } = live()
    socket.frame(0, 'abc')
    const second = comeBack()
    second.json({ type: 'replay', from: 3, to: 6 })
    second.frame(3, 'defghi')
    terminal.parse()
    expect(kinds(terminal)).toEqual([
      { text: 'abc', old: false, shown: false },
      { text: 'def', old: true, shown: false },
      { text: 'ghi', old: false, shown: false },
    ])
  })

  test('holds for one connection only', () => {
    const { terminal, socket } = live()
    socket.json({ type: 'replay', from: 0, to: 1e6 })
    const second = comeBack({ type: 'connected' })
    second.frame(0, 'new')
    terminal.parse()
    expect(kinds(terminal)).toEqual([{ text: 'new', old: false, shown: false }])
  })
})

describe('who answers', () => {
  test('is what the server says, from that point of the stream on', () => {
    const { session, terminal, socket } = live()
    expect(session.answers).toBe(null)
    socket.frame(0, 'a')
    socket.json({ type: 'snapshot', offset: 9, cols: 80, rows: 24, length: 4, answers: 'server' })
    socket.frame(9, 'SNAP', true)
    socket.frame(9, 'b')
    terminal.parse()
    const said = terminal.kinds.map(({ text, answers }) => [text, answers])
    expect(said.filter(([text]) => text !== '\x18')).toEqual([
      ['a', null],
      ['SNAP', 'server'],
      ['b', 'server'],
    ])
    expect(session.answers).toBe('server')
  })

  test.each(['server', 'viewer', 'none'])('%s, in the first word of a connection', (answers) => {
    const { session } = setup()
    session.connect()
    FakeSocket.last.ready({ answers })
    expect(session.answers).toBe(answers)
    comeBack({ type: 'reconnected', answers: 'everybody' })
    expect(session.answers).toBe(null)
  })
})

describe('a viewer that may only read', () => {
  function reader() {
    const all = setup()
    all.session.connect()
    FakeSocket.last.ready({ type: 'reconnected', access: 'read' })
    return { ...all, socket: FakeSocket.last }
  }

  test('sends acknowledgements and pings, no input, size or theme', () => {
    const { session, terminal, socket, of } = reader()
    expect(session.access).toBe('read')
    expect(of('access')).toMatchObject([{ access: 'read' }])
    expect(of('ready')).toMatchObject([{ access: 'read' }])
    expect(session.input('rm -rf /\r')).toBe(false)
    expect(session.resize(10, 10)).toBe(false)
    expect(session.send({ type: 'focus' })).toBe(false)
    session.setTheme({ foreground: '#111111', background: '#222222', cursor: '#333333' })
    socket.frame(0, 'abc')
    terminal.parse()
    jest.advanceTimersByTime(16_000)
    expect(socket.binaries).toEqual([])
    expect(socket.texts.map(({ type }) => type)).toEqual(['ack', 'ping'])
    expect(of('inputdropped')).toMatchObject([{ reason: 'read-only' }])
  })

  test('may write again when the server says so', () => {
    const { session, of } = reader()
    const socket = comeBack()
    expect(session.access).toBe('write')
    expect(of('access').map(({ access }) => access)).toEqual(['read', 'write'])
    expect(session.input('a')).toBe(true)
    expect(socket.input).toBe('a')
  })
})

test('who else is there is an event and a property', () => {
  const { session, socket, of } = live()
  expect(session.viewers).toBe(null)
  socket.json({ type: 'viewers', count: 3, readers: 1 })
  expect(session.viewers).toEqual({ count: 3, readers: 1 })
  expect(of('viewers')).toMatchObject([{ count: 3, readers: 1 }])
})

describe('snapshots', () => {
  test('replace the screen, and the stream goes on after them', () => {
    const { session, terminal, socket, of } = live()
    socket.frame(0, 'old')
    socket.json({ type: 'snapshot', offset: 7000, cols: 100, rows: 40, length: 10 })
    socket.frame(7000, 'SNAP..', true)
    expect(of('snapshot')).toEqual([])
    socket.frame(7000, 'END!', true)
    socket.frame(7000, ' new')
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(terminal.resets).toBe(1)
    expect(terminal.bytes.toString()).toBe('SNAP..END! new')
    expect(terminal.resizes).toEqual([[100, 40]])
    expect(socket.input).toBe('')
    expect(socket.texts.filter(({ type }) => type === 'resize')).toHaveLength(1) // the first; ours is not theirs
    expect(session.offset).toBe(7004)
    expect(of('snapshot')).toMatchObject([{ offset: 7000, length: 10 }])
    expect(socket.acks.at(-1)).toBe(7004)
  })

  test('are acknowledged alone, also when empty', () => {
    const { session, terminal, socket } = live()
    socket.json({ type: 'snapshot', offset: 500, cols: 80, rows: 24, length: 5 })
    socket.frame(500, 'whole', true)
    terminal.parse()
    jest.advanceTimersByTime(1000)
    expect(terminal.bytes.toString()).toBe('whole')
    expect(session.offset).toBe(500)
    expect(socket.acks).toEqual([500])
    socket.json({ type: 'snapshot', offset: 900, cols: 80, rows: 24, length: 0 })
    terminal.parse()
    expect(terminal.bytes.toString()).toBe('')
    expect(session.offset).toBe(900)
  })

  test('cut off half way: the next connection starts from nothing', () => {
    const { terminal, socket } = live()
    socket.frame(0, 'old')
    socket.json({ type: 'snapshot', offset: 7000, cols: 80, rows: 24, length: 10 })
    socket.frame(7000, 'half', true)
    const second = comeBack()
    expect(second.url.searchParams.has('offset')).toBe(false)
    second.frame(6000, 'history')
    terminal.parse()
    expect(terminal.bytes.toString()).toBe('history')
  })
})

describe('sizes', () => {
  test('the terminal’s goes to the server, the server’s does not come back', () => {
    const { session, terminal, socket, of } = live()
    session.resize(120, 50, { width: 960, height: 800 })
    expect(socket.texts.at(-1)).toEqual({ type: 'resize', cols: 120, rows: 50, width: 960, height: 800 })
    const before = socket.sent.length
    socket.json({ type: 'size', cols: 90, rows: 20 })
    terminal.parse()
    expect([terminal.cols, terminal.rows]).toEqual([90, 20])
    expect(of('size')).toMatchObject([{ cols: 90, rows: 20 }])
    expect(socket.sent).toHaveLength(before)
    const second = comeBack() // What was asked for, not what was given.
    expect(second.url.searchParams.get('cols')).toBe('120')
    expect(second.texts[0]).toEqual({ type: 'resize', cols: 120, rows: 50, width: 960, height: 800 })
  })

  test('is not repeated where the session has it from the query', () => {
    const { session } = setup()
    session.connect()
    expect(FakeSocket.last.ready({ cols: 80, rows: 24 }).texts).toEqual([])
  })

  test('without pixels says none', () => {
    const { session, socket } = live()
    session.resize(100, 40)
    expect(socket.texts.at(-1)).toEqual({ type: 'resize', cols: 100, rows: 40 })
  })
})

describe('the theme', () => {
  const DARK = { foreground: '#eeeeee', background: '#111111', cursor: '#00ff00' }

  test('is said after connecting, and again when it changes', () => {
    const { session } = setup()
    session.setTheme(DARK)
    session.connect()
    const socket = FakeSocket.last.ready({ cols: 80, rows: 24 })
    expect(socket.texts).toEqual([{ type: 'theme', ...DARK }])
    session.setTheme({ ...DARK })
    expect(socket.texts).toHaveLength(1)
    session.setTheme({ ...DARK, background: '#000000' })
    expect(socket.texts.at(-1)).toEqual({ type: 'theme', ...DARK, background: '#000000' })
    expect(comeBack({ type: 'reconnected', cols: 80, rows: 24 }).texts).toEqual([
      { type: 'theme', ...DARK, background: '#000000' },
    ])
  })
})

describe('input', () => {
  test('is UTF-8, bytes as they are, in frames a server takes', () => {
    const { session, socket } = live()
    session.input('é✓')
    session.input(Uint8Array.from(Buffer.from('\x1b[M\xff\x80', 'latin1')))
    expect(socket.input).toBe(`${Buffer.from('é✓').toString('latin1')}\x1b[M\xff\x80`)
    session.input('x'.repeat(200_000))
    expect(Math.max(...socket.binaries.map((data) => data.length))).toBe(65536)
    expect(Buffer.concat(socket.binaries)).toHaveLength(5 + 5 + 200_000)
  })

  test('typed while away is kept in order, up to a bound that is told', () => {
    const { session, of } = live({ offlineInput: 10 })
    FakeSocket.last.end(1006)
    expect(session.input('12345')).toBe(true)
    expect(session.input('678')).toBe(true)
    expect(session.input('9abc')).toBe(false)
    expect(of('inputdropped')).toMatchObject([{ bytes: 4, reason: 'full' }])
    jest.advanceTimersByTime(1000)
    expect(FakeSocket.last.ready({ type: 'reconnected' }).input).toBe('12345678')
    comeBack()
    expect(FakeSocket.last.input).toBe('') // once
  })

  test('is not typed into another shell, nor long after', () => {
    const { session, of } = live()
    FakeSocket.last.end(1006)
    session.input('rm -rf x\r')
    jest.advanceTimersByTime(1000)
    expect(FakeSocket.last.ready({ type: 'connected' }).input).toBe('')
    FakeSocket.last.end(1006)
    session.input('y\r')
    jest.advanceTimersByTime(8000)
    expect(FakeSocket.all).toHaveLength(3)
    jest.advanceTimersByTime(8000)
    FakeSocket.last.ready({ type: 'reconnected' })
    expect(FakeSocket.last.input).toBe('')
    expect(of('inputdropped').map(({ reason }) => reason)).toEqual(['new shell', 'too old'])
  })

  test('before the first connection waits for it', () => {
    const { session } = setup()
    session.connect()
    session.input('ls\r')
    expect(FakeSocket.last.ready().input).toBe('ls\r')
  })

  test('to a socket that is closing is kept for the next', () => {
    const { session, socket } = live()
    socket.readyState = 2
    session.input('a')
    expect(socket.input).toBe('')
    expect(comeBack().input).toBe('a')
    expect(session.state).toBe('live')
  })
})

describe('coming back', () => {
  const delayOf = (of) =>
    of('state')
      .filter(({ state }) => state === 'waiting')
      .at(-1).retryAt - Date.now()

  test('waits between 0.5 s and a ceiling that doubles, at random', () => {
    const ceilings = [1000, 2000, 4000, 8000]
    const firsts = new Set()
    for (let run = 0; run < 50; run += 1) {
      const { session, of } = live()
      for (const ceiling of ceilings) {
        FakeSocket.last.end(1006)
        const delay = delayOf(of)
        expect(delay).toBeGreaterThanOrEqual(500)
        expect(delay).toBeLessThanOrEqual(ceiling)
        if (ceiling === 1000) firsts.add(Math.round(delay))
        const count = FakeSocket.all.length
        jest.advanceTimersByTime(delay - 2)
        expect(FakeSocket.all).toHaveLength(count)
        jest.advanceTimersByTime(3)
        expect(FakeSocket.all).toHaveLength(count + 1)
      }
      session.dispose()
    }
    expect(firsts.size).toBeGreaterThan(25)
  })

  test('never waits longer than the maximum, and starts over after a stable connection', () => {
    jest.spyOn(Math, 'random').mockReturnValue(0.999999)
    const { of } = live()
    for (let i = 0; i < 12; i += 1) {
      // comes and goes: no failure for the breaker, but ever slower
      FakeSocket.last.end(1006)
      const delay = delayOf(of)
      expect(delay).toBeGreaterThan(Math.min(30_000, 500 * 2 ** (i + 1)) * 0.99)
      expect(delay).toBeLessThanOrEqual(30_000)
      jest.advanceTimersByTime(delay)
      FakeSocket.last.ready({ type: 'reconnected' })
    }
    jest.advanceTimersByTime(5000)
    FakeSocket.last.end(1006)
    expect(delayOf(of)).toBeLessThanOrEqual(1000)
  })

  test('the circuit opens after five failures, then tries again by itself', () => {
    const { session, of } = setup()
    session.connect()
    for (let i = 0; i < 5; i += 1) {
      expect(session.state).toBe('connecting')
      FakeSocket.last.end(1006)
      if (i < 4) jest.advanceTimersByTime(delayOf(of))
    }
    expect(session.state).toBe('tripped')
    expect(of('state').at(-1)).toMatchObject({ code: 4000 })
    jest.advanceTimersByTime(29_999)
    expect(FakeSocket.all).toHaveLength(5)
    jest.advanceTimersByTime(30_001)
    expect(FakeSocket.all).toHaveLength(6)
    FakeSocket.last.end(1006)
    expect(session.state).toBe('tripped') // one attempt a pause
    session.connect() // the user’s word: all forgiven
    FakeSocket.last.end(1006)
    expect(session.state).toBe('waiting')
    expect(delayOf(of)).toBeLessThanOrEqual(1000)
  })

  test('does not wait when the network is back', () => {
    const { session } = live()
    FakeSocket.last.end(1006)
    page.dispatchEvent(new Event('online'))
    expect(session.state).toBe('connecting')
    expect(FakeSocket.all).toHaveLength(2)
  })

  test.each([[1001], [1005], [1006], [1011], [1012], [4001]])('code %i: again', (code) => {
    const { session } = live()
    FakeSocket.last.end(code)
    expect(session.state).toBe('waiting')
  })

  test.each([
    [1008, 'refused'],
    [4000, 'refused'],
    [4403, 'refused'],
    [1000, 'closed'],
  ])('code %i: not again', (code, state) => {
    const { session, of } = live()
    FakeSocket.last.json({ type: 'error', message: 'No more.', code: 'ERR_SESSION_LIMIT' })
    FakeSocket.last.end(code, 'Connection limit exceeded')
    jest.advanceTimersByTime(600_000)
    expect(session.state).toBe(state)
    expect(FakeSocket.all).toHaveLength(1)
    expect(of('state').at(-1)).toMatchObject({ code, reason: 'Connection limit exceeded' })
    expect(of('error')).toMatchObject([{ message: 'No more.', code: 'ERR_SESSION_LIMIT' }])
  })

  test('an ended shell stays ended until a new one is asked for, without an offset', () => {
    const { session, of, socket } = live()
    socket.frame(0, 'bye')
    socket.json({ type: 'exit', code: 3, signal: null })
    socket.end(1000)
    jest.advanceTimersByTime(600_000)
    expect(session.state).toBe('exited')
    expect(of('exit')).toMatchObject([{ code: 3, signal: null }])
    session.connect()
    expect(FakeSocket.last.url.searchParams.has('offset')).toBe(false)
  })

  test('close() is final, and nothing is heard after it', () => {
    const { session, terminal, socket } = live()
    session.close()
    expect(socket.closedWith.code).toBe(1000)
    socket.frame(0, 'late')
    socket.end(1006)
    jest.advanceTimersByTime(600_000)
    expect(session.state).toBe('closed')
    expect(terminal.queue).toEqual([])
    expect(FakeSocket.all).toHaveLength(1)
  })
})

describe('liveness', () => {
  test('a quiet connection is asked, and lives on when it answers', () => {
    const { session, socket } = live()
    const pings = () => socket.texts.filter(({ type }) => type === 'ping').length
    jest.advanceTimersByTime(14_900)
    expect(pings()).toBe(0)
    jest.advanceTimersByTime(200)
    expect(pings()).toBe(1)
    socket.json({ type: 'pong' })
    jest.advanceTimersByTime(14_000)
    expect(session.state).toBe('live')
    expect(pings()).toBe(1)
  })

  test('one that says nothing is left with 4001, at once', () => {
    const { session, socket } = live()
    jest.advanceTimersByTime(25_100)
    expect(socket.closedWith.code).toBe(4001)
    expect(session.state).toBe('waiting')
  })
})

describe('the page', () => {
  const pageHide = (persisted) => page.dispatchEvent(Object.assign(new Event('pagehide'), { persisted }))

  test('going away: the browser closes with 1001, nothing tries again', () => {
    const { session, socket } = live()
    pageHide(false)
    expect(socket.closedWith).toBe(null)
    socket.end(1001)
    jest.advanceTimersByTime(600_000)
    expect(session.state).toBe('closed')
    expect(FakeSocket.all).toHaveLength(1)
  })

  test('kept for “back”: parked, and resumed when shown again', () => {
    const { session, socket } = live()
    socket.frame(0, 'abc')
    pageHide(true)
    expect(socket.closedWith.code).toBe(4002)
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    expect(session.state).toBe('connecting')
    expect(FakeSocket.last.url.searchParams.get('offset')).toBe('3')
  })

  test('a client that was closed stays closed when the page is shown again', () => {
    const { session } = live()
    session.close()
    pageHide(true)
    page.dispatchEvent(Object.assign(new Event('pageshow'), { persisted: true }))
    expect(session.state).toBe('closed')
  })

  test('a disposed client hears nothing of it', () => {
    const { session } = live()
    session.dispose()
    page.dispatchEvent(new Event('online'))
    expect(FakeSocket.all).toHaveLength(1)
  })
})

describe('a large input', () => {
  test('waits while the socket has enough to send, and keeps its order', () => {
    const { session, socket } = live()
    socket.bufferedAmount = MIB
    expect(session.input('x'.repeat(MIB))).toBe(true)
    session.input('after')
    expect(socket.input).toBe('')
    expect(session.pendingInput).toBe(MIB + 5)
    socket.bufferedAmount = 0
    jest.advanceTimersByTime(100)
    expect(Math.max(...socket.binaries.map(({ length }) => length))).toBeLessThan(MIB)
    expect(socket.input).toBe(`${'x'.repeat(MIB)}after`)
    expect(session.pendingInput).toBe(0)
  })

  test('waits while the shell does not read; keys do not', () => {
    const { session, socket } = live()
    socket.json({ type: 'input-pause' })
    session.input('k')
    expect(socket.input).toBe('k')
    session.input('x'.repeat(100_000))
    expect(socket.input).toBe('k')
    socket.json({ type: 'input-resume' })
    expect(socket.input).toBe(`k${'x'.repeat(100_000)}`)
  })

  test('is bounded, and ended by Ctrl-C', () => {
    const { session, socket, of } = live({ maxPendingInput: 200_000 })
    socket.json({ type: 'input-pause' })
    expect(session.input('x'.repeat(200_000))).toBe(true)
    expect(session.input('y'.repeat(100_000))).toBe(false)
    expect(session.input('\x03')).toBe(true)
    expect(socket.input).toBe('\x03')
    expect(of('inputdropped')).toMatchObject([
      { bytes: 100_000, reason: 'full' },
      { bytes: 200_000, reason: 'interrupted' },
    ])
  })

  test('that is a bracketed paste and was cut is ended before anything else is typed', () => {
    const { session, socket, of } = live()
    const paste = `\x1b[200~${'x'.repeat(200_000)}\x1b[201~`
    const send = jest.spyOn(socket, 'send').mockImplementation((data) => {
      socket.sent.push(Buffer.from(data))
      socket.bufferedAmount = MIB
    })
    session.input(paste)
    expect(socket.input).toHaveLength(65536)
    session.input('\x03')
    expect(socket.input.slice(65536)).toBe('\x1b[201~\x03')
    socket.bufferedAmount = 0
    session.input(paste)
    send.mockRestore()
    const second = comeBack()
    session.input('z')
    expect(second.input).toBe('\x1b[201~z')
    expect(of('inputdropped').map(({ reason }) => reason)).toEqual(['interrupted', 'disconnected'])
  })
})

describe('a server that lies', () => {
  test('bad frames are events, and nothing else happens', () => {
    const { session, socket, of } = live()
    const bad = [
      new ArrayBuffer(3),
      'not json',
      'null',
      '[]',
      '{"type":7}',
      '{"type":"gap","from":-1,"to":5}',
      '{"type":"gap","from":0,"to":1e300}',
      '{"type":"snapshot","offset":0,"length":"9","cols":80,"rows":24}',
      '{"type":"size","cols":null,"rows":24}',
      '{"type":"replay"}',
      '{"type":"connected","sessionId":"s"}',
      `{"type":"x","pad":"${'x'.repeat(2 * 1024 * 1024)}"}`,
    ]
    for (const data of bad) socket.onmessage({ data })
    socket.frame(0, 'part', true) // Not announced.
    const past = new ArrayBuffer(9)
    new DataView(past).setBigUint64(0, 2n ** 60n)
    socket.onmessage({ data: past })
    expect(of('error').map(({ code }) => code)).toEqual(Array(bad.length + 2).fill('ERR_FRAME'))
    expect(session.state).toBe('live')
    expect(session.offset).toBe(null)
  })

  test('unknown messages are passed on', () => {
    const { socket, of } = live()
    socket.json({ type: 'focusUpdate', focused: false })
    socket.json({ type: 'constructor' })
    expect(of('control').map(({ type }) => type)).toEqual(['focusUpdate', 'constructor'])
  })

  test('output before the session is announced is not shown', () => {
    const { session, terminal, of } = setup()
    session.connect()
    FakeSocket.last.readyState = 1
    FakeSocket.last.frame(0, 'early')
    FakeSocket.last.json({ type: 'size', cols: 3, rows: 3 })
    expect(terminal.queue).toEqual([])
    expect(of('error')).toHaveLength(2)
  })

  test.each([
    [100_000, 24],
    [80, 501],
    [0, 24],
  ])('a size of %i×%i is ignored', (cols, rows) => {
    const { terminal, socket, of } = live()
    socket.json({ type: 'size', cols, rows })
    socket.json({ type: 'snapshot', offset: 0, cols, rows, length: 4 })
    socket.frame(0, 'SNAP', true)
    terminal.parse()
    expect(terminal.resizes).toEqual([])
    expect(of('size')).toEqual([])
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_SIZE', 'ERR_SIZE'])
    expect(terminal.bytes.toString()).toBe('SNAP')
  })

  test('an offset that goes back is told once', () => {
    const { terminal, socket, of } = live()
    socket.frame(10, 'abc')
    for (let i = 0; i < 5; i += 1) socket.frame(i, 'abc')
    terminal.parse()
    expect(terminal.bytes.toString()).toBe('abc')
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_OFFSET'])
  })

  test.each([
    ['longer than announced', (socket) => socket.frame(7, 'x'.repeat(11), true)],
    ['with output in its middle', (socket) => socket.frame(7, 'live')],
    ['begun anew', (socket) => socket.json({ type: 'snapshot', offset: 7, cols: 80, rows: 24, length: 5 })],
  ])('a snapshot %s: the next connection gets a whole one', (_what, tear) => {
    const { session, terminal, socket, of } = live()
    socket.frame(0, 'abc')
    socket.json({ type: 'snapshot', offset: 7, cols: 80, rows: 24, length: 10 })
    tear(socket)
    terminal.parse()
    expect(socket.closedWith.code).toBe(4003)
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_FRAME'])
    expect(session.state).toBe('waiting')
    jest.advanceTimersByTime(1000)
    expect(FakeSocket.last.url.searchParams.has('offset')).toBe(false)
  })

  test('one that floods is left, and comes back where the terminal is', () => {
    const { session, terminal, socket, of } = live()
    const frame = Buffer.alloc(MIB, 'x')
    let at = 0
    for (; session.state === 'live' && at < 100 * MIB; at += MIB) socket.frame(at, frame)
    expect(at).toBeLessThan(40 * MIB)
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_FLOOD'])
    expect(socket.closedWith.code).toBe(4003)
    terminal.parse()
    expect(session.offset).toBe(session.parsed)
    expect(terminal.bytes).toHaveLength(session.offset)
    jest.advanceTimersByTime(1000)
    expect(FakeSocket.last.url.searchParams.get('offset')).toBe(String(session.offset))
  })

  test('a frame of old and new output for which there is no room is taken later as a whole', () => {
    const { session, terminal, socket, of } = live()
    const almost = 32 * MIB + 262_144 - 1000
    socket.json({ type: 'replay', from: 0, to: almost + 900 })
    socket.frame(0, Buffer.alloc(almost - 500, 'x'))
    socket.frame(almost - 500, Buffer.alloc(1410, 'y')) // Its old part has no room; the new one would.
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_FLOOD'])
    terminal.parse()
    expect([session.offset, session.parsed]).toEqual([almost - 500, almost - 500])
    expect(terminal.bytes.includes('y')).toBe(false)
  })

  test('a gap for which there is no room is told later', () => {
    const { session, socket, of } = live()
    const full = 32 * MIB + 262_144 - 64
    socket.frame(0, Buffer.alloc(full, 'x'))
    socket.frame(full + 10, 'z')
    expect(of('gap')).toEqual([])
    expect(session.offset).toBe(full)
    expect(session.state).toBe('waiting')
  })

  test('messages that wait for the terminal are counted too', () => {
    const { session, socket, of } = live()
    let count = 0
    for (; session.state === 'live' && count < 1e6; count += 1)
      socket.json({ type: 'size', cols: 80, rows: 24 })
    expect(count).toBeLessThan(600_000)
    expect(of('error').map(({ code }) => code)).toEqual(['ERR_FLOOD'])
  })

  test('a terminal that takes no more is written to again after a fresh start', () => {
    const { session, terminal, socket, of } = live()
    jest.spyOn(terminal, 'write').mockImplementation(() => {
      throw new Error('write data discarded, use flow control to avoid losing data')
    })
    socket.frame(0, 'abc')
    expect(of('error')).toMatchObject([{ code: 'ERR_TERMINAL' }])
    expect(session.state).toBe('waiting')
    jest.advanceTimersByTime(1000)
    expect(FakeSocket.last.url.searchParams.has('offset')).toBe(false)
  })
})

test('a display that throws is told, and its callbacks go on', () => {
  const { session, terminal, socket, of } = live()
  jest.spyOn(terminal, 'reset').mockImplementation(() => {
    throw new Error('no')
  })
  socket.json({ type: 'snapshot', offset: 7, cols: 80, rows: 24, length: 4 })
  socket.frame(7, 'SNAP', true)
  terminal.parse()
  expect(of('error')).toMatchObject([{ code: 'ERR_TERMINAL' }])
  expect(terminal.queue).toEqual([])
  expect(session.state).toBe('waiting')
})

describe('arguments', () => {
  test.each([
    ['url', () => new TerminalClient('http://'), 'ERR_INVALID_ARG_VALUE'],
    ['its scheme', () => new TerminalClient('ftp://example.com/'), 'ERR_INVALID_ARG_VALUE'],
    ['a text', () => new TerminalClient('ws://a/', { token: 7 }), 'ERR_INVALID_ARG_TYPE'],
    ['a number', () => new TerminalClient('ws://a/', { window: '65536' }), 'ERR_INVALID_ARG_TYPE'],
    ['NaN', () => new TerminalClient('ws://a/', { idlePing: Number.NaN }), 'ERR_OUT_OF_RANGE'],
    ['a fraction', () => new TerminalClient('ws://a/', { maxCols: 80.5 }), 'ERR_OUT_OF_RANGE'],
    ['a small window', () => new TerminalClient('ws://a/', { window: 1 }), 'ERR_OUT_OF_RANGE'],
    ['a huge one', () => new TerminalClient('ws://a/', { window: 1e12 }), 'ERR_OUT_OF_RANGE'],
    ['a delay', () => new TerminalClient('ws://a/', { backoff: { min: -1 } }), 'ERR_OUT_OF_RANGE'],
    [
      'no terminal',
      () => new TerminalClient('ws://a/', { WebSocket: FakeSocket }).connect(),
      'ERR_NO_TERMINAL',
    ],
  ])('%s is refused', (_what, act, code) => {
    expect(act).toThrow(expect.objectContaining({ code }))
  })

  test.each([
    ['numbers as input', (session) => session.input(7), 'ERR_INVALID_ARG_TYPE'],
    ['a size of NaN', (session) => session.resize(Number.NaN, 24), 'ERR_OUT_OF_RANGE'],
    ['half a size', (session) => session.resize(80), 'ERR_OUT_OF_RANGE'],
    ['a size of text', (session) => session.resize('80', 24), 'ERR_INVALID_ARG_TYPE'],
    [
      'pixels of fractions',
      (session) => session.resize(80, 24, { width: 1.5, height: 2 }),
      'ERR_OUT_OF_RANGE',
    ],
    ['colours by name', (session) => session.setTheme({ foreground: 'red' }), 'ERR_INVALID_ARG_VALUE'],
    ['no theme', (session) => session.setTheme(null), 'ERR_INVALID_ARG_VALUE'],
  ])('%s are refused, and nothing is sent', (_what, act, code) => {
    const { session, socket } = live()
    const before = socket.sent.length
    expect(() => act(session)).toThrow(expect.objectContaining({ code }))
    expect(socket.sent).toHaveLength(before)
  })

  test('null and undefined are the default', () => {
    const { session } = setup({ window: null, ackEvery: undefined, token: null, backoff: null, query: null })
    session.connect()
    expect(FakeSocket.last.url.searchParams.get('window')).toBe('262144')
  })

  test('a client shows its output in one terminal', () => {
    const { session } = setup()
    expect(() => session.attach(new FakeDisplay())).toThrow(
      expect.objectContaining({ code: 'ERR_ALREADY_ATTACHED' }),
    )
  })

  test('an address that the page may not connect to is refused, not thrown', () => {
    const refuse = () => {
      throw new DOMException('An insecure WebSocket connection may not be initiated', 'SecurityError')
    }
    const { session, of } = setup({ WebSocket: refuse })
    session.connect()
    expect(session.state).toBe('refused')
    expect(of('error')).toMatchObject([{ code: 'ERR_CONNECT' }])
  })
})
