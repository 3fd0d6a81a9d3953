const { clientInQuery } = require('./client-kind')
const { coded } = require('./errors')
const { historyOf, textOf, wholeNumber, windowOf } = require('./query')
const { leaveOldScreen } = require('./old-screen')
const { keyOf } = require('./session-key')
const { defaultShell } = require('./shell')
const { ShareGrant } = require('./shares')
const { sizeInQuery } = require('./size')
const { within } = require('./time-limit')

const LIMIT = {
  code: 1008,
  reason: 'Connection limit exceeded',
  message: 'Maximum connections reached. Close unused terminals.',
}
/** How a failure is told, by its code: the close, and the words. */
const REFUSALS = {
  __proto__: null,
  ERR_SESSION_LIMIT: LIMIT,
  ERR_PROJECT_LIMIT: LIMIT,
  ERR_SPAWN_RATE: { code: 1008, reason: 'Rate limit exceeded', message: 'Rate limit exceeded' },
  ERR_TIMED_OUT: { code: 1013, reason: 'Try again later', error: 'ERR_TIMED_OUT' },
  ERR_CLOSED: { code: 1013, reason: 'Try again later', error: 'ERR_CLOSED' },
  ERR_INVALID_SESSION: {
    code: 1011,
    reason: 'Terminal could not be opened',
    message: 'The terminal could not be opened',
    error: 'ERR_INVALID_SESSION',
  },
  ERR_FORBIDDEN: { code: 4403, reason: 'Forbidden', error: 'ERR_FORBIDDEN' },
  ERR_SHARE_ENDED: { code: 4403, reason: 'Share ended', error: 'ERR_SHARE_ENDED' },
  ERR_SESSION_NOT_FOUND: { code: 4404, reason: 'No such session', error: 'ERR_SESSION_NOT_FOUND' },
}
const NOT_STARTED = { code: 4000, reason: 'Terminal could not be started' }
/** What the application is told of, too: it is its mistake. */
const REPORTED = new Set(['ERR_TIMED_OUT', 'ERR_INVALID_SESSION'])

/** Opens sessions as clients ask for them, within their grants, or says why not. */
class Opener {
  #options
  #registry
  #audience
  #shares
  #pending = 0
  /** Sessions whose shells were started by a call that is not over yet. */
  #fresh = new Set()
  /** Those of them that had printed something before. */
  #renewed = new Set()
  #created = (news) => this.#isFresh(news)

  constructor(options, audience, shares) {
    this.#options = options
    this.#registry = options.registry
    this.#audience = audience
    this.#shares = shares
    this.#registry.on('sessionCreated', this.#created)
  }

  stop() {
    this.#registry.off('sessionCreated', this.#created)
  }

  #isFresh(session) {
    if (this.#pending > 0) this.#fresh.add(keyOf(session))
  }

  /**
   * Opens a session.
   *
   * @param {Record<string, string>} query
   * @param {object} grant
   * @param {object} way
   * @param {() => boolean} way.isWanted whether anybody waits for it still
   * @param {(options: object) => import('./connection').Connection} way.make
   * @param {(connection: import('./connection').Connection) => void} way.opened
   * @param {(refusal: { code: number, reason: string, message: string, error?: string }) => void} way.refuse
   */
  open(query, grant, way) {
    const held = query.share === undefined ? grant : this.#shares.grantOf(query.share, grant.address)
    let isLive = true
    this.#pending += 1
    within(
      this.#options.timeLimit,
      () => this.#find(query, held),
      (session) => this.#over(() => this.#enter(session, { query, grant: held, isLive }, way)),
      (error) => this.#over(() => way.isWanted() && this.#refuse(error, way)),
    )
    // From here on a shell may have printed something while nobody was there.
    isLive = false
  }

  #over(act) {
    act()
    this.#pending -= 1
    if (this.#pending > 0) return
    this.#fresh.clear()
    this.#renewed.clear()
  }

