/**
 * offheap-client: one terminal session over the WebSocket subprotocol `offheap.v1`.
 *
 * It holds the byte offset of the stream, resumes exactly there after a lost connection, acknowledges what the
 * terminal has really parsed (the server's flow control), and keeps a terminal that reads old output from answering
 * old questions. No dependencies; it works with xterm.js or anything of the same small shape (`TerminalLike`).
 *
 *     const session = new OffheapSession({ url: 'ws://127.0.0.1:4001/', sessionId: 'build', terminal });
 *     session.addEventListener('state', (event) => console.log(event.detail.state));
 *     session.connect();
 *
 * Input typed while the connection is away is kept, at most `offlineInput` bytes and `offlineInputAge` milliseconds,
 * and only for the same shell; what cannot be kept is dropped, and an `inputdropped` event says so.
 * @module
 */
import { OffheapStream } from './offheap-stream.js'

/**
 * @typedef {object} OffheapOptions
 * @property {string | URL} url             `ws:`, `wss:`, `http:` or `https:`
 * @property {import('./offheap-stream.js').TerminalLike} terminal
 * @property {string} [sessionId]           left out, the server makes one
 * @property {string} [projectId]
 * @property {string} [path]                the folder a new shell starts in
 * @property {string} [token]
 * @property {number} [window=262144]       the most bytes the server may send past the last acknowledgement
 * @property {number} [ackEvery=65536]
 * @property {{ min?: number, max?: number, stableAfter?: number, failures?: number, pause?: number }} [backoff]
 *   delays from `min` (500 ms) up to a ceiling that doubles, to `max` (30 s), until a connection has lasted
 *   `stableAfter` (5 s); after `failures` (5) attempts in a row that got no session, the circuit opens for at least
 *   `pause` (30 s), or until connect(), the `online` event or a return to the page
 * @property {number} [connectTimeout=10000]
 * @property {number} [idlePing=15000]      ask for a sign of life after this long without a message …
 * @property {number} [pingTimeout=10000]   … and give the connection up after this long without an answer
 * @property {number} [offlineInput=4096]
 * @property {number} [offlineInputAge=15000]
 * @property {typeof WebSocket} [WebSocket]
 */
/**
 * `idle` before connect() · `connecting` · `live` · `waiting` for the next attempt · `tripped`: the circuit is open ·
 * `exited`: the shell ended · `refused`: the server said no · `closed`: by close(), or by the server without an error.
 * @typedef {'idle'|'connecting'|'live'|'waiting'|'tripped'|'exited'|'refused'|'closed'} OffheapState
 */

export const PROTOCOL = 'offheap.v1'

/** Close codes of this side's circuit breaker (4000–4099): the server keeps the shell for a reconnection. */
export const CloseCode = Object.freeze({ tripped: 4000, silent: 4001, parked: 4002 })

const DEFAULTS = {
  window: 262_144,
  ackEvery: 65_536,
  connectTimeout: 10_000,
  idlePing: 15_000,
  pingTimeout: 10_000,
  offlineInput: 4096,
  offlineInputAge: 15_000,
}
const BACKOFF = { min: 500, max: 30_000, stableAfter: 5000, failures: 5, pause: 30_000 }
const INPUT_FRAME = 65_536
const OPEN = 1
const encoder = new TextEncoder()

/**
 * Events (`CustomEvent`, facts in `detail`): `state` {state, previous, retryAt, attempt, code, reason} · `ready`
 * {sessionId, workingDir, resumed, cols, rows} · `size` {cols, rows} · `gap` {from, to, announced} · `snapshot`
 * {offset, cols, rows, length}, once parsed · `exit` {code, signal} · `error` {message, code} · `inputdropped`
 * {bytes, reason} · `answerdropped` {data} · `control` {type, …}: every other frame, `focusUpdate` for one.
 */
