// Several viewers of one session: who may do what, whose size holds, who is there.

const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { openRecording } = require('offheap-terminal')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
afterEach(() => host.stop())

/** Connections with `?reader=1` may only read. */
const byQuery = ({ url }) => ({ access: url.includes('reader=1') ? 'read' : 'write' })

const PROTOCOLS = [
  ['JSON', {}],
  ['offheap.v1', { stream: true }],
]

describe('a session that is recorded', () => {
  const dirs = []
  afterEach(() => {
    for (const dir of dirs.splice(0)) fs.rmSync(dir, { recursive: true, force: true })
  })

  test('says so to everybody who watches it, in all protocols, as it begins and ends', async () => {
    host = await startTerminals({ authorize: byQuery })
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-sign-'))
    dirs.push(dir)
    const first = host.connect({ sessionId: 's', projectId: 'p' })
    expect(await first.ready()).toMatchObject({ type: 'connected', recording: false })
    const reader = host.connect({ sessionId: 's', projectId: 'p', reader: 1 }, { stream: true })
    expect(await reader.ready()).toMatchObject({ type: 'reconnected', recording: false })
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    expect(await mux.open(7, { sessionId: 's', projectId: 'p' })).toMatchObject({ recording: false })
    const session = host.registry.get('s', 'p')
    const recording = session.record({ dir })
    const said = () =>
      Promise.all([
        first.message('recording'),
        reader.message('recording'),
        mux.until(({ type }) => type === 'recording', 7),
      ])
    for (const each of await said()) expect(each).toMatchObject({ type: 'recording', recording: true })
    const late = host.connect({ sessionId: 's', projectId: 'p' })
    expect(await late.ready()).toMatchObject({ recording: true })
    await recording.stop()
    expect(await late.message('recording')).toMatchObject({ recording: false })
    await eventually(
      'the others to hear',
      () => first.messages.filter(({ type }) => type === 'recording').length === 2,
    )
    mux.ws.close()
  })

  test('gets markers by messages of the application, from those who may write', async () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-sign-'))
    dirs.push(dir)
    const mark = ({ label }, { session }) => {
      for (const recording of session.recordings) recording.mark(label)
    }
    host = await startTerminals({ authorize: byQuery, messages: { mark } }, { recording: { dir } })
    const writer = host.connect({ sessionId: 's' })
    await writer.ready()
    const reader = host.connect({ sessionId: 's', reader: 1 }, { stream: true })
    await reader.ready()
    reader.send({ type: 'mark', label: 'not allowed' })
    expect(await reader.message('error')).toMatchObject({ code: 'ERR_READ_ONLY' })
    writer.send({ type: 'mark', label: 5 })
    expect(await writer.message('error')).toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    writer.send({ type: 'mark', label: 'deploy' })
    writer.send({ type: 'ping' })
    await writer.message('pong')
    const [recording] = host.registry.get('s').recordings
    await recording.stop()
    const recorded = await openRecording(recording.file)
    expect((await recorded.markers()).map(({ label }) => label)).toEqual(['deploy'])
  })
})