  #find(query, grant) {
    if (grant === null) throw coded('ERR_SHARE_ENDED', 'The share has ended')
    if (grant instanceof ShareGrant) return grant.session
    return this.#options.open ? this.#options.open(query, grant) : this.findOrCreate(query, grant)
  }

  #enter(session, { query, grant, isLive }, way) {
    if (!way.isWanted()) return
    try {
      this.#check(session, grant)
      const isNew = this.#fresh.delete(keyOf(session))
      const hasPast = this.#renewed.delete(keyOf(session))
      // Before the connection is known: it has no viewer yet that could catch up.
      if (session.suspended && !isNew && grant.access === 'write') session.setSuspended(false)
      const newShell = () => this.#renew(session, query, grant)
      const connection = way.make({ audience: this.#audience, session, grant, newShell })
      this.#audience.join(connection)
      connection.open({
        isNew,
        isLive: isNew && isLive && !hasPast,
        offset: wholeNumber(query.offset),
        window: windowOf(query.window),
        size: sizeInQuery(query, this.#options),
        client: clientInQuery(query),
        history: historyOf(query.history, this.#options),
      })
      way.opened(connection)
    } catch (error) {
      this.#refuse(error, way)
    }
  }

  #check(session, grant) {
    if (session === null || session === undefined) throw coded('ERR_SESSION_NOT_FOUND', 'No such session')
    if (typeof session.openViewer !== 'function') {
      throw coded('ERR_INVALID_SESSION', 'open must return a Session, or null')
    }
    if (grant instanceof ShareGrant && !this.#shares.holds(grant)) {
      throw coded('ERR_SHARE_ENDED', 'The share has ended')
    }
    if (session.closed) throw coded('ERR_CLOSED', 'The session is closed')
  }

  #refuse(error, way) {
    const known = REFUSALS[error?.code] ?? (isForbidden(error) ? REFUSALS.ERR_FORBIDDEN : null)
    const isCoded = typeof error?.code === 'string'
    // What has no code was not meant for clients.
    if ((!known && !isCoded) || REPORTED.has(error?.code)) this.#options.onError(error)
    const message = isCoded ? error.message : 'The terminal could not be started'
    way.refuse({ message, ...(known ?? NOT_STARTED) })
  }

  /**
   * Finds the session that a query means, or creates one; a session without a
   * shell gets one. Who may only read starts nothing.
   */
  findOrCreate(query, grant) {
    const projectId = projectOf(query, grant)
    let session = this.#known(textOf(query.sessionId), projectId, grant)
    if (grant.access === 'read') return session
    if (session && wholeNumber(query.offset) === null && this.#audience.isOver(session)) {
      // One that an earlier server has left keeps its past.
      if (this.#restart(session, projectId, query, grant)) return session
      session.close()
      session = null
    }
    if (session && (session.pid !== null || session.exit || session.end > 0)) return session
    return this.#start(session, projectId, query, grant)
  }

  #known(id, projectId, { userId }) {
    const session = id === undefined ? null : this.#named(id, projectId)
    if (!session || (session.projectId ?? undefined) !== projectId) return null
    const owner = session.userId ?? null
    if ((userId ?? null) !== null && owner !== null && owner !== userId) {
      throw coded('ERR_FORBIDDEN', 'The session belongs to another user')
    }
    return session
  }

  /** None where no project is named and several have a session of that id. */
  #named(id, projectId) {
    try {
      return this.#registry.get(id, projectId)
    } catch (error) {
      if (error.code === 'ERR_SESSION_AMBIGUOUS') return null
      throw error
    }
  }

  /**
   * Starts a shell in a session that has none any more, and tells its viewers.
   *
   * @throws `ERR_SESSION_STARTED` when it has one, or had one under this server;
   * what `Session.spawn()` throws
   */
  newShell(session, query, grant) {
    const hadPast = session.end > 0
    this.#spawn(session, session.projectId ?? undefined, query, grant)
    if (hadPast) this.#audience.spawned(session)
  }

  /** A client's wish. */
  #renew(session, query, grant) {
    if (this.#options.open && !this.#options.shell) {
      throw coded('ERR_NOT_SUPPORTED', 'The application itself starts the shells of its sessions')
    }
    if (grant instanceof ShareGrant) {
      throw coded('ERR_FORBIDDEN', 'spawn: a share is for a terminal, not for new shells')
    }
    this.newShell(session, query, grant)
  }

  /** `false` for a session whose shell has ended under this server. */
  #restart(session, projectId, query, grant) {
    try {
      this.#start(session, projectId, query, grant)
      return true
    } catch (error) {
      if (error.code === 'ERR_SESSION_STARTED') return false
      throw error
    }
  }

  #pty(session, query, grant) {
    const shell = this.#options.shell ?? defaultShell
    const size = sizeInQuery(query, this.#options)
    return { ...shell(query, grant, session), ...(size && { cols: size.cols, rows: size.rows }) }
  }

  #spawn(session, projectId, query, grant) {
    if (session.pid !== null) throw coded('ERR_SESSION_STARTED', 'The session has a shell')
    const pty = this.#pty(session, query, grant)
    leaveOldScreen(session)
    this.#followClient(session, query)
    session.spawn({ ...pty, rateKey: rateKeyOf(projectId, grant) })
    this.#audience.forgetExit(session)
  }

  #start(session, projectId, query, grant) {
    if (session) {
      const hasPast = session.end > 0
      this.#spawn(session, projectId, query, grant)
      this.#isFresh(session)
      if (hasPast && this.#pending > 0) this.#renewed.add(keyOf(session))
      return session
    }
    const pty = this.#pty(session, query, grant)
    const rateKey = rateKeyOf(projectId, grant)
    const id = textOf(query.sessionId)
    const created = this.#registry.create({
      projectId,
      id,
      userId: grant.userId ?? undefined,
      cwd: pty.cwd,
      rateKey,
      pty,
    })
    this.#followClient(created, query)
    return created
  }

  /** A client that comes with a size says for what terminal its shell draws from the first byte on. */
  #followClient(session, query) {
    const client = sizeInQuery(query, this.#options) && clientInQuery(query)
    if (client) session.setClient(client)
  }
}

/** Shells without a project are counted for the address that asks for them. */
function rateKeyOf(projectId, grant) {
  return projectId === undefined ? `address ${grant.address ?? ''}` : undefined
}

function isForbidden(error) {
  return error?.status === 401 || error?.status === 403
}

/** A grant for one project is for no other. */
function projectOf(query, grant) {
  const asked = textOf(query.projectId)
  const granted = grant.projectId ?? undefined
  if (granted !== undefined && asked !== undefined && asked !== granted) {
    throw coded('ERR_FORBIDDEN', 'The project is another one than was granted')
  }
  return granted ?? asked
}

module.exports = { Opener }
