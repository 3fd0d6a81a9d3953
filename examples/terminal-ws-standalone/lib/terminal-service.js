const { EventEmitter } = require('node:events')
const { SessionRegistry } = require('offheap-terminal')
const { copyOf, savedObject } = require('./saved-object')

const READY_TIMEOUT = 5000
const STATUSES = new Set(['active', 'inactive', 'error', 'connecting', 'closed', 'suspended'])

/**
 * The app's session service, as a thin adapter over `SessionRegistry`: its
 * methods, its events, its session objects, whose `mode` and `metadata` the app may
 * change: the registry keeps both, also across a restart where it has a journal.
 * What the service adds of its own is what else the app notes of a session, which
 * ends with the session, and who waits for a session's WebSocket, which ends with
 * the wait.
 *
 * Methods that take a session's id take its `projectId` as their last argument:
 * sessions of several projects may have the same id. Without it they throw
 * `ERR_SESSION_AMBIGUOUS` where that is so.
 */
class TerminalSessionService extends EventEmitter {
  static #instance = null

  #registry
  /** By project and id: what the app notes of a session that is there. */
  #notes = new Map()
  #waiting = new Set()
  #tabs = new Map()
  /** By project: what the app's page looked like when it was suspended. */
  #uiStates = new Map()
  #registered = 0