export class OffheapSession extends EventTarget {
  #options
  #backoff
  #terminal
  #stream
  #WebSocket
  #socket = null
  #state = 'idle'
  #subscriptions
  #resumedFrom = null
  #everLive = false
  #size = null
  #lastKey = null
  #offline = []
  #offlineBytes = 0
  #offlineSince = 0
  #attempt = 0
  #failures = 0
  #liveSince = 0
  #heard = 0
  #pinged = 0
  #retryTimer
  #connectTimer
  #lifeTimer

  /** @param {OffheapOptions} options */
  constructor(options) {
    super()
    const { terminal } = options
    this.#options = { ...DEFAULTS, ...options }
    this.#backoff = { ...BACKOFF, ...options.backoff }
    this.#WebSocket = options.WebSocket ?? globalThis.WebSocket
    this.#terminal = terminal
    this.#stream = new OffheapStream(terminal, {
      ackEvery: this.#options.ackEvery,
      send: (message) => this.send(message),
      emit: (type, detail) => (type === 'answer' ? this.input(detail.data) : this.#emit(type, detail)),
    })
    this.sessionId = options.sessionId ?? null
    this.workingDir = null
    this.#subscriptions = [
      terminal.onKey?.(({ key }) => {
        this.#lastKey = key
      }),
      terminal.onData((data) => this.#onTerminalData(data)),
      terminal.onBinary?.((data) => this.input(Uint8Array.from(data, (char) => char.charCodeAt(0)))),
      terminal.onResize?.(({ cols, rows }) => this.#stream.applyingSize || this.resize(cols, rows)),
    ].filter(Boolean)
    const page = globalThis.document
    this.#listen(globalThis, 'online', () => this.#nudge())
    this.#listen(page, 'visibilitychange', () => page.visibilityState === 'visible' && this.#nudge())
    this.#listen(globalThis, 'pagehide', (event) => this.#onPageHide(event))
    this.#listen(
      globalThis,
      'pageshow',
      (event) => event.persisted && this.#state === 'closed' && this.connect(),
    )
  }

  /** @returns {OffheapState} */
  get state() {
    return this.#state
  }
  /** The offset of the next byte expected, null before the first one. */
  get offset() {
    return this.#stream.offset
  }
  /** The offset up to which the terminal has parsed. */
  get parsed() {
    return this.#stream.parsed
  }
  /** Whether the terminal is parsing bytes that were shown before. */
  get replaying() {
    return this.#stream.replaying
  }
  /** The WebSocket in use, or null. */
  get socket() {
    return this.#socket
  }

  /** Connects now, all failures forgiven; resumes at `offset`. After `exited` it asks for a new shell. */
  connect() {
    if (this.#socket) return
    if (this.#state === 'exited') this.#stream.offset = null
    this.#attempt = 0
    this.#failures = 0
    this.#open()
  }

  /**
   * Ends the connection, not the shell; no reconnection follows. Browsers let a page send 1000 and 3000–4999; with
   * any other code they choose themselves.
   * @param {number} [code=1000]
   * @param {string} [reason]
   */
  close(code = 1000, reason = '') {
    this.#drop(code, reason)
    this.#setState('closed', { code, reason })
  }

  /** close(), and lets go of the terminal and of the page's events. */
  dispose() {
    this.close()
    for (const subscription of this.#subscriptions.splice(0)) subscription.dispose()
  }

  /**
   * Sends input for the shell; away from it, keeps it as the module's header says.
   * @param {string | Uint8Array} data
   * @returns {boolean} false when it was dropped
   */
  input(data) {
    const bytes = typeof data === 'string' ? encoder.encode(data) : data
    if (this.#state === 'live' && this.#socket.readyState === OPEN) {
      for (let at = 0; at < bytes.length; at += INPUT_FRAME)
        this.#socket.send(bytes.subarray(at, at + INPUT_FRAME))
      return true
    }
    const hopeful = ['connecting', 'live', 'waiting', 'tripped'].includes(this.#state)
    if (!hopeful || this.#offlineBytes + bytes.length > this.#options.offlineInput) {
      this.#emit('inputdropped', { bytes: bytes.length, reason: hopeful ? 'full' : this.#state })
      return false
    }
    this.#offline.push(bytes.slice())
    this.#offlineBytes += bytes.length
    return true
  }

  /** Asks for a size; the server's `size` says what the viewers agreed on. @param {number} cols @param {number} rows */
  resize(cols, rows) {
    this.#size = { cols, rows }
    return this.send({ type: 'resize', cols, rows })
  }

  /** Sends a control frame, if the session is live. @param {{ type: string }} message @returns {boolean} */
  send(message) {
    if (this.#state !== 'live' || this.#socket.readyState !== OPEN) return false
    this.#socket.send(JSON.stringify(message))
    return true
  }

  #open() {
    clearTimeout(this.#retryTimer)
    const { url, projectId, path, token, window, connectTimeout } = this.#options
    const target = new URL(url, globalThis.location?.href)
    target.protocol = target.protocol.replace('http', 'ws')
    this.#resumedFrom = this.offset
    const query = { projectId, sessionId: this.sessionId, path, token, offset: this.offset, window }
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined && value !== null && value !== '') target.searchParams.set(name, String(value))
    }
    this.#setState('connecting', { attempt: this.#attempt })
    const socket = new this.#WebSocket(target.href, [PROTOCOL])
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onerror = () => {} // a close follows
    socket.onclose = ({ code, reason }) => this.#onClose(code, reason)
    socket.onmessage = ({ data }) => {
      this.#heard = Date.now()
      this.#pinged = 0
      if (typeof data === 'string') this.#onControl(data)
      else this.#stream.frame(data)
    }
    this.#connectTimer = setTimeout(() => this.#abandon('no answer'), connectTimeout)
  }

  /** Lets go of the socket, closing it if a code is given: nothing that it still says is heard. */
  #drop(code, reason) {
    for (const timer of [this.#retryTimer, this.#connectTimer, this.#lifeTimer]) clearTimeout(timer)
    this.#stream.interrupt()
    if (this.#state === 'live') this.#offlineSince = Date.now()
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.onmessage = socket.onclose = null
    if (code === 1000 || (code >= 3000 && code <= 4999)) socket.close(code, reason)
    else if (code !== undefined) socket.close()
  }

  /** Gives up a connection that does not answer, without waiting for its closing handshake. */
  #abandon(reason) {
    this.#drop(CloseCode.silent, reason)
    this.#retry(CloseCode.silent, reason)
  }

  #onClose(code, reason) {
    this.#drop()
    if (code === 1008 || code === 4000) this.#setState('refused', { code, reason })
    else if (code === 1000) this.#setState('closed', { code, reason })
    else this.#retry(code, reason)
  }

  #retry(code, reason) {
    const { min, max, stableAfter, failures, pause } = this.#backoff
    const wasLive = this.#state === 'live'
    if (wasLive && Date.now() - this.#liveSince >= stableAfter) this.#attempt = 0
    this.#attempt += 1
    this.#failures = wasLive ? 0 : this.#failures + 1
    const tripped = this.#failures >= failures
    const ceiling = Math.min(max, min * 2 ** this.#attempt)
    const delay = tripped ? pause * (1 + Math.random()) : min + Math.random() * (ceiling - min)
    this.#retryTimer = setTimeout(() => this.#open(), delay)
    const why = tripped ? { code: CloseCode.tripped, reason: 'circuit open' } : { code, reason }
    this.#setState(tripped ? 'tripped' : 'waiting', {
      retryAt: Date.now() + delay,
      attempt: this.#attempt,
      ...why,
    })
  }

  /** The network or the reader is back: no reason to wait longer, and a good moment to ask if the peer is alive. */
  #nudge() {
    if (this.#state === 'waiting' || this.#state === 'tripped') this.#open()
    else if (this.#state === 'live') this.#ping()
  }

  #ping() {
    if (!this.send({ type: 'ping' })) return
    this.#pinged ||= Date.now()
    this.#watchLife()
  }

  #watchLife() {
    clearTimeout(this.#lifeTimer)
    const { idlePing, pingTimeout } = this.#options
    const due = this.#pinged ? this.#pinged + pingTimeout : this.#heard + idlePing
    this.#lifeTimer = setTimeout(
      () => {
        if (this.#pinged) this.#abandon('no sign of life')
        else if (Date.now() - this.#heard >= idlePing) this.#ping()
        else this.#watchLife()
      },
      Math.max(due - Date.now(), 1),
    )
  }

  /** A page that goes: the browser closes with 1001. A page kept for "back" parks its session itself. */
  #onPageHide({ persisted }) {
    if (!this.#socket && this.#state !== 'waiting' && this.#state !== 'tripped') return
    this.#drop(persisted ? CloseCode.parked : undefined, 'page hidden')
    this.#setState('closed', { code: 1001, reason: 'page hidden' })
  }

  #onControl(json) {
    let message = null
    try {
      message = JSON.parse(json)
    } catch {
      /* reported below */
    }
    switch (message?.type) {
      case 'connected':
      case 'reconnected':
        return this.#onReady(message)
      case 'replay':
      case 'gap':
      case 'snapshot':
      case 'size':
        return this.#stream[message.type](message)
      case 'exit':
        return this.#onExit(message)
      case 'error':
        return this.#emit('error', message)
      case 'pong':
        return undefined
      default:
        return this.#emit('control', message ?? { type: 'malformed', data: json })
    }
  }

  #onReady({ type, sessionId, workingDir, cols, rows }) {
    clearTimeout(this.#connectTimer)
    const newShell = type === 'connected'
    this.sessionId = sessionId ?? this.sessionId
    this.workingDir = workingDir ?? this.workingDir
    this.#stream.begin({ newShell, resumedFrom: this.#resumedFrom })
    const tooOld = Date.now() - this.#offlineSince > this.#options.offlineInputAge
    const stale = this.#everLive && ((newShell && 'new shell') || (tooOld && 'too old'))
    this.#everLive = true
    this.#failures = 0
    this.#liveSince = Date.now()
    this.#setState('live')
    this.#watchLife()
    this.#emit('ready', {
      sessionId: this.sessionId,
      workingDir: this.workingDir,
      resumed: !newShell,
      cols,
      rows,
    })
    const size = this.#size ?? this.#terminal // what was asked for last, not what the viewers agreed on
    if (size.cols) this.resize(size.cols, size.rows)
    this.#flushOffline(stale)
  }

  #flushOffline(stale) {
    const [kept, bytes] = [this.#offline, this.#offlineBytes]
    this.#offline = []
    this.#offlineBytes = 0
    if (!stale) for (const data of kept) this.input(data)
    else if (bytes > 0) this.#emit('inputdropped', { bytes, reason: stale })
  }

  #onExit({ code, signal }) {
    this.#drop(1000)
    this.#setState('exited', { code, reason: signal ?? '' })
    this.#emit('exit', { code, signal })
  }

  #onTerminalData(data) {
    const pressed = data === this.#lastKey
    this.#lastKey = null
    if (pressed || !this.#stream.isReplayAnswer(data)) this.input(data)
  }

  #setState(state, detail = {}) {
    const previous = this.#state
    this.#state = state
    this.#emit('state', { retryAt: null, attempt: 0, code: null, reason: '', ...detail, state, previous })
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }

  #listen(target, type, listener) {
    if (!target?.addEventListener) return
    target.addEventListener(type, listener)
    this.#subscriptions.push({ dispose: () => target.removeEventListener(type, listener) })
  }
}
