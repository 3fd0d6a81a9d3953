// The client's stream: what it asks for, shows, acknowledges and tells.

const { createHash } = require('node:crypto')
const { FakeSocket, comeBack, live, setup } = require('../helpers/fake-connection')

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
    expect(socket.closedWith.code).toBe(4004)
    expect(session.state).toBe('waiting')
    expect(of('state').at(-1)).toMatchObject({ code: 4004, attempt: 1 })
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
