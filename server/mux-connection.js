const { OpenRate } = require('./open-rate')
const { OpeningChannel } = require('./opening-channel')
const { sendControl } = require('./outboxes')
const { queryOf } = require('./query')
const { StreamConnection } = require('./stream-connection')

/** Channels that one connection may have open. */
const MAX_CHANNELS = 64
/** Frames of a channel are small, so that the channels' turns come often. */
const CHANNEL_FRAME = 16 * 1024
const CHANNEL_BYTES = 4
const MAX_CHANNEL = 0xffff_ffff

/**
 * The `offheap.mux.v1` protocol: many sessions over one WebSocket. Each is a
 * channel with `offheap.v1`'s messages, marked by the channel's number.
 *
 * One frame at a time is on the way. When it is out, the ready channel that has
 * had the fewest bytes is next, so a flooded one cannot starve the others.
 */
class MuxConnection {
  #host
  #socket
  #channels = new Map()
  #rate = new OpenRate()
  #waiting = new Set()
  #busy = false
  #done = null

  /**
   * @param {object} host opens and forgets the sessions of the channels
   * @param {(query: object, way: object) => void} host.open
   * @param {(channel: object, code: number) => void} host.forget
   * @param {import('ws').WebSocket} socket
   */
  constructor(host, socket) {
    this.#host = host
    this.#socket = socket
  }

  message(data, isBinary) {
    if (isBinary) this.#input(data)
    else this.#control(data)
  }

