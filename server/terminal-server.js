const { Arrivals } = require('./arrivals')
const { Audience } = require('./audience')
const { Authorization } = require('./authorization')
const { onMessage } = require('./control')
const { EarlyMessages } = require('./early-messages')
const { coded } = require('./errors')
const { Handshake, MUX_PROTOCOL, STREAM_PROTOCOL } = require('./handshake')
const { Incoming } = require('./incoming')
const { JsonConnection } = require('./json-connection')
const { Liveness } = require('./liveness')
const { MuxConnection } = require('./mux-connection')
const { Opener } = require('./opener')
const { optionsOf } = require('./options')
const { Outboxes } = require('./outboxes')
const { OutputWatch } = require('./output-watch')
const { queryOf, urlOf } = require('./query')
const { refuseUpgrade } = require('./refusal')
const { Shares } = require('./shares')
const { StreamConnection } = require('./stream-connection')

/** How long `close()` waits for clients to close their side. */
const CLOSE_GRACE = 3000
/** The close codes of what would have been an HTTP status before the handshake. */
const CLOSE_CODES = new Map([
  [401, 4401],
  [403, 4403],
  [429, 1013],
  [503, 1013],
])

/** What a share is no key to. */
const TERMINALS_ONLY = { status: 403, message: 'A share opens its terminal only' }

/** Serves the sessions of a registry over WebSockets; `index.d.ts` describes it. */
class TerminalServer {
  #options
  #shares = new Shares()
  #audience
  #authorization
  #handshake
  #opener
  #liveness
  #arrivals
  #incoming
  #outboxes
  #watch
  #sockets = new Set()
  #closing = null

  constructor(options) {
    this.#options = optionsOf(options)
    this.#authorization = new Authorization(this.#options, this.#shares)
    this.#handshake = new Handshake(this.#options, this.#authorization)
    this.#audience = new Audience(this.#options, (news) => this.#shares.sessionClosed(news))
    this.#opener = new Opener(this.#options, this.#audience, this.#shares)
    this.#liveness = new Liveness(this.#options.pingInterval)
    this.#arrivals = new Arrivals(this.#options)
    this.#incoming = new Incoming(this.#options)
    this.#outboxes = new Outboxes(this.#options)
    this.#watch = new OutputWatch(this.#audience, this.#options.outputKeepsAlive)
  }

  /** Without `ws` it is the set-up that fails, not the first connection. */
  get upgrade() {
    this.#handshake.needWebSockets()
    return this.#upgrade
  }