describe.each(PROTOCOLS)('read-only: %s', (_name, more) => {
  let writer
  let reader
  beforeEach(async () => {
    host = await startTerminals({ authorize: byQuery })
    writer = host.connect({ sessionId: 's', projectId: 'p' }, more)
    await writer.sees(PROMPT)
    reader = host.connect({ sessionId: 's', projectId: 'p', reader: 1 }, more)
    expect(await reader.ready()).toMatchObject({ type: 'reconnected', access: 'read' })
  })

  test.each([
    [{ type: 'input', data: 'echo in""truder\r' }],
    [{ type: 'resize', cols: 100, rows: 40 }],
    [{ type: 'ctrl', key: 'd' }],
    [{ type: 'focus' }],
    [{ type: 'blur' }],
    [{ type: 'focus_change', mode: 'background' }],
    [{ type: 'suspend' }],
    [{ type: 'resume' }],
  ])('%j is refused, and has no effect', async (message) => {
    const session = host.registry.get('s', 'p')
    const before = session.info()
    reader.send(message)
    expect(await reader.message('error')).toMatchObject({ code: 'ERR_READ_ONLY' })
    const { cols, rows, focused, suspended } = session.info()
    expect({ cols, rows, focused, suspended }).toEqual({
      cols: before.cols,
      rows: before.rows,
      focused: true,
      suspended: false,
    })
    expect(host.registry.stats().bytesIn).toBe(0)
    writer.type('echo se""en\r')
    await reader.sees('seen\r\n')
    expect(reader.output).not.toContain('intruder')
  })

  test('reading, acks, pings and a theme are welcome', async () => {
    reader.send({ type: 'ack', offset: 1 })
    reader.send({ type: 'theme', foreground: '#ffffff', background: '#000' })
    await reader.settled()
    expect(reader.messages.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('others’ focus and suspension do not stop it, nor does it lift them', async () => {
    writer.send({ type: 'blur' })
    await writer.message('focusUpdate')
    writer.send({ type: 'suspend' })
    await writer.message('suspended')
    writer.type('echo st""ill\r')
    await reader.sees('still\r\n')
    const second = host.connect({ sessionId: 's', projectId: 'p', reader: 1 }, more)
    await second.sees('still')
    expect(host.registry.get('s', 'p').suspended).toBe(true)
    expect(reader.messages.map(({ type }) => type)).not.toContain('suspended')
  })

  test('its close decides nothing about the session', async () => {
    await writer.cut()
    await eventually('the writer to be gone', () => host.registry.get('s', 'p').connections === 1)
    await reader.close(1000)
    await eventually('the reader to be gone', () => host.registry.get('s', 'p').connections === 0)
    expect(host.registry.get('s', 'p').suspended).toBe(false)
  })

  test('a session that there is not is not made for it', async () => {
    const lost = host.connect({ sessionId: 'none', reader: 1 }, more)
    expect(await lost.message('error')).toMatchObject({ code: 'ERR_SESSION_NOT_FOUND' })
    expect((await lost.isClosed()).code).toBe(4404)
    expect(host.registry.get('none')).toBeNull()
  })
})

test('read-only: binary input is refused', async () => {
  host = await startTerminals({ authorize: byQuery })
  await host.connect({ sessionId: 's' }).sees(PROMPT)
  const reader = host.connect({ sessionId: 's', reader: 1 }, { stream: true })
  await reader.ready()
  reader.send(Buffer.from('echo in""truder\r'))
  expect(await reader.message('error')).toMatchObject({ code: 'ERR_READ_ONLY' })
  expect(host.registry.stats().bytesIn).toBe(0)
})

test('read-only: all channels of a connection are', async () => {
  host = await startTerminals({ authorize: () => ({ access: 'read' }) })
  host.registry.create({ id: 's', pty: { file: '/bin/cat' } })
  const mux = new MuxClient(host.url)
  await once(mux.ws, 'open')
  expect(await mux.open(1, { sessionId: 's' })).toMatchObject({ access: 'read' })
  mux.type(1, 'x')
  await mux.until(({ code }) => code === 'ERR_READ_ONLY', 1)
  expect(host.registry.stats().bytesIn).toBe(0)
  mux.ws.terminate()
})

describe('the viewers of a session are told how many they are', () => {
  const told = (count, readers) => (message) => message.count === count && message.readers === readers

  test.each(PROTOCOLS)('as they come and go: %s', async (_name, more) => {
    host = await startTerminals({ authorize: byQuery })
    const first = host.connect({ sessionId: 's' }, more)
    expect(await first.message('viewers')).toEqual({
      type: 'viewers',
      count: 1,
      readers: 0,
      answers: 'server',
    })
    const reader = host.connect({ sessionId: 's', reader: 1 }, more)
    await first.message('viewers', told(2, 1))
    await reader.message('viewers', told(2, 1))
    const other = host.connect({ sessionId: 'other' }, more)
    await other.message('viewers', told(1, 0))
    await reader.cut()
    await first.until(
      'one viewer',
      () => first.messages.findLast(({ type }) => type === 'viewers').count === 1,
    )
  })

  test('a crowd that comes at once is told once for each turn, and in the end the truth', async () => {
    host = await startTerminals()
    const crowd = Array.from({ length: 50 }, () => host.connect({ sessionId: 's' }))
    await Promise.all(crowd.map((client) => client.message('viewers', told(50, 0))))
    for (const client of crowd)
      expect(client.messages.filter(({ type }) => type === 'viewers').length).toBeLessThan(51)
  })

  test('on a channel, too', async () => {
    host = await startTerminals()
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    await mux.open(1, { sessionId: 's' })
    await mux.open(2, { sessionId: 's' })
    await mux.until(({ type, count }) => type === 'viewers' && count === 2, 1)
    mux.send({ type: 'close', channel: 2 })
    await eventually('one viewer', () => {
      const last = mux.messages.findLast(({ type, channel }) => type === 'viewers' && channel === 1)
      return last.count === 1
    })
    mux.ws.terminate()
  })
})

describe('size', () => {
  const sizeOf = (session) => `${session.cols}x${session.rows}`

  test.each(PROTOCOLS)('the first one is there before the shell starts: %s', async (_name, more) => {
    const pty = { file: '/bin/sh', args: ['-c', 'stty size; exec cat'] }
    host = await startTerminals({ shell: () => pty })
    const client = host.connect({ cols: 132, rows: 43, width: 1320, height: 860 }, more)
    expect(await client.ready()).toMatchObject({ cols: 132, rows: 43 })
    await client.sees('43 132\r\n')
  })

  test('the viewer that was active last sets it; when it leaves, the next one’s holds at once', async () => {
    host = await startTerminals()
    const first = host.connect({ sessionId: 's', cols: 100, rows: 30 })
    await first.sees(PROMPT)
    const session = host.registry.get('s')
    expect(sizeOf(session)).toBe('100x30')
    const second = host.connect({ sessionId: 's', cols: 60, rows: 20 })
    expect(await second.ready()).toMatchObject({ cols: 60, rows: 20 })
    await first.message('size', ({ cols, rows }) => cols === 60 && rows === 20)
    first.type('stty size\r')
    await first.sees('30 100\r\n')
    await second.message('size', ({ cols }) => cols === 100)
    second.send({ type: 'resize', cols: 50, rows: 15 })
    await first.message('size', ({ cols }) => cols === 50)
    await second.cut()
    await first.until('its size', () => first.messages.findLast(({ type }) => type === 'size').cols === 100)
    expect(sizeOf(session)).toBe('100x30')
    first.type('stty size\r')
    await first.until('its size again', () => first.output.split('30 100\r\n').length > 2)
  })

  test('one that leaves and was not the last active changes nothing', async () => {
    host = await startTerminals()
    const first = host.connect({ sessionId: 's', cols: 100, rows: 30 })
    await first.sees(PROMPT)
    const second = host.connect({ sessionId: 's', cols: 60, rows: 20 })
    await second.ready()
    const session = host.registry.get('s')
    // By the application, behind the viewers' backs.
    session.resize(70, 21)
    await first.cut()
    await eventually('it to be gone', () => session.connections === 1)
    expect(sizeOf(session)).toBe('70x21')
  })

  test('a channel that is left gives it back, too', async () => {
    host = await startTerminals()
    const mux = new MuxClient(host.url)
    await once(mux.ws, 'open')
    await mux.open(1, { sessionId: 's', cols: 90, rows: 33 })
    await mux.open(2, { sessionId: 's', cols: 40, rows: 10 })
    const session = host.registry.get('s')
    expect(sizeOf(session)).toBe('40x10')
    mux.send({ type: 'close', channel: 2 })
    await mux.until(({ type }) => type === 'closed', 2)
    expect(sizeOf(session)).toBe('90x33')
    mux.ws.terminate()
  })

  test('a reader’s first size is no one’s', async () => {
    host = await startTerminals({ authorize: byQuery })
    await host.connect({ sessionId: 's', cols: 100, rows: 30 }).sees(PROMPT)
    const reader = host.connect({ sessionId: 's', reader: 1, cols: 20, rows: 5 })
    expect(await reader.ready()).toMatchObject({ cols: 100, rows: 30 })
    await reader.cut()
    expect(sizeOf(host.registry.get('s'))).toBe('100x30')
  })

  test('beyond the server’s bounds it becomes the bounds, and everyone is told', async () => {
    host = await startTerminals({ maxCols: 200, maxRows: 100 })
    const client = host.connect({ sessionId: 's', cols: 5000, rows: 60_000 })
    expect(await client.ready()).toMatchObject({ cols: 200, rows: 100 })
    client.send({ type: 'resize', cols: 150, rows: 65_535 })
    expect(await client.message('size')).toEqual({ type: 'size', cols: 150, rows: 100 })
  })

  test('more than any terminal has is refused, whatever the bounds say, and in a query counts as none', async () => {
    host = await startTerminals({ maxCols: 65_535, maxRows: 65_535 })
    const client = host.connect({ sessionId: 's', cols: 4096, rows: 4097 })
    expect(await client.ready()).toMatchObject({ type: 'connected', cols: 80, rows: 30 })
    client.send({ type: 'resize', cols: 4096, rows: 4097 })
    expect(await client.message('error')).toMatchObject({ code: 'ERR_OUT_OF_RANGE' })
    expect(sizeOf(host.registry.get('s'))).toBe('80x30')
    client.send({ type: 'resize', cols: 65_535, rows: 2 })
    expect(await client.message('size')).toMatchObject({ cols: 65_535, rows: 2 })
  })

  test.each([
    ['cols=0&rows=24', { cols: 0, rows: 24 }],
    ['a fraction', { cols: 80.5, rows: 24 }],
    ['no number', { cols: 'wide', rows: 24 }],
    ['a negative one', { cols: -80, rows: 24 }],
    ['half a size', { cols: 100 }],
    ['past any terminal', { cols: 65_536, rows: 24 }],
    ['pixels past any terminal', { cols: 100, rows: 24, width: 70_000, height: 10 }],
  ])('in the query, what is none counts as none: %s', async (_what, query) => {
    host = await startTerminals()
    expect(await host.connect(query).ready()).toMatchObject({ type: 'connected', cols: 80, rows: 30 })
  })

  test.each([
    [{ cols: 80, rows: 24, width: -1, height: 10 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: 80, rows: 24, width: 800 }, 'ERR_INVALID_ARG_TYPE'],
    [{ cols: 80, rows: 24, width: 800, height: '600' }, 'ERR_INVALID_ARG_TYPE'],
    [{ cols: 80, rows: 24, width: 65_536, height: 600 }, 'ERR_OUT_OF_RANGE'],
    [{ cols: 65_536, rows: 24 }, 'ERR_OUT_OF_RANGE'],
  ])('a resize to %j is an error, and nothing changes', async (size, code) => {
    host = await startTerminals()
    const client = host.connect({ sessionId: 's' })
    await client.ready()
    client.send({ type: 'resize', ...size })
    expect(await client.message('error')).toMatchObject({ code })
    expect(sizeOf(host.registry.get('s'))).toBe('80x30')
  })
})

test.each([
  [{ foreground: 'red' }],
  [{ background: '#12345' }],
  [{ cursor: 7 }],
  [{ foreground: '#000\u001b]11;?' }],
  [{ cursor: ['#000000'] }],
])('a theme of %j is an error', async (theme) => {
  host = await startTerminals()
  const client = host.connect()
  await client.ready()
  client.send({ type: 'theme', ...theme })
  expect(await client.message('error')).toMatchObject({ code: 'ERR_INVALID_ARG_VALUE' })
})

test('a theme of colours, and of none, is taken', async () => {
  host = await startTerminals()
  const client = host.connect()
  await client.ready()
  client.send({ type: 'theme', foreground: '#d4d4d4', background: '#1E1E1E', cursor: '#fff' })
  client.send({ type: 'theme', cursor: null })
  await client.settled()
  expect(client.messages.filter(({ type }) => type === 'error')).toEqual([])
})
