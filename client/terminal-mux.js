/** Many sessions over one WebSocket, by `offheap.mux.v1`. */
import { CloseCode } from './close-codes.js'
import {
  decodeChannelOutput,
  decodeControl,
  encodeChannelInput,
  encodeControl,
  encodeQuery,
  MUX_PROTOCOL,
} from './frames.js'
import { optional, socketUrl } from './options.js'

const OPEN = 1
const MAX_CHANNEL = 0xffff_ffff
/** A connection on which nothing was heard for this long, in ms, is believed dead when one of its channels is. */
const SILENCE = 5000

/**
 * The shared connection. It lives as long as it has channels, and is opened again for the next one.
 * Events: `error` {message, code}, for a frame that belongs to no channel.
 */
export class TerminalMux extends EventTarget {
  #url
  #token
  #WebSocket
  #socket = null
  /** @type {Map<number, Channel>} */
  #channels = new Map()
  #next = 1
  #heardAt = Number.NEGATIVE_INFINITY

  /** @param {string | URL} url @param {{ token?: string | null, WebSocket?: typeof WebSocket | null }} [options] */
  constructor(url, options = {}) {
    super()
    this.#url = socketUrl(url)
    this.#token = optional(options?.token, 'token', 'string')
    this.#WebSocket = optional(options?.WebSocket, 'WebSocket', 'function') ?? globalThis.WebSocket
  }

  /** Sessions on the connection. */
  get channels() {
    return this.#channels.size
  }

  /**
   * @param {Record<string, unknown>} parameters
   * @param {import('./socket.js').LinkHandlers} handlers
   * @returns {import('./socket.js').Link}
   */
  open(parameters, handlers) {
    const socket = (this.#socket ??= this.#connect())
    const channel = new Channel(this, this.#freeNumber(), parameters, handlers)
    this.#channels.set(channel.number, channel)
    if (socket.readyState === OPEN) channel.begin(socket)
    return channel
  }

  #freeNumber() {
    while (this.#channels.has(this.#next)) this.#next += 1
    const number = this.#next
    this.#next = number < MAX_CHANNEL ? number + 1 : 1
    return number
  }

  #connect() {
    const url = new URL(this.#url)
    if (this.#token) url.searchParams.set('token', this.#token)
    const socket = new this.#WebSocket(url.href, [MUX_PROTOCOL])
    socket.binaryType = 'arraybuffer'
    socket.onerror = () => {} // A close follows.
    socket.onopen = () => {
      for (const channel of this.#channels.values()) channel.begin(socket)
    }
    socket.onclose = ({ code, reason }) => this.#lost(code, reason)
    socket.onmessage = ({ data }) => {
      this.#heardAt = performance.now()
      if (typeof data === 'string') this.#onText(data)
      else this.#onBinary(data)
    }
    return socket
  }

  #onBinary(buffer) {
    const decoded = decodeChannelOutput(buffer)
    if (!decoded) return this.#problem('A binary frame without a channel')
    const channel = this.#channels.get(decoded.channel) // It may have been closed a moment ago.
    if (decoded.frame) return channel?.handlers.output(decoded.frame)
    return channel?.handlers.problem('A binary frame without an offset')
  }

  #onText(text) {
    const { message, problem } = decodeControl(text)
    if (!message) return this.#problem(problem)
    const channel = this.#channels.get(message.channel)
    if (message.type === 'closed') return this.#ended(channel, message)
    if (channel) return channel.handlers.control(message)
    if (message.type === 'error' && message.channel === undefined) this.#problem(String(message.message))
    return undefined
  }

  #ended(channel, { code, reason }) {
    if (!channel) return
    this.#channels.delete(channel.number)
    this.#closeIfIdle()
    channel.handlers.closed(code, typeof reason === 'string' ? reason : '')
  }

  #lost(code, reason) {
    this.#socket = null
    const channels = [...this.#channels.values()]
    this.#channels.clear()
    for (const { handlers } of channels) handlers.closed(code, reason)
  }

  /**
   * A channel is left. One that had no sign of life takes a silent connection with it: the next channel would else
   * wait on it again, and each of the others.
   * @param {Channel} channel @param {number} [code]
   */
  leave(channel, code = 1000) {
    if (this.#channels.get(channel.number) !== channel) return
    this.#channels.delete(channel.number)
    if (code === CloseCode.silent && performance.now() - this.#heardAt >= SILENCE) {
      this.#drop(code)
      this.#lost(code, 'no sign of life')
    } else {
      if (channel.isOpen) channel.send({ type: 'close', code })
      this.#closeIfIdle()
    }
  }

  /** A channel that comes while this connection closes has one of its own. */
  #closeIfIdle() {
    if (this.#channels.size === 0) this.#drop(1000)
  }

  #drop(code) {
    const socket = this.#socket
    this.#socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close(code)
  }

  #problem(message) {
    this.dispatchEvent(new CustomEvent('error', { detail: { message, code: 'ERR_FRAME' } }))
  }
}

/** One session's end of the shared connection. */
class Channel {
  #mux
  #parameters
  #socket = null

  constructor(mux, number, parameters, handlers) {
    this.#mux = mux
    this.number = number
    this.#parameters = parameters
    this.handlers = handlers
  }

  begin(socket) {
    this.#socket = socket
    this.send({ type: 'open', ...Object.fromEntries(encodeQuery(this.#parameters)) })
  }

  get isOpen() {
    return this.#socket?.readyState === OPEN
  }
  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0
  }

  send(message) {
    this.#socket.send(encodeControl({ ...message, channel: this.number }))
  }

  sendBytes(bytes) {
    this.#socket.send(encodeChannelInput(this.number, bytes))
  }

  close(code) {
    this.#mux.leave(this, code)
  }
}
