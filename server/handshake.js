const { coded } = require('./errors')
const { sendPong } = require('./outboxes')
const { urlOf } = require('./query')
const { refuseUpgrade } = require('./refusal')

/** The subprotocols, the better ones first. */
const STREAM_PROTOCOL = 'offheap.v1'
const MUX_PROTOCOL = 'offheap.mux.v1'

/** Pieces that one message may be sent in: each is an object until the message is complete. */
const MAX_FRAGMENTS = 256
/** Bytes that a piece as the network delivers it has at least, on the whole, before it counts as an attack. */
const MIN_CHUNK = 256
const MIN_CHUNKS = 1024

const CLOSED = { status: 503, message: 'Server is shutting down' }

/** `ws`, which only those need who leave the handshake to this package. */
function webSockets() {
  try {
    return require('ws')
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND') throw error
    throw coded(
      'ERR_MISSING_PEER',
      'TerminalServer.upgrade needs the package "ws", which is not installed: run "npm install ws", ' +
        'or pass the connections of a WebSocket server of your own to connect()',
      { cause: error },
    )
  }
}

/** Answers HTTP upgrades: with a WebSocket, or with the status of a refusal. */
class Handshake {
  #options
  #authorization
  #sockets = null
  #closed = false

  constructor(options, authorization) {
    this.#options = options
    this.#authorization = authorization
  }

  /** @throws `ERR_MISSING_PEER` */
  needWebSockets() {
    this.#sockets ??= this.#server()
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @param {import('node:stream').Duplex} socket
   * @param {Buffer} head
   * @param {(ws: import('ws').WebSocket, url: URL, grant: object) => void} accepted
   */
  answer(request, socket, head, accepted) {
    const url = urlOf(request)
    if (!url || this.#closed) {
      refuseUpgrade(socket, this.#closed ? CLOSED : { status: 400, message: 'Bad request' })
      return
    }
    // While it waits for a decision nobody else listens for its errors.
    const lost = () => socket.destroy()
    socket.on('error', lost)
    const decided = (act) => (answer) => {
      socket.off('error', lost)
      act(answer)
    }
    this.#authorization.decide(
      request,
      url,
      decided((grant) => this.#welcome(request, socket, head, (ws) => accepted(ws, url, grant))),
      decided((refusal) => refuseUpgrade(socket, refusal)),
    )
  }

  #welcome(request, socket, head, accepted) {
    if (this.#closed) refuseUpgrade(socket, CLOSED)
    else if (!socket.destroyed) {
      this.#sockets.handleUpgrade(request, socket, head, (ws) => {
        ws.on('ping', (data) => sendPong(ws, data))
        accepted(ws)
      })
    }
  }

  #server() {
    const { WebSocketServer } = webSockets()
    const { maxPayload } = this.#options
    return new WebSocketServer({
      noServer: true,
      clientTracking: false,
      maxPayload,
      maxFragments: MAX_FRAGMENTS,
      maxBufferedChunks: Math.max(MIN_CHUNKS, Math.ceil(maxPayload / MIN_CHUNK)),
      perMessageDeflate: false,
      // Its own answers to pings are counted by nobody.
      autoPong: false,
      handleProtocols: (offered) =>
        [STREAM_PROTOCOL, MUX_PROTOCOL].find((known) => offered.has(known)) ?? false,
    })
  }

  /** Refuses what comes from here on. */
  close() {
    this.#closed = true
  }
}

module.exports = { Handshake, MUX_PROTOCOL, STREAM_PROTOCOL }
