// The app's session service, over the registry.

const { spawnSync } = require('node:child_process')
const { EventEmitter, once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { SessionRegistry } = require('../..')
const { TerminalSessionService } = require('../../examples/terminal-ws-standalone/lib/terminal-service')

let registry
let service

beforeEach(() => {
  registry = new SessionRegistry()
  service = new TerminalSessionService(registry)
})
afterEach(() => registry.shutdown())

/** What the service has emitted under a name. */
function heard(name) {
  const events = []
  service.on(name, (event) => events.push(event))
  return events
}

test('sessions that are refused leave no trace', () => {
  for (let index = 0; index < 20; index += 1) service.createSession(`p${index}`, '/tmp')
  expect(() => service.createSession('more', '/tmp')).toThrow(
    expect.objectContaining({ code: 'ERR_SESSION_LIMIT' }),
  )
  service.closeSession(service.listSessions('p0')[0].id)
  expect(service.createSession('more', '/tmp').tabName).toBe('Terminal 1')
})

test('a session is what the app knows it as', () => {
  const created = heard('sessionCreated')
  const session = service.createSession('p', '/tmp', 'ann', 'claude')
  expect(session).toEqual({
    id: expect.stringMatching(/^session_\d+_\w{8}$/),
    projectId: 'p',
    userId: 'ann',
    type: 'terminal',
    mode: 'claude',
    tabName: 'Terminal 1',
    status: 'active',
    active: true,
    isFocused: true,
    createdAt: expect.any(String),
    updatedAt: expect.any(String),
    currentPath: '/tmp',
    wsConnected: false,
    restored: false,
    lost: false,
    exit: null,
    metadata: { tabName: 'Terminal 1' },
  })
  expect(created).toEqual([session])
  expect(service.getSession(session.id)).toEqual(session)
  expect(service.getSession('unknown')).toBeNull()
})

test('lists are oldest first, and tab names start again when a project is cleaned up', () => {
  const ids = [1, 2, 3].map(() => service.createSession('p', '/tmp').id)
  service.createSession('q', '/tmp')
  expect(service.listSessions('p').map(({ id }) => id)).toEqual(ids)
  expect(service.listSessions('p').map(({ tabName }) => tabName)).toEqual([
    'Terminal 1',
    'Terminal 2',
    'Terminal 3',
  ])
  expect(service.getAllSessions()).toHaveLength(4)
  expect(service.cleanupProjectSessions('p')).toBe(3)
  expect(service.createSession('p', '/tmp').tabName).toBe('Terminal 1')
  expect(service.clearAllSessions()).toBe(2)
})

test('a fifth in a project closes its oldest, at once', () => {
  const closed = heard('sessionClosed')
  const [oldest] = [1, 2, 3, 4].map(() => service.createSession('p', '/tmp'))
  service.createSession('p', '/tmp')
  expect(closed).toEqual([{ sessionId: oldest.id, projectId: 'p' }])
  expect(service.getSession(oldest.id)).toBeNull()
})

test('focus: four in a project, the least recently active gives way', () => {
  registry.shutdown()
  registry = new SessionRegistry({ maxSessionsPerProject: 0 })
  service = new TerminalSessionService(registry)
  const ids = [1, 2, 3, 4, 5].map(() => service.createSession('p', '/tmp').id)
  const changes = heard('focusChanged')
  expect(service.isSessionFocused(ids[4])).toBe(false)
  expect(service.setSessionFocus(ids[4], true)).toBe(true)
  expect(new Set(service.getFocusedSessions('p'))).toEqual(new Set(ids.slice(1)))
  expect(changes.map(({ sessionId, focused }) => [sessionId, focused])).toEqual([
    [ids[0], false],
    [ids[4], true],
  ])
  expect(service.setSessionFocus('unknown', true)).toBe(false)
})

test('a WebSocket that the app keeps to itself counts while the app says so', async () => {
  const { id } = service.createSession('p', '/tmp')
  service.markWebSocketReady(id)
  expect(service.isWebSocketReady(id)).toBe(true)
  await expect(service.waitForWebSocketReady(id, 10)).resolves.toBe(true)
  expect(service.getSession(id).wsConnected).toBe(true)
  service.updateWebSocketStatus(id, false)
  expect(service.isWebSocketReady(id)).toBe(false)
  service.markWebSocketReady('unknown')
  expect(service.isWebSocketReady('unknown')).toBe(false)
})

test('a WebSocket that comes in the place of another stays when that one closes', () => {
  const { id } = service.createSession('p', '/tmp')
  const told = heard('sessionWebSocketConnected')
  const [before, after] = [new EventEmitter(), new EventEmitter()]
  expect(service.registerWebSocketConnection(id, before)).toBe(true)
  expect(service.registerWebSocketConnection(id, after)).toBe(true)
  before.emit('close')
  expect(service.isWebSocketReady(id)).toBe(true)
  after.emit('close')
  expect(service.isWebSocketReady(id)).toBe(false)
  expect(told.map(({ connected }) => connected)).toEqual([true, true, false])
  expect(service.registerWebSocketConnection('unknown', after)).toBe(false)
  registry.shutdown()
  after.emit('close')
})

test('a status that there is not is refused', () => {
  const { id } = service.createSession('p', '/tmp')
  expect(service.updateSessionStatus(id, 'bogus')).toBe(false)
  expect(service.getSession(id).status).toBe('active')
})

test('status, activity and suspension', () => {
  const { id } = service.createSession('p', '/tmp')
  const statuses = heard('sessionStatusChanged')
  const suspended = heard('sessionSuspended')
  expect(service.updateSessionStatus(id, 'connecting')).toBe(true)
  expect(service.getSession(id)).toMatchObject({ status: 'connecting', active: false })
  expect(service.updateSessionActivity(id)).toBe(true)
  expect(service.updateSessionActivity('unknown')).toBe(false)
  expect(service.suspendProjectSessions('p')).toBe(1)
  expect(service.isSessionSuspended(id)).toBe(true)
  expect(service.getSuspensionState(id)).toEqual({ sessionId: id, projectId: 'p', suspended: true })
  expect(service.resumeProjectSessions('p')).toMatchObject({
    resumed: true,
    sessions: [{ id }],
    uiState: null,
  })
  expect(service.isSessionSuspended(id)).toBe(false)
  expect(suspended).toEqual([{ sessionId: id, projectId: 'p' }])
  expect(statuses).toEqual([{ sessionId: id, status: 'connecting' }])
  expect(service.updateSessionStatus(id, 'closed')).toBe(true)
  expect(service.getSession(id)).toBeNull()
})

test('who waits for a WebSocket is told when it comes, when time is up, and when the session goes', async () => {
  const { id } = service.createSession('p', '/tmp')
  await expect(service.waitForWebSocketReady(id, 20)).resolves.toBe(false)
  const waits = [service.waitForWebSocketReady(id, 10_000), service.waitForWebSocketReady(id, 10_000)]
  const ws = new EventEmitter()
  service.registerWebSocketConnection(id, ws)
  await expect(Promise.all(waits)).resolves.toEqual([true, true])
  expect(service.isWebSocketReady(id)).toBe(true)
  expect(service.getSession(id).wsConnected).toBe(true)
  await expect(service.waitForWebSocketReady(id)).resolves.toBe(true)
  // The connection failed: it is forgotten without anybody's help.
  const gone = once(ws, 'close')
  ws.emit('close')
  await gone
  expect(service.isWebSocketReady(id)).toBe(false)
  const last = service.waitForWebSocketReady(id, 10_000)
  service.closeSession(id)
  await expect(last).resolves.toBe(false)
})

test('there is one service of a process, until its registry is closed', () => {
  const own = TerminalSessionService.getInstance(registry)
  expect(TerminalSessionService.getInstance()).toBe(own)
  const { id } = own.createSession('p', '/tmp')
  expect(registry.get(id, 'p')).not.toBeNull()
  registry.shutdown()
  const next = TerminalSessionService.getInstance()
  expect(next).not.toBe(own)
  expect(next.getAllSessions()).toEqual([])
})

test('what the app changes in a session stays, and ends with the session', () => {
  const created = service.createSession('p', '/tmp')
  created.metadata.colour = 'red'
  created.mode = 'claude'
  service.getSession(created.id).metadata.tabName = 'Build'
  expect(service.listSessions('p')).toMatchObject([
    { mode: 'claude', tabName: 'Build', metadata: { colour: 'red', tabName: 'Build' } },
  ])
  service.getSession(created.id).metadata = { colour: 'blue' }
  expect(JSON.parse(JSON.stringify(service.getSession(created.id)))).toMatchObject({
    mode: 'claude',
    metadata: { colour: 'blue' },
  })
  service.closeSession(created.id)
  registry.create({ id: created.id, projectId: 'p' })
  expect(service.getSession(created.id)).toMatchObject({ mode: 'normal', metadata: {} })
})

test('what the app changes in a session is in the registry, at any depth', () => {
  const created = service.createSession('p', '/tmp')
  const { metadata } = created
  metadata.panes = [{ colour: 'red' }]
  metadata.panes[0].colour = 'blue'
  metadata.panes.push({ colour: 'green' }, { colour: 'grey' })
  metadata.panes.splice(metadata.panes.indexOf(metadata.panes[2]), 1)
  delete service.getSession(created.id).metadata.tabName
  created.mode = 'claude'
  // What was put in is a copy: nobody else's changes would be saved.
  const given = { size: 1 }
  metadata.font = given
  given.size = 2
  metadata.fonts = { first: metadata.font }
  const inRegistry = registry.get(created.id, 'p')
  expect(inRegistry.metadata).toEqual({
    panes: [{ colour: 'blue' }, { colour: 'green' }],
    font: { size: 1 },
    fonts: { first: { size: 1 } },
  })
  expect(metadata).toEqual(inRegistry.metadata)
  expect(inRegistry.mode).toBe('claude')
})

test('a change that cannot be kept throws, and is not made', () => {
  const created = service.createSession('p', '/tmp')
  const before = { tabName: 'Terminal 1' }
  const circular = { metadata: created.metadata }
  circular.self = circular
  for (const act of [() => (created.metadata.all = circular), () => (created.metadata = circular)]) {
    expect(act).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
  }
  expect(() => (created.metadata.tabName = 1n)).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
  )
  expect(() => (created.mode = 7)).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(service.getSession(created.id)).toMatchObject({ mode: 'normal', metadata: before })
  expect(created.metadata).toEqual(before)
  expect(registry.get(created.id, 'p').metadata).toEqual(before)
})

