const PING_INTERVAL = 15_000

/**
 * Pings every socket and ends those that have not answered by the next round:
 * a peer that vanished without a word is gone within 30 seconds. One timer for
 * all of them.
 */
class Liveness {
  #sockets = new Map()
  #timer

  constructor(interval = PING_INTERVAL) {
    this.#timer = setInterval(() => this.#round(), interval)
    this.#timer.unref()
  }

  watch(socket) {
    this.#sockets.set(socket, true)
    const alive = () => this.#sockets.has(socket) && this.#sockets.set(socket, true)
    socket.on('pong', alive)
    socket.on('message', alive)
    socket.on('close', () => this.#sockets.delete(socket))
  }

  #round() {
    for (const [socket, alive] of this.#sockets) {
      // A socket that waits for its shell to take input reads no answers.
      if (!alive && !socket.isPaused) {
        socket.terminate()
        continue
      }
      this.#sockets.set(socket, false)
      if (socket.readyState === socket.OPEN) socket.ping()
    }
  }

  stop() {
    clearInterval(this.#timer)
  }
}

module.exports = { Liveness }
