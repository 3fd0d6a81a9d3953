// A server that lies, a display that fails, and arguments that are none.

const { TerminalClient } = require('../../client/index.js')
const { FakeDisplay, FakeSocket, live, setup } = require('../helpers/fake-connection')

const MIB = 1024 * 1024

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
