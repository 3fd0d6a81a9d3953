/** One terminal session of a server: its connection, and what is said over it. */
import { Backoff } from './backoff.js'
import { CloseCode } from './close-codes.js'
import { encodeInput } from './frames.js'
import { Input } from './input.js'
import { Liveness } from './liveness.js'
import { fail, optional, wholeNumbers } from './options.js'
import { Output } from './output.js'
import { watchPage } from './page-events.js'
import { ShellFacts } from './shell-facts.js'
import { SocketTransport } from './socket.js'
import { TerminalMux } from './terminal-mux.js'

const MIB = 1024 * 1024
const HOUR = 3_600_000
const NUMBERS = {
  window: { value: 256 * 1024, min: 64 * 1024, max: 16 * MIB },
  ackEvery: { value: 64 * 1024, min: 1, max: 16 * MIB },
  connectTimeout: { value: 10_000, min: 1, max: HOUR },
  idlePing: { value: 15_000, min: 1, max: HOUR },
  pingTimeout: { value: 10_000, min: 1, max: HOUR },
  offlineInput: { value: 4096, min: 0, max: MIB },
  offlineInputAge: { value: 15_000, min: 0, max: HOUR },
  maxPendingInput: { value: 16 * MIB, min: 0, max: 256 * MIB },
  maxCols: { value: 1000, min: 1, max: 65_535 },
  maxRows: { value: 500, min: 1, max: 65_535 },
}
const SIDE = { value: NaN, min: 1, max: 65_535 }
const SIZE = { cols: SIDE, rows: SIDE }
const PIXELS = { width: SIDE, height: SIDE }
const TEXTS = ['sessionId', 'projectId', 'path', 'token', 'share']
const COLOURS = ['foreground', 'background', 'cursor']
const ANSWERS = ['server', 'viewer', 'none']
/** States in which a session is expected to be live soon. */
const HOPEFUL = ['connecting', 'live', 'waiting', 'tripped']
/** Messages that come once a session is announced, and the two that announce it. */
const ORDERED = ['connected', 'reconnected', 'replay', 'gap', 'size', 'snapshot', 'exit']
/** What a viewer that may only read still says. */
const READER_MESSAGES = ['ack', 'ping']

