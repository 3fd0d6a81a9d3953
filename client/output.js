/**
 * The bytes of one session on their way into a terminal: offsets, gaps, snapshots, replays and acknowledgements. It
 * knows nothing of connections.
 */
import { encodeInput } from './frames.js'

/**
 * What shows the output; `OffheapAddon` makes one of an xterm.js.
 * @typedef {object} Display
 * @property {number} cols
 * @property {number} rows
 * @property {number | null} [width]   of the text area, in pixels
 * @property {number | null} [height]
 * @property {boolean} [isSecondScreen]
 * @property {(data: Uint8Array, kind: WriteKind, parsed: () => void) => void} write  calls back, in order
 * @property {() => void} reset
 * @property {(cols: number, rows: number) => void} resize
 */
/**
 * How bytes are to be taken. `old`: they were printed before this connection, and what they ask has been answered or
 * never will be. `shown`: this terminal, or the one before a reload, has shown them, and what they do is done.
 * `answers`: who answers queries, as the server says.
 * @typedef {{ old: boolean, shown: boolean, answers: 'server' | 'viewer' | 'none' | null }} WriteKind
 */

/** Ends a half-received sequence (CAN). */
const CANCEL = encodeInput('\x18')
/** After lost bytes: no half sequence, no stray colour or character set. Modes and text stay. */
const REJOIN = encodeInput('\x18\x1b[0m\x1b(B\x0f')
/** A new shell below what the old one left: its modes, mouse reports and second screen end, its text stays. */
const NEW_SHELL = '\x1b[!p\x1b[?9;1000;1002;1003;1004;1006;1015;1016;2004l\x1b[=0u\x1b>\r\n'
const LEAVE_SECOND_SCREEN = '\x1b[?1049l'
const NOTHING = new Uint8Array(0)
const ACK_IDLE = 50
/** What a write costs beside its bytes. */
const WRITE_COST = 64
/** What may wait to be parsed beyond the window: a snapshot, and control messages in their place. */
const MAX_BEYOND_WINDOW = 32 * 1024 * 1024
/** The largest snapshot taken. xterm.js throws away what is written past 50 MB. */
const MAX_SNAPSHOT = MAX_BEYOND_WINDOW

export class Output {
  #host
  #limits
  /** @type {Display | null} */
  #display = null
  #ackTimer
  /** One entry per write that is not parsed yet. They are called back in order: the first is being parsed. */
  #writes = []
  #pending = 0
  #written = false
  /** Counts new beginnings of the offsets, so that late callbacks are not taken for progress. */
  #epoch = 0
  #acked = 0
  #snapshot = null
  #replayTo = 0
  #resumed = false
  #toldOfOverlap = false

