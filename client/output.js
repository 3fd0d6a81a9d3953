/**
 * offheap-stream: the bytes of one session on their way into a terminal. Knows offsets, frames, gaps, snapshots and
 * replays of the subprotocol `offheap.v1`, and nothing of connections (those are in `offheap-client.js`).
 * @module
 */

/** @typedef {{ dispose(): void }} Disposable */
/**
 * What a terminal must offer; xterm.js does.
 * @typedef {object} TerminalLike
 * @property {(data: Uint8Array, parsed?: () => void) => void} write  calls back, in order, once `data` is parsed
 * @property {() => void} reset
 * @property {(listener: (data: string) => void) => Disposable} onData
 * @property {(listener: (data: string) => void) => Disposable} [onBinary]
 * @property {(listener: (size: { cols: number, rows: number }) => void) => Disposable} [onResize]
 * @property {(listener: (event: { key: string }) => void) => Disposable} [onKey]  tells key presses from answers
 * @property {(cols: number, rows: number) => void} [resize]
 * @property {number} [cols]
 * @property {number} [rows]
 * @property {{ sendFocusMode: boolean }} [modes]
 * @property {{ active: { type: string } }} [buffer]
 */

/** What a terminal says by itself: DA, DSR, CPR, DECRPM, window and focus reports, and OSC, DCS, APC or PM strings. */
const REPORT =
  // eslint-disable-next-line no-control-regex
  /^(?:\x1b\[(?:[?>=][\d;]*(?:\$y|[a-zA-Z])|[\d;]+(?:\$y|[cnRt])|[IO])|\x1b[\]P_^][^\x07\x1b]*(?:\x07|\x1b\\))+$/
const FOCUS_IN = '\x1b[I'
const FOCUS_OUT = '\x1b[O'

const encoder = new TextEncoder()
/** Ends a half-received sequence (CAN). */
const CANCEL = encoder.encode('\x18')
/** After lost bytes: no half sequence, no stray colour or character set; modes and text stay, the best guess there is. */
const REJOIN = encoder.encode('\x18\x1b[0m\x1b(B\x0f')
/** A new shell below what the old one left: its modes, mouse reports and second screen are over, its text stays. */
const NEW_SHELL = '\x1b[!p\x1b[?9;1000;1002;1003;1006;1015;1016l\x1b>\r\n'
const LEAVE_SECOND_SCREEN = '\x1b[?1049l'
const NOTHING = new Uint8Array(0)
const ACK_IDLE = 50

export class OffheapStream {
  #terminal
  #send
  #emit
  #ackEvery
  #ackTimer
  #writes = [] // one entry per terminal.write() not parsed yet; callbacks come in order: the first is being parsed
  #written = false
  #epoch = 0 // bumped when offsets start anew, so that late callbacks are not taken for progress
  #acked = 0
  #snapshot = null
  #replayTo = 0
  #focus = null

  /** The offset of the next byte expected; null before the first, and when only a fresh start will do. */
  offset = null
  /** The offset up to which the terminal has parsed. */
  parsed = 0
  /** True while this module itself resizes the terminal. */
  applyingSize = false

  /**
   * @param {TerminalLike} terminal
   * @param {{ send(message: object): boolean, emit(type: string, detail: object): void, ackEvery: number }} session
   */
  constructor(terminal, { send, emit, ackEvery }) {
    this.#terminal = terminal
    this.#send = send
    this.#emit = emit
    this.#ackEvery = ackEvery
  }

  /** Whether the terminal is parsing bytes that were shown before, whose questions must not be answered again. */
  get replaying() {
    return this.#writes[0]?.replay === true
  }