export class TerminalClient extends EventTarget {
  #transport
  #parameters
  #limits
  #backoff
  #liveness
  #output
  #input
  #link = null
  #state = 'idle'
  #facts = {
    sessionId: null,
    workingDir: null,
    access: 'write',
    viewers: null,
    recording: false,
    lost: false,
  }
  #shell = new ShellFacts()
  #wishes = { size: null, theme: null }
  #everLive = false
  #resumedFrom = null
  #timer
  #unwatchPage
  #isParked = false

  constructor(target, options = {}) {
    super()
    const texts = Object.fromEntries(TEXTS.map((name) => [name, optional(options?.[name], name, 'string')]))
    const { sessionId, token, ...parameters } = texts
    const WebSocket = optional(options?.WebSocket, 'WebSocket', 'function') ?? globalThis.WebSocket
    this.#transport =
      target instanceof TerminalMux ? target : new SocketTransport(target, { token, WebSocket })
    this.#parameters = { ...optional(options?.query, 'query', 'object'), ...parameters }
    this.#facts.sessionId = sessionId
    this.#limits = wholeNumbers(options, NUMBERS)
    this.#backoff = new Backoff(options?.backoff)
    this.#liveness = new Liveness(this.#limits, {
      ask: () => this.send({ type: 'ping' }),
      silent: () => this.#abandon('no sign of life'),
    })
    this.#input = new Input(this.#limits, (bytes, reason) => this.#emit('inputdropped', { bytes, reason }))
    this.#output = new Output(
      {
        send: (message) => this.send(message),
        emit: (type, detail) => this.#emit(type, detail),
        restart: (problem) => this.#restart(problem),
      },
      this.#limits,
    )
    this.#unwatchPage = watchPage({
      back: () => this.#nudge(),
      hidden: ({ persisted }) => this.#pageHidden(persisted),
      shown: () => this.#pageShown(),
    })
  }

  get state() {
    return this.#state
  }
  get sessionId() {
    return this.#facts.sessionId
  }
  get workingDir() {
    return this.#facts.workingDir
  }
  get access() {
    return this.#facts.access
  }
  get viewers() {
    return this.#facts.viewers
  }
  get recording() {
    return this.#facts.recording
  }
  get shell() {
    return this.#shell.facts
  }
  get lost() {
    return this.#facts.lost
  }
  get answers() {
    return this.#output.answers
  }
  get offset() {
    return this.#output.offset
  }
  get parsed() {
    return this.#output.parsed
  }
  get replaying() {
    return this.#output.replaying
  }
  get pendingInput() {
    return this.#input.pending
  }
  /** True while the client itself resizes the terminal, as the server said. */
  get applyingSize() {
    return this.#output.applyingSize
  }

  attach(display) {
    if (this.#output.display)
      throw fail(Error, 'ERR_ALREADY_ATTACHED', 'The client shows its output elsewhere')
    this.#output.attach(display)
    return { dispose: () => this.#output.display === display && this.#detach() }
  }

  connect() {
    if (!this.#output.display)
      throw fail(Error, 'ERR_NO_TERMINAL', 'Load an OffheapAddon of this client first')
    if (this.#link) return
    this.#isParked = false
    if (this.#state === 'exited') this.#output.startOver()
    this.#backoff.reset()
    this.#open()
  }

  close(code = 1000, reason = '') {
    this.#isParked = false
    this.#drop(code, reason)
    this.#setState('closed', { code, reason })
  }

  dispose() {
    if (this.#state !== 'closed') this.close()
    this.#unwatchPage()
  }

  input(data) {
    const bytes = typeof data === 'string' ? encodeInput(data) : data
    if (!(bytes instanceof Uint8Array))
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'data must be a string or a Uint8Array')
    const refusal = this.access === 'read' ? 'read-only' : HOPEFUL.includes(this.#state) ? null : this.#state
    if (!refusal) return this.#input.send(bytes)
    this.#emit('inputdropped', { bytes: bytes.length, reason: refusal })
    return false
  }

  resize(cols, rows, pixels = null) {
    const { width, height } = pixels ?? {}
    const size = wholeNumbers({ cols, rows }, SIZE)
    this.#wishes.size = width && height ? { ...size, ...wholeNumbers({ width, height }, PIXELS) } : size
    return this.send({ type: 'resize', ...this.#wishes.size })
  }

  spawn() {
    return this.send({ type: 'spawn' })
  }

  setTheme(theme) {
    const before = this.#wishes.theme
    this.#wishes.theme = coloursOf(theme)
    const isSame = COLOURS.every((name) => before?.[name] === this.#wishes.theme[name])
    return !isSame && this.#sendTheme()
  }

  send(message) {
    if (this.#state !== 'live' || !this.#link.isOpen) return false
    if (this.access === 'read' && !READER_MESSAGES.includes(message.type)) return false
    this.#link.send(message)
    return true
  }

  #sendTheme() {
    return this.#wishes.theme !== null && this.send({ type: 'theme', ...this.#wishes.theme })
  }

  #open() {
    clearTimeout(this.#timer)
    const { sessionId } = this.#facts
    const { window, connectTimeout } = this.#limits
    this.#resumedFrom = this.offset
    this.#setState('connecting')
    const query = {
      ...this.#output.display.query,
      ...this.#parameters,
      sessionId,
      offset: this.offset,
      window,
      ...this.#size(),
    }
    let link = null
    const heard =
      (act) =>
      (...what) =>
        this.#link === link && act(...what)
    try {
      link = this.#transport.open(query, {
        control: heard((message) => this.#onControl(message)),
        output: heard((frame) => this.#onOutput(frame)),
        problem: heard((message) => this.#emit('error', { message, code: 'ERR_FRAME' })),
        closed: heard((code, reason) => this.#onClose(code, reason)),
      })
      this.#link = link
      this.#timer = setTimeout(() => this.#abandon('no answer'), connectTimeout)
    } catch (error) {
      // The page may not connect there at all, as one of https not to ws.
      this.#emit('error', { message: error.message, code: 'ERR_CONNECT' })
      this.#setState('refused', { code: CloseCode.tripped, reason: error.message })
    }
  }

  /** What was asked for last, not what the viewers agreed on. */
  #size() {
    const { display } = this.#output
    const wish = this.#wishes.size ?? display
    const isShown = wish.cols === display.cols && wish.rows === display.rows
    const { width, height } = isShown ? display : wish // The size of a cell may have changed since.
    return { cols: wish.cols, rows: wish.rows, width, height }
  }

  /** Lets go of the connection, closing it if a code is given: nothing that it still says is heard. */
  #drop(code, reason) {
    clearTimeout(this.#timer)
    this.#liveness.stop()
    this.#output.interrupt()
    this.#input.end()
    const link = this.#link
    this.#link = null
    if (code !== undefined) link?.close(code, reason)
  }

  /** Gives up a connection that does not answer, without waiting for its closing handshake. */
  #abandon(reason) {
    this.#drop(CloseCode.silent, reason)
    this.#retry(CloseCode.silent, reason)
  }

  /** Gives up a connection on which something came that cannot be. */
  #restart(problem) {
    if (!this.#link) return
    this.#emit('error', problem)
    this.#drop(CloseCode.broken, 'broken stream')
    this.#retry(CloseCode.broken, problem.message)
  }

  #onClose(code, reason) {
    this.#drop()
    if (isRefusal(code)) this.#setState('refused', { code, reason })
    else if (code === 1000) this.#setState('closed', { code, reason })
    else this.#retry(code, reason)
  }

  #retry(code, reason) {
    const { delay, tripped } = this.#backoff.next()
    this.#timer = setTimeout(() => this.#open(), delay)
    const why = tripped ? { code: CloseCode.tripped, reason: 'circuit open' } : { code, reason }
    this.#setState(tripped ? 'tripped' : 'waiting', { retryAt: Date.now() + delay, ...why })
  }

  /** The network or the reader is back: no reason to wait longer, and a good moment to ask if the peer is alive. */
  #nudge() {
    if (this.#state === 'waiting' || this.#state === 'tripped') this.#open()
    else if (this.#state === 'live') this.#liveness.ask()
  }

  /** A page that goes: the browser closes with 1001. A page kept for "back" parks its session itself. */
  #pageHidden(persisted) {
    if (!this.#link && this.#state !== 'waiting' && this.#state !== 'tripped') return
    this.#drop(persisted ? CloseCode.parked : undefined, 'page hidden')
    this.#setState('closed', { code: 1001, reason: 'page hidden' })
    this.#isParked = persisted
  }

  #pageShown() {
    if (this.#isParked && this.#output.display) this.connect()
  }

  #detach() {
    if (this.#link || HOPEFUL.includes(this.#state)) this.close()
    this.#output.attach(null)
  }

  #onOutput(frame) {
    this.#liveness.heard()
    if (this.#state === 'live') this.#output.frame(frame)
    else this.#emit('error', { message: 'Output before the session was announced', code: 'ERR_FRAME' })
  }

  #onControl(message) {
    this.#liveness.heard()
    const isReady = message.type === 'connected' || message.type === 'reconnected'
    if (isReady === (this.#state === 'live') && ORDERED.includes(message.type))
      return this.#emit('error', { message: `A message "${message.type}" out of order`, code: 'ERR_FRAME' })
    if (ANSWERS.includes(message.answers)) this.#output.answers = message.answers
    else if (isReady) this.#output.answers = null
    return this.#act(message)
  }

  #act(message) {
    switch (message.type) {
      case 'connected':
      case 'reconnected':
        return this.#onReady(message)
      case 'replay':
      case 'gap':
      case 'size':
      case 'snapshot':
        return this.#output[message.type](message)
      case 'viewers':
        return this.#onViewers(message)
      case 'recording':
        return this.#setRecording(message.recording === true)
      case 'spawned':
        return this.#setLost(false)
      case 'exit':
        return this.#onExit(message)
      case 'input-pause':
        return this.#input.pause()
      case 'input-resume':
        return this.#input.resume()
      case 'error':
        return this.#emit('error', { message: textOf(message.message) ?? '', code: textOf(message.code) })
      case 'pong':
        return undefined
      default:
        return this.#onOther(message)
    }
  }

  /** News of the shell, or something that only the page may understand. */
  #onOther(message) {
    const news = this.#shell.take(message)
    if (news === null) this.#emit('control', message)
    else this.#emit(message.type, news)
  }

  #onReady(message) {
    clearTimeout(this.#timer)
    const newShell = message.type === 'connected'
    const first = !this.#everLive
    this.#everLive = true
    this.#output.begin({ newShell, resumedFrom: this.#resumedFrom })
    this.#backoff.live()
    this.#facts.sessionId = message.sessionId
    this.#facts.workingDir = textOf(message.workingDir)
    this.#setAccess(message.access === 'read' ? 'read' : 'write')
    this.#setRecording(message.recording === true)
    this.#setLost(message.lost === true)
    this.#setState('live')
    this.#liveness.start()
    const { sessionId, workingDir, access } = this
    const [cols, rows] = [numberOf(message.cols), numberOf(message.rows)]
    this.#emit('ready', { sessionId, workingDir, resumed: !newShell, cols, rows, access })
    if (this.#state !== 'live') return // Closed by a listener.
    this.#sayWishes({ cols, rows })
    this.#input.begin(this.#link, { newShell, first })
  }

  /** The size went with the query; it is said again where the session has another. */
  #sayWishes({ cols, rows }) {
    const size = this.#size()
    if (size.cols !== cols || size.rows !== rows) this.resize(size.cols, size.rows, size)
    this.#sendTheme()
  }

  #setAccess(access) {
    if (access === this.#facts.access) return
    this.#facts.access = access
    this.#emit('access', { access })
  }

  #setRecording(recording) {
    if (recording === this.#facts.recording) return
    this.#facts.recording = recording
    this.#emit('recording', { recording })
  }

  #setLost(lost) {
    if (lost === this.#facts.lost) return
    this.#facts.lost = lost
    this.#emit('lost', { lost })
  }

  #onViewers({ count, readers }) {
    this.#facts.viewers = { count, readers: numberOf(readers) }
    this.#emit('viewers', { ...this.#facts.viewers })
  }

  #onExit(message) {
    const code = numberOf(message.code)
    const signal = textOf(message.signal) ?? numberOf(message.signal)
    this.#drop(1000)
    this.#setState('exited', { code, reason: signal ? String(signal) : '' })
    this.#emit('exit', { code, signal })
  }

  #setState(state, detail = {}) {
    const previous = this.#state
    this.#state = state
    const { attempt } = this.#backoff
    this.#emit('state', { retryAt: null, code: null, reason: '', ...detail, attempt, state, previous })
  }

  #emit(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}

/** Limits and rates, a shell that could not be started, a session that made room for another, and what HTTP would refuse, as a share that has ended. */
const isRefusal = (code) => code === 1008 || code === 4000 || code === 4001 || (code >= 4400 && code <= 4499)
/** @throws `ERR_INVALID_ARG_VALUE` for one that is none */
function coloursOf(theme) {
  const wrong = COLOURS.find((name) => !/^#[\da-f]{6}$/i.test(theme?.[name]))
  if (wrong) throw fail(TypeError, 'ERR_INVALID_ARG_VALUE', `${wrong} must be a colour such as "#1e1e1e"`)
  return Object.fromEntries(COLOURS.map((name) => [name, theme[name]]))
}

const textOf = (value) => (typeof value === 'string' ? value : null)
const numberOf = (value) => (Number.isSafeInteger(value) ? value : null)
