/** Messages that may wait for one peer to read them, in bytes. */
const MAX_WAITING = 1 << 20
/** What a message takes beside its text until it is out. */
const MESSAGE_COST = 256

/** The outbox of each socket that is served. */
const outboxes = new WeakMap()

/**
 * What is said to all connections and has not been read: control messages, and
 * answers to pings. One connection's is bounded by `MAX_WAITING`; all of it by
 * this. Past it, the connection that holds the most is cut off.
 */
class Outboxes {
  #most
  #total = 0
  #all = new Set()

  /** @param {{ maxUnreadBytes: number }} options */
  constructor({ maxUnreadBytes }) {
    this.#most = maxUnreadBytes
  }

  /** @param {import('ws').WebSocket} socket */
  watch(socket) {
    const outbox = new Outbox(socket, (change) => {
      this.#total += change
      if (change > 0) this.#keepBound()
    })
    outboxes.set(socket, outbox)
    this.#all.add(outbox)
    socket.on('close', () => this.#forget(outbox))
  }

  #keepBound() {
    while (this.#total > this.#most) {
      let fullest = null
      for (const each of this.#all) if (!fullest || each.waiting > fullest.waiting) fullest = each
      fullest.cutOff()
      this.#forget(fullest)
    }
  }

  #forget(outbox) {
    if (this.#all.delete(outbox)) this.#total -= outbox.end()
  }
}

/** What one peer has not read yet. */
class Outbox {
  waiting = 0
  #socket
  #changed

  constructor(socket, changed) {
    this.#socket = socket
    this.#changed = changed
  }

  /**
   * Sends something, unless the peer has too much to read already: then it is cut off.
   *
   * @param {number} bytes
   * @param {(done: (error?: Error) => void) => void} send
   * @param {() => void} [sent]
   */
  put(bytes, send, sent) {
    if (this.waiting > MAX_WAITING) {
      this.cutOff()
      return
    }
    const cost = bytes + MESSAGE_COST
    send((error) => {
      this.#change(-cost)
      if (!error) sent?.()
    })
    this.#change(cost)
  }

  #change(cost) {
    this.waiting += cost
    this.#changed(cost)
  }

  cutOff() {
    this.#socket.terminate()
  }

  /** Counts no more from here on; what it had counted. */
  end() {
    this.#changed = () => {}
    return this.waiting
  }
}

/**
 * Sends a JSON message. A peer that asks on and on and does not read the answers is cut off.
 *
 * @param {import('ws').WebSocket} socket that is served
 * @param {object} message
 * @param {() => void} [sent] is called when it is out
 */
function sendControl(socket, message, sent) {
  if (socket.readyState !== socket.OPEN) return
  const text = JSON.stringify(message)
  outboxes.get(socket).put(Buffer.byteLength(text), (done) => socket.send(text, done), sent)
}

/** Answers a ping, in the same way. */
function sendPong(socket, data) {
  if (socket.readyState !== socket.OPEN) return
  outboxes.get(socket).put(data.length, (done) => socket.pong(data, false, done))
}

module.exports = { Outboxes, sendControl, sendPong }
