// Connections that come and go, and the input that is typed meanwhile.

const { FakeSocket, comeBack, live, page, setup } = require('../helpers/fake-connection')

const MIB = 1024 * 1024

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

  test.each([[1001], [1005], [1006], [1011], [1012], [4004]])('code %i: again', (code) => {
    const { session } = live()
    FakeSocket.last.end(code)
    expect(session.state).toBe('waiting')
  })

  test.each([
    [1008, 'refused'],
    [4000, 'refused'],
    [4001, 'refused'],
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

  test('one that says nothing is left with 4004, at once', () => {
    const { session, socket } = live()
    jest.advanceTimersByTime(25_100)
    expect(socket.closedWith.code).toBe(4004)
    expect(session.state).toBe('waiting')
  })

  test.each([
    ['set back by an hour', -3_600_000],
    ['put forward by an hour', 3_600_000],
  ])('does not go by the wall clock, which may be %s', (_what, jump) => {
    const { session, socket } = live()
    const pings = () => socket.texts.filter(({ type }) => type === 'ping').length
    jest.advanceTimersByTime(14_000)
    jest.setSystemTime(Date.now() + jump)
    jest.advanceTimersByTime(1100)
    expect(pings()).toBe(1)
    jest.setSystemTime(Date.now() + jump)
    jest.advanceTimersByTime(9800)
    expect(session.state).toBe('live')
    jest.advanceTimersByTime(300)
    expect(socket.closedWith.code).toBe(4004)
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
