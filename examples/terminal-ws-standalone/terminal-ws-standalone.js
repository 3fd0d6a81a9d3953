/**
 * Shells in the browser, as the existing app has them: the page, the HTTP
 * interface and the WebSocket on one port. The package does the work; this file
 * joins it to what belongs to the app.
 */

const http = require('node:http')
const { SessionRegistry } = require('offheap-terminal')
const { Access, RecordingServer, TerminalServer, refuseUpgrade } = require('offheap-terminal/server')

const { pathBelow } = require('./lib/base-path')
const { configFromEnv, isLocal, withDefaults } = require('./lib/config')
const { Cors } = require('./lib/cors')
const { GitConnections } = require('./lib/git/connections')
const { GitStatus } = require('./lib/git/git-status')
const { HttpApi, SAFE, reply } = require('./lib/http-api')
const { listen, urlOf } = require('./lib/listener')
const { Page } = require('./lib/page')
const { Refusals } = require('./lib/refusals')
const { Shells } = require('./lib/shell')
const { TerminalSessionService } = require('./lib/terminal-service')
const { startWithToken } = require('./lib/token')

const MUX_PROTOCOL = 'offheap.mux.v1'
/** How long a shutdown waits for sockets and shells to end by themselves. */
const SHUTDOWN_GRACE = 3000

const BAD_REQUEST = { status: 400, message: 'Bad request' }
const NOT_FOUND = { status: 404, message: 'Not found' }
/** What a WebSocket is told that asks for the shared connection in the wrong way. */
const NO_MUX = {
  code: 1002,
  reason: 'Subprotocol needed',
  message: `Connect with the subprotocol ${MUX_PROTOCOL}`,
}
const READER = { code: 4403, reason: 'Write access needed' }

class TerminalWebSocketServer {
  #access
  #terminals
  #cors
  #refusals = new Refusals()
  #page = new Page()
  #shells
  #api
  /** `null` where nothing is recorded. */
  #recordings
  #git
  #gitConnections
  #server
  #closing = null

