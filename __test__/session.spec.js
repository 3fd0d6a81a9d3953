// Session: the handle of one session, and what it says when the session is gone.

const { SessionRegistry } = require('..')
const { PATIENCE } = require('./helpers/patience')

const onUnix = process.platform === 'win32' ? test.skip : test

let registry
beforeEach(() => {
  registry = new SessionRegistry({ maxSessions: 0, spawnsPerMinute: 0 })
})
afterEach(() => registry.shutdown())

const until = async (ready, what, ms = PATIENCE) => {
  const end = Date.now() + ms
  while (!ready()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const shell = (script = 'exec cat', options = {}) =>
  registry.create({ pty: { file: '/bin/sh', args: ['-c', script], ...options } })

const text = (session) => session.history().toString()

describe('history', () => {
  test('what is appended is kept, up to the capacity, and counted from the first byte', () => {
    const session = registry.create({ historyBytes: 4096 })
    expect(session.append('grüße')).toBe(7)
    expect(session.append(Buffer.from([0, 255]))).toBe(9)
    expect(session.history()).toEqual(Buffer.from([...Buffer.from('grüße'), 0, 255]))
    session.append('x'.repeat(10_000))
    expect(session.end).toBe(10_009)
    expect(session.start).toBe(10_009 - 4096)
    expect(session.history()).toHaveLength(4096)
    expect(session.history(10).toString()).toBe('x'.repeat(10))
    expect(session.history(0)).toHaveLength(0)
  })

  test('reading from an offset says what is gone', () => {
    const session = registry.create({ historyBytes: 4096 })
    session.append('a'.repeat(5000))
    const from = session.readFrom(0)
    expect(from).toMatchObject({ start: 904, end: 5000, missed: 904 })
    expect(from.data).toHaveLength(4096)
    expect(session.readFrom(4990, 5).data.toString()).toBe('aaaaa')
    expect(session.readFrom(9999).data).toHaveLength(0)
  })

  test('an idle session holds nothing, and grows as it needs', () => {
    const session = registry.create()
    expect(registry.list()[0].historyBytes).toBe(0)
    session.append('x')
    expect(registry.list()[0].historyBytes).toBe(4096)
  })
})

describe('bad input', () => {
  const type = { code: 'ERR_INVALID_ARG_TYPE' }
  const range = { code: 'ERR_OUT_OF_RANGE' }
  const cases = [
    [type, (session) => session.append()],
    [type, (session) => session.append(5)],
    [type, (session) => session.append(null)],
    [type, (session) => session.append(new Uint16Array(2))],
    [type, (session) => session.write({})],
    [range, (session) => session.resize(0, 10)],
    [range, (session) => session.resize(80, 65_536)],
    [range, (session) => session.resize(80, 1.5)],
    [range, (session) => session.resize(Number.NaN, 10)],
    [type, (session) => session.resize('80', 10)],
    [type, (session) => session.resize()],
    [range, (session) => session.history(-1)],
    [range, (session) => session.history(Number.NaN)],
    [type, (session) => session.history('1')],
    [range, (session) => session.readFrom(-1)],
    [range, (session) => session.readFrom(2 ** 53)],
    [type, (session) => session.readFrom()],
    [type, (session) => session.openViewer(5)],
    [range, (session) => session.openViewer({ from: -1 })],
    [type, (session) => session.openViewer({ from: 'here' })],
    [range, (session) => session.openViewer({ maxFrameBytes: 10 })],
    [type, (session) => session.openViewer({ format: 'xml' })],
    [{ code: 'ERR_UNKNOWN_SIGNAL' }, (session) => session.kill('SIGNOTHING')],
  ]

  test.each(cases.map(([error, act]) => [act.toString().slice(11), error, act]))('%s', (_, error, act) => {
    const session = registry.create()
    expect(() => act(session)).toThrow(expect.objectContaining(error))
    expect(session.closed).toBe(false)
    expect(session.end).toBe(0)
    expect(session.viewers).toBe(0)
  })
})

describe('suspension', () => {
  test('of one session is told once', () => {
    const seen = []
    registry.on('sessionSuspended', ({ id }) => seen.push(`suspended ${id}`))
    registry.on('sessionResumed', ({ id }) => seen.push(`resumed ${id}`))
    const session = registry.create({ id: 'a' })
    session.setSuspended(true)
    session.setSuspended(true)
    expect([session.status, session.suspended]).toEqual(['suspended', true])
    session.setSuspended(false)
    expect(session.status).toBe('active')
    expect(seen).toEqual(['suspended a', 'resumed a'])
  })
})

describe('the shell', () => {
  onUnix('takes input, prints, and has the size it is given', async () => {
    const session = shell('stty -echo; stty size; cat', { cols: 100, rows: 40 })
    expect(session.pid).toBeGreaterThan(1)
    expect([session.cols, session.rows]).toEqual([100, 40])
    await until(() => text(session).includes('40 100'), 'the size')
    session.write('hello\n')
    await until(() => text(session).includes('hello'), 'the echo')
    session.resize(120, 50)
    expect([session.cols, session.rows]).toEqual([120, 50])
    expect(registry.stats().bytesIn).toBe(6)
  })

  onUnix('sees the name that it is given as its own', async () => {
    const script = 'echo "$0"; shopt -q login_shell && echo login; read line'
    const pty = { file: 'bash', args: ['--noprofile', '--norc', '-c', script], argv0: '-bash' }
    const session = registry.create({ pty })
    await until(() => text(session).endsWith('login\r\n'), 'a login shell')
    expect(text(session)).toBe('-bash\r\nlogin\r\n')
    expect(() => registry.create({ pty: { ...pty, argv0: 1 } })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
    expect(() => registry.create({ pty: { ...pty, argv0: 'a\0' } })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
  })

  onUnix('exits with a code or a signal, after its last byte', async () => {
    const exits = {}
    registry.on('sessionExited', (event) => (exits[event.id] = event))
    const coded = shell('seq 1 2000; exit 9')
    const killed = shell()
    expect(killed.exit).toBeNull()
    killed.kill('SIGKILL')
    await until(() => Object.keys(exits).length === 2, 'both exits')
    expect(exits[coded.id]).toMatchObject({ code: 9, signal: 0 })
    expect(coded.exit).toEqual({ code: 9, signal: 0 })
    expect(killed.exit).toEqual({ code: 0, signal: 9 })
    expect(text(coded)).toMatch(/1999\r\n2000\r\n$/)
    expect(coded.status).toBe('exited')
    expect(coded.write('into the void')).toBe(false)
  })

  onUnix('is gone, with its process, when the session is closed', async () => {
    const session = shell('trap "" HUP; while :; do sleep 0.1; done', { killGrace: 200 })
    const { pid } = session
    await new Promise((resolve) => setTimeout(resolve, 100))
    session.close()
    const lives = () => {
      try {
        return process.kill(pid, 0)
      } catch {
        return false
      }
    }
    await until(() => !lives(), 'the end of a shell that ignores SIGHUP')
  })

  onUnix('input that waits is counted, refused past its bound, and told when taken', async () => {
    registry.shutdown()
    registry = new SessionRegistry({ maxInputBytes: 1 << 20 })
    const drained = []
    registry.on('drain', ({ id }) => drained.push(id))
    const session = shell('stty raw -echo; echo ready; sleep 0.5; exec cat >/dev/null')
    await until(() => text(session).includes('ready'), 'the shell')
    expect(session.write('x'.repeat(900_000))).toBe(false)
    expect(session.writableLength).toBeGreaterThan(100_000)
    expect(registry.stats().inputBytes).toBe(session.writableLength)
    expect(() => session.write('x'.repeat(900_000))).toThrow(
      expect.objectContaining({ code: 'ERR_INPUT_QUEUE_FULL' }),
    )
    await until(() => drained.length === 1, 'the drain')
    expect(registry.stats()).toMatchObject({ inputBytes: 0, bytesIn: 900_000 })
  })
})

describe('what the app says of a session', () => {
  test('changes by update(), which tells', () => {
    const session = registry.create({
      id: 'a',
      projectId: 'p',
      userId: 'u',
      mode: 'm',
      cwd: '/',
      metadata: { x: 1 },
    })
    const seen = []
    registry.on('sessionUpdated', (info) => seen.push(info))
    session.update({ metadata: { x: 2 }, mode: null, userId: undefined, cwd: '/tmp' })
    const expected = { userId: 'u', mode: null, cwd: '/tmp', metadata: { x: 2 } }
    expect(session).toMatchObject(expected)
    expect(registry.get('a')).toMatchObject(expected)
    expect(seen).toEqual([session.info()])
    session.update({ metadata: { x: 2 } })
    session.update({})
    expect(seen).toHaveLength(1)
    session.update({ metadata: null })
    expect(session.metadata).toBeNull()
    session.update({ mode: 'last' })
    session.close()
    expect(session.mode).toBe('last')
    expect(() => session.update({ mode: 'x' })).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(seen).toHaveLength(3)
  })

  test('changes not at all when an update is wrong', () => {
    const session = registry.create({ mode: 'm', metadata: { x: 1 } })
    const circular = {}
    circular.self = circular
    for (const [changes, code] of [
      [undefined, 'ERR_INVALID_ARG_TYPE'],
      [{ mode: 'n', userId: 7 }, 'ERR_INVALID_ARG_TYPE'],
      [{ mode: 'n', metadata: 'text' }, 'ERR_INVALID_ARG_TYPE'],
      [{ mode: 'n', metadata: circular }, 'ERR_INVALID_ARG_VALUE'],
    ]) {
      expect(() => session.update(changes)).toThrow(expect.objectContaining({ code }))
    }
    expect(session).toMatchObject({ mode: 'm', metadata: { x: 1 } })
  })
})

describe('a closed session', () => {
  const closed = () => {
    const session = registry.create({ id: 'a', projectId: 'p', metadata: { x: 1 } })
    session.append('something')
    session.close()
    return session
  }

  test('and an open one say what the list says of them', () => {
    const session = registry.create({ id: 'a', metadata: { name: 'one' } })
    session.append('abc')
    expect(session.info()).toEqual(registry.list()[0])
    expect(session.info()).toMatchObject({
      id: 'a',
      status: 'active',
      start: 0,
      end: 3,
      metadata: { name: 'one' },
    })
    session.close()
    expect(session.info()).toMatchObject({ id: 'a', status: 'closed' })
  })

  test('still says what it was', () => {
    const session = closed()
    expect(session).toMatchObject({ id: 'a', projectId: 'p', closed: true, status: 'closed', viewers: 0 })
    expect(session.metadata).toEqual({ x: 1 })
    expect(session.pid).toBeNull()
  })

  test.each(['write', 'append', 'history', 'openViewer', 'kill'])('%s throws ERR_CLOSED', (method) => {
    const session = closed()
    const call = () => (method === 'write' || method === 'append' ? session[method]('x') : session[method]())
    expect(call).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(() => session.resize(80, 24)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(() => session.readFrom(0)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
  })

  test('never reaches a new one of the same name', () => {
    const old = closed()
    const young = registry.create({ id: 'a', projectId: 'p' })
    old.close()
    old.setSuspended(true)
    old.unref()
    expect(young.closed).toBe(false)
    expect(young.suspended).toBe(false)
    expect(() => old.append('x')).toThrow()
    expect(young.end).toBe(0)
  })

  test('has told its viewers', async () => {
    const session = registry.create()
    const viewer = session.openViewer()
    let told = 0
    viewer.onReadable(() => told++)
    session.close()
    await until(() => told > 0 && viewer.closed, 'the end of the viewer')
    expect(viewer.read()).toBeNull()
    expect(registry.stats().viewers).toBe(0)
  })

  test('Symbol.dispose closes, as close() does, any number of times', () => {
    const session = registry.create()
    session[Symbol.dispose]()
    session[Symbol.dispose]()
    session.close()
    expect(session.closed).toBe(true)
    expect(registry.stats().closed.closed).toBe(1)
  })
})

describe('use', () => {
  onUnix('input, size and focus count as use, a look does not', async () => {
    const session = shell()
    const before = session.lastActiveAt
    const later = () => new Promise((resolve) => setTimeout(resolve, 15))
    await later()
    session.history()
    registry.get(session.id)
    expect(session.lastActiveAt).toBe(before)
    session.write('x')
    const written = session.lastActiveAt
    expect(written).toBeGreaterThan(before)
    await later()
    session.resize(90, 30)
    expect(session.lastActiveAt).toBeGreaterThan(written)
  })

  test('the end of the last viewer counts as use', async () => {
    const session = registry.create()
    const [one, two] = [session.openViewer(), session.openViewer()]
    const before = session.lastActiveAt
    await new Promise((resolve) => setTimeout(resolve, 15))
    one.close()
    expect(session.lastActiveAt).toBe(before)
    two.close()
    expect(session.lastActiveAt).toBeGreaterThan(before)
    two.close()
  })
})
