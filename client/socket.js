/** One session on a WebSocket of its own, by `offheap.v1`. */
import { decodeControl, decodeOutput, encodeControl, encodeQuery, PROTOCOL } from './frames.js'
import { socketUrl } from './options.js'

const OPEN = 1

/**
 * What a session says over its connection.
 * @typedef {object} LinkHandlers
 * @property {(message: { type: string }) => void} control
 * @property {(frame: { offset: number, snapshot: boolean, data: Uint8Array }) => void} output
 * @property {(message: string) => void} problem  a frame that was discarded
 * @property {(code: number, reason: string) => void} closed
 */
/**
 * A session's end of a connection.
 * @typedef {object} Link
 * @property {boolean} isOpen
 * @property {number} bufferedAmount  bytes that are still to be sent
 * @property {(message: { type: string }) => void} send
 * @property {(bytes: Uint8Array) => void} sendBytes
 * @property {(code?: number, reason?: string) => void} close  nothing is heard after it
 */

export class SocketTransport {
  #url
  #token
  #WebSocket

  /** @param {string | URL} url @param {{ token: string | null, WebSocket: typeof WebSocket }} options */
  constructor(url, { token, WebSocket }) {
    this.#url = socketUrl(url)
    this.#token = token
    this.#WebSocket = WebSocket
  }

  /**
   * @param {Record<string, unknown>} parameters of the query
   * @param {LinkHandlers} handlers
   * @returns {Link}
   */
  open(parameters, handlers) {
    const url = new URL(this.#url)
    for (const [name, value] of encodeQuery({ ...parameters, token: this.#token }))
      url.searchParams.set(name, String(value))
    return new SocketLink(new this.#WebSocket(url.href, [PROTOCOL]), handlers)
  }
}

class SocketLink {
  #socket

  constructor(socket, handlers) {
    this.#socket = socket
    socket.binaryType = 'arraybuffer'
    socket.onerror = () => {} // A close follows.
    socket.onclose = ({ code, reason }) => handlers.closed(code, reason)
    socket.onmessage = ({ data }) =>
      typeof data === 'string' ? onText(data, handlers) : onBinary(data, handlers)
  }

  get isOpen() {
    return this.#socket.readyState === OPEN
  }
  get bufferedAmount() {
    return this.#socket.bufferedAmount ?? 0
  }

  send(message) {
    this.#socket.send(encodeControl(message))
  }

  sendBytes(bytes) {
    this.#socket.send(bytes)
  }

  /** Browsers let a page send 1000 and 3000–4999; with any other code they choose themselves. */
  close(code, reason) {
    const socket = this.#socket
    socket.onmessage = socket.onclose = null
    if (code === 1000 || (code >= 3000 && code <= 4999)) socket.close(code, reason)
    else socket.close()
  }
}

function onText(text, handlers) {
  const { message, problem } = decodeControl(text)
  if (message) handlers.control(message)
  else handlers.problem(problem)
}

function onBinary(buffer, handlers) {
  const frame = decodeOutput(buffer)
  if (frame) handlers.output(frame)
  else handlers.problem('A binary frame without an offset')
}