  constructor(config = {}) {
    this.config = withDefaults(config)
    const { authToken, allowedOrigins, trustProxy } = this.config
    this.#access = new Access({
      token: authToken,
      origins: allowedOrigins,
      loopback: isLocal(this.config),
      trustProxy,
    })
    this.#cors = new Cors(allowedOrigins)
    this.#shells = new Shells(this.config)
    this.registry = this.#registry()
    this.service = new TerminalSessionService(this.registry)
    this.#git = new GitStatus({ roots: this.config.gitRoots, ...this.config.git })
    this.#gitConnections = new GitConnections(this.#git, this.registry)
    this.#watchCommands()
    this.#terminals = this.#terminalServer()
    const { recordingDir, unicodeVersion } = this.config
    this.#recordings = recordingDir
      ? new RecordingServer({ dir: recordingDir, terminal: { unicodeVersion } })
      : null
    this.#api = new HttpApi({
      service: this.service,
      registry: this.registry,
      terminals: this.#terminals,
      stats: () => this.stats(),
      limits: this.#limits(),
    })
  }

  #registry() {
    const { maxSessions, maxSessionsPerProject, maxFocusedPerProject } = this.config
    const { spawnsPerMinute, historyBytes } = this.config
    const { inactiveTimeout, screen, unicodeVersion, stateDir, keepShells, recordingDir } = this.config
    return new SessionRegistry({
      journal: stateDir ? { dir: stateDir, keeper: keepShells } : null,
      maxSessions,
      maxSessionsPerProject,
      maxFocusedPerProject,
      spawnsPerMinute,
      historyBytes,
      screen: screen && { unicodeVersion },
      inactiveTimeout,
      recording: recordingDir ? { dir: recordingDir } : null,
    })
  }

  /** What there may be; 0: any number. */
  #limits() {
    const { maxSessions, maxSessionsPerProject, spawnsPerMinute, historyBytes, maxConnections } = this.config
    const { maxFocusedPerProject: maxFocused } = this.config
    return { maxSessions, maxSessionsPerProject, maxFocused, spawnsPerMinute, historyBytes, maxConnections }
  }

  #terminalServer() {
    const { allowedOrigins, trustProxy, keepAlive, outputKeepsAlive, pingInterval } = this.config
    const { historyAs, unknownMessages, maxUnauthorized, maxUnauthorizedPerAddress } = this.config
    return new TerminalServer({
      registry: this.registry,
      authorize: (request) => this.#access.refuseWithToken(request, parseUrl(request)) ?? { access: 'write' },
      open: (query, grant) => this.#open(query, grant),
      shell: (query, grant, session) => this.#shells.optionsFor(query, grant, session),
      origins: allowedOrigins,
      trustProxy,
      keepAlive: (code) => keepAlive[code],
      outputKeepsAlive,
      pingInterval,
      history: historyAs,
      unknownMessages,
      maxUnauthorized,
      maxUnauthorizedPerAddress,
      messages: { ...this.#gitConnections.handlers, mark },
    })
  }

  /** A session, which says itself what was wrong with its project's files. */
  #open(query, grant) {
    this.#shells.takeProblems()
    const session = this.#terminals.findOrCreate({ ...query, sessionId: sessionId(query) }, grant)
    for (const problem of this.#shells.takeProblems()) session.append(`\x1b[33m${problem}\x1b[m\r\n`)
    return session
  }

  /** What is watched of git repositories, in numbers. */
  gitStats() {
    return this.#git.stats()
  }

  /** A command that has ended may have changed files where nothing tells of it. */
  #watchCommands() {
    this.registry.on('commandFinished', ({ id, projectId }) => {
      const session = this.registry.get(id, projectId ?? undefined)
      if (session) this.#git.refreshFor(session.workingDirectory ?? session.cwd)
    })
  }

  /** Starts to listen. Resolves with the address once it does. */
  async listen() {
    const { headersTimeout, maxConnections, basePath } = this.config
    this.#server = http.createServer({
      headersTimeout,
      requestTimeout: 3 * headersTimeout,
      connectionsCheckingInterval: Math.ceil(headersTimeout / 2),
    })
    this.#server.maxConnections = maxConnections
    // For who does not read an answer; a WebSocket has its pings.
    this.#server.setTimeout(3 * headersTimeout)
    this.#server.on('connection', this.#terminals.connection)
    this.#server.on('request', (request, response) => this.#request(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#restore()
    await listen(this.#server, this.config)
    // What fails from now on, as an accept may, must not end the sessions.
    this.#server.on('error', (error) => console.error('The server has a problem:', error.message))
    this.url = urlOf(this.#server, basePath)
    return this.#server.address()
  }

  /** The figures of the page's panel. */
  stats() {
    const { heapUsed, heapTotal, external, rss } = process.memoryUsage()
    const { sessions, viewers, nativeBytes, bytesOut } = this.registry.stats()
    const uptime = process.uptime()
    return {
      heapUsed,
      heapTotal,
      external,
      rss,
      nativeBytes,
      sessions,
      viewers,
      bytesOut,
      uptime,
      pid: process.pid,
    }
  }

  #request(request, response) {
    const url = parseUrl(request)
    const { basePath } = this.config
    const path = url && pathBelow(basePath, url.pathname)
    if (path?.startsWith('/api/')) {
      this.#call(request, response, url, path)
      return
    }
    const isMetrics = path === '/metrics'
    const refused = !url
      ? BAD_REQUEST
      : isMetrics
        ? this.#access.refuseWithToken(request, url)
        : this.#access.refuse(request)
    if (refused) {
      reply(response, refused.status, { error: refused.message })
    } else if (basePath !== '' && url.pathname === basePath) {
      redirect(response, `${basePath}/${url.search}`)
    } else if (isMetrics) {
      this.#metrics(response)
    } else if (path === null || !isRead(request) || !this.#page.serve(request, response, path)) {
      reply(response, 404, { error: 'Not found' })
    }
  }

  /** A call of the HTTP interface, or a browser's question whether a page may make one. */
  #call(request, response, url, path) {
    const isPreflight = this.#cors.isPreflight(request)
    const refused = isPreflight ? this.#access.refuse(request) : this.#access.refuseWithToken(request, url)
    this.#cors.allow(request, response)
    if (refused) {
      reply(response, refused.status, { error: refused.message })
    } else if (isPreflight) {
      this.#cors.answerPreflight(response)
    } else if (this.#recordings && /^\/api\/recordings(\/|$)/.test(path)) {
      // Who may call the interface may do all of it.
      const below = path.slice('/api/recordings/'.length)
      this.#recordings.serve(request, response, below, { access: 'write' })
    } else {
      this.#terminals.admit(request.socket)
      url.pathname = path
      this.#api.handle(request, response, url)
    }
  }

  /** The registry's numbers, for Prometheus. */
  #metrics(response) {
    response.writeHead(200, { ...SAFE, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(this.registry.metrics())
  }

  #upgrade(request, socket, head) {
    const url = parseUrl(request)
    const path = url && pathBelow(this.config.basePath, url.pathname)
    const isMux = offers(request, MUX_PROTOCOL)
    if (path === '/' || (path === '/mux' && isMux)) {
      this.#terminals.upgrade(request, socket, head)
      return
    }
    const projectId = path && projectOf(path)
    if (projectId) {
      this.#terminals.accept(request, socket, head, (ws, { access }, query) => {
        if (access === 'write') this.#gitConnections.serve(ws, projectId, query.path ?? query.projectPath)
        else ws.close(READER.code, READER.reason)
      })
      return
    }
    const refused = url ? this.#access.refuseWithToken(request, url) : BAD_REQUEST
    const closed = path === '/mux' ? NO_MUX : null
    if (!refused && closed) this.#refusals.answer(request, socket, head, closed)
    else refuseUpgrade(socket, refused ?? NOT_FOUND)
  }

  /** Brings back what an earlier server has left, before anybody asks for it. */
  #restore() {
    if (!this.config.stateDir) return
    this.registry.on('journalError', ({ path, message }) =>
      console.error(`Not restored: ${path}: ${message}`),
    )
    this.registry.restore()
  }

  /** Ends everything: listeners, viewers (1001), shells. Idempotent. */
  close() {
    this.#closing ??= this.#shutDown(false)
    return this.#closing
  }

  /** Leaves sessions to the next server, and viewers to come back (1012); without a directory it is `close()`. */
  leave() {
    if (!this.config.stateDir) return this.close()
    this.#closing ??= this.#shutDown(true)
    return this.#closing
  }

  async #shutDown(leaves) {
    const kept = leaves && this.config.keepShells
    const shells = kept ? [] : this.registry.list().map(({ pid }) => pid)
    const listening = this.#server?.listening
    const stopped = listening ? new Promise((resolve) => this.#server.close(resolve)) : Promise.resolve()
    if (leaves) this.registry.leave()
    else this.registry.shutdown()
    const disconnected = this.#terminals.close()
    this.#git.close()
    this.#refusals.close()
    this.#recordings?.close()
    this.#server?.closeIdleConnections()
    const impatience = setTimeout(() => this.#server?.closeAllConnections(), SHUTDOWN_GRACE)
    await Promise.all([stopped, disconnected, allGone(shells)])
    clearTimeout(impatience)
  }
}

