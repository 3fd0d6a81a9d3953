/** What a terminal was given to write: what of it waits to be parsed, and the acknowledgements of what was. */

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

/** What a write costs beside its bytes. */
const WRITE_COST = 64
/** How long after the last progress it is acknowledged although it is small, in ms. */
const ACK_IDLE = 50

export class Writes {
  #host
  #limits
  /** @type {Display | null} */
  #display = null
  /** One entry per write that is not parsed yet. They are called back in order: the first is being parsed. */
  #waiting = []
  #bytes = 0
  /** Counts new beginnings of the offsets, so that late callbacks are not taken for progress. */
  #epoch = 0
  #acked = 0
  #ackTimer

  /** The offset up to which the terminal has parsed. */
  parsed = 0
  /** Whether the display has shown anything. */
  hasShown = false

  /**
   * @param {{ acknowledge(offset: number): boolean, full(): void, failed(error: Error): void }} host `full`: there is no
   *   room for a write; `failed`: the display threw
   * @param {{ ackEvery: number, maxWaiting: number }} limits
   */
  constructor(host, limits) {
    this.#host = host
    this.#limits = limits
  }

  get display() {
    return this.#display
  }
  /** How the bytes are to be taken that are being parsed; undefined when nothing waits. */
  get kind() {
    return this.#waiting[0]?.kind
  }

  /** @param {Display | null} display */
  attach(display) {
    this.#display = display
    this.#waiting = []
    this.#bytes = 0
    this.hasShown = false
  }

  /** What is parsed from now on counts from elsewhere. @param {number} [offset] where, if that is known */
  startAnew(offset) {
    this.#epoch += 1
    if (offset !== undefined) this.parsed = this.#acked = offset
  }

  /** The server knows that this client has everything up to an offset. @param {number} offset */
  resumed(offset) {
    this.#acked = offset
  }

  /** The next progress is acknowledged, even where the offset is no new one. */
  acknowledgeNext() {
    this.#acked = -1
  }

  /** Nothing is acknowledged any more until something is parsed. */
  pause() {
    clearTimeout(this.#ackTimer)
    this.#ackTimer = undefined
  }

  /**
   * @param {Uint8Array} data
   * @param {WriteKind} kind
   * @param {{ end?: number, parsed?: () => void }} [then] `end`: the offset past the data
   * @returns {boolean} false where nothing was written, which the host has been told
   */
  write(data, kind, { end, parsed } = {}) {
    const write = { kind, cost: data.length + WRITE_COST, end, epoch: this.#epoch, parsed }
    if (this.#bytes + write.cost > this.#limits.maxWaiting) {
      this.#host.full()
      return false
    }
    this.#waiting.push(write)
    this.#bytes += write.cost
    this.hasShown ||= data.length > 0
    try {
      this.#display.write(data, kind, () => this.#done(write))
      return true
    } catch (error) {
      this.#waiting.pop()
      this.#bytes -= write.cost
      this.#host.failed(error)
      return false
    }
  }

  #done(write) {
    if (this.#waiting[0] !== write) return // Of a display that was detached.
    this.#waiting.shift()
    this.#bytes -= write.cost
    if (write.end !== undefined && write.epoch === this.#epoch) this.parsed = write.end
    try {
      write.parsed?.()
    } catch (error) {
      this.#host.failed(error)
    }
    this.#scheduleAck()
  }

  #scheduleAck() {
    const behind = this.parsed - this.#acked
    if (behind >= this.#limits.ackEvery) this.#ack()
    else if (behind > 0) this.#ackTimer ??= setTimeout(() => this.#ack(), ACK_IDLE)
  }

  #ack() {
    this.pause()
    if (this.parsed > this.#acked && this.#host.acknowledge(this.parsed)) this.#acked = this.parsed
  }
}
