/** A client of `offheap.v1` that comes back by itself, and checks what it gets against what was printed. */

const WebSocket = require('ws')
const { counterBytes } = require('../../__test__/helpers/counter')

const RETRY = 5
const HEADER = 8

class Viewer {
  /** The offset of the next byte. */
  offset = null
  lost = 0
  doubled = 0
  wrong = 0
  /** When the last byte came, and the longest time without one, in ms. */
  lastAt = null
  pause = 0
  #socket = null
  #stopped = false
  #heard = []

  /**
   * @param {string} id the session
   * @param {number} port
   * @param {{ checks?: boolean }} [options] `checks`: compare what comes with what helpers/counter.js prints
   */
  constructor(id, port, { checks = true } = {}) {
    this.id = id
    this.port = port
    this.checks = checks
    this.#connect()
  }

  #connect() {
    if (this.#stopped) return
    const query = new URLSearchParams({ sessionId: this.id, offset: this.offset ?? 0 })
    const socket = new WebSocket(`ws://127.0.0.1:${this.port}/?${query}`, ['offheap.v1'])
    this.#socket = socket
    socket.on('message', (data, isBinary) => this.#take(data, isBinary))
    socket.on('error', () => {})
    socket.on('close', () => setTimeout(() => this.#connect(), RETRY))
  }

  #take(data, isBinary) {
    if (!isBinary) {
      const message = JSON.parse(data)
      if (message.type === 'gap') this.lost += message.to - message.from
      return
    }
    // A screen in the place of bytes: those were counted as lost.
    if (data[0] & 0x80) return
    const offset = Number(data.readBigUInt64BE())
    const bytes = data.subarray(HEADER)
    const now = performance.now()
    if (this.offset !== null && offset > this.offset) this.lost += offset - this.offset
    if (this.offset !== null && offset < this.offset) this.doubled += this.offset - offset
    if (this.checks && !bytes.equals(counterBytes(offset, offset + bytes.length))) this.wrong += 1
    this.offset = offset + bytes.length
    if (this.lastAt !== null) this.pause = Math.max(this.pause, now - this.lastAt)
    this.lastAt = now
    for (const heard of this.#heard.splice(0)) heard(now)
  }

  /** Resolves with the time at which the next byte comes. */
  next() {
    return new Promise((resolve) => this.#heard.push(resolve))
  }

  stop() {
    this.#stopped = true
    this.#socket.terminate()
  }
}

module.exports = { Viewer }