function parseUrl(request) {
  try {
    return new URL(request.url, 'http://localhost')
  } catch {
    return null
  }
}

function isRead({ method }) {
  return method === 'GET' || method === 'HEAD'
}

/** `//` at its beginning would lead to another host. */
function redirect(response, location) {
  response.writeHead(308, { ...SAFE, Location: location, 'Content-Length': 0 })
  response.end()
}

function offers({ headers }, protocol) {
  return (headers['sec-websocket-protocol'] ?? '').split(',').some((each) => each.trim() === protocol)
}

/** The project of a connection for git's status; `null` for another path. */
function projectOf(path) {
  const [, name] = /^\/git\/([^/]+)\/?$/.exec(path) ?? []
  try {
    return name === undefined ? null : decodeURIComponent(name)
  } catch {
    return null
  }
}

/** The app's clients append the project to the id; the id is what is before it. */
function sessionId({ sessionId: id = '', projectId }) {
  const suffix = `_${projectId}`
  return projectId && id.endsWith(suffix) && id.length > suffix.length ? id.slice(0, -suffix.length) : id
}

/** Waits for processes to end, for as long as a shutdown may take. */
async function allGone(pids) {
  const deadline = Date.now() + SHUTDOWN_GRACE
  while (pids.some(isAlive) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
}

/** Sets a marker for a client in what is recorded of its session. */
function mark({ label }, { session }) {
  for (const recording of session.recordings) recording.mark(label)
}

function isAlive(pid) {
  try {
    return Number.isInteger(pid) && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Why the server did not start: in words where they are a user's to mend, else the whole error. */
function reasonOf(error) {
  const { code, syscall, address, port, message } = error
  if (code === 'EADDRINUSE') {
    return port > 0
      ? `Port ${port} of ${address} is in use: set PORT to another, or end what uses it`
      : `${address} is in use: set SOCKET_PATH to another, or end what uses it`
  }
  const plain = /^ERR_(CONFIG|JOURNAL|KEEPER)/.test(code) || syscall === 'listen' || syscall === 'getaddrinfo'
  return plain ? message : error
}

/** Serves with the settings of the environment until a signal ends it. */
async function main() {
  try {
    const server = new TerminalWebSocketServer(configFromEnv())
    await server.listen()
    // Before it is said to serve: whoever waits for that may end it at once.
    process.once('SIGTERM', () => server.leave().then(() => process.exit(0)))
    process.once('SIGINT', () => server.close().then(() => process.exit(0)))
    console.log(`offheap-terminal is serving shells on ${server.url}`)
    if (server.config.authToken) console.log('The page asks for AUTH_TOKEN, or takes it as /#token=…')
    else console.log(`Whoever can connect gets a shell. To ask for a token: ${startWithToken()}`)
  } catch (error) {
    console.error(reasonOf(error))
    process.exit(1)
  }
}

if (require.main === module) main()

module.exports = { TerminalWebSocketServer, main }
