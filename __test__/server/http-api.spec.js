// The app's HTTP interface, route by route.

const { setTimeout: sleep } = require('node:timers/promises')
const http = require('node:http')
const os = require('node:os')
const { eventually, isRunning } = require('../helpers/proc')
const { startServer } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

let host

async function call(method, path, body, headers = {}) {
  const response = await fetch(`${host.url}${path}`, {
    method,
    headers: { 'Content-Type': 'application/json', ...headers },
    body: body === undefined || typeof body === 'string' ? body : JSON.stringify(body),
  })
  expect(response.headers.get('content-type')).toMatch('application/json')
  return { status: response.status, body: await response.json() }
}

async function create(projectId, extra = {}) {
  const answer = await call('POST', '/api/terminal/create', { projectId, projectPath: host.folder, ...extra })
  expect(answer.status).toBe(200)
  return answer.body
}

describe('routes', () => {
  beforeAll(async () => {
    host = await startServer({ maxSessions: 0 })
  })
  afterAll(() => host.stop())

  test('create answers with the session; its WebSocket is a new shell in its folder', async () => {
    const answer = await create('made', { mode: 'claude' })
    expect(answer).toEqual({
      success: true,
      session: expect.objectContaining({
        id: expect.stringMatching(/^session_\d+_\w{8}$/),
        projectId: 'made',
        type: 'terminal',
        mode: 'claude',
        tabName: 'Terminal 1',
        status: 'active',
        isFocused: true,
        active: true,
        currentPath: host.folder,
        wsConnected: false,
      }),
      websocketReady: false,
      retryDelay: expect.any(Number),
      focusState: {
        focused: [answer.session.id],
        version: expect.any(Number),
        timestamp: expect.any(Number),
      },
    })
    expect(new Date(answer.session.createdAt).getTime()).toBeGreaterThan(0)
    const client = host.connect({ projectId: 'made', sessionId: `${answer.session.id}_made`, path: '/' })
    expect(await client.ready()).toMatchObject({
      type: 'connected',
      sessionId: answer.session.id,
      workingDir: host.folder,
    })
    await client.sees(PROMPT)
    const { body } = await call('GET', `/api/terminal/status?sessionId=${answer.session.id}`)
    expect(body).toMatchObject({ success: true, websocketReady: true })
    expect(body.session).toMatchObject({ wsConnected: true, id: answer.session.id })
  })

  test('create without a path uses the directory of the server', async () => {
    const answer = await call('POST', '/api/terminal/create', { projectId: 'pathless' })
    expect(answer.status).toBe(200)
    expect(answer.body.session.currentPath).toBe(process.cwd())
    const { id } = answer.body.session
    const client = host.connect({ projectId: 'pathless', sessionId: id, path: undefined })
    expect(await client.ready()).toMatchObject({ type: 'connected', workingDir: process.cwd() })
    const status = await call(
      'GET',
      `/api/terminal/status?sessionId=${(await create('pathless')).session.id}`,
    )
    expect(status.body.websocketReady).toBe(false)
  })

  test('or home, where that was removed', async () => {
    const removed = jest.spyOn(process, 'cwd').mockImplementation(() => {
      throw Object.assign(new Error('ENOENT: no such file or directory, uv_cwd'), { code: 'ENOENT' })
    })
    const answer = await call('POST', '/api/terminal/create', { projectId: 'homeless' })
    removed.mockRestore()
    expect([answer.status, answer.body.session?.currentPath]).toEqual([200, os.homedir()])
  })

  test('list gives the sessions of a project, oldest first, with tab names that count up', async () => {
    await create('listed')
    await create('listed')
    await create('elsewhere')
    const { status, body } = await call('GET', '/api/terminal/list?projectId=listed')
    expect(status).toBe(200)
    expect(body.success).toBe(true)
    expect(body.sessions.map(({ tabName }) => tabName)).toEqual(['Terminal 1', 'Terminal 2'])
    expect((await call('GET', '/api/terminal/list?projectId=none')).body.sessions).toEqual([])
  })

  test('focus is set and read', async () => {
    const ids = []
    for (let i = 0; i < 4; i += 1) ids.push((await create('focus')).session.id)
    const off = await call('PUT', '/api/terminal/focus', {
      sessionId: ids[0],
      projectId: 'focus',
      focused: false,
    })
    expect(off.body).toMatchObject({
      success: true,
      sessionId: ids[0],
      projectId: 'focus',
      focusedSessions: ids.slice(1),
      totalFocused: 3,
      maxFocused: 6,
    })
    expect(off.body.focusedSessionDetails.map(({ id }) => id)).toEqual(ids.slice(1))
    // To name a session is to focus it.
    await call('PUT', '/api/terminal/focus', { sessionId: ids[0], projectId: 'focus' })
    const { body } = await call('GET', '/api/terminal/focus?projectId=focus')
    expect(body).toMatchObject({ success: true, totalFocused: 4, maxFocused: 6 })
    expect(new Set(body.focusedSessions)).toEqual(new Set(ids))
  })

  test('a focus that changes makes a newer version', async () => {
    const { focusState } = await create('versions')
    const later = (await create('versions')).focusState
    expect(later.focused).toHaveLength(2)
    expect(later.version).toBeGreaterThan(focusState.version)
  })

  test('focus: what is missing or of another project is refused, and changes nothing', async () => {
    const { session } = await create('mine')
    const set = (body) => call('PUT', '/api/terminal/focus', { sessionId: session.id, ...body })
    expect((await set({ projectId: 'mine', focused: 'no' })).status).toBe(400)
    expect((await set({ projectId: 'other', focused: false })).status).toBe(404)
    expect((await call('GET', '/api/terminal/focus?projectId=mine')).body.totalFocused).toBe(1)
  })

  test('suspend and resume a project; its clients are told', async () => {
    const { session } = await create('held')
    const client = host.connect({ projectId: 'held', sessionId: session.id })
    await client.sees(PROMPT)
    const other = await create('held')
    const uiState = { active: session.id, split: [2, 3] }
    expect((await call('POST', '/api/terminal/suspend', { projectId: 'held', uiState })).body).toEqual({
      success: true,
      projectId: 'held',
      suspendedSessionCount: 2,
    })
    await client.message('suspended')
    const status = () => call('GET', `/api/terminal/status?sessionId=${session.id}`)
    expect((await status()).body.session.status).toBe('suspended')
    expect((await call('POST', '/api/terminal/resume', { projectId: 'held' })).body).toEqual({
      success: true,
      projectId: 'held',
      resumed: true,
      sessions: [session, other.session].map(({ id }) =>
        expect.objectContaining({ id, projectId: 'held', status: 'active' }),
      ),
      uiState,
      bufferedOutput: {},
    })
    await client.message('resumed')
    expect((await status()).body.session.status).toBe('active')
    // It is given back once, and sessions that were not suspended are told of, too.
    expect((await call('POST', '/api/terminal/resume', { projectId: 'held' })).body).toMatchObject({
      resumed: true,
      sessions: [{ id: session.id }, { id: other.session.id }],
      uiState: null,
    })
    expect((await call('POST', '/api/terminal/resume', { projectId: 'none' })).body).toMatchObject({
      success: true,
      resumed: false,
      sessions: [],
    })
  })

  test('resume gives the output of sessions that have no WebSocket, since they were suspended', async () => {
    const [alone, watched] = [await create('quiet'), await create('quiet')].map(({ session }) => session)
    const clients = [alone, watched].map(({ id }) => host.connect({ projectId: 'quiet', sessionId: id }))
    for (const client of clients) await client.sees(PROMPT)
    await clients[0].cut()
    const sessions = [alone, watched].map(({ id }) => host.registry.get(id, 'quiet'))
    await eventually('the end of the connection', () => sessions[0].connections === 0)
    await call('POST', '/api/terminal/suspend', { projectId: 'quiet' })
    for (const session of sessions) {
      session.write('echo mean""while ä\r')
      await eventually('the output', () => session.history().includes('meanwhile ä\r\n'))
    }
    const { body } = await call('POST', '/api/terminal/resume', { projectId: 'quiet' })
    expect(Object.keys(body.bufferedOutput)).toEqual([alone.id])
    expect(body.bufferedOutput[alone.id].join('')).toMatch(/meanwhile ä\r\n/)
    expect(body.bufferedOutput[alone.id].join('').startsWith(PROMPT)).toBe(false)
    // The other's comes by its WebSocket.
    await clients[1].sees('meanwhile ä')
    expect(clients[1].of('buffered')).toContain('meanwhile ä')
  })

  test('close ends the session and its shell at once', async () => {
    const { session } = await create('closed')
    const client = host.connect({ projectId: 'closed', sessionId: session.id })
    await client.sees(PROMPT)
    const { pid } = host.registry.get(session.id)
    expect(await call('DELETE', `/api/terminal/close/${session.id}`)).toEqual({
      status: 200,
      body: { success: true, sessionId: session.id },
    })
    expect((await client.isClosed()).code).toBe(1000)
    // Who asks twice has what it asked for.
    expect(await call('DELETE', `/api/terminal/close/${session.id}`)).toEqual({
      status: 200,
      body: { success: true, sessionId: session.id },
    })
    await eventually('the shell is gone', () => !isRunning(pid))
  })

  test("cleanup closes a project's sessions, and its tab names start again", async () => {
    await create('clean')
    await create('clean')
    const { body } = await call('DELETE', '/api/terminal/cleanup?projectId=clean')
    expect(body).toEqual({ success: true, closedSessions: 2 })
    expect((await create('clean')).session.tabName).toBe('Terminal 1')
    expect((await call('DELETE', '/api/terminal/cleanup', { projectId: 'clean' })).body).toEqual({
      success: true,
      closedSessions: 1,
    })
  })

  test('health and figures', async () => {
    const health = await call('GET', '/api/terminal/health')
    expect(health.status).toBe(200)
    expect(health.body).toEqual({
      status: 'healthy',
      metrics: {
        sessions: host.registry.list().length,
        connections: expect.any(Number),
        viewers: expect.any(Number),
        nativeBytes: expect.any(Number),
        memoryLevel: 'normal',
        heapUsed: expect.any(Number),
        rss: expect.any(Number),
        uptime: expect.any(Number),
      },
      limits: {
        maxSessions: 0,
        maxSessionsPerProject: 6,
        spawnsPerMinute: 0,
        historyBytes: 262_144,
        maxConnections: 1000,
        maxFocused: 6,
      },
      warnings: [],
    })
    const { body } = await call('GET', '/api/stats')
    for (const name of [
      'heapUsed',
      'external',
      'rss',
      'nativeBytes',
      'sessions',
      'viewers',
      'bytesOut',
      'pid',
    ]) {
      expect(body[name]).toEqual(expect.any(Number))
    }
  })

  test.each([
    ['POST', '/api/terminal/create', {}],
    ['POST', '/api/terminal/create', { projectId: 7, projectPath: '/' }],
    ['POST', '/api/terminal/create', { projectId: '', projectPath: '/' }],
    ['POST', '/api/terminal/create', { projectId: 'p', projectPath: '/', mode: {} }],
    ['GET', '/api/terminal/list'],
    ['GET', '/api/terminal/list?projectId='],
    ['GET', '/api/terminal/status'],
    ['PUT', '/api/terminal/focus', { projectId: 'p' }],
    ['PUT', '/api/terminal/focus', { sessionId: 's' }],
    ['GET', '/api/terminal/focus'],
    ['POST', '/api/terminal/suspend', {}],
    ['POST', '/api/terminal/resume', {}],
    ['DELETE', '/api/terminal/cleanup'],
    ['DELETE', '/api/terminal/close/%E0%A4%A'],
    ['POST', '/api/terminal/create', '{"projectId":'],
    ['POST', '/api/terminal/create', '[]'],
    ['POST', '/api/terminal/create', 'null'],
    ['POST', '/api/terminal/create', '"text"'],
    ['POST', '/api/terminal/create', '\u0000\uffff'],
  ])('%s %s %j is 400', async (method, path, ...[body]) => {
    const answer = await call(method, path, body)
    expect(answer).toEqual({
      status: 400,
      body: expect.objectContaining({ error: expect.stringMatching(/\w/) }),
    })
  })

  test.each([
    ['GET', '/api/terminal/status?sessionId=unknown'],
    ['PUT', '/api/terminal/focus', { sessionId: 'unknown', projectId: 'p', focused: true }],
    ['DELETE', '/api/terminal/close/'],
    ['GET', '/api/terminal/nothing'],
    ['GET', '/api/terminal/create'],
    ['GET', '/api/'],
    ['GET', '/api/constructor'],
  ])('%s %s is 404', async (method, path, ...[body]) => {
    const answer = await call(method, path, body)
    expect(answer).toEqual({
      status: 404,
      body: expect.objectContaining({ error: expect.stringMatching(/\w/) }),
    })
  })

  describe('an id that several projects have', () => {
    const id = 'twin'
    beforeAll(async () => {
      for (const projectId of ['one', 'other']) {
        await host.connect({ projectId, sessionId: id }).ready()
      }
    })

    test.each([
      ['GET', `/api/terminal/status?sessionId=${id}`],
      ['DELETE', `/api/terminal/close/${id}`],
      ['POST', '/api/terminal/share', { sessionId: id }],
    ])('%s %s is 409 and changes nothing', async (method, path, ...[body]) => {
      expect(await call(method, path, body)).toEqual({
        status: 409,
        body: {
          error: expect.stringContaining('projectId=one or projectId=other'),
          code: 'ERR_SESSION_AMBIGUOUS',
        },
      })
      expect(host.registry.list().filter((session) => session.id === id)).toHaveLength(2)
    })

    test('is one session with its project', async () => {
      const focus = { sessionId: id, projectId: 'one', focused: false }
      expect((await call('PUT', '/api/terminal/focus', focus)).body.focusedSessions).toEqual([])
      const status = (project) => call('GET', `/api/terminal/status?sessionId=${id}&projectId=${project}`)
      expect((await status('one')).body.session).toMatchObject({ projectId: 'one', isFocused: false })
      expect((await status('other')).body.session).toMatchObject({ projectId: 'other', isFocused: true })
      expect((await status('third')).status).toBe(404)
      expect((await call('DELETE', `/api/terminal/close/${id}?projectId=third`)).body.success).toBe(true)
      expect((await call('DELETE', `/api/terminal/close/${id}?projectId=other`)).body.success).toBe(true)
      expect(host.registry.list().filter((session) => session.id === id)).toMatchObject([
        { projectId: 'one' },
      ])
      expect((await call('DELETE', `/api/terminal/close/${id}`)).body.success).toBe(true)
      expect(host.registry.get(id)).toBeNull()
    })
  })

  test.each(['POST', 'PUT'])('a %s body over 64 KiB is 413, and is not read to its end', async (method) => {
    const path = method === 'POST' ? '/api/terminal/create' : '/api/terminal/focus'
    const status = await new Promise((resolve, reject) => {
      const request = http.request(`${host.url}${path}`, { method }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
      // Never ended: the answer must not wait for it.
      request.write(Buffer.alloc(64 * 1024 + 1, ' '))
    })
    expect(status).toBe(413)
  })

  test('a body of 64 KiB is taken', async () => {
    const body = JSON.stringify({ projectId: 'big', projectPath: host.folder }).padEnd(64 * 1024)
    expect((await call('POST', '/api/terminal/create', body)).status).toBe(200)
  })

  test('the page and its files are served, and nothing else', async () => {
    const page = await fetch(host.url)
    expect(page.status).toBe(200)
    expect(page.headers.get('content-security-policy')).toMatch("default-src 'none'")
    for (const path of ['/', '/app.js', '/api/stats', '/metrics', '/none']) {
      const { headers } = await fetch(host.url + path)
      expect(headers.get('x-content-type-options')).toBe('nosniff')
      expect(headers.get('cross-origin-resource-policy')).toBe('same-origin')
    }
    const html = await page.text()
    for (const [, file] of html.matchAll(/(?:src|href)="(\/[^"]+)"/g)) {
      expect((await fetch(host.url + file)).status).toBe(200)
    }
    for (const path of [
      '/../package.json',
      '/%2e%2e/package.json',
      '/vendor/xterm/../../x',
      '/lib/page.js',
      '/.env',
    ]) {
      expect(await statusOf(path)).toBe(404)
    }
    expect((await fetch(host.url, { method: 'POST' })).status).toBe(404)
  })

  /** As it stands in the request line: `fetch` would clean the path up. */
  function statusOf(path) {
    const { hostname, port } = new URL(host.url)
    return new Promise((resolve, reject) => {
      http
        .get({ hostname, port, path }, (response) => resolve(response.resume().statusCode))
        .on('error', reject)
    })
  }
})

