/** What a message costs beside its bytes. */
const MESSAGE_COST = 256
/** From here on no more is read from a client whose session is not open yet, in bytes. */
const HOLD_AT = 64 * 1024

/**
 * The messages of a client whose session is still being opened, in order. They
 * are few: its socket is read no further than its pongs need.
 */
class EarlyMessages {
  #peer
  #waiting = []
  #bytes = 0
  #receiver = null

  /** @param {import('./liveness').Peer} peer the socket's other end */
  constructor(peer) {
    this.#peer = peer
  }

  /** Takes a message, for the receiver or until there is one. */
  take(data, isBinary) {
    if (this.#receiver) {
      this.#receiver.message(data, isBinary)
      return
    }
    this.#waiting.push([data, isBinary])
    this.#bytes += data.length + MESSAGE_COST
    if (this.#bytes >= HOLD_AT) this.#peer.hold(() => this.#bytes)
  }

  /** Hands on what has come, and all that comes from now on. */
  handTo(receiver) {
    this.#receiver = receiver
    const waiting = this.#waiting
    this.#waiting = []
    if (this.#bytes >= HOLD_AT) this.#peer.release()
    this.#bytes = 0
    for (const [data, isBinary] of waiting) receiver.message(data, isBinary)
  }

  /** There will be no session: nobody hears what was said, nor what will be. */
  drop() {
    this.#waiting = []
    this.handTo({ message() {} })
  }
}

module.exports = { EarlyMessages }