  #upgrade = (request, socket, head) => {
    this.#handshake.answer(request, socket, head, (ws, url, grant) => this.#accept(ws, request, url, grant))
  }

  get connection() {
    return this.#connection
  }

  #connection = (socket) => this.#arrivals.add(socket)

  admit(socket) {
    this.#arrivals.admit(socket)
  }

  accept(request, socket, head, accepted) {
    this.#handshake.needWebSockets()
    if (urlOf(request)?.searchParams.has('share')) {
      refuseUpgrade(socket, TERMINALS_ONLY)
      return
    }
    this.#handshake.answer(request, socket, head, (ws, url, grant) => {
      this.#keep(ws, request)
      accepted(ws, grant, queryOf(url.searchParams))
    })
  }

  connect(ws, request, grant = null) {
    const url = urlOf(request)
    const refused = ({ status, message }) => ws.close(CLOSE_CODES.get(status) ?? 1008, message)
    if (this.#closing) refused({ status: 503, message: 'Server is shutting down' })
    else if (!url) refused({ status: 400, message: 'Bad request' })
    else if (grant !== null) this.#accept(ws, request, url, this.#authorization.grant(grant, request))
    else this.#connectAuthorized(ws, request, url, refused)
  }

  /** What the client says before it is known who it is has to wait. */
  #connectAuthorized(ws, request, url, refused) {
    ws.on('error', () => {})
    const early = []
    const keep = (...message) => early.push(message)
    ws.pause()
    ws.on('message', keep)
    const decided = (act) => (answer) => {
      ws.off('message', keep)
      ws.resume()
      act(answer)
    }
    const granted = (grant) => {
      if (ws.readyState !== ws.OPEN) return
      this.#accept(ws, request, url, grant)
      for (const message of early) ws.emit('message', ...message)
    }
    this.#authorization.decide(request, url, decided(granted), decided(refused))
  }

  #accept(ws, request, url, grant) {
    const peer = this.#keep(ws, request)
    if (ws.protocol === MUX_PROTOCOL) this.#serveMany(ws, grant)
    else this.#serveOne(ws, peer, queryOf(url.searchParams), grant)
  }

  /** Keeps a connection until it is closed, or its peer is gone. */
  #keep(ws, request) {
    // A frame that breaks the protocol ends its own connection; ws closes it.
    ws.on('error', () => {})
    this.#arrivals.admit(request.socket)
    this.#incoming.watch(ws, request.socket)
    this.#outboxes.watch(ws)
    this.#sockets.add(ws)
    ws.on('close', () => this.#sockets.delete(ws))
    return this.#liveness.watch(ws, request.socket)
  }

  /** One session over the connection. */
  #serveOne(ws, peer, query, grant) {
    const Kind = ws.protocol === STREAM_PROTOCOL ? StreamConnection : JsonConnection
    const early = new EarlyMessages(peer)
    onMessage(ws, (data, isBinary) => early.take(data, isBinary), this.#options.onError)
    this.#opener.open(query, grant, {
      isWanted: () => ws.readyState === ws.OPEN,
      make: (options) => {
        const connection = new Kind({ ...options, socket: ws, peer })
        ws.on('close', (code) => this.#audience.leave(connection, code))
        return connection
      },
      opened: (connection) => early.handTo(connection),
      refuse: ({ code, reason, message, error }) => {
        ws.send(JSON.stringify({ type: 'error', message, code: error }))
        ws.close(code, reason)
        early.drop()
      },
    })
  }

  /** Many sessions over the connection; each channel is opened as a connection is. */
  #serveMany(ws, grant) {
    const host = {
      open: (query, way) => this.#opener.open(query, grant, way),
      forget: (channel, code) => this.#audience.leave(channel, code),
    }
    const mux = new MuxConnection(host, ws)
    onMessage(ws, (data, isBinary) => mux.message(data, isBinary), this.#options.onError)
    ws.on('close', (code) => mux.closed(code))
  }

  findOrCreate(query, grant) {
    return this.#opener.findOrCreate(query, grant)
  }

  newShell(session, query = {}, grant = {}) {
    if (typeof session?.openViewer !== 'function')
      throw coded('ERR_INVALID_ARG_TYPE', 'session must be a Session')
    this.#opener.newShell(session, query ?? {}, { access: 'write', ...grant })
  }

  share(session, options) {
    if (this.#closing) throw coded('ERR_CLOSED', 'The server is closed')
    return this.#shares.add(session, options ?? {})
  }

  revoke(token) {
    if (typeof token !== 'string') throw coded('ERR_INVALID_ARG_TYPE', 'token must be a string')
    return this.#shares.revoke(token)
  }

  async close(options) {
    const code = options?.code ?? 1001
    const reason = options?.reason ?? 'Server is shutting down'
    if (!mayClose(code))
      throw coded('ERR_OUT_OF_RANGE', 'code must be 1000, 1001, 1012, 1013 or 4000 to 4999')
    this.#closing ??= this.#disconnect(code, reason)
    return this.#closing
  }

  async #disconnect(code, reason) {
    this.#handshake.close()
    this.#liveness.stop()
    this.#watch.stop()
    const sockets = [...this.#sockets]
    const gone = sockets.map((ws) => new Promise((resolve) => ws.once('close', resolve)))
    for (const ws of sockets) ws.close(code, reason)
    const impatience = setTimeout(() => {
      for (const ws of this.#sockets) ws.terminate()
    }, CLOSE_GRACE)
    await Promise.all(gone)
    clearTimeout(impatience)
    this.#shares.clear()
    this.#opener.stop()
    this.#audience.stop()
  }
}

/** The close codes that a server may send of its own accord. */
function mayClose(code) {
  return [1000, 1001, 1012, 1013].includes(code) || (Number.isInteger(code) && code >= 4000 && code <= 4999)
}

module.exports = { TerminalServer }