test('what somebody else changes by the registry is what the app sees', async () => {
  const created = service.createSession('p', '/tmp')
  const updated = new Promise((resolve) => registry.on('sessionUpdated', resolve))
  registry.get(created.id, 'p').update({ mode: 'claude', metadata: { tabName: 'Build' } })
  await updated
  expect(created).toMatchObject({ mode: 'claude', metadata: { tabName: 'Build' } })
  // Of a session that has gone, changes are the app's alone.
  service.closeSession(created.id)
  const next = registry.create({ id: created.id, projectId: 'p', metadata: { tabName: 'Next' } })
  created.metadata.tabName = 'Late'
  created.mode = 'late'
  expect(next).toMatchObject({ mode: null, metadata: { tabName: 'Next' } })
})

test('what the app changes in a session is there after a SIGKILL, in the next process', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-service-'))
  const root = path.join(__dirname, '..', '..')
  const program = `
    const { SessionRegistry } = require(${JSON.stringify(root)})
    const { TerminalSessionService } = require(${JSON.stringify(root)} + '/examples/terminal-ws-standalone/lib/terminal-service')
    const service = new TerminalSessionService(new SessionRegistry({ journal: ${JSON.stringify(dir)} }))
    const session = service.createSession('p', '/tmp')
    session.mode = 'claude'
    session.metadata.panes = []
    session.metadata.panes.push({ colour: 'red' })
    service.getSession(session.id).metadata.tabName = 'Build'
    process.kill(process.pid, 'SIGKILL')`
  expect(spawnSync(process.execPath, ['-e', program]).signal).toBe('SIGKILL')
  const next = new SessionRegistry({ journal: dir })
  const restored = new TerminalSessionService(next)
  next.restore()
  expect(restored.listSessions('p')).toMatchObject([
    { mode: 'claude', tabName: 'Build', metadata: { tabName: 'Build', panes: [{ colour: 'red' }] } },
  ])
  next.shutdown()
  fs.rmSync(dir, { recursive: true })
})

