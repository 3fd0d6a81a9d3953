// A client of many sessions over one WebSocket.

const { WebSocket } = require('ws')
const { eventually } = require('./proc')

/** A client of `offheap.mux.v1` that keeps what each channel gets. */
class MuxClient {
  messages = []
  output = new Map()
  bytes = new Map()

  constructor(url, query = {}) {
    const target = `${url.replace('http', 'ws')}/mux?${new URLSearchParams(query)}`
    this.ws = new WebSocket(target, 'offheap.mux.v1')
    this.ws.on('message', (data, isBinary) =>
      isBinary ? this.frame(data) : this.messages.push(JSON.parse(data)),
    )
  }

  frame(data) {
    const channel = data.readUInt32BE(0)
    // The highest bit says that this is a picture of the screen, as of the offset.
    if (data[4] & 0x80) {
      this.picture(channel, Number(BigInt.asUintN(63, data.readBigUInt64BE(4))), data.subarray(12))
      return
    }
    const offset = Number(data.readBigUInt64BE(4))
    const known = this.bytes.get(channel)
    if (known !== undefined && offset !== known && !this.gap(channel, known, offset)) {
      throw new Error(`channel ${channel}: bytes of ${offset}, but ${known} was next, and no gap was told`)
    }
    this.bytes.set(channel, offset + data.length - 12)
    const text = (this.output.get(channel) ?? '') + data.subarray(12)
    this.output.set(channel, text.slice(-4096))
    this.onFrame?.({ channel, offset, data: data.subarray(12), end: offset + data.length - 12 })
  }

  picture(channel, offset, data) {
    this.bytes.set(channel, offset)
    this.output.set(channel, ((this.output.get(channel) ?? '') + data).slice(-4096))
  }

  /** The gap that a channel was told. */
  gap(channel, from, to) {
    return this.messages.some(
      (message) =>
        message.type === 'gap' && message.channel === channel && message.from === from && message.to === to,
    )
  }

  send(message) {
    this.ws.send(JSON.stringify(message))
  }

  type(channel, text) {
    const frame = Buffer.alloc(4 + Buffer.byteLength(text))
    frame.writeUInt32BE(channel)
    frame.write(text, 4)
    this.ws.send(frame)
  }

  async open(channel, options = {}) {
    this.send({ type: 'open', channel, ...options })
    return this.until(({ type }) => type === 'connected' || type === 'reconnected', channel)
  }

  until(matches, channel) {
    return eventually('a message', () =>
      this.messages.find((message) => message.channel === channel && matches(message)),
    )
  }

  sees(channel, text) {
    return eventually(`"${text}" on channel ${channel}`, () => this.output.get(channel)?.includes(text))
  }
}

module.exports = { MuxClient }
