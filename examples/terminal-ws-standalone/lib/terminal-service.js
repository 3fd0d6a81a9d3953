const { EventEmitter } = require('node:events')

const READY_TIMEOUT = 5000
const STATUSES = new Set(['active', 'inactive', 'error', 'connecting', 'closed', 'suspended'])

/**
 * The app's session service, as a thin adapter over `SessionRegistry`: its
 * methods, its events, its session objects, and none of its Maps. What it adds
 * of its own is who waits for a session's WebSocket, which ends with the wait.
 */
class TerminalSessionService extends EventEmitter {
  #registry
  #waiting = new Map()
  #tabs = new Map()
  #statuses = new Map()
  /** Sessions said to be ready whose WebSocket the registry does not know: the app kept it to itself. */
  #ready = new Set()
  #registered = 0

  /** @param {import('offheap-terminal').SessionRegistry} registry */
  constructor(registry) {
    super()
    this.#registry = registry
    registry.on('sessionClosed', ({ id, projectId }) => this.#closed(id, projectId))
    registry.on('focusChanged', ({ id, projectId, focused, allFocused }) =>
      this.emit('focusChanged', { sessionId: id, focused, projectId, allFocused }),
    )
    registry.on('sessionSuspended', ({ id, projectId }) =>
      this.emit('sessionSuspended', { sessionId: id, projectId }),
    )
    registry.on('sessionResumed', ({ id, projectId }) =>
      this.emit('sessionResumed', { sessionId: id, projectId }),
    )
    registry.on('sessionExited', ({ id }) => this.#changed(id, 'closed'))
    registry.on('sessionAttached', ({ id }) => this.markWebSocketReady(id))
    registry.on('sessionDetached', ({ id, projectId }) => {
      if (registry.get(id, projectId)?.connections === 0) this.updateWebSocketStatus(id, false)
    })
  }

  createSession(projectId, projectPath, userId, mode = 'normal') {
    const tab = (this.#tabs.get(projectId) ?? 0) + 1
    const session = this.#registry.create({
      projectId,
      userId,
      mode,
      cwd: projectPath,
      metadata: { tabName: `Terminal ${tab}` },
    })
    // A project whose session was refused leaves nothing behind.
    this.#tabs.set(projectId, tab)
    const created = this.#describe(session)
    this.emit('sessionCreated', created)
    return created
  }

  listSessions(projectId) {
    return this.#registry.list(projectId).map((info) => this.#describe(info))
  }

  getAllSessions() {
    return this.#registry.list().map((info) => this.#describe(info))
  }

  /** Throws `ERR_SESSION_AMBIGUOUS` where several projects have a session of that id. */
  getSession(id, projectId) {
    const session = this.#registry.get(id, projectId)
    return session && this.#describe(session)
  }

  updateSessionStatus(id, status) {
    const session = this.#find(id)
    if (!session || !STATUSES.has(status)) return false
    if (status === 'closed') return this.closeSession(id)
    session.setSuspended(status === 'suspended')
    this.#statuses.set(id, status)
    this.#changed(id, status)
    return true
  }

  /** The WebSocket's own close takes it away again; nothing is left behind. */
  registerWebSocketConnection(id, ws) {
    if (!this.#find(id)) return false
    this.#registered += 1
    // Each its own: the end of an old one must not take a newer one away.
    const connectionId = `service-${this.#registered}`
    this.#registry.attach(id, connectionId)
    ws.once?.('close', () => this.#registry.detach(connectionId))
    return true
  }

  updateWebSocketStatus(id, connected) {
    if (!this.#find(id)) return false
    if (connected) {
      this.markWebSocketReady(id)
    } else {
      this.#ready.delete(id)
      this.emit('sessionWebSocketConnected', { sessionId: id, connected })
    }
    return true
  }

  updateSessionActivity(id) {
    const session = this.#find(id)
    session?.touch()
    return session !== null
  }

  setSessionFocus(id, focused, projectId) {
    if (!this.#registry.get(id, projectId)) return false
    if (focused) this.#registry.focus(id, projectId)
    else this.#registry.blur(id, projectId)
    return true
  }

  getFocusedSessions(projectId) {
    return this.#registry.focused(projectId)
  }

  isSessionFocused(id) {
    return this.#find(id)?.focused ?? false
  }

  /** Throws as `getSession` does. */
  closeSession(id, projectId) {
    return this.#registry.close(id, projectId)
  }

  cleanupProjectSessions(projectId) {
    return this.#registry.closeProject(projectId)
  }

  clearAllSessions() {
    return this.#registry.closeAll()
  }

  /** Resolves with whether the session's WebSocket came within `ms`. */
  waitForWebSocketReady(id, ms = READY_TIMEOUT) {
    if (this.isWebSocketReady(id)) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiters = this.#waiting.get(id) ?? new Set()
      this.#waiting.set(id, waiters)
      const settle = (ready) => {
        clearTimeout(timer)
        waiters.delete(settle)
        if (waiters.size === 0) this.#waiting.delete(id)
        resolve(ready)
      }
      const timer = setTimeout(settle, ms, false)
      waiters.add(settle)
    })
  }

  markWebSocketReady(id) {
    if (this.#find(id)?.connections === 0) this.#ready.add(id)
    for (const settle of this.#waiting.get(id) ?? []) settle(true)
    this.emit('wsReady', id)
    this.emit('sessionWebSocketConnected', { sessionId: id, connected: true })
  }

  isWebSocketReady(id) {
    return this.#ready.has(id) || (this.#find(id)?.connections ?? 0) > 0
  }

  suspendProjectSessions(projectId) {
    return this.#registry.suspend(projectId)
  }

  resumeProjectSessions(projectId) {
    return this.#registry.resume(projectId).map((info) => this.#describe(info))
  }

  getSuspensionState(id) {
    const session = this.#find(id)
    return session && { sessionId: id, projectId: session.projectId, suspended: session.suspended }
  }

  isSessionSuspended(id) {
    return this.#find(id)?.suspended ?? false
  }

  /** A session by its id; `null` where none has it, or several projects do. */
  #find(id) {
    try {
      return this.#registry.get(id)
    } catch (error) {
      if (error.code === 'ERR_SESSION_AMBIGUOUS') return null
      throw error
    }
  }

  /** A session, or its info, as the app knows it. */
  #describe(session) {
    const status = this.#status(session)
    return {
      id: session.id,
      projectId: session.projectId,
      userId: session.userId ?? undefined,
      type: 'terminal',
      mode: session.mode ?? 'normal',
      tabName: session.metadata?.tabName ?? 'Terminal',
      status,
      active: status === 'active',
      isFocused: session.focused,
      createdAt: new Date(session.createdAt).toISOString(),
      updatedAt: new Date(session.lastActiveAt).toISOString(),
      currentPath: session.cwd,
      wsConnected: session.connections > 0 || this.#ready.has(session.id),
      metadata: session.metadata ?? {},
    }
  }

  #status({ id, status }) {
    if (status === 'exited') return 'closed'
    if (status === 'active') return this.#statuses.get(id) ?? 'active'
    return status
  }

  #changed(id, status) {
    this.emit('sessionStatusChanged', { sessionId: id, status })
  }

  #closed(id, projectId) {
    for (const settle of this.#waiting.get(id) ?? []) settle(false)
    this.#statuses.delete(id)
    this.#ready.delete(id)
    // Tab names start again when a project's sessions are gone.
    if (this.#registry.list(projectId).length === 0) this.#tabs.delete(projectId)
    this.emit('sessionClosed', { sessionId: id, projectId })
  }
}

module.exports = { TerminalSessionService }
