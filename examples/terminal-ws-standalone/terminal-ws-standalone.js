/**
 * Shells in the browser: the page, the HTTP interface and the WebSocket on one
 * port. Output never becomes a JavaScript string: it goes from the terminal
 * into bounded native memory and from there, as ready-made frames, to `ws`.
 */

const http = require('node:http')
const { WebSocketServer } = require('ws')
const { SessionRegistry } = require('offheap-terminal')

const { Access } = require('./lib/access')
const { configFromEnv, withDefaults } = require('./lib/config')
const { onMessage } = require('./lib/control')
const { HttpApi, SAFE, reply } = require('./lib/http-api')
const { JsonConnection } = require('./lib/json-connection')
const { Liveness } = require('./lib/liveness')
const { MuxConnection } = require('./lib/mux-connection')
const { Page } = require('./lib/page')
const { shellOptions, workingDirectory } = require('./lib/shell')
const { StreamConnection } = require('./lib/stream-connection')
const { TerminalSessionService, findSession } = require('./lib/terminal-service')

const STREAM_PROTOCOL = 'offheap.v1'
const MUX_PROTOCOL = 'offheap.mux.v1'
const MAX_PAYLOAD = 1024 * 1024
/** Smaller windows would stall on every frame. */
const MIN_WINDOW = 64 * 1024
/** How long a shutdown waits for sockets and shells to end by themselves. */
const SHUTDOWN_GRACE = 3000

const REFUSALS = {
  ERR_SESSION_LIMIT: [
    1008,
    'Connection limit exceeded',
    'Maximum connections reached. Close unused terminals.',
  ],
  ERR_PROJECT_LIMIT: [
    1008,
    'Connection limit exceeded',
    'Maximum connections reached. Close unused terminals.',
  ],
  ERR_SPAWN_RATE: [1008, 'Rate limit exceeded', 'Rate limit exceeded'],
}

class TerminalWebSocketServer {
  #access
  #liveness
  #page = new Page()
  #api
  #server
  #sockets
  /** The connections of each session: handles, no data. */
  #connections = new Map()
  /** The sessions of whose exit a client has been told; they stay for another second. */
  #exitTold = new Set()
  #closing = null

  constructor(config = {}) {
    this.config = withDefaults(config)
    const { maxSessions, maxSessionsPerProject, spawnsPerMinute, historyBytes, screen } = this.config
    this.registry = new SessionRegistry({
      maxSessions,
      maxSessionsPerProject,
      spawnsPerMinute,
      historyBytes,
      screen,
    })
    this.service = new TerminalSessionService(this.registry)
    this.#access = new Access(this.config)
    this.#liveness = new Liveness(this.config.pingInterval)
    this.#api = new HttpApi({ service: this.service, registry: this.registry, stats: () => this.stats() })
    this.#listenToRegistry()
  }