test('sessions of several projects that have one id are told apart', async () => {
  for (const projectId of ['one', 'other']) registry.create({ id: 'twin', projectId, cwd: `/${projectId}` })
  expect(service.projectsWith('twin')).toEqual(['one', 'other'])
  for (const ask of ['getSession', 'closeSession', 'isSessionFocused']) {
    expect(() => service[ask]('twin')).toThrow(expect.objectContaining({ code: 'ERR_SESSION_AMBIGUOUS' }))
  }
  expect(service.getSession('twin', 'other')).toMatchObject({ currentPath: '/other' })
  expect(service.getSession('twin', 'third')).toBeNull()
  service.updateSessionStatus('twin', 'connecting', 'other')
  expect(service.getSession('twin', 'one').status).toBe('active')
  const [waits, waitsElse] = ['one', 'other'].map((project) =>
    service.waitForWebSocketReady('twin', 500, project),
  )
  service.registerWebSocketConnection('twin', new EventEmitter(), 'other')
  expect(await waitsElse).toBe(true)
  expect(service.isWebSocketReady('twin', 'one')).toBe(false)
  service.setSessionFocus('twin', false, 'other')
  expect(service.isSessionFocused('twin', 'one')).toBe(true)
  expect(service.closeSession('twin', 'one')).toBe(true)
  expect(await waits).toBe(false)
  expect(service.getSession('twin')).toMatchObject({ projectId: 'other', wsConnected: true })
})