  #input(data) {
    const channel = data.length >= CHANNEL_BYTES ? this.#channels.get(data.readUInt32BE(0)) : undefined
    if (channel) channel.input(data.subarray(CHANNEL_BYTES))
    else this.send({ type: 'error', message: 'No such channel', code: 'ERR_NO_CHANNEL' })
  }

  #control(text) {
    let message
    try {
      message = JSON.parse(text)
    } catch {
      this.send({ type: 'error', message: 'Text frames must be JSON', code: 'ERR_INVALID_JSON' })
      return
    }
    const number = typeof message?.channel === 'number' ? message.channel : undefined
    if (message?.type === 'ping') this.send({ type: 'pong', channel: number })
    else if (message?.type === 'open') this.#open(number, message)
    else if (!this.#channels.has(number)) this.#fail(number, 'No such channel', 'ERR_NO_CHANNEL')
    else if (message.type === 'close')
      this.channelEnded(number, Number.isInteger(message.code) ? message.code : 1000)
    else this.#channels.get(number).control(message, text.length)
  }

  #open(number, request) {
    const valid = Number.isInteger(number) && number >= 0 && number <= MAX_CHANNEL
    if (!valid || this.#channels.has(number)) {
      this.#fail(number, 'channel must be a number that is not in use', 'ERR_INVALID_CHANNEL')
    } else if (this.#channels.size >= MAX_CHANNELS) {
      this.#refuse(number, 1008, `${MAX_CHANNELS} channels are open, which is the limit`)
    } else if (!this.#rate.take()) {
      this.#refuse(number, 1013, 'Too many channels were opened lately', 'ERR_OPEN_RATE')
    } else {
      this.#start(number, request)
    }
  }

  /** The channel is taken from now on; what is said on it before its session is there has to wait. */
  #start(number, request) {
    const opening = new OpeningChannel((message, code) => this.#fail(number, message, code))
    this.#channels.set(number, opening)
    const { type, channel: _number, ...parameters } = request
    this.#host.open(queryOf(Object.entries(parameters)), {
      isWanted: () => this.isOpen && this.#channels.get(number) === opening,
      make: (options) => {
        const socket = new ChannelSocket(this, number)
        const channel = new Channel(number, { ...options, socket })
        this.#channels.set(number, channel)
        return channel
      },
      opened: (channel) => opening.handTo(channel),
      refuse: ({ code, message, error }) => this.#refuse(number, code, message, error),
    })
  }

  #refuse(number, code, message, error) {
    this.#fail(number, message, error)
    // It holds its channel from the moment it is asked for.
    if (this.#channels.has(number)) this.channelEnded(number, code)
    else this.send({ type: 'closed', channel: number, code })
  }

  #fail(channel, message, code) {
    this.send({ type: 'error', channel, message, code })
  }

  send(message, sent) {
    sendControl(this.#socket, message, sent)
  }

  get isOpen() {
    return this.#socket.readyState === this.#socket.OPEN
  }

  /** The whole connection is gone: each channel's session is left as by `code`. */
  closed(code) {
    for (const channel of this.#channels.values()) this.#forget(channel, code)
    this.#channels.clear()
    this.#waiting.clear()
  }

  /** A channel that may not go now is called when its turn comes. */
  takesTurn(channel) {
    if (!this.#busy) return true
    if (!this.#waiting.has(channel)) {
      // Who was quiet does not come with a claim to all that the others had.
      channel.sentBytes = Math.max(channel.sentBytes, this.#fewestBytes())
      this.#waiting.add(channel)
    }
    return false
  }

  #fewestBytes() {
    let fewest = 0
    for (const { sentBytes } of this.#waiting) fewest = fewest === 0 ? sentBytes : Math.min(fewest, sentBytes)
    return fewest
  }

  sendFrame(number, frame, options, done) {
    const channel = this.#channels.get(number)
    if (channel) channel.sentBytes += frame.length
    this.#busy = true
    this.#done = done
    this.#socket.send(frame, options, this.#sent)
  }

  #sent = (error) => {
    const done = this.#done
    this.#busy = false
    done(error)
    while (!this.#busy && this.#waiting.size > 0) this.#nextChannel().outlet.pump()
  }

  #nextChannel() {
    let next
    for (const channel of this.#waiting) {
      if (!next || channel.sentBytes < next.sentBytes) next = channel
    }
    this.#waiting.delete(next)
    return next
  }

  /** A channel ends, with its session or by the client's word; the connection goes on. */
  channelEnded(number, code, reason) {
    const channel = this.#channels.get(number)
    if (!channel) return
    this.#channels.delete(number)
    this.#waiting.delete(channel)
    this.send({ type: 'closed', channel: number, code, reason })
    this.#forget(channel, code)
  }

  #forget(channel, code) {
    if (channel instanceof Channel) this.#host.forget(channel, code)
  }
}

/** One session of a multiplexed connection. */
class Channel extends StreamConnection {
  sentBytes = 0

  constructor(number, options) {
    super(options)
    this.number = number
  }

  frameBytes() {
    return Math.min(CHANNEL_FRAME, super.frameBytes())
  }

  viewerOptions() {
    return { ...super.viewerOptions(), channel: this.number }
  }

  send(message, sent) {
    this.socket.sendControl({ ...message, channel: this.number }, sent)
  }

  mayRead() {
    return super.mayRead() && this.socket.takesTurn(this)
  }

  /** The connection carries other sessions too: the client is asked to wait. */
  holdInput() {
    this.send({ type: 'input-pause' })
  }

  inputDrained() {
    this.send({ type: 'input-resume' })
  }
}

/** What a connection needs of its socket, for one channel of a shared one. */
class ChannelSocket {
  OPEN = 1
  #mux
  #number

  constructor(mux, number) {
    this.#mux = mux
    this.#number = number
  }

  get readyState() {
    return this.#mux.isOpen ? 1 : 3
  }

  send(frame, options, done) {
    this.#mux.sendFrame(this.#number, frame, options, done)
  }

  sendControl(message, sent) {
    this.#mux.send(message, sent)
  }

  takesTurn(channel) {
    return this.#mux.takesTurn(channel)
  }

  close(code, reason) {
    this.#mux.channelEnded(this.#number, code, reason)
  }
}

module.exports = { MuxConnection }