  /**
   * A connection has begun to speak.
   * @param {{ newShell: boolean, resumedFrom: number | null }} how
   */
  begin({ newShell, resumedFrom }) {
    if (!newShell && resumedFrom !== null) return void (this.#acked = this.offset)
    this.offset = null // another stream, or this one from wherever the server starts it
    this.#epoch += 1
    if (!this.#written) return
    if (!newShell) return void this.#reset()
    const second = this.#terminal.buffer?.active.type === 'alternate'
    this.#write(encoder.encode(`\x18${second ? LEAVE_SECOND_SCREEN : ''}${NEW_SHELL}`))
  }

  /** The connection is gone: half a snapshot is no picture, and what was said about replays is void. */
  interrupt() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    this.#replayTo = 0
    if (this.#snapshot) this.offset = null
    this.#snapshot = null
  }

  /** Bytes below `to` were shown before. @param {{ to: number }} message */
  replay({ to }) {
    this.#replayTo = Math.max(this.#replayTo, to)
  }

  /** A binary frame. @param {ArrayBuffer} buffer */
  frame(buffer) {
    if (buffer.byteLength < 8)
      return this.#emit('error', { message: 'A frame without an offset', code: 'ERR_FRAME' })
    const view = new DataView(buffer)
    const high = view.getUint32(0)
    const start = (high % 2 ** 31) * 2 ** 32 + view.getUint32(4)
    let data = new Uint8Array(buffer, 8)
    if (high >= 2 ** 31) return this.#snapshotPart(start, data)
    if (this.offset === null) this.offset = this.parsed = this.#acked = start
    if (start > this.offset) this.#lost(start, false)
    data = data.subarray(Math.min(this.offset - start, data.length)) // what came twice is cut
    const old = data.subarray(0, Math.max(0, this.#replayTo - this.offset))
    const fresh = data.subarray(old.length)
    if (old.length > 0) this.#write(old, { replay: true, end: (this.offset += old.length) })
    if (fresh.length > 0) this.#write(fresh, { end: (this.offset += fresh.length) })
    return undefined
  }

  /** The server has lost bytes. A gap that ends below our offset: the session began anew. */
  gap({ from, to }) {
    if (this.offset === null || to > this.offset || (to < this.offset && from >= this.offset))
      this.#lost(to, true)
  }

  /** A picture of the screen follows, in `length` bytes. */
  snapshot({ offset, length, cols, rows }) {
    this.#snapshot = { offset, length, cols, rows, left: length }
    this.#epoch += 1
    this.#reset(() => this.#applySize({ cols, rows }))
    if (length === 0) this.#snapshotPart(offset, NOTHING)
  }

  /** The size the viewers agreed on, from this point of the stream on. */
  size(message) {
    this.#write(NOTHING, { parsed: () => this.#applySize(message) })
  }

  /** Whether the terminal says this only because it reads old bytes again: then it must not reach the shell. */
  isReplayAnswer(data) {
    if (!this.replaying || !REPORT.test(data)) return false
    if (data === FOCUS_IN || data === FOCUS_OUT) this.#focus = data
    this.#emit('answerdropped', { data })
    return true
  }

  #snapshotPart(offset, data) {
    if (!this.#snapshot) this.snapshot({ offset, length: data.length })
    if (!this.#snapshot) return // it was empty, and is complete
    const { left, ...detail } = this.#snapshot
    this.#snapshot.left = left - data.length
    if (left > data.length) return void this.#write(data, { replay: true })
    this.#snapshot = null
    this.offset = offset
    const done = () => {
      this.#acked = -1 // to be acknowledged even if no byte came after it
      this.#emit('snapshot', detail)
    }
    this.#write(data, { replay: true, end: offset, parsed: done })
  }

  #lost(to, announced) {
    const from = this.offset ?? 0
    if (to < from) {
      this.#epoch += 1
      this.parsed = this.#acked = to
    }
    this.offset = to
    this.#write(REJOIN, { end: to })
    this.#emit('gap', { from, to, announced })
  }

  #write(data, { replay = false, end, parsed } = {}) {
    this.#writes.push({ replay })
    this.#written ||= data.length > 0
    const epoch = this.#epoch
    this.#terminal.write(data, () => {
      this.#writes.shift()
      if (end !== undefined && epoch === this.#epoch) this.parsed = end
      if (parsed) parsed()
      if (replay && !this.replaying) this.#restoreFocus()
      this.#scheduleAck()
    })
  }

  /** Resets the terminal after everything written so far, then runs `then`. */
  #reset(then) {
    const parsed = () => {
      this.#terminal.reset()
      then?.()
    }
    this.#write(CANCEL, { parsed })
  }

  #applySize({ cols, rows }) {
    if (!(cols > 0 && rows > 0)) return
    this.applyingSize = true
    try {
      if (cols !== this.#terminal.cols || rows !== this.#terminal.rows) this.#terminal.resize?.(cols, rows)
    } finally {
      this.applyingSize = false
    }
    this.#emit('size', { cols, rows })
  }

  #scheduleAck() {
    const behind = this.parsed - this.#acked
    if (behind >= this.#ackEvery) this.#ack()
    else if (behind > 0) this.#ackTimer ??= setTimeout(() => this.#ack(), ACK_IDLE)
  }

  #ack() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
    if (this.parsed > this.#acked && this.#send({ type: 'ack', offset: this.parsed }))
      this.#acked = this.parsed
  }

  /** A program that wants focus reports is owed the last one that fell into a replay. */
  #restoreFocus() {
    const focus = this.#focus
    this.#focus = null
    if (focus && this.#terminal.modes?.sendFocusMode) this.#emit('answer', { data: focus })
  }
}
