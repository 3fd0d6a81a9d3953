const { coded } = require('./errors')
const { Group } = require('./group')
const { MAX_TIME } = require('./options')
const { keyOf } = require('./session-key')
const { SHELL_NEWS } = require('./shell-news')

/** How a connection counts as closed that only read: it decides nothing. */
const UNKNOWN_CLOSE = 1006
/** A page that was closed by its user: its session is suspended until it comes back. */
const LEFT_FOR_GOOD = 1000

/**
 * Who views which session: attaches connections to the registry, passes its
 * events on to them, and leaves a session as its last viewer's close code says.
 */
class Audience {
  #registry
  #options
  #groups = new Map()
  /** The sessions of whose exit a client has been told; they stay for another second. */
  #exitTold = new Set()
  /** Until when sessions without viewers were promised to live, by `performance.now()`: the wall clock jumps. */
  #promises = new Map()
  #listeners = []

  /**
   * @param {object} options those of the server
   * @param {(news: object) => void} closed is told of each session that is closed
   */
  constructor(options, closed) {
    this.#options = options
    this.#registry = options.registry
    this.#listenToRegistry(closed)
  }

  get registry() {
    return this.#registry
  }

  get options() {
    return this.#options
  }

  /**
   * Notes a connection to its session.
   *
   * @throws `ERR_INVALID_SESSION` when the session is none of this registry
   */
  join(connection) {
    const { session } = connection
    this.#attach(session, connection.id)
    const key = keyOf(session)
    const group = this.#groups.get(key) ?? new Group()
    this.#groups.set(key, group)
    this.#promises.delete(key)
    connection.group = group
    group.add(connection)
  }

  /** The count of a session shows whether it is the registry's: another one may have the same id. */
  #attach(session, connectionId) {
    const before = session.connections
    try {
      this.#registry.attach(session.id, connectionId, session.projectId ?? undefined)
    } catch (error) {
      throw session.closed ? error : foreign()
    }
    if (session.connections === before + 1) return
    this.#registry.detach(connectionId)
    throw foreign()
  }

  /** A connection is gone, with a close code. */
  leave(connection, code) {
    const { session, group } = connection
    connection.closeCode = code
    connection.gone()
    if (!group) return
    group.delete(connection)
    group.giveSizeBack(session, connection)
    const isLast = group.connections.size === 0
    const key = keyOf(session)
    if (isLast && this.#groups.get(key) === group) this.#groups.delete(key)
    this.#registry.detach(connection.id, isLast ? this.#leaveAlone(session, group) : undefined)
  }

  /** What becomes of a session without viewers: those who only read have no say in it. */
  #leaveAlone(session, { leftWith }) {
    if (session.closed) return undefined
    if (leftWith === LEFT_FOR_GOOD && !session.exit) session.setSuspended(true)
    const keepAlive = this.#keepAlive(leftWith ?? UNKNOWN_CLOSE, session)
    if (keepAlive === undefined) return undefined
    this.#promises.set(keyOf(session), performance.now() + keepAlive)
    return { keepAlive }
  }

  #keepAlive(code, session) {
    try {
      const time = this.#options.keepAlive(code, session) ?? undefined
      if (time === undefined) return undefined
      if (typeof time === 'number' && time >= 0) return Math.min(Math.trunc(time), MAX_TIME)
      throw coded('ERR_OUT_OF_RANGE', `keepAlive must return a number of ms, not ${time}`)
    } catch (error) {
      this.#options.onError(error)
      return undefined
    }
  }

  /** Until when a session was promised to live after its last viewer, by `performance.now()`. */
  promiseOf(news) {
    return this.#promises.get(keyOf(news)) ?? 0
  }

  /**
   * Whether nobody waits for the last output or the exit of a session any more:
   * who asks for it then, and not for the rest of it, wants a new shell.
   */
  isOver(session) {
    const key = keyOf(session)
    const connections = this.#groups.get(key)?.connections ?? []
    return this.#exitTold.has(key) && [...connections].every(({ exitTold }) => exitTold)
  }

  /**
   * A client has had all output of a session, and its exit. A slow one may be
   * told after the session is gone: by then its id can be another shell's.
   */
  exitTold(session) {
    if (!session.closed) this.#exitTold.add(keyOf(session))
  }

  /** A session whose shell had ended has another one. */
  forgetExit(session) {
    this.#exitTold.delete(keyOf(session))
  }

  /** A new shell goes on where the one before has stopped: its viewers are told. */
  spawned(session) {
    for (const connection of this.#groups.get(keyOf(session))?.connections ?? []) {
      connection.guard(() => connection.spawned())
    }
  }

  /** A client's word on its session's focus. */
  setFocus(connection, focused) {
    const { session } = connection
    if (session.projectId === null) return
    if (session.focused === focused) {
      // Nobody else needs to hear it, but who asks is told what holds.
      connection.focusHolds(focused, this.#registry.focused(session.projectId))
    } else if (focused) this.#registry.focus(session.id, session.projectId)
    else this.#registry.blur(session.id, session.projectId)
  }

  /** A client's word on its project's sessions, or on its own where it may speak for no more. */
  setSuspended({ session, isShared }, suspended) {
    if (session.projectId === null || isShared) session.setSuspended(suspended)
    else if (suspended) this.#registry.suspend(session.projectId)
    else this.#registry.resume(session.projectId)
  }

  #listenToRegistry(closed) {
    const each = (event, act) => {
      this.#listen(event, (news) => {
        for (const connection of this.#groups.get(keyOf(news))?.connections ?? []) {
          connection.guard(() => act(connection, news))
        }
      })
    }
    each('sessionExited', (connection, { code }) => connection.exited(code))
    each('sessionClosed', (connection, { reason }) => connection.sessionClosed(reason))
    each('drain', (connection) => connection.inputDrained())
    each('sessionSuspended', (connection) => connection.setSuspended(true))
    each('sessionResumed', (connection) => connection.setSuspended(false))
    each('focusChanged', (connection, { focused, allFocused }) => connection.setFocused(focused, allFocused))
    each('recordingChanged', (connection, { recording }) => connection.recordingChanged(recording))
    for (const [event, messageOf] of Object.entries(SHELL_NEWS)) {
      each(event, (connection, news) => connection.shellNews(messageOf(news)))
    }
    // After they were told: the id may be another session's from here on.
    this.#listen('sessionClosed', (news) => {
      const key = keyOf(news)
      this.#exitTold.delete(key)
      this.#promises.delete(key)
      this.#groups.delete(key)
      closed(news)
    })
  }

  #listen(event, listener) {
    this.#registry.on(event, listener)
    this.#listeners.push([event, listener])
  }

  /** Hears of no more events. */
  stop() {
    for (const [event, listener] of this.#listeners) this.#registry.off(event, listener)
    this.#listeners = []
  }
}

function foreign() {
  return coded('ERR_INVALID_SESSION', 'open must return a session of the registry that this server was given')
}

module.exports = { Audience }
