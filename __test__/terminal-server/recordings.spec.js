// Recordings over HTTP: lists, ranges, parts, deletion, and who may do what.

const { execFileSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')
const { SessionRegistry, openRecording } = require('offheap-terminal')
const { RecordingServer } = require('offheap-terminal/server')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')

let dir
let registry
let grant
let errors
let recordings
let server
let base

beforeEach(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-recordings-'))
  registry = new SessionRegistry({ maxSessions: 0, maxSessionsPerProject: 0 })
  grant = { access: 'write' }
  errors = []
  await serve({ authorize: () => grant })
})
afterEach(async () => {
  registry.shutdown()
  recordings.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  fs.rmSync(dir, { recursive: true, force: true })
})

async function serve(options) {
  server?.close()
  recordings = new RecordingServer({ dir, onError: (error) => errors.push(error), ...options })
  server = http.createServer((request, response) => {
    if (!recordings.handle(request, response)) response.writeHead(418).end()
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  base = `http://127.0.0.1:${server.address().port}/api/recordings`
}

/** A recording that has ended; `text` is what was printed. */
async function recorded(name, { text = `${name}\r\n`, ...options } = {}) {
  const session = registry.create({ id: name, recording: { dir, name }, ...options })
  session.append(text)
  const [recording] = session.recordings
  await recording.stop()
  session.close()
  return recording.file
}

const get = (below = '', options = {}) => fetch(base + below, options)
const json = async (below, options) => {
  const response = await get(below, options)
  return { status: response.status, ...(await response.json()) }
}
const ids = async (query = '') => (await json(query)).recordings.map(({ id }) => id).sort()

/** A request whose path reaches the server as it is written. */
async function raw(target, method = 'GET', headers = {}) {
  const { port } = server.address()
  const request = http.request({ port, host: '127.0.0.1', path: target, method, headers }).end()
  const [response] = await once(request, 'response')
  const chunks = []
  for await (const chunk of response) chunks.push(chunk)
  return { status: response.statusCode, headers: response.headers, body: Buffer.concat(chunks) }
}

describe('the list', () => {
  test('says what each recording is, the newest first', async () => {
    expect(await json('')).toEqual({ status: 200, recordings: [], total: 0, next: null })
    await recorded('first', { projectId: 'p', userId: 'ada' })
    const live = registry.create({ id: 'live', recording: { dir, name: 'second', title: 'Second' } })
    live.append('hello')
    const { recordings: list, total } = await json('')
    expect(total).toBe(2)
    expect(list[1]).toEqual({
      id: 'first',
      sessionId: 'first',
      projectId: 'p',
      userId: 'ada',
      startedAt: expect.any(Number),
      cols: 80,
      rows: 24,
      command: null,
      title: null,
      bytes: fs.statSync(path.join(dir, 'first.cast')).size,
      duration: expect.any(Number),
      status: 'complete',
      code: null,
    })
    expect(list[0]).toMatchObject({ id: 'second', title: 'Second', status: 'recording' })
    expect(Math.abs(list[0].startedAt - Date.now())).toBeLessThan(120_000)
  })

  test('by project, user, session and time, in pages', async () => {
    await recorded('a', { projectId: 'p', userId: 'ada' })
    await recorded('b', { projectId: 'p', userId: 'bob' })
    await recorded('c', { projectId: 'q', userId: 'ada' })
    expect(await ids('?projectId=p')).toEqual(['a', 'b'])
    expect(await ids('?userId=ada')).toEqual(['a', 'c'])
    expect(await ids('?userId=ada&projectId=q')).toEqual(['c'])
    expect(await ids('?sessionId=b')).toEqual(['b'])
    const [{ startedAt: last }, { startedAt: middle }] = (await json('')).recordings
    expect(await ids(`?from=${last + 1}`)).toEqual([])
    expect(
      await ids(`?from=${new Date(0).toISOString()}&to=${new Date(last + 1).toISOString()}`),
    ).toHaveLength(3)
    expect(await ids(`?to=${middle}`)).not.toContain('c')
    const seen = []
    for (let next = ''; next !== null; ) {
      const page = await json(`?limit=2${next && `&after=${encodeURIComponent(next)}`}`)
      expect(page.total).toBe(3)
      seen.push(...page.recordings.map(({ id }) => id))
      next = page.next
    }
    expect(seen.sort()).toEqual(['a', 'b', 'c'])
  })

  test('knows what comes and goes, and names what it cannot read', async () => {
    await recorded('a')
    expect(await ids()).toEqual(['a'])
    await recorded('b')
    expect(await ids()).toEqual(['a', 'b'])
    fs.rmSync(path.join(dir, 'a.cast'))
    expect(await ids()).toEqual(['b'])
    const old = new Date(Date.now() - 60_000)
    for (const [name, text] of Object.entries({ bad: 'nothing\n', empty: '' })) {
      fs.writeFileSync(path.join(dir, `${name}.cast`), text)
      fs.utimesSync(path.join(dir, `${name}.cast`), old, old)
    }
    fs.mkdirSync(path.join(dir, 'folder.cast'))
    fs.writeFileSync(path.join(dir, '.hidden.cast'), '')
    const { recordings: list } = await json('')
    expect(list.find(({ id }) => id === 'bad')).toMatchObject({
      status: 'damaged',
      duration: null,
      code: 'ERR_RECORDING_INVALID',
    })
    expect(list.map(({ id }) => id).sort()).toEqual(['b', 'bad', 'empty'])
    expect(errors).toEqual([])
  })

  test('a folder that has not changed is not read again, and one that has is', async () => {
    const settled = () => fs.utimesSync(dir, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
    const reads = jest.spyOn(fs.promises, 'readdir')
    await recorded('a')
    settled()
    expect(await ids()).toEqual(['a'])
    const before = reads.mock.calls.length
    expect(await ids()).toEqual(['a'])
    expect(reads.mock.calls).toHaveLength(before)
    await recorded('b')
    settled()
    expect(await ids()).toEqual(['a', 'b'])
    fs.rmSync(path.join(dir, 'a.cast'))
    expect(await ids()).toEqual(['b'])
    // It may change within the moment in which it was read: then its time says nothing.
    const now = new Date()
    fs.utimesSync(dir, now, now)
    expect(await ids()).toEqual(['b'])
    fs.renameSync(path.join(dir, 'b.cast'), path.join(dir, 'c.cast'))
    fs.renameSync(path.join(dir, 'b.json'), path.join(dir, 'c.json'))
    fs.utimesSync(dir, now, now)
    expect(await ids()).toEqual(['c'])
    reads.mockRestore()
  })

  test.each([
    'limit=0',
    'limit=1001',
    'limit=x',
    'from=yesterday',
    'to=1e3',
    'after=x',
    'after=1~..%2fx%2fy',
  ])('refuses %s', async (query) => {
    const { status, code } = await json(`?${query}`)
    expect([status, code]).toEqual([400, expect.stringMatching(/^ERR_(OUT_OF_RANGE|INVALID_ARG_VALUE)$/)])
  })
})

describe('a recording', () => {
  test('whole, by ranges, and not again when it is the same', async () => {
    const file = await recorded('a', { text: 'x'.repeat(5000) })
    const content = fs.readFileSync(file)
    const whole = await get('/a')
    expect(whole.status).toBe(200)
    expect(whole.headers.get('content-type')).toBe('application/x-asciicast')
    expect(whole.headers.get('x-content-type-options')).toBe('nosniff')
    expect(Buffer.from(await whole.arrayBuffer()).equals(content)).toBe(true)
    const tag = whole.headers.get('etag')
    const { length } = content
    const part = async (range, more = {}) => {
      const response = await raw('/api/recordings/a', 'GET', { range, ...more })
      return [response.status, response.headers['content-range'], response.body.toString()]
    }
    const bytes = (from, to) => [206, `bytes ${from}-${to - 1}/${length}`, content.toString('utf8', from, to)]
    expect(await part('bytes=10-19')).toEqual(bytes(10, 20))
    expect(await part('bytes=10-')).toEqual(bytes(10, length))
    expect(await part('bytes=-7')).toEqual(bytes(length - 7, length))
    expect(await part(`bytes=5-${length * 9}`)).toEqual(bytes(5, length))
    expect(await part('bytes=0-0', { 'if-range': tag })).toEqual(bytes(0, 1))
    for (const range of ['bytes=5-4', 'lines=1-2', 'bytes=1-2,5-6', 'bytes=-', 'bytes=a-b'])
      expect((await part(range))[0]).toBe(200)
    expect((await part('bytes=0-0', { 'if-range': '"other"' }))[0]).toBe(200)
    expect(await part(`bytes=${length}-`)).toEqual([416, `bytes */${length}`, ''])
    expect(await part('bytes=-0')).toEqual([416, `bytes */${length}`, ''])
    const same = await get('/a', { headers: { 'if-none-match': `W/${tag}` } })
    expect([same.status, await same.text()]).toEqual([304, ''])
    const head = await raw('/api/recordings/a', 'HEAD')
    expect([head.status, head.headers['content-length'], head.body.length]).toEqual([200, String(length), 0])
  })

  test('up to its last whole line, while it is written and when it was cut off', async () => {
    const session = registry.create({ id: 's', recording: { dir, name: 'live' } })
    session.append('one\r\n')
    await eventually('the output', async () => (await (await get('/live')).text()).includes('one'))
    const torn = path.join(dir, 'torn.cast')
    fs.copyFileSync(await recorded('whole'), torn)
    fs.copyFileSync(path.join(dir, 'whole.json'), path.join(dir, 'torn.json'))
    const { size } = fs.statSync(torn)
    fs.appendFileSync(torn, `[0.1, "o", "${'half'.repeat(50_000)}`)
    expect(await (await get('/torn')).text()).toBe(fs.readFileSync(torn, 'utf8').slice(0, size))
    const tag = (await get('/live')).headers.get('etag')
    session.append('two\r\n')
    await eventually('more', async () => (await (await get('/live')).text()).includes('two'))
    expect((await get('/live')).headers.get('etag')).not.toBe(tag)
  })

  test('in parts, as a player reads it', async () => {
    // With a title, so that keyframes are no further apart than they have to be.
    const line = `\x1b]0;parts\x07${'play '.repeat(15)}\r\n`
    const session = registry.create({ recording: { dir, name: 'a' } })
    for (let block = 0; block < 100; block += 1) {
      session.append(line.repeat(100))
      await new Promise(setImmediate)
      await eventually('the recorder', () => session.recordings[0].bytes > block * line.length * 90)
    }
    session.recordings[0].mark('half time')
    session.append('the last\r\n')
    const [recording] = session.recordings
    await recording.stop()
    const { status, segments, bytes, version, ...about } = await json('/a/index')
    expect(about).toMatchObject({ id: 'a', cols: 80, rows: 24, projectId: null })
    expect([status, version, bytes]).toEqual(['complete', 3, fs.statSync(recording.file).size])
    const reader = await openRecording(recording.file)
    expect(segments).toEqual(
      reader
        .segments()
        .map(({ time, start, cols, rows, keyframe }) => [time, start, cols, rows, keyframe ? 1 : 0]),
    )
    expect(segments.length).toBeGreaterThan(2)
    const [, start] = segments.at(-1)
    const keyframe = Buffer.from(await (await get(`/a/keyframes/${start}`)).arrayBuffer())
    expect(keyframe.equals(await reader.keyframe(start))).toBe(true)
    for (const none of [segments[0][1], start + 1, 'x', '1e3'])
      expect((await json(`/a/keyframes/${none}`)).code).toBe('ERR_RECORDING_NOT_FOUND')
    const middle = reader.duration / 2
    for (const time of [0, 0.000001, Number(middle.toFixed(6)), reader.duration, 9e9]) {
      const moment = await reader.at(time)
      expect(await json(`/a/at/${time.toFixed(6)}`)).toMatchObject({
        ...moment,
        data: moment.data.toString(),
      })
    }
    for (const none of ['-1', 'x', '1e3', '', '1.', '.5', 'Infinity'])
      expect((await json(`/a/at/${none}`)).code).toBe('ERR_INVALID_ARG_VALUE')
    expect((await json('/a/markers')).markers).toEqual([{ time: expect.any(Number), label: 'half time' }])
    expect((await json('/a/search?text=THE%20LAST')).hits).toEqual([
      { time: expect.any(Number), line: 'the last' },
    ])
    expect((await json('/a/search?text=play&limit=3')).hits).toHaveLength(3)
    expect(await (await get('/a/transcript')).text()).toMatch(/^play .*the last\n$/s)
    for (const query of ['', '?text=', '?text=x&limit=0', `?text=${'x'.repeat(1001)}`])
      expect((await json(`/a/search${query}`)).code).toBe('ERR_OUT_OF_RANGE')
  })

  test('gets markers by a message, with the handler that is documented', async () => {
    const doc = fs.readFileSync(path.join(__dirname, '../../docs/recording.md'), 'utf8')
    const [, code] = /```js\n(const messages = .*?)```/s.exec(doc)
    const host = await startTerminals({ messages: new Function(`${code}; return messages`)() })
    try {
      const session = host.registry.create({ id: 's', recording: { dir, name: 'marked' } })
      const client = host.connect({ sessionId: 's' })
      await client.ready()
      client.send({ type: 'mark', label: 5 })
      expect((await client.message('error')).code).toBe('ERR_INVALID_ARG_TYPE')
      client.send({ type: 'mark', label: 'deploy' })
      const marked = async () => (await json('/marked/markers')).markers?.length > 0
      await eventually('the marker', marked)
      expect((await json('/marked/markers')).markers).toEqual([{ time: expect.any(Number), label: 'deploy' }])
      await session.recordings[0].stop()
    } finally {
      await host.stop()
    }
  })

  test('of another tool is for the terminals that the server is told of, ours for its own', async () => {
    recordings.close()
    await serve({ authorize: () => grant, terminal: { unicodeVersion: '11' } })
    const foreign = path.join(dir, 'foreign.cast')
    const line = `${JSON.stringify([0.01, 'o', 'wide 😀\r\n'])}\n`.repeat(60_000)
    fs.writeFileSync(foreign, `{"version":3,"term":{"cols":20,"rows":5}}\n${line}`)
    fs.utimesSync(foreign, new Date(0), new Date(0))
    await recorded('ours', { screen: { unicodeVersion: '6' } })
    expect((await json('/ours/index')).unicodeVersion).toBe('6')
    const { unicodeVersion, segments } = await json('/foreign/index')
    expect(unicodeVersion).toBe('11')
    const [, start] = segments.at(-1)
    const keyframe = Buffer.from(await (await get(`/foreign/keyframes/${start}`)).arrayBuffer())
    const reader = await openRecording(foreign, { unicodeVersion: '11' })
    expect(keyframe.equals(await reader.keyframe(start))).toBe(true)
    reader.close()
    for (const terminal of [5, { unicodeVersion: '12' }, { convertEol: 'yes' }])
      expect(() => new RecordingServer({ dir, terminal })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
      )
  })

  test('is not deleted while the next server is to go on with it', async () => {
    const journal = path.join(dir, 'state')
    const first = new SessionRegistry({ journal, recording: { dir } })
    first.create({ id: 'left', recording: { name: 'left' } }).append('so far')
    first.leave()
    const busy = { status: 409, code: 'ERR_RECORDING_BUSY' }
    expect(await json('/left', { method: 'DELETE' })).toMatchObject(busy)
    const second = new SessionRegistry({ journal, recording: { dir } })
    second.restore()
    expect(await json('/left', { method: 'DELETE' })).toMatchObject(busy)
    await second.get('left').recordings[0].stop()
    expect((await json('/left', { method: 'DELETE' })).removed).toBe(true)
    // Without its session's journal nobody can.
    second.create({ id: 'lost', recording: { name: 'lost' } })
    second.leave()
    expect(await json('/lost', { method: 'DELETE' })).toMatchObject(busy)
    fs.rmSync(journal, { recursive: true })
    expect((await json('/lost', { method: 'DELETE' })).removed).toBe(true)
    expect(fs.readdirSync(dir)).toEqual([])
  })

  test('is deleted with all that is beside it, but not while it is written', async () => {
    await recorded('a', { recording: { dir, name: 'a', raw: true } })
    expect(fs.readdirSync(dir)).toHaveLength(4)
    expect(await json('/a', { method: 'DELETE' })).toEqual({ status: 200, id: 'a', removed: true })
    expect(fs.readdirSync(dir)).toEqual([])
    expect((await json('/a', { method: 'DELETE' })).code).toBe('ERR_RECORDING_NOT_FOUND')
    const session = registry.create({ recording: { dir, name: 'live' } })
    expect(await json('/live', { method: 'DELETE' })).toMatchObject({
      status: 409,
      code: 'ERR_RECORDING_BUSY',
    })
    await session.recordings[0].stop()
    expect((await json('/live', { method: 'DELETE' })).removed).toBe(true)
  })
})

describe('access', () => {
  beforeEach(async () => {
    await recorded('ada', { projectId: 'p', userId: 'ada' })
    await recorded('bob', { projectId: 'p', userId: 'bob' })
    await recorded('nobody', { projectId: 'q' })
    const foreign = path.join(dir, 'foreign.cast')
    fs.writeFileSync(foreign, '{"version":2,"width":80,"height":24}\n[0.5,"o","x"]\n')
    const old = new Date(Date.now() - 60_000)
    fs.utimesSync(foreign, old, old)
  })

  test.each([
    [{}, ['ada', 'bob', 'foreign', 'nobody']],
    [{ userId: 'ada' }, ['ada', 'nobody']],
    [{ projectId: 'p' }, ['ada', 'bob']],
    [{ projectId: 'p', userId: 'bob' }, ['bob']],
    [{ projectId: 'none' }, []],
  ])('%p sees %p', async (given, visible) => {
    grant = { access: 'read', ...given }
    expect(await ids()).toEqual(visible)
    for (const id of ['ada', 'bob', 'foreign', 'nobody']) {
      const expected = visible.includes(id) ? 200 : 404
      for (const below of ['', '/index', '/markers', '/search?text=a', '/transcript'])
        expect([id, below, (await get(`/${id}${below}`)).status]).toEqual([id, below, expected])
      // Whoever may only read deletes nothing, seen or not.
      expect((await get(`/${id}`, { method: 'DELETE' })).status).toBe(visible.includes(id) ? 403 : 404)
    }
    expect(fs.readdirSync(dir).filter((name) => name.endsWith('.cast'))).toHaveLength(4)
  })

  test('a recording that gets the name of another is not whose that was', async () => {
    const asOf = (userId) => {
      grant = { access: 'write', userId }
    }
    asOf('ada')
    expect((await get('/ada')).status).toBe(200)
    for (const ending of ['cast', 'keys', 'json']) fs.rmSync(path.join(dir, `ada.${ending}`))
    await recorded('ada', { projectId: 'p', userId: 'bob' })
    for (const below of ['', '/index', '/transcript']) expect((await get(`/ada${below}`)).status).toBe(404)
    expect((await json('/ada', { method: 'DELETE' })).code).toBe('ERR_RECORDING_NOT_FOUND')
    expect(await ids()).toEqual(['nobody'])
    asOf('bob')
    expect(await ids()).toEqual(['ada', 'bob', 'nobody'])
    expect((await get('/ada')).status).toBe(200)
  })

  const onUnix = process.platform === 'win32' ? test.skip : test
  onUnix('links and pipes are no recordings, whatever lies beside them', async () => {
    const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-outside-'))
    const secret = path.join(outside, 'secret.cast')
    fs.copyFileSync(path.join(dir, 'ada.cast'), secret)
    fs.symlinkSync(secret, path.join(dir, 'link.cast'))
    execFileSync('mkfifo', [path.join(dir, 'pipe.cast')])
    for (const id of ['link', 'pipe'])
      fs.copyFileSync(path.join(dir, 'ada.json'), path.join(dir, `${id}.json`))
    // A card, or keyframes, that nobody ever writes to.
    for (const name of ['nobody.keys', 'bob.json']) {
      fs.rmSync(path.join(dir, name))
      execFileSync('mkfifo', [path.join(dir, name)])
    }
    recordings.close()
    await serve({ authorize: () => grant })
    expect(await ids()).toEqual(['ada', 'foreign', 'nobody'])
    for (const id of ['link', 'pipe'])
      for (const below of ['', '/index', '/markers', '/search?text=a', '/transcript'])
        expect([id, below, (await get(`/${id}${below}`)).status]).toEqual([id, below, 404])
    expect((await json('/nobody/index')).status).toBe('complete')
    fs.rmSync(outside, { recursive: true })
  })

  test('a share is no right to recordings, in any way', async () => {
    expect((await get('?share=anything')).status).toBe(401)
    expect((await get('/ada?share=anything', { method: 'DELETE' })).status).toBe(401)
  })

  test('null is 401, a refusal its status, a foreign origin 403', async () => {
    grant = null
    expect((await get('/ada')).status).toBe(401)
    grant = { status: 429, message: 'slowly' }
    expect(await json('/ada')).toEqual({ status: 429, error: 'slowly', code: null })
    grant = { access: 'write' }
    const foreign = { headers: { origin: 'https://evil.example' }, method: 'DELETE' }
    expect((await get('/ada', foreign)).status).toBe(403)
    expect(fs.existsSync(path.join(dir, 'ada.cast'))).toBe(true)
  })

  test('by default a token, or this machine alone', async () => {
    recordings.close()
    await serve({ token: 's3cret' })
    expect((await get('')).status).toBe(401)
    expect((await get('', { headers: { authorization: 'Bearer s3cret' } })).status).toBe(200)
    recordings.close()
    await serve({})
    expect((await get('')).status).toBe(200)
    expect((await raw('/api/recordings', 'GET', { host: 'evil.example' })).status).toBe(403)
  })

  test.each([
    '/api/recordings/../recordings.spec',
    '/api/recordings/..%2f..%2fetc%2fpasswd',
    '/api/recordings/%2e%2e%2fsecret',
    '/api/recordings/..',
    '/api/recordings/.hidden',
    '/api/recordings/%00',
    '/api/recordings/%',
    '/api/recordings/a%5cb',
    '/api/recordings/link',
    '/api/recordings/ada.cast',
    '/api/recordings/ada/keyframes/..%2f..',
    '/api/recordings/ada/unknown',
    '/api/recordings/ada/at',
    '/api/recordings/ada/index/more',
    `/api/recordings/${'x'.repeat(300)}`,
  ])('%s leads nowhere', async (target) => {
    const outside = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-outside-'))
    fs.writeFileSync(path.join(outside, 'secret.cast'), 'secret')
    fs.symlinkSync(path.join(outside, 'secret.cast'), path.join(dir, 'link.cast'))
    fs.writeFileSync(path.join(dir, '.hidden.cast'), 'secret')
    for (const method of ['GET', 'DELETE']) {
      const { status, body } = await raw(target, method)
      expect([404, 405, 418]).toContain(status)
      expect(body.toString()).not.toContain('secret')
    }
    expect(fs.existsSync(path.join(outside, 'secret.cast'))).toBe(true)
    fs.rmSync(outside, { recursive: true })
  })

  test('other methods and paths', async () => {
    const post = await get('', { method: 'POST', body: '{}' })
    expect([post.status, post.headers.get('allow')]).toEqual([405, 'GET'])
    expect((await get('/ada', { method: 'PUT' })).headers.get('allow')).toBe('GET, HEAD, DELETE')
    expect((await fetch(base.replace('/recordings', '/other'))).status).toBe(418)
    expect((await fetch(`${base}more`)).status).toBe(418)
  })

  test('a folder that is gone or cannot be read', async () => {
    fs.rmSync(dir, { recursive: true })
    expect(await json('')).toMatchObject({ status: 200, recordings: [] })
    expect((await json('/ada')).status).toBe(404)
    fs.writeFileSync(dir, 'a file')
    expect(await json('')).toMatchObject({ status: 500, code: 'ENOTDIR' })
    expect(errors).toMatchObject([{ code: 'ENOTDIR' }])
  })

  test('options', () => {
    const type = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' })
    for (const options of [null, {}, { dir: '' }, { dir: 5 }, { dir, authorize: 1 }, { dir, basePath: 'x' }])
      expect(() => new RecordingServer(options)).toThrow(type)
    expect(() => new RecordingServer({ dir, timeLimit: 0 })).toThrow(
      expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
    )
  })
})
