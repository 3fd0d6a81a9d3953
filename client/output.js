/**
 * The bytes of one session on their way into a terminal: offsets, gaps, snapshots, replays and sizes. It knows nothing
 * of connections.
 */
import { encodeInput } from './frames.js'
import { Writes } from './writes.js'

/** Ends a half-received sequence (CAN). */
const CANCEL = encodeInput('\x18')
/** After lost bytes: no half sequence, no stray colour or character set. Modes and text stay. */
const REJOIN = encodeInput('\x18\x1b[0m\x1b(B\x0f')
/** A new shell below what the old one left: its modes, mouse reports and second screen end, its text stays. */
const NEW_SHELL = '\x1b[!p\x1b[?9;1000;1002;1003;1004;1006;1015;1016;2004l\x1b[=0u\x1b>\r\n'
const LEAVE_SECOND_SCREEN = '\x1b[?1049l'
const NOTHING = new Uint8Array(0)
/**
 * What may wait to be parsed beyond the window: a snapshot, and control messages in their place. xterm.js throws away
 * what is written past 50 MB.
 */
const MAX_BEYOND_WINDOW = 32 * 1024 * 1024

export class Output {
  #host
  #limits
  #writes
  /** The snapshot that is being received. */
  #snapshot = null
  #replayTo = 0
  #resumed = false
  #toldOfOverlap = false

  /** The offset of the next byte expected; null before the first, and when only a fresh start will do. */
  offset = null
  /** Who answers queries in what comes, as the server says; null where it does not say. */
  answers = null
  /** True while this module resizes the terminal. */
  applyingSize = false