test('output of a suspended session is kept, and comes back with what the page looked like', () => {
  const { id } = service.createSession('p', '/tmp')
  service.createSession('p', '/tmp')
  registry.get(id, 'p').append('before ')
  expect(service.bufferOutputForSuspended(id, 'no')).toBe(false)
  expect(service.bufferOutputForSuspended('unknown', 'no')).toBe(false)
  service.suspendProjectSessions('p', { tab: 2 })
  expect(service.bufferOutputForSuspended(id, 'grü')).toBe(true)
  expect(service.bufferOutputForSuspended(id, 'ße')).toBe(true)
  expect(service.resumeProjectSessions('p')).toMatchObject({
    resumed: true,
    sessions: [{ id, status: 'active' }, { status: 'active' }],
    uiState: { tab: 2 },
    bufferedOutput: { [id]: ['grüße'] },
  })
  expect(service.resumeProjectSessions('p')).toMatchObject({ uiState: null, bufferedOutput: {} })
  expect(service.resumeProjectSessions('none')).toEqual({
    resumed: false,
    sessions: [],
    uiState: null,
    bufferedOutput: {},
  })
  // A project that is gone leaves nothing of its page behind.
  service.suspendProjectSessions('p', { tab: 3 })
  service.cleanupProjectSessions('p')
  service.createSession('p', '/tmp')
  expect(service.resumeProjectSessions('p').uiState).toBeNull()
})
