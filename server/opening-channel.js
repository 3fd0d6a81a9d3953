/** What a message costs beside its text. */
const MESSAGE_COST = 256
/** What may be said on a channel before its session is there, in bytes: the connection is not held back for it. */
const MAX_EARLY = 256 * 1024

/** A channel whose session is still being opened: keeps what is said on it, in order. */
class OpeningChannel {
  #fail
  #waiting = []
  #bytes = 0

  /** @param {(message: string, code: string) => void} fail tells the client of an error */
  constructor(fail) {
    this.#fail = fail
  }

  /** @param {number} bytes what the message took on its way */
  control(message, bytes) {
    this.#keep(bytes, (channel) => channel.control(message))
  }

  input(data) {
    this.#keep(data.length, (channel) => channel.input(data))
  }

  #keep(bytes, say) {
    this.#bytes += bytes + MESSAGE_COST
    if (this.#bytes > MAX_EARLY) {
      this.#bytes -= bytes + MESSAGE_COST
      this.#fail('The terminal is still being opened', 'ERR_INPUT_QUEUE_FULL')
    } else {
      this.#waiting.push(say)
    }
  }

  /** Says it all to the channel that it has become. */
  handTo(channel) {
    for (const say of this.#waiting) say(channel)
    this.#waiting = []
  }
}

module.exports = { OpeningChannel }