describe('limits', () => {
  afterEach(() => host.stop())

  test('a session too many is 429, and takes nothing', async () => {
    host = await startServer({ maxSessions: 2 })
    await create('a')
    await create('b')
    const answer = await call('POST', '/api/terminal/create', { projectId: 'c', projectPath: host.folder })
    expect(answer).toEqual({ status: 429, body: expect.objectContaining({ code: 'ERR_SESSION_LIMIT' }) })
    expect(host.registry.stats().sessions).toBe(2)
  })

  test('health warns when no session is left', async () => {
    host = await startServer({ maxSessions: 1 })
    await create('a')
    expect((await call('GET', '/api/terminal/health')).body).toMatchObject({
      status: 'healthy',
      limits: { maxSessions: 1 },
      warnings: ['All 1 sessions are in use'],
    })
  })

  test("a project has a grid of 2×3; one more closes that project's oldest", async () => {
    host = await startServer()
    const ids = []
    for (let i = 0; i < 7; i += 1) ids.push((await create('p')).session.id)
    const { body } = await call('GET', '/api/terminal/list?projectId=p')
    expect(body.sessions.map(({ id }) => id)).toEqual(ids.slice(1))
  })

  test('a session that nobody uses costs no shell', async () => {
    host = await startServer()
    const { session } = await create('idle')
    await sleep(50)
    expect(host.registry.get(session.id).pid).toBeNull()
  })
})
