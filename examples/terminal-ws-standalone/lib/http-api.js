/** The app's HTTP interface: JSON in, JSON out, small bodies. */

const MAX_BODY = 64 * 1024
const MAX_FOCUSED = 4
/** How long a shared terminal can be reached, in ms, where nobody says. */
const SHARE_TIME = 24 * 60 * 60_000
/** Keeps answers out of other sites' pages. */
const SAFE = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' }

class HttpError extends Error {
  constructor(status, message) {
    super(message)
    this.status = status
  }
}

class HttpApi {
  #service
  #registry
  #shares
  #routes

  /** @param {{ share: Function, revoke: Function }} options.shares */
  constructor({ service, registry, shares, stats }) {
    this.#service = service
    this.#registry = registry
    this.#shares = shares
    this.#routes = new Map([
      ['POST /api/terminal/create', (_url, body) => this.#create(body)],
      ['GET /api/terminal/list', (url) => this.#list(url)],
      ['GET /api/terminal/status', (url) => this.#status(url)],
      ['PUT /api/terminal/focus', (_url, body) => this.#setFocus(body)],
      ['GET /api/terminal/focus', (url) => this.#focusState(needed(url, 'projectId'))],
      ['POST /api/terminal/suspend', (_url, body) => this.#suspend(body)],
      ['POST /api/terminal/resume', (_url, body) => this.#resume(body)],
      ['DELETE /api/terminal/cleanup', (url) => this.#cleanup(url)],
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
    return () => {
      const id = decoded(url.pathname.slice(prefix.length))
      const projectId = url.searchParams.get('projectId')
      if (!this.#service.closeSession(id, projectId)) throw new HttpError(404, 'Session not found')
      return { success: true, sessionId: id }
    }
  }

  async #create({ projectId, projectPath, mode, userId }) {
    text('projectId', projectId)
    text('projectPath', projectPath)
    const session = this.#service.createSession(projectId, projectPath, userId, mode)
    const focused = this.#service.getFocusedSessions(projectId)
    return {
      success: true,
      session,
      websocketReady: this.#service.isWebSocketReady(session.id),
      retryDelay: 1000,
      focusState: { focused, version: 1, timestamp: Date.now() },
    }
  }

  #list(url) {
    return { success: true, sessions: this.#service.listSessions(needed(url, 'projectId')) }
  }

  #status(url) {
    return { success: true, session: this.#known(needed(url, 'sessionId')) }
  }

  #setFocus({ sessionId, projectId, focused }) {
    text('sessionId', sessionId)
    text('projectId', projectId)
    if (typeof focused !== 'boolean') throw new HttpError(400, 'focused must be true or false')
    const known = this.#service.setSessionFocus(sessionId, focused, projectId)
    if (!known) throw new HttpError(404, 'Session not found')
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
      maxFocused: MAX_FOCUSED,
    }
  }

  #suspend({ projectId }) {
    text('projectId', projectId)
    return { success: true, projectId, suspended: this.#service.suspendProjectSessions(projectId) }
  }

  #resume({ projectId }) {
    text('projectId', projectId)
    const sessions = this.#service.resumeProjectSessions(projectId)
    return { success: true, projectId, resumed: sessions.length, sessions }
  }

  #cleanup(url) {
    const projectId = needed(url, 'projectId')
    return { success: true, closedSessions: this.#service.cleanupProjectSessions(projectId) }
  }

  /** Makes a link, relative to the page, whose visitors see this terminal and no other. */
  #share({ sessionId, projectId, access = 'read', expiresIn = SHARE_TIME }) {
    text('sessionId', sessionId)
    const session = this.#registry.get(sessionId, projectId ?? undefined)
    if (!session) throw new HttpError(404, 'Session not found')
    const share = this.#shares.share(session, { access, expiresIn })
    const expiresAt = Date.now() + expiresIn
    return { success: true, sessionId, access, share, url: `./#share=${share}`, expiresAt }
  }

  #revoke(share) {
    if (!this.#shares.revoke(share)) throw new HttpError(404, 'Share not found')
    return { success: true }
  }

  /** Degraded while memory is short: new sessions may be refused. */
  #health() {
    const { sessions, nativeBytes, memoryLevel } = this.#registry.stats()
    const memory = process.memoryUsage()
    return {
      status: memoryLevel === 'normal' ? 'healthy' : 'degraded',
      memoryLevel,
      sessions,
      nativeBytes,
      heapUsed: memory.heapUsed,
      rss: memory.rss,
      uptime: process.uptime(),
    }
  }

  #known(id) {
    const session = this.#service.getSession(id)
    if (!session) throw new HttpError(404, 'Session not found')
    return session
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
  return request.method === 'POST' || request.method === 'PUT'
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
