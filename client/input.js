/** Input on its way to the shell: in pieces that a server takes, at its pace, and for a while without a connection. */
import { encodeInput } from './frames.js'

/** A frame's bytes. A server refuses more than 1 MiB. */
const PIECE = 64 * 1024
/** Past this much unsent the next piece waits. */
const HIGH_WATER = 256 * 1024
const RETRY = 20
/** What is typed into a paste that waits, to end it: Ctrl-C, Ctrl-\ and Ctrl-Z. */
const INTERRUPTS = new Set([0x03, 0x1a, 0x1c])
const PASTE_START = encodeInput('\x1b[200~')
const PASTE_END = encodeInput('\x1b[201~')

export class Input {
  #limits
  #dropped
  #link = null
  #paused = false
  #timer
  /** What waits for a live connection to take it: `{ bytes, at }`, `at` being what has gone. */
  #queue = []
  #queued = 0
  /** What waits for a connection. */
  #kept = []
  #keptBytes = 0
  #keptSince = 0

  /**
   * @param {{ offlineInput: number, offlineInputAge: number, maxPendingInput: number }} limits
   * @param {(bytes: number, reason: string) => void} dropped
   */
  constructor(limits, dropped) {
    this.#limits = limits
    this.#dropped = dropped
  }

  /** Bytes that wait for the connection to take them. */
  get pending() {
    return this.#queued
  }

  /**
   * A connection is live. What was kept goes first, unless `stale` says why it must not.
   * @param {import('./socket.js').Link} link
   * @param {{ newShell: boolean, first: boolean }} how
   */
  begin(link, { newShell, first }) {
    this.#link = link
    this.#paused = false
    const tooOld = Date.now() - this.#keptSince > this.#limits.offlineInputAge
    const stale = !first && ((newShell && 'new shell') || (tooOld && 'too old'))
    const [kept, bytes] = [this.#kept, this.#keptBytes]
    this.#kept = []
    this.#keptBytes = 0
    if (!stale) for (const data of kept) this.#send(data)
    else if (bytes > 0) this.#dropped(bytes, stale)
  }

  /** The connection is gone. What waited is dropped; a paste that had begun to arrive is ended when it is back. */
  end() {
    if (!this.#link) return
    this.#link = null
    this.#keptSince = Date.now()
    if (this.#discard('disconnected')) this.#keep(PASTE_END)
  }

  /** @param {Uint8Array} bytes @returns {boolean} false when it was dropped */
  send(bytes) {
    if (bytes.length === 0) return true
    if (this.#link?.isOpen) return this.#send(bytes)
    if (this.#keptBytes + bytes.length <= this.#limits.offlineInput) return this.#keep(bytes.slice())
    this.#dropped(bytes.length, 'full')
    return false
  }

  /** The shell does not read: large input waits. Keys are still sent, as an interrupt may be among them. */
  pause() {
    this.#paused = true
  }

  resume() {
    this.#paused = false
    this.#pump()
  }

  #keep(bytes) {
    this.#kept.push(bytes)
    this.#keptBytes += bytes.length
    return true
  }

  #send(bytes) {
    if (this.#queue.length > 0 && bytes.length === 1 && INTERRUPTS.has(bytes[0])) {
      const cut = this.#discard('interrupted')
      if (cut) this.#link.sendBytes(PASTE_END)
    }
    if (this.#queue.length === 0 && bytes.length <= PIECE) {
      this.#link.sendBytes(bytes)
      return true
    }
    if (this.#queued + bytes.length > this.#limits.maxPendingInput) {
      this.#dropped(bytes.length, 'full')
      return false
    }
    this.#queue.push({ bytes, at: 0 })
    this.#queued += bytes.length
    this.#pump()
    return true
  }

  #pump() {
    clearTimeout(this.#timer)
    while (this.#queue.length > 0 && !this.#paused && this.#link?.isOpen) {
      if (this.#link.bufferedAmount > HIGH_WATER) {
        this.#timer = setTimeout(() => this.#pump(), RETRY) // A WebSocket does not say when it has sent.
        return
      }
      this.#sendPiece()
    }
  }

  #sendPiece() {
    const [first] = this.#queue
    const piece = first.bytes.subarray(first.at, first.at + PIECE)
    first.at += piece.length
    this.#queued -= piece.length
    if (first.at === first.bytes.length) this.#queue.shift()
    this.#link.sendBytes(piece)
  }

  /** Drops what waits. @returns {boolean} whether a bracketed paste was cut, whose end the program still waits for */
  #discard(reason) {
    clearTimeout(this.#timer)
    if (this.#queue.length === 0) return false
    const [{ bytes, at }] = this.#queue
    const queued = this.#queued
    this.#queue = []
    this.#queued = 0
    this.#dropped(queued, reason)
    return at > 0 && PASTE_START.every((byte, i) => bytes[i] === byte)
  }
}