  /** Starts to listen. Resolves with the address once it does. */
  async listen() {
    this.#sockets = new WebSocketServer({
      noServer: true,
      maxPayload: MAX_PAYLOAD,
      perMessageDeflate: false,
      handleProtocols: (offered) =>
        [STREAM_PROTOCOL, MUX_PROTOCOL].find((known) => offered.has(known)) ?? false,
    })
    const { headersTimeout, maxConnections } = this.config
    this.#server = http.createServer({
      headersTimeout,
      requestTimeout: 3 * headersTimeout,
      connectionsCheckingInterval: Math.ceil(headersTimeout / 2),
    })
    this.#server.maxConnections = maxConnections
    // For who does not read an answer; a WebSocket has its pings.
    this.#server.setTimeout(3 * headersTimeout)
    this.#server.on('request', (request, response) => this.#request(request, response))
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    await new Promise((resolve, reject) => {
      this.#server.once('error', reject)
      this.#server.listen(this.config.port, this.config.host, resolve)
    })
    // What fails from now on, as an accept may, must not end the sessions.
    this.#server.on('error', (error) => console.error('The server has a problem:', error.message))
    const { address, port } = this.#server.address()
    this.url = `http://${address.includes(':') ? `[${address}]` : address}:${port}`
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
    const isMetrics = url?.pathname === '/metrics'
    const isApi = isMetrics || url?.pathname.startsWith('/api/')
    const refused = !url
      ? { status: 400, message: 'Bad request' }
      : isApi
        ? this.#access.refuseWithToken(request, url)
        : this.#access.refuse(request)
    if (refused) {
      reply(response, refused.status, { error: refused.message })
    } else if (isMetrics) {
      this.#metrics(response)
    } else if (isApi) {
      this.#api.handle(request, response, url)
    } else if (!isRead(request) || !this.#page.serve(request, response, url.pathname)) {
      reply(response, 404, { error: 'Not found' })
    }
  }

  /** The registry's numbers, for Prometheus. */
  #metrics(response) {
    response.writeHead(200, { ...SAFE, 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' })
    response.end(this.registry.metrics())
  }

  #upgrade(request, socket, head) {
    const url = parseUrl(request)
    const refused = url ? this.#access.refuseWithToken(request, url) : { status: 400, message: 'Bad request' }
    if (refused) {
      refuseUpgrade(socket, refused)
    } else if (url.pathname === '/' || url.pathname === '/mux' || url.pathname.startsWith('/git/')) {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => this.#connect(ws, request, url))
    } else {
      refuseUpgrade(socket, { status: 404, message: 'Not found' })
    }
  }

  #connect(ws, request, url) {
    // A frame that breaks the protocol ends its own connection; ws closes it.
    ws.on('error', () => {})
    const peer = this.#liveness.watch(ws, request.socket)
    const address = request.socket.remoteAddress
    const refuse = (...reason) => refuseSocket(ws, ...reason)
    if (url.pathname === '/mux') {
      this.#connectMux(ws, address, refuse)
    } else if (url.pathname !== '/') {
      refuse(1008, 'Not available', 'Git status is not available on this server')
    } else {
      this.#connectTerminal(ws, peer, address, url.searchParams, refuse)
    }
  }

  #connectTerminal(ws, peer, address, query, refuse) {
    const Kind = ws.protocol === STREAM_PROTOCOL ? StreamConnection : JsonConnection
    const make = (server, session) => {
      const connection = new Kind(server, ws, session, peer)
      onMessage(ws, (data, isBinary) => connection.message(data, isBinary))
      ws.on('close', (code) => this.#forget(connection, code))
      return connection
    }
    this.#openTerminal(make, address, Object.fromEntries(query), refuse)
  }

  /** Many sessions over one connection; each channel is opened as a connection is. */
  #connectMux(ws, address, refuse) {
    if (ws.protocol !== MUX_PROTOCOL) {
      refuse(1002, 'Subprotocol needed', `Connect with the subprotocol ${MUX_PROTOCOL}`)
      return
    }
    const host = {
      open: (make, query, refuseChannel) => this.#openTerminal(make, address, query, refuseChannel),
      forget: (channel, code) => this.#forget(channel, code),
    }
    const mux = new MuxConnection(host, ws)
    onMessage(ws, (data, isBinary) => mux.message(data, isBinary))
    ws.on('close', (code) => mux.closed(code))
  }

  /** Opens a session as a client asks for it, or says why not. */
  #openTerminal(make, address, query, refuse) {
    try {
      const projectId = textOf(query.projectId)
      const { session, isNew } = this.#session(query, projectId, address)
      // Before the connection is known: it has no viewer yet that could catch up.
      if (session.suspended && !isNew) session.setSuspended(false)
      const connection = make(this, session)
      this.#remember(connection)
      connection.open({ isNew, offset: wholeNumber(query.offset), window: windowOf(query.window) })
    } catch (error) {
      const known = REFUSALS[error.code]
      const [code, reason, message] = known ?? [4000, 'Terminal could not be started', error.message]
      refuse(code, reason, message)
    }
  }

  /** Finds the session that is meant, or makes one; a session without a shell gets one. */
  #session(query, projectId, address) {
    const id = sessionId(textOf(query.sessionId), projectId)
    let session = id === undefined ? null : findSession(this.registry, id, projectId)
    if (session && session.projectId !== (projectId ?? null)) session = null
    if (session && wholeNumber(query.offset) === null && this.#isOver(session)) {
      session.close()
      session = null
    }
    if (session && (session.pid !== null || session.exit)) return { session, isNew: false }
    const cwd = workingDirectory(session?.cwd ?? textOf(query.path))
    // Shells without a project are counted for the address that asks for them.
    const rateKey = projectId === undefined ? `address ${address}` : undefined
    const pty = shellOptions(cwd)
    if (session) session.spawn({ ...pty, rateKey })
    else session = this.registry.create({ projectId, id, cwd, rateKey, pty })
    return { session, isNew: true }
  }

  /**
   * Whether nobody waits for the last output or the exit of a session any more:
   * who asks for it then, and not for the rest of it, wants a new shell.
   */
  #isOver(session) {
    const key = keyOf(session)
    const reading = [...(this.#connections.get(key) ?? [])].some(({ exitTold }) => !exitTold)
    return this.#exitTold.has(key) && !reading
  }

  /**
   * A client has had all output of a session, and its exit. A slow one may be
   * told after the session is gone: by then its id can be another shell's.
   */
  exitTold(session) {
    if (!session.closed) this.#exitTold.add(keyOf(session))
  }

  #remember(connection) {
    const key = keyOf(connection.session)
    const known = this.#connections.get(key) ?? new Set()
    this.#connections.set(key, known.add(connection))
    this.registry.attach(connection.session.id, connection.id, connection.session.projectId)
    this.service.markWebSocketReady(connection.session.id)
  }

  #forget(connection, code) {
    const key = keyOf(connection.session)
    const known = this.#connections.get(key)
    known?.delete(connection)
    if (known?.size === 0) this.#connections.delete(key)
    const { keepAlive, suspend } = connection.gone(code)
    const isLast = !known || known.size === 0
    const lives = !connection.session.closed && !connection.session.exit
    if (isLast && suspend && lives) connection.session.setSuspended(true)
    this.registry.detach(connection.id, { keepAlive })
    if (isLast) this.service.updateWebSocketStatus(connection.session.id, false)
  }

  #listenToRegistry() {
    this.registry.on('sessionClosed', (news) => this.#exitTold.delete(keyOf(news)))
    const each = (event, act) => {
      this.registry.on(event, (news) => {
        for (const connection of this.#connections.get(keyOf(news)) ?? []) act(connection, news)
      })
    }
    each('sessionExited', (connection, { code }) => connection.exited(code))
    each('sessionClosed', (connection, { reason }) => connection.sessionClosed(reason))
    each('drain', (connection) => connection.inputDrained())
    each('sessionSuspended', (connection) => connection.setSuspended(true))
    each('sessionResumed', (connection) => connection.setSuspended(false))
    each('focusChanged', (connection, { focused, allFocused }) => connection.setFocused(focused, allFocused))
  }

  /** A client's word on its session's focus. */
  setFocus({ session }, focused) {
    if (session.projectId === null) return
    if (focused) this.registry.focus(session.id, session.projectId)
    else this.registry.blur(session.id, session.projectId)
  }

  /** A client's word on its project's sessions, or on its own without one. */
  setSuspended({ session }, suspended) {
    if (session.projectId === null) session.setSuspended(suspended)
    else if (suspended) this.registry.suspend(session.projectId)
    else this.registry.resume(session.projectId)
  }

  /** Every viewer of a session learns of its size. */
  sizeChanged(session) {
    const { cols, rows } = session
    for (const connection of this.#connections.get(keyOf(session)) ?? []) connection.sizeChanged(cols, rows)
  }

  /** Ends everything: listeners, viewers (1001), shells. Idempotent. */
  close() {
    this.#closing ??= this.#shutDown()
    return this.#closing
  }

  async #shutDown() {
    this.#liveness.stop()
    const shells = this.registry.list().map(({ pid }) => pid)
    const listening = this.#server?.listening
    const stopped = listening ? new Promise((resolve) => this.#server.close(resolve)) : Promise.resolve()
    this.registry.shutdown()
    // What had no session, or many: each other socket is closed with its session.
    for (const ws of this.#sockets?.clients ?? []) ws.close(1001, 'Server is shutting down')
    this.#server?.closeIdleConnections()
    const impatience = setTimeout(() => {
      for (const ws of this.#sockets?.clients ?? []) ws.terminate()
      this.#server?.closeAllConnections()
    }, SHUTDOWN_GRACE)
    await Promise.all([stopped, allGone(shells)])
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

/** The length keeps two pairs apart whose texts together are the same. */
function keyOf({ id, projectId }) {
  const project = projectId ?? ''
  return `${project.length}:${project}${id}`
}

/** The app's clients append the project to the id; the id is what is before it. */
function sessionId(id, projectId) {
  if (!id) return undefined
  const suffix = `_${projectId}`
  return projectId && id.endsWith(suffix) && id.length > suffix.length ? id.slice(0, -suffix.length) : id
}

function textOf(value) {
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** A number as a query has it, or as JSON has it; null for anything else. */
function wholeNumber(value) {
  const text = String(value ?? '')
  return /^\d{1,16}$/.test(text) && Number.isSafeInteger(Number(text)) ? Number(text) : null
}

function windowOf(value) {
  const window = wholeNumber(value)
  return window === null ? null : Math.max(window, MIN_WINDOW)
}

function refuseUpgrade(socket, { status, message }) {
  socket.on('error', () => socket.destroy())
  // Node's server waits for the peer to close its half too, for ever.
  socket.once('finish', () => socket.destroy())
  const body = `${message}\n`
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status]}\r\nConnection: close\r\n` +
      `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

function refuseSocket(ws, code, reason, message) {
  ws.send(JSON.stringify({ type: 'error', message }))
  ws.close(code, reason)
}

/** Waits for processes to end, for as long as a shutdown may take. */
async function allGone(pids) {
  const deadline = Date.now() + SHUTDOWN_GRACE
  while (pids.some(isAlive) && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
}

function isAlive(pid) {
  try {
    return pid !== null && process.kill(pid, 0)
  } catch {
    return false
  }
}

/** Why the server did not start: in words where they are a user's to mend, else the whole error. */
function reasonOf(error) {
  const { code, syscall, address, port, message } = error
  if (code === 'EADDRINUSE')
    return `Port ${port} of ${address} is in use: set PORT to another, or end what uses it`
  const plain = code === 'ERR_CONFIG' || syscall === 'listen' || syscall === 'getaddrinfo'
  return plain ? message : error
}

/** Serves with the settings of the environment until a signal ends it. */
async function main() {
  try {
    const server = new TerminalWebSocketServer(configFromEnv())
    await server.listen()
    // Before it is said to serve: whoever waits for that may end it at once.
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.once(signal, () => server.close().then(() => process.exit(0)))
    }
    console.log(`offheap-terminal is serving shells on ${server.url}`)
    if (server.config.authToken) console.log('The page asks for AUTH_TOKEN, or takes it as /#token=…')
  } catch (error) {
    console.error(reasonOf(error))
    process.exit(1)
  }
}

if (require.main === module) main()

module.exports = { TerminalWebSocketServer, main }
