/**
 * offheap-mux: many sessions over one WebSocket, by the subprotocol
 * `offheap.mux.v1`. It gives each session what looks like a WebSocket of its
 * own, so that `OffheapSession` works over it unchanged:
 *
 *     const WebSocket = muxWebSocket('ws://127.0.0.1:4001/mux')
 *     const session = new OffheapSession({ url, sessionId: 'build', terminal, WebSocket })
 */

const PROTOCOL = 'offheap.mux.v1'
const CHANNEL_BYTES = 4
const CONNECTING = 0
const OPEN = 1
const CLOSED = 3
const PARAMETERS = ['projectId', 'sessionId', 'path', 'offset', 'window']

/** The shared connection; it lives as long as it has channels. */
class Mux {
  #url
  #socket = null
  #channels = new Map()
  #next = 1

  constructor(url) {
    this.#url = url
  }

  add(channel, token) {
    const number = this.#next++
    this.#channels.set(number, channel)
    const socket = this.#connect(token)
    if (socket.readyState === OPEN) queueMicrotask(() => channel.opened())
    return number
  }

  #connect(token) {
    if (this.#socket) return this.#socket
    const url = new URL(this.#url)
    url.protocol = url.protocol.replace('http', 'ws')
    if (token) url.searchParams.set('token', token)
    const socket = new WebSocket(url.href, [PROTOCOL])
    socket.binaryType = 'arraybuffer'
    socket.onopen = () => this.#each((channel) => channel.opened())
    socket.onmessage = ({ data }) => this.#message(data)
    socket.onclose = ({ code, reason }) => {
      this.#socket = null
      this.#each((channel) => channel.closed(code, reason))
      this.#channels.clear()
    }
    this.#socket = socket
    return socket
  }

  #each(act) {
    for (const channel of [...this.#channels.values()]) act(channel)
  }

  #message(data) {
    if (typeof data !== 'string') {
      const number = new DataView(data).getUint32(0)
      this.#channels.get(number)?.message(data.slice(CHANNEL_BYTES))
      return
    }
    const { channel: number, ...message } = JSON.parse(data)
    const channel = this.#channels.get(number)
    if (message.type === 'closed') {
      this.#channels.delete(number)
      channel?.closed(message.code, message.reason ?? '')
      this.#closeIfIdle()
    } else {
      channel?.message(JSON.stringify(message))
    }
  }

  sendControl(number, message) {
    if (this.#socket?.readyState === OPEN) this.#socket.send(JSON.stringify({ ...message, channel: number }))
  }

  sendBytes(number, bytes) {
    if (this.#socket?.readyState !== OPEN) return
    const frame = new Uint8Array(CHANNEL_BYTES + bytes.byteLength)
    new DataView(frame.buffer).setUint32(0, number)
    frame.set(new Uint8Array(bytes.buffer ?? bytes, bytes.byteOffset ?? 0, bytes.byteLength), CHANNEL_BYTES)
    this.#socket.send(frame)
  }

  remove(number, code) {
    if (!this.#channels.delete(number)) return
    this.sendControl(number, { type: 'close', code })
    this.#closeIfIdle()
  }

  /** A channel that comes while this one closes has a connection of its own. */
  #closeIfIdle() {
    if (this.#channels.size > 0 || !this.#socket) return
    const socket = this.#socket
    this.#socket = null
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close(1000)
  }

  get bufferedAmount() {
    return this.#socket?.bufferedAmount ?? 0
  }
}

/**
 * A class with the interface of WebSocket, as far as `OffheapSession` uses it,
 * whose instances are channels of one shared connection.
 *
 * @param {string} url the server's `/mux`
 */
export function muxWebSocket(url) {
  const mux = new Mux(url)

  return class ChannelSocket {
    readyState = CONNECTING
    protocol = 'offheap.v1'
    binaryType = 'arraybuffer'
    onopen = null
    onmessage = null
    onclose = null
    onerror = null
    #number
    #query

    constructor(href) {
      this.#query = new URL(href).searchParams
      this.#number = mux.add(this, this.#query.get('token'))
    }

    get bufferedAmount() {
      return mux.bufferedAmount
    }

    opened() {
      if (this.readyState !== CONNECTING) return
      this.readyState = OPEN
      const named = PARAMETERS.filter((name) => this.#query.has(name))
      const parameters = Object.fromEntries(named.map((name) => [name, this.#query.get(name)]))
      mux.sendControl(this.#number, { type: 'open', ...parameters })
      this.onopen?.({})
    }

    message(data) {
      this.onmessage?.({ data })
    }

    closed(code, reason) {
      if (this.readyState === CLOSED) return
      this.readyState = CLOSED
      this.onclose?.({ code, reason })
    }

    send(data) {
      if (typeof data === 'string') mux.sendControl(this.#number, JSON.parse(data))
      else mux.sendBytes(this.#number, data)
    }

    close(code = 1000) {
      if (this.readyState === CLOSED) return
      this.readyState = CLOSED
      mux.remove(this.#number, code)
      queueMicrotask(() => this.onclose?.({ code, reason: '' }))
    }
  }
}
