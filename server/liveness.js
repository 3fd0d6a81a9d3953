const PING_INTERVAL = 15_000
/** Most input of a session that may wait for its program when a socket is read for its peer's pong. */
const LISTENING_BYTES = 8 * 1024 * 1024
/** Rounds for which a peer is believed in whose pong is behind more input than that: ten minutes. */
const MAX_UNHEARD = 40
/** Who sends this much in a round is alive, though its pong be behind a message that is still on its way. */
const MIN_PROGRESS = 16 * 1024
/** A third of each round is for what a peer sent before the ping. */
const TICKS = 3

/**
 * Pings every socket and ends those that have not answered by the next round:
 * a peer that vanished without a word is gone within 30 seconds. One timer for
 * all of them.
 *
 * A socket whose input waits for its program is not read, and so its pongs are
 * not either. In each round it is read until the pong comes: what it had sent
 * before goes to the session's queue, which is bounded.
 */
class Liveness {
  #peers = new Set()
  #timer
  #ticks = 0

  constructor(interval = PING_INTERVAL) {
    this.#timer = setInterval(() => this.#tick(), Math.max(1, interval / TICKS))
    this.#timer.unref()
  }

  /**
   * @param {import('ws').WebSocket} socket
   * @param {import('node:net').Socket} transport what it runs over
   * @returns {Peer}
   */
  watch(socket, transport) {
    const peer = new Peer(socket, transport)
    this.#peers.add(peer)
    socket.on('close', () => this.#peers.delete(peer))
    return peer
  }

  #tick() {
    this.#ticks += 1
    for (const peer of this.#peers) {
      if (this.#ticks % TICKS === 1) peer.discountBacklog()
      if (this.#ticks % TICKS === 0) peer.round(this.#ticks)
    }
  }

  stop() {
    clearInterval(this.#timer)
  }
}

/** The other end of one socket. */
class Peer {
  #socket
  #transport
  #heard = true
  #listening = false
  #unheard = 0
  #readBefore = 0
  #lastPing = Buffer.alloc(4)
  #waiting = () => 0

  constructor(socket, transport) {
    this.#socket = socket
    this.#transport = transport
    const sign = () => {
      // While it is listened for, a message may be older than the ping.
      if (!this.#listening) this.#heard = true
    }
    socket.on('message', sign)
    socket.on('ping', sign)
    socket.on('pong', (data) => this.#pong(data))
  }

  /**
   * No more is read from it until `release()`, but for its pongs.
   * @param {() => number} waiting how many bytes of input wait
   */
  hold(waiting) {
    this.#waiting = waiting
    if (!this.#listening || waiting() >= LISTENING_BYTES) this.#pause()
  }

  release() {
    this.#listening = false
    this.#socket.resume()
  }

  #pause() {
    this.#listening = false
    this.#socket.pause()
  }

  #pong(data) {
    if (!this.#listening) {
      this.#heard = true
    } else if (data.equals(this.#lastPing)) {
      this.#heard = true
      this.#pause()
    }
  }

  /** What comes at once when one listens says nothing of the present. */
  discountBacklog() {
    if (this.#listening) this.#readBefore = this.#transport.bytesRead
  }

  /** Ends the connection if nothing was heard since the last round, else asks again. */
  round(number) {
    this.#unheard = this.#isHeard() ? 0 : this.#unheard + 1
    // Held back before its pong came: whether it lives cannot be known yet.
    const undecided = this.#socket.isPaused && this.#unheard < MAX_UNHEARD
    if (this.#unheard > 0 && !undecided) this.#socket.terminate()
    else this.#ask(number)
  }

  #isHeard() {
    return this.#heard || this.#transport.bytesRead - this.#readBefore >= MIN_PROGRESS
  }

  #ask(number) {
    this.#heard = false
    this.#readBefore = this.#transport.bytesRead
    if (this.#socket.readyState !== this.#socket.OPEN) return
    this.#lastPing.writeUInt32BE(number >>> 0)
    this.#socket.ping(Buffer.from(this.#lastPing))
    if (this.#socket.isPaused && this.#waiting() < LISTENING_BYTES) {
      this.#listening = true
      this.#socket.resume()
    }
  }
}

module.exports = { Liveness }