  /**
   * The one service of this process. It is made by the first call, and anew once
   * its registry is closed.
   *
   * @param {import('offheap-terminal').SessionRegistry} [registry] Default: a new one
   */
  static getInstance(registry) {
    const known = TerminalSessionService.#instance
    if (known && !known.#registry.closed) return known
    TerminalSessionService.#instance = new TerminalSessionService(registry ?? new SessionRegistry())
    return TerminalSessionService.#instance
  }

  /** @param {import('offheap-terminal').SessionRegistry} registry */
  constructor(registry) {
    super()
    this.#registry = registry
    registry.on('sessionRestored', (news) => this.#restored(news))
    registry.on('sessionUpdated', (news) => this.#updated(news))
    registry.on('sessionClosed', (news) => this.#closed(news))
    registry.on('focusChanged', ({ id, projectId, focused, allFocused }) =>
      this.emit('focusChanged', { sessionId: id, focused, projectId, allFocused }),
    )
    registry.on('sessionSuspended', (news) => this.#suspended(news))
    registry.on('sessionResumed', ({ id, projectId }) =>
      this.emit('sessionResumed', { sessionId: id, projectId }),
    )
    registry.on('sessionExited', ({ id }) => this.#changed(id, 'closed'))
    registry.on('sessionAttached', ({ id, projectId }) => this.markWebSocketReady(id, projectId))
    registry.on('sessionDetached', ({ id, projectId }) => {
      if (this.#find(id, projectId)?.connections === 0) this.updateWebSocketStatus(id, false, projectId)
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

  getSession(id, projectId) {
    const session = this.#find(id, projectId)
    return session && this.#describe(session)
  }

  /** The projects that have a session of this id; `null` stands for a session without a project. */
  projectsWith(id) {
    return this.#registry
      .list()
      .filter((info) => info.id === id)
      .map((info) => info.projectId ?? null)
  }

  updateSessionStatus(id, status, projectId) {
    const session = this.#find(id, projectId)
    if (!session || !STATUSES.has(status)) return false
    if (status === 'closed') return this.closeSession(id, projectId)
    session.setSuspended(status === 'suspended')
    this.#note(session).status = status
    this.#changed(id, status)
    return true
  }

  /** The WebSocket's own close takes it away again; nothing is left behind. */
  registerWebSocketConnection(id, ws, projectId) {
    const session = this.#find(id, projectId)
    if (!session) return false
    this.#registered += 1
    // Each its own: the end of an old one must not take a newer one away.
    const connectionId = `service-${this.#registered}`
    this.#registry.attach(id, connectionId, session.projectId ?? undefined)
    ws.once?.('close', () => this.#registry.detach(connectionId))
    return true
  }

  updateWebSocketStatus(id, connected, projectId) {
    const session = this.#find(id, projectId)
    if (!session) return false
    if (connected) {
      this.markWebSocketReady(id, projectId)
    } else {
      this.#note(session).ready = false
      this.emit('sessionWebSocketConnected', { sessionId: id, connected })
    }
    return true
  }

  updateSessionActivity(id, projectId) {
    const session = this.#find(id, projectId)
    session?.touch()
    return session !== null
  }

  setSessionFocus(id, focused, projectId) {
    const session = this.#find(id, projectId)
    if (!session) return false
    if (focused) this.#registry.focus(id, session.projectId ?? undefined)
    else this.#registry.blur(id, session.projectId ?? undefined)
    return true
  }

  getFocusedSessions(projectId) {
    return this.#registry.focused(projectId)
  }

  isSessionFocused(id, projectId) {
    return this.#find(id, projectId)?.focused ?? false
  }

  closeSession(id, projectId) {
    const session = this.#find(id, projectId)
    return session !== null && this.#registry.close(id, session.projectId ?? undefined)
  }

  cleanupProjectSessions(projectId) {
    return this.#registry.closeProject(projectId)
  }

  clearAllSessions() {
    return this.#registry.closeAll()
  }

  /** Resolves with whether the session's WebSocket came within `ms`. */
  waitForWebSocketReady(id, ms = READY_TIMEOUT, projectId = null) {
    if (this.isWebSocketReady(id, projectId)) return Promise.resolve(true)
    return new Promise((resolve) => {
      const waiter = { id, projectId, settle: null }
      waiter.settle = (ready) => {
        clearTimeout(timer)
        this.#waiting.delete(waiter)
        resolve(ready)
      }
      const timer = setTimeout(waiter.settle, ms, false)
      this.#waiting.add(waiter)
    })
  }

  #settle(id, projectId, ready) {
    for (const waiter of [...this.#waiting]) {
      const isMeant = waiter.projectId === null || waiter.projectId === (projectId ?? null)
      if (waiter.id === id && isMeant) waiter.settle(ready)
    }
  }

  markWebSocketReady(id, projectId) {
    const session = this.#find(id, projectId)
    // The registry does not know it: the app kept the WebSocket to itself.
    if (session?.connections === 0) this.#note(session).ready = true
    this.#settle(id, session ? session.projectId : projectId, true)
    this.emit('wsReady', id)
    this.emit('sessionWebSocketConnected', { sessionId: id, connected: true })
  }

  isWebSocketReady(id, projectId) {
    const session = this.#find(id, projectId)
    return session !== null && (session.connections > 0 || this.#note(session).ready)
  }

  /**
   * Holds back the output of a project's sessions.
   *
   * @param {string} projectId
   * @param {unknown} [uiState] is given back when the project is resumed
   * @returns {number} how many were not suspended before
   */
  suspendProjectSessions(projectId, uiState = null) {
    const suspended = this.#registry.suspend(projectId)
    if (this.#registry.list(projectId).length > 0) this.#uiStates.set(projectId, uiState)
    return suspended
  }

  /**
   * Lets the output of a project's sessions go.
   *
   * @returns {{ resumed: boolean, sessions: object[], uiState: unknown, bufferedOutput: Record<string, string[]> }}
   * `resumed`: whether it has sessions; `sessions`: all of them; `bufferedOutput`: by
   * session, what was printed meanwhile and goes to no WebSocket of its own
   */
  resumeProjectSessions(projectId) {
    const bufferedOutput = this.#bufferedOutput(projectId)
    this.#registry.resume(projectId)
    const sessions = this.listSessions(projectId)
    const uiState = this.#uiStates.get(projectId) ?? null
    this.#uiStates.delete(projectId)
    return { resumed: sessions.length > 0, sessions, uiState, bufferedOutput }
  }

  #bufferedOutput(projectId) {
    const buffered = {}
    for (const info of this.#registry.list(projectId)) {
      const since = this.#note(info).suspendedAt
      if (!info.suspended || info.connections > 0 || since === null) continue
      const { data } = this.#find(info.id, projectId).readFrom(since)
      if (data.length > 0) buffered[info.id] = [data.toString()]
    }
    return buffered
  }

  /**
   * Whether a session is suspended, and its output is kept. A shell of the
   * registry's has its output kept already; that of another is added.
   */
  bufferOutputForSuspended(id, output, projectId) {
    const session = this.#find(id, projectId)
    if (!session?.suspended) return false
    if (session.pid === null && !session.exit) session.append(output)
    return true
  }

  getSuspensionState(id, projectId) {
    const session = this.#find(id, projectId)
    return session && { sessionId: id, projectId: session.projectId, suspended: session.suspended }
  }

  isSessionSuspended(id, projectId) {
    return this.#find(id, projectId)?.suspended ?? false
  }

  #find(id, projectId) {
    return this.#registry.get(id, projectId ?? undefined)
  }

  /** What is noted of a session; `mode` and `metadata` are the app's to change. */
  #note(session) {
    const key = keyOf(session)
    let note = this.#notes.get(key)
    if (!note) {
      const { mode, metadata } = session
      note = {
        status: 'active',
        ready: false,
        suspendedAt: null,
        restored: false,
        mode: mode ?? 'normal',
        metadata: { ...metadata },
      }
      this.#notes.set(key, note)
    }
    return note
  }

  /** A session, or its info, as the app knows it. */
  #describe(session) {
    const note = this.#note(session)
    const status = session.status === 'active' ? note.status : statusOf(session)
    const update = (changes) => this.#same(session)?.update(changes)
    return {
      id: session.id,
      projectId: session.projectId,
      userId: session.userId ?? undefined,
      type: 'terminal',
      get mode() {
        return note.mode
      },
      set mode(mode) {
        update({ mode })
        note.mode = mode ?? 'normal'
      },
      tabName: note.metadata.tabName ?? 'Terminal',
      status,
      active: status === 'active',
      // An earlier server has left it; its shell is gone where it is lost, or has an exit.
      restored: note.restored,
      lost: session.status === 'lost',
      exit: session.exit ?? null,
      isFocused: session.focused,
      createdAt: new Date(session.createdAt).toISOString(),
      updatedAt: new Date(session.lastActiveAt).toISOString(),
      currentPath: session.cwd,
      wsConnected: session.connections > 0 || note.ready,
      get metadata() {
        return savedObject(note.metadata, () => update({ metadata: note.metadata }))
      },
      set metadata(metadata) {
        const given = { ...metadata }
        update({ metadata: given })
        note.metadata = copyOf(given)
      },
    }
  }

  /** The very session that is meant, and not one that has its id by now; `null` once it is gone. */
  #same({ id, projectId, incarnation }) {
    const sessions = this.#registry.list(projectId ?? undefined)
    const isThere = sessions.some((info) => info.incarnation === incarnation)
    return isThere ? this.#find(id, projectId) : null
  }

  /** Somebody else may have changed it by the registry. */
  #updated(news) {
    const session = this.#same(news)
    if (!session) return
    const note = this.#note(session)
    note.mode = session.mode ?? 'normal'
    // The app may hold the object: it is another only where the data is.
    const metadata = session.metadata ?? {}
    if (JSON.stringify(metadata) !== JSON.stringify(note.metadata)) note.metadata = metadata
  }

  #changed(id, status) {
    this.emit('sessionStatusChanged', { sessionId: id, status })
  }

  #restored({ id, projectId }) {
    const session = this.#find(id, projectId)
    if (!session) return
    this.#note(session).restored = true
    // New tabs are named after those that are there.
    const number = Number(/^Terminal (\d+)$/.exec(session.metadata?.tabName)?.[1] ?? 0)
    this.#tabs.set(projectId, Math.max(this.#tabs.get(projectId) ?? 0, number))
  }

  #suspended({ id, projectId }) {
    const session = this.#find(id, projectId)
    if (session) this.#note(session).suspendedAt = session.end
    this.emit('sessionSuspended', { sessionId: id, projectId })
  }

  #closed({ id, projectId }) {
    this.#settle(id, projectId, false)
    this.#notes.delete(keyOf({ id, projectId }))
    // Tab names start again when a project's sessions are gone.
    if (this.#registry.list(projectId ?? undefined).length === 0) {
      this.#tabs.delete(projectId)
      this.#uiStates.delete(projectId)
    }
    this.emit('sessionClosed', { sessionId: id, projectId })
  }
}

function keyOf({ id, projectId }) {
  return JSON.stringify([projectId ?? null, id])
}

function statusOf({ status }) {
  return status === 'exited' ? 'closed' : status
}

module.exports = { TerminalSessionService }
