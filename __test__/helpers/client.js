// A WebSocket client for both protocols. It keeps everything that came and
// lets a test wait for a condition on it.

const WebSocket = require('ws')
const { PATIENCE } = require('./patience')

const STREAM_PROTOCOL = 'offheap.v1'
const OUTPUT = new Set(['stream', 'history', 'buffered'])

class Client {
  /** JSON messages, in the order they came. */
  messages = []
  /** Output, in order: `{ type, offset, data, end }`, the offsets being those of the first byte and past the last. */
  frames = []
  /** All output as text. */
  output = ''
  /** Offset past the last byte received. */
  end = null
  /** `{ code, reason }` once the connection is closed. */
  closed = null
  /** The status of a refused upgrade. */
  refused = null
  /** The failure of the connection, if it has failed. */
  error = null
  #watchers = new Set()
  #decoder = new TextDecoder()

  /**
   * @param {string} url of the server, `http:`
   * @param {object} [query] of the connection; undefined values are left out
   * @param {object} [options] `stream` for offheap.v1, `keep: false` to count output only; the rest is for `ws`
   */
  constructor(url, query = {}, { stream = false, keep = true, path = '/', ...options } = {}) {
    const target = new URL(path, url)
    target.protocol = 'ws:'
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) target.searchParams.set(name, String(value))
    }
    this.keep = keep
    this.bytes = 0
    this.socket = new WebSocket(target, stream ? [STREAM_PROTOCOL] : [], options)
    this.socket.on('message', (data, isBinary) => this.#receive(data, isBinary))
    this.socket.on('unexpected-response', (_request, response) => {
      this.refused = response.statusCode
      response.resume()
      this.#changed()
    })
    this.socket.on('error', (error) => {
      this.error = error
      this.#changed()
    })
    this.socket.on('close', (code, reason) => {
      this.closed = { code, reason: reason.toString() }
      this.#changed()
    })
  }

  #receive(data, isBinary) {
    if (isBinary) this.#binary(data)
    else this.#text(JSON.parse(data))
    this.#changed()
  }

  #binary(data) {
    const offset = Number(BigInt.asUintN(63, data.readBigUInt64BE()))
    // The highest bit says that this is a picture of the screen, as of the offset.
    if (data[0] & 0x80) this.#add({ type: 'snapshot', offset, data: data.subarray(8) }, offset)
    else this.#add({ type: 'binary', offset, data: data.subarray(8) }, offset + data.length - 8)
  }

  #text(message) {
    if (OUTPUT.has(message.type)) {
      const end = message.offset
      // A piece of a screen that more of follow has none.
      if (end === undefined) this.#add({ ...message, offset: null }, this.end)
      else this.#add({ ...message, offset: end - Buffer.byteLength(message.data) }, end)
    } else this.messages.push(message)
  }

  #add(frame, end) {
    frame.end = end
    this.end = end
    this.bytes += frame.data.length
    this.onFrame?.(frame, end)
    if (!this.keep) return
    this.frames.push(frame)
    this.output +=
      typeof frame.data === 'string' ? frame.data : this.#decoder.decode(frame.data, { stream: true })
  }

  #changed() {
    for (const watcher of [...this.#watchers]) watcher()
  }

  /** Resolves with what `ask` returns once that is truthy. */
  until(what, ask, timeout = PATIENCE) {
    return new Promise((resolve, reject) => {
      const settle = (act, value) => {
        clearTimeout(timer)
        this.#watchers.delete(check)
        act(value)
      }
      const check = () => {
        try {
          const answer = ask(this)
          if (answer) settle(resolve, answer)
        } catch (error) {
          settle(reject, error)
        }
      }
      const timer = setTimeout(() => settle(reject, new Error(this.#despair(what))), timeout)
      this.#watchers.add(check)
      check()
    })
  }

  #despair(what) {
    const { closed, refused, messages } = this
    const tail = JSON.stringify(this.output.slice(-300))
    return `waited in vain for ${what}; ${JSON.stringify({ closed, refused, messages: messages.slice(-5) })} output …${tail}`
  }

  /** The first message of a type, or the one that `matches`. */
  message(type, matches = () => true) {
    const find = () => this.messages.find((message) => message.type === type && matches(message))
    return this.until(`message "${type}"`, find)
  }

  /** Resolves once the output contains `text`, counted from `from`. */
  sees(text, from = 0) {
    return this.until(JSON.stringify(text), () => this.output.includes(text, from))
  }

  /** Resolves with `{ code, reason }`. */
  isClosed() {
    return this.until('the close', () => this.closed)
  }

  /** Resolves with the session once the server has announced it. */
  async ready() {
    const known = ({ type }) => type === 'connected' || type === 'reconnected'
    return this.until('the session', () => this.messages.find(known))
  }

  /** Output of one type, joined. */
  of(type) {
    return this.frames
      .filter((frame) => frame.type === type)
      .map(({ data }) => data)
      .join('')
  }

  send(message) {
    this.socket.send(
      typeof message === 'string' || Buffer.isBuffer(message) ? message : JSON.stringify(message),
    )
  }

  /** Types into the shell. */
  type(data) {
    this.send({ type: 'input', data })
  }

  /** Has the server answered everything sent so far? */
  async settled() {
    const pongs = this.messages.filter(({ type }) => type === 'pong').length
    this.send({ type: 'ping' })
    await this.until('a pong', () => this.messages.filter(({ type }) => type === 'pong').length > pongs)
  }

  /** Takes nothing more from the network until `resumeReading()`. */
  stopReading() {
    this.socket._socket.pause()
  }

  resumeReading() {
    this.socket._socket.resume()
  }

  /** The connection fails, without a closing handshake. */
  cut() {
    this.socket.terminate()
    return this.isClosed()
  }

  /** A close with a code, as a browser does. */
  close(code = 1000, reason) {
    this.socket.close(code, reason)
    return this.isClosed()
  }
}

module.exports = { Client, STREAM_PROTOCOL }
