/** The app's HTTP interface: JSON in, JSON out, small bodies. */

const os = require('node:os')

const MAX_BODY = 64 * 1024
/** Projects that a response names. */
const MAX_NAMED = 5
/** How long a shared terminal can be reached, in ms, where nobody says. */
const SHARE_TIME = 24 * 60 * 60_000
/** Keeps responses out of other sites' pages. */
const SAFE = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' }

class HttpError extends Error {
  constructor(status, message, code) {
    super(message)
    this.status = status
    this.code = code
  }
}

class HttpApi {
  #service
  #registry
  #terminals
  #limits
  /** How often the focus may have changed: of two responses, the one with more is newer. */
  #focusVersion = 0
  #routes

  /**
   * @param {object} options
   * @param {import('./terminal-service').TerminalSessionService} options.service
   * @param {import('offheap-terminal').SessionRegistry} options.registry
   * @param {import('offheap-terminal/server').TerminalServer} options.terminals
   * @param {() => object} options.stats the figures of the page's panel
   * @param {Record<string, number>} options.limits what health says of them
   */
  constructor({ service, registry, terminals, stats, limits }) {
    this.#service = service
    this.#registry = registry
    this.#terminals = terminals
    this.#limits = limits
    // A new session takes the focus by itself, and one that ends gives it up.
    for (const event of ['focusChanged', 'sessionCreated', 'sessionClosed']) {
      registry.on(event, () => (this.#focusVersion += 1))
    }
    this.#routes = new Map([
      ['POST /api/terminal/create', (_url, body) => this.#create(body)],
      ['GET /api/terminal/list', (url) => this.#list(url)],
      ['GET /api/terminal/status', (url) => this.#status(url)],
      ['POST /api/terminal/spawn', (_url, body) => this.#spawn(body)],
      ['PUT /api/terminal/focus', (_url, body) => this.#setFocus(body)],
      ['GET /api/terminal/focus', (url) => this.#focusState(needed(url, 'projectId'))],
      ['POST /api/terminal/suspend', (_url, body) => this.#suspend(body)],
      ['POST /api/terminal/resume', (_url, body) => this.#resume(body)],
      ['DELETE /api/terminal/cleanup', (url, body) => this.#cleanup(url, body)],
      ['POST /api/terminal/share', (_url, body) => this.#share(body)],
      ['DELETE /api/terminal/share', (url) => this.#revoke(needed(url, 'share'))],
      ['GET /api/terminal/health', () => this.#health()],
      ['GET /api/stats', () => stats()],
    ])
  }

  /** Answers a request below `/api/`. */
  async handle(request, response, url) {
    try {
      const route = this.#routes.get(`${request.method} ${url.pathname}`) ?? this.#closeRoute(request, url)
      if (!route) throw new HttpError(404, 'Not found')
      const body = hasBody(request) ? await readJson(request) : {}
      reply(response, 200, await route(url, body))
    } catch (error) {
      reply(response, statusOf(error), { error: error.message, code: error.code })
    }
  }

  #closeRoute(request, url) {
    const prefix = '/api/terminal/close/'
    if (request.method !== 'DELETE' || !url.pathname.startsWith(prefix)) return null
    const id = decoded(url.pathname.slice(prefix.length))
    if (id === '') return null
    // A session that is gone is closed: who asks twice, or too late, has what it asked for.
    return () => {
      this.#service.closeSession(id, this.#projectOf(id, url.searchParams.get('projectId')))
      return { success: true, sessionId: id }
    }
  }

  async #create({ projectId, projectPath = ownDirectory(), mode, userId }) {
    text('projectId', projectId)
    text('projectPath', projectPath)
    const session = this.#service.createSession(projectId, projectPath, userId, mode)
    const focused = this.#service.getFocusedSessions(projectId)
    return {
      success: true,
      session,
      websocketReady: this.#service.isWebSocketReady(session.id, projectId),
      retryDelay: 1000,
      focusState: { focused, version: this.#focusVersion, timestamp: Date.now() },
    }
  }

  #list(url) {
    return { success: true, sessions: this.#service.listSessions(needed(url, 'projectId')) }
  }

  #status(url) {
    const id = needed(url, 'sessionId')
    const session = this.#known(id, this.#projectOf(id, url.searchParams.get('projectId')))
    return { success: true, session, websocketReady: session.wsConnected }
  }

  /** Starts a shell in a session whose own was gone when this server came. */
  #spawn({ sessionId, projectId }) {
    text('sessionId', sessionId)
    const project = this.#projectOf(sessionId, projectId)
    const session = this.#registry.get(sessionId, project ?? undefined)
    if (!session) throw new HttpError(404, 'Session not found')
    this.#terminals.newShell(session)
    return { success: true, session: this.#known(sessionId, project) }
  }

  #setFocus({ sessionId, projectId, focused = true }) {
    text('sessionId', sessionId)
    text('projectId', projectId)
    if (typeof focused !== 'boolean') throw new HttpError(400, 'focused must be true or false')
    this.#known(sessionId, projectId)
    this.#service.setSessionFocus(sessionId, focused, projectId)
    return { ...this.#focusState(projectId), sessionId }
  }

  #focusState(projectId) {
    const focusedSessions = this.#service.getFocusedSessions(projectId)
    return {
      success: true,
      projectId,
      focusedSessions,
      focusedSessionDetails: focusedSessions.map((id) => this.#service.getSession(id, projectId)),
      totalFocused: focusedSessions.length,
      maxFocused: this.#limits.maxFocused,
    }
  }

  #suspend({ projectId, uiState }) {
    text('projectId', projectId)
    const suspendedSessionCount = this.#service.suspendProjectSessions(projectId, uiState)
    return { success: true, projectId, suspendedSessionCount }
  }

  #resume({ projectId }) {
    text('projectId', projectId)
    return { success: true, projectId, ...this.#service.resumeProjectSessions(projectId) }
  }

  #cleanup(url, body) {
    const projectId = text('projectId', body.projectId ?? url.searchParams.get('projectId'))
    return { success: true, closedSessions: this.#service.cleanupProjectSessions(projectId) }
  }

  /** Makes a link, relative to the page, whose visitors see this terminal and no other. */
  #share({ sessionId, projectId, access = 'read', expiresIn = SHARE_TIME }) {
    text('sessionId', sessionId)
    const session = this.#registry.get(sessionId, this.#projectOf(sessionId, projectId))
    if (!session) throw new HttpError(404, 'Session not found')
    const share = this.#terminals.share(session, { access, expiresIn })
    const expiresAt = Date.now() + expiresIn
    return { success: true, sessionId, access, share, url: `./#share=${share}`, expiresAt }
  }

  #revoke(share) {
    if (!this.#terminals.revoke(share)) throw new HttpError(404, 'Share not found')
    return { success: true }
  }

  /** Degraded while memory is short: new sessions may be refused. */
  #health() {
    const { sessions, connections, viewers, nativeBytes, memoryLevel } = this.#registry.stats()
    const { heapUsed, rss } = process.memoryUsage()
    const { maxSessions } = this.#limits
    const warnings = []
    if (memoryLevel !== 'normal')
      warnings.push(`Memory is short (${memoryLevel}): new sessions may be refused`)
    if (maxSessions > 0 && sessions >= maxSessions) warnings.push(`All ${maxSessions} sessions are in use`)
    return {
      status: memoryLevel === 'normal' ? 'healthy' : 'degraded',
      metrics: {
        sessions,
        connections,
        viewers,
        nativeBytes,
        memoryLevel,
        heapUsed,
        rss,
        uptime: process.uptime(),
      },
      limits: this.#limits,
      warnings,
    }
  }

  #known(id, projectId) {
    const session = this.#service.getSession(id, projectId)
    if (!session) throw new HttpError(404, 'Session not found')
    return session
  }

  /** The project of a session that is named by its id and, where several have that, its project. */
  #projectOf(id, projectId) {
    if ((projectId ?? '') !== '') return text('projectId', projectId)
    const projects = this.#service.projectsWith(id)
    // One without a project is named by its id alone.
    if (projects.length === 1) return projects[0]
    if (projects.length === 0 || projects.includes(null)) return null
    const help = projects
      .slice(0, MAX_NAMED)
      .map((project) => `projectId=${project}`)
      .join(' or ')
    throw new HttpError(
      409,
      `Several projects have a session "${id}": name one, as with ${help}`,
      'ERR_SESSION_AMBIGUOUS',
    )
  }
}

/** The server's directory; home where that was removed. */
function ownDirectory() {
  try {
    return process.cwd()
  } catch {
    return os.homedir()
  }
}

function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    throw new HttpError(400, 'The path is not properly encoded')
  }
}

function needed(url, name) {
  return text(name, url.searchParams.get(name))
}

function text(name, value) {
  if (typeof value !== 'string' || value === '') throw new HttpError(400, `${name} is required`)
  return value
}

function hasBody(request) {
  return request.method !== 'GET' && request.method !== 'HEAD'
}

async function readJson(request) {
  const chunks = []
  let size = 0
  for await (const chunk of request) {
    size += chunk.length
    if (size > MAX_BODY) throw new HttpError(413, `The body is larger than ${MAX_BODY} bytes`)
    chunks.push(chunk)
  }
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8') || '{}')
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body
  } catch {
    // Told below, as any body that is no object.
  }
  throw new HttpError(400, 'The body must be a JSON object')
}

const STATUS_BY_CODE = {
  ERR_SESSION_LIMIT: 429,
  ERR_PROJECT_LIMIT: 429,
  ERR_SPAWN_RATE: 429,
  ERR_SESSION_NOT_FOUND: 404,
  ERR_SESSION_EXISTS: 409,
  ERR_SESSION_STARTED: 409,
  ERR_SESSION_AMBIGUOUS: 409,
  ERR_SHARE_LIMIT: 429,
  ERR_INVALID_ARG_TYPE: 400,
  ERR_INVALID_ARG_VALUE: 400,
  ERR_OUT_OF_RANGE: 400,
  ERR_CLOSED: 503,
}

function statusOf(error) {
  return error.status ?? STATUS_BY_CODE[error.code] ?? 500
}

function reply(response, status, body) {
  if (response.headersSent || response.destroyed) return
  const json = JSON.stringify(body)
  response.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(json),
    'Cache-Control': 'no-store',
    ...SAFE,
    // What is left of an oversized body is not read.
    ...(status === 413 && { Connection: 'close' }),
  })
  response.end(json)
}

module.exports = { HttpApi, SAFE, reply }