  /**
   * @param {{ send(message: object): boolean, emit(type: string, detail: object): void, restart(problem: { message: string, code: string }): void }} host
   * @param {{ ackEvery: number, window: number, maxCols: number, maxRows: number }} limits
   */
  constructor(host, limits) {
    this.#host = host
    this.#limits = limits
    const { ackEvery, window } = limits
    this.#writes = new Writes(
      {
        acknowledge: (offset) => host.send({ type: 'ack', offset }),
        full: () =>
          host.restart({ code: 'ERR_FLOOD', message: 'The server sent more than it may unacknowledged' }),
        failed: ({ message }) =>
          this.#torn(`The terminal did not take its output: ${message}`, 'ERR_TERMINAL'),
      },
      { ackEvery, maxWaiting: window + MAX_BEYOND_WINDOW },
    )
  }

  get display() {
    return this.#writes.display
  }
  /** The offset up to which the terminal has parsed. */
  get parsed() {
    return this.#writes.parsed
  }
  /** Whether the terminal is parsing bytes that were printed before this connection. */
  get replaying() {
    return this.#writes.kind?.old === true
  }

  /** @param {import('./writes.js').Display | null} display another one is blank: it needs the screen */
  attach(display) {
    this.#writes.attach(display)
    this.#forget()
  }

  /**
   * A connection has begun to speak.
   * @param {{ newShell: boolean, resumedFrom: number | null }} how
   */
  begin({ newShell, resumedFrom }) {
    this.#toldOfOverlap = false
    this.#resumed = !newShell && resumedFrom !== null
    if (this.#resumed) return this.#writes.resumed(this.offset)
    this.#forget() // Another stream, or this one from wherever the server starts it.
    if (this.#writes.hasShown && newShell) this.#endShell()
    else if (this.#writes.hasShown) this.#reset()
    return undefined
  }

  /** The connection is gone: half a snapshot is no screen, and what was said about replays is void. */
  interrupt() {
    this.#writes.pause()
    this.#replayTo = 0
    if (this.#snapshot) this.offset = null
    this.#snapshot = null
  }

  /** The next connection starts anew. */
  startOver() {
    this.offset = null
  }

  /** Bytes below `to` were printed before this connection. @param {{ to: number }} message */
  replay({ to }) {
    this.#replayTo = Math.max(this.#replayTo, to)
  }

  /** @param {{ offset: number, snapshot: boolean, data: Uint8Array }} frame */
  frame({ offset, snapshot, data }) {
    if (snapshot) this.#snapshotPart(data)
    else if (this.#snapshot) this.#torn('Output in the middle of a snapshot')
    else this.#output(offset, data)
  }

  /** The server has lost bytes. A gap that ends below the offset: the session began anew. */
  gap({ from, to }) {
    const { offset } = this
    if (offset === null || to > offset || (to < offset && from >= offset)) this.#lost(to, true)
  }

  /** A picture of the screen follows, in `length` bytes. */
  snapshot({ offset, length, cols, rows }) {
    if (this.#snapshot) return this.#torn('A snapshot in the middle of another')
    if (length > MAX_BEYOND_WINDOW) return this.#torn(`A snapshot of ${length} bytes`)
    this.#snapshot = { offset, length, cols, rows, left: length }
    this.#writes.startAnew()
    const begun = this.#reset(() => this.#applySize({ cols, rows }))
    if (begun && length === 0) this.#snapshotPart(NOTHING)
    return undefined
  }

  /** The size the viewers agreed on, from this point of the stream on. @param {{ cols: number, rows: number }} message */
  size(message) {
    this.#write(NOTHING, { parsed: () => this.#applySize(message) })
  }

  #forget() {
    this.offset = null
    this.#writes.startAnew()
  }

  #output(start, data) {
    if (this.offset === null) {
      this.offset = start
      this.#writes.startAnew(start)
    }
    if (start < this.offset) this.#overlap(start)
    else if (start > this.offset && !this.#lost(start, false)) return
    const fresh = data.subarray(Math.min(this.offset - start, data.length)) // What came twice is cut.
    const old = fresh.subarray(0, Math.max(0, this.#replayTo - this.offset))
    if (this.#append(old, { old: true, shown: !this.#resumed })) this.#append(fresh.subarray(old.length))
  }

  #append(data, how) {
    if (data.length === 0) return true
    const end = this.offset + data.length
    const written = this.#write(data, { ...how, end })
    if (written) this.offset = end
    return written
  }

  #overlap(start) {
    if (this.#toldOfOverlap) return
    this.#toldOfOverlap = true
    this.#fail('ERR_OFFSET', `Output of offset ${start} came again; ${this.offset} was next`)
  }

  #snapshotPart(data) {
    const snapshot = this.#snapshot
    if (!snapshot) return this.#fail('ERR_FRAME', 'A part of a snapshot that was not announced')
    if (data.length > snapshot.left) return this.#torn('A snapshot that is longer than announced')
    snapshot.left -= data.length
    const isLast = snapshot.left === 0
    const then = isLast ? { end: snapshot.offset, parsed: () => this.#snapshotParsed(snapshot) } : {}
    const written = this.#write(data, { old: true, shown: true, ...then })
    if (!written || !isLast) return undefined
    this.#snapshot = null
    this.offset = snapshot.offset
    return undefined
  }

  #snapshotParsed({ offset, length, cols, rows }) {
    this.#writes.acknowledgeNext()
    this.#host.emit('snapshot', { offset, length, cols, rows })
  }

  #lost(to, announced) {
    const from = this.offset ?? 0
    if (to < from) this.#writes.startAnew(to)
    if (!this.#write(REJOIN, { end: to })) return false
    this.offset = to
    this.#host.emit('gap', { from, to, announced })
    return true
  }

  #write(data, { old = false, shown = false, ...then } = {}) {
    return this.#writes.write(data, { old, shown, answers: this.answers }, then)
  }

  #endShell() {
    const leave = this.display.isSecondScreen ? LEAVE_SECOND_SCREEN : ''
    this.#write(encodeInput(`\x18${leave}${NEW_SHELL}`))
  }

  /** Resets the terminal after everything written so far, then runs `then`. */
  #reset(then) {
    const parsed = () => {
      this.display.reset()
      then?.()
    }
    return this.#write(CANCEL, { parsed })
  }

  #applySize({ cols, rows }) {
    const { maxCols, maxRows } = this.#limits
    if (cols < 1 || rows < 1 || cols > maxCols || rows > maxRows)
      return this.#fail('ERR_SIZE', `A size of ${cols}×${rows} was ignored`)
    this.applyingSize = true
    try {
      if (cols !== this.display.cols || rows !== this.display.rows) this.display.resize(cols, rows)
    } finally {
      this.applyingSize = false
    }
    return this.#host.emit('size', { cols, rows })
  }

  /** What came cannot be a screen: the next connection gets a whole one. */
  #torn(message, code = 'ERR_FRAME') {
    this.startOver()
    this.#host.restart({ code, message })
  }

  #fail(code, message) {
    this.#host.emit('error', { code, message })
  }
}