  /** The offset of the next byte expected; null before the first, and when only a fresh start will do. */
  offset = null
  /** The offset up to which the terminal has parsed. */
  parsed = 0
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
  }

  get display() {
    return this.#display
  }

  /** @param {Display | null} display another one is blank: it needs the screen */
  attach(display) {
    this.#display = display
    this.#writes = []
    this.#pending = 0
    this.#written = false
    this.#forget()
  }

  /** Whether the terminal is parsing bytes that were printed before this connection. */
  get replaying() {
    return this.#writes[0]?.kind.old === true
  }

  /**
   * A connection has begun to speak.
   * @param {{ newShell: boolean, resumedFrom: number | null }} how
   */
  begin({ newShell, resumedFrom }) {
    this.#resumed = !newShell && resumedFrom !== null
    this.#toldOfOverlap = false
    if (this.#resumed) {
      this.#acked = this.offset
      return
    }
    this.#forget() // Another stream, or this one from wherever the server starts it.
    if (!this.#written) return
    if (newShell)
      this.#write(encodeInput(`\x18${this.#display.isSecondScreen ? LEAVE_SECOND_SCREEN : ''}${NEW_SHELL}`))
    else this.#reset()
  }

  /** The connection is gone: half a snapshot is no screen, and what was said about replays is void. */
  interrupt() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
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
    if (this.offset === null || to > this.offset || (to < this.offset && from >= this.offset))
      this.#lost(to, true)
  }

  /** A picture of the screen follows, in `length` bytes. */
  snapshot({ offset, length, cols, rows }) {
    if (this.#snapshot) return void this.#torn('A snapshot in the middle of another')
    if (length > MAX_SNAPSHOT) return void this.#torn(`A snapshot of ${length} bytes`)
    this.#snapshot = { offset, length, cols, rows, left: length }
    this.#epoch += 1
    this.#reset(() => this.#applySize({ cols, rows }))
    if (length === 0) this.#snapshotPart(NOTHING)
  }

  /** The size the viewers agreed on, from this point of the stream on. @param {{ cols: number, rows: number }} message */
  size(message) {
    this.#write(NOTHING, { parsed: () => this.#applySize(message) })
  }

  #forget() {
    this.offset = null
    this.#epoch += 1
  }

  #output(start, data) {
    if (this.offset === null) this.offset = this.parsed = this.#acked = start
    if (start > this.offset) this.#lost(start, false)
    else if (start < this.offset) this.#overlap(start)
    const fresh = data.subarray(Math.min(this.offset - start, data.length)) // What came twice is cut.
    const old = fresh.subarray(0, Math.max(0, this.#replayTo - this.offset))
    this.#append(old, { old: true, shown: !this.#resumed })
    this.#append(fresh.subarray(old.length), {})
  }

  #append(data, how) {
    if (data.length === 0) return
    const end = this.offset + data.length
    if (this.#write(data, { ...how, end })) this.offset = end
  }

  #overlap(start) {
    if (this.#toldOfOverlap) return
    this.#toldOfOverlap = true
    this.#fail('ERR_OFFSET', `Output of offset ${start} came again; ${this.offset} was next`)
  }

  #snapshotPart(data) {
    if (!this.#snapshot) return void this.#fail('ERR_FRAME', 'A part of a snapshot that was not announced')
    const { left, ...detail } = this.#snapshot
    if (data.length > left) return void this.#torn('A snapshot that is longer than announced')
    this.#snapshot.left = left - data.length
    if (left > data.length) return void this.#write(data, { old: true, shown: true })
    this.#snapshot = null
    this.offset = detail.offset
    const parsed = () => {
      this.#acked = -1 // To be acknowledged even if no byte comes after it.
      this.#host.emit('snapshot', detail)
    }
    this.#write(data, { old: true, shown: true, end: detail.offset, parsed })
    return undefined
  }

  #lost(to, announced) {
    const from = this.offset ?? 0
    if (to < from) {
      this.#epoch += 1
      this.parsed = this.#acked = to
    }
    if (!this.#write(REJOIN, { end: to })) return
    this.offset = to
    this.#host.emit('gap', { from, to, announced })
  }

  /** @returns {boolean} false where the terminal has too much to parse already, and nothing was written */
  #write(data, { old = false, shown = false, end, parsed } = {}) {
    const kind = { old, shown, answers: this.answers }
    const cost = data.length + WRITE_COST
    if (this.#pending + cost > this.#limits.window + MAX_BEYOND_WINDOW) return this.#flooded()
    const write = { kind }
    this.#writes.push(write)
    this.#pending += cost
    this.#written ||= data.length > 0
    const epoch = this.#epoch
    const done = () => {
      if (this.#writes[0] !== write) return // Of a display that was detached.
      this.#writes.shift()
      this.#pending -= cost
      if (end !== undefined && epoch === this.#epoch) this.parsed = end
      parsed?.()
      this.#scheduleAck()
    }
    try {
      this.#display.write(data, kind, done)
      return true
    } catch (error) {
      this.#writes.pop()
      this.#pending -= cost
      this.#torn(`The terminal did not take its output: ${error.message}`, 'ERR_TERMINAL')
      return false
    }
  }

  /** Resets the terminal after everything written so far, then runs `then`. */
  #reset(then) {
    const parsed = () => {
      this.#display.reset()
      then?.()
    }
    this.#write(CANCEL, { parsed })
  }

  #applySize({ cols, rows }) {
    const { maxCols, maxRows } = this.#limits
    if (cols < 1 || rows < 1 || cols > maxCols || rows > maxRows)
      return void this.#fail('ERR_SIZE', `A size of ${cols}×${rows} was ignored`)
    this.applyingSize = true
    try {
      if (cols !== this.#display.cols || rows !== this.#display.rows) this.#display.resize(cols, rows)
    } finally {
      this.applyingSize = false
    }
    this.#host.emit('size', { cols, rows })
    return undefined
  }

  #scheduleAck() {
    const behind = this.parsed - this.#acked
    if (behind >= this.#limits.ackEvery) this.#ack()
    else if (behind > 0) this.#ackTimer ??= setTimeout(() => this.#ack(), ACK_IDLE)
  }

  #ack() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    if (this.parsed > this.#acked && this.#host.send({ type: 'ack', offset: this.parsed }))
      this.#acked = this.parsed
  }

  #flooded() {
    this.#host.restart({
      code: 'ERR_FLOOD',
      message: 'The server sent more than it may before an acknowledgement',
    })
    return false
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
