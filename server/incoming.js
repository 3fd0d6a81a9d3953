/** What a piece of a message costs beside its bytes until the message is complete. */
const PIECE_COST = 256
/** How long a peer has to take its close code, in ms. */
const CLOSE_TIME = 1000

/**
 * The messages of all connections that are not complete yet. One connection's are
 * bounded by `maxPayload`; those of many together by this. Past it, the connection
 * that holds the most is closed with 1009.
 */
class Incoming {
  #most
  #total = 0
  #partials = new Set()

  /** @param {{ maxIncompleteBytes: number }} options */
  constructor({ maxIncompleteBytes }) {
    this.#most = maxIncompleteBytes
  }

  /**
   * @param {import('ws').WebSocket} ws
   * @param {import('node:net').Socket} transport what it runs over
   */
  watch(ws, transport) {
    const partial = new Partial(ws, transport, (change) => {
      this.#total += change
      if (change > 0) this.#keepBound()
    })
    this.#partials.add(partial)
    ws.on('close', () => {
      partial.drop()
      this.#partials.delete(partial)
    })
  }

  #keepBound() {
    while (this.#total > this.#most) {
      let largest = null
      for (const each of this.#partials) if (!largest || each.cost > largest.cost) largest = each
      this.#partials.delete(largest)
      largest.cutOff()
    }
  }
}

/** The message of one connection that is not complete yet, as far as it has come. */
class Partial {
  cost = 0
  #ws
  #transport
  #changed
  #bytes = 0
  /** How much came last. What follows a complete message is part of it. */
  #latest = 0

  constructor(ws, transport, changed) {
    this.#ws = ws
    this.#transport = transport
    this.#changed = changed
    // Before ws takes it: then it is known what it has made of it.
    transport.prependListener('data', this.#take)
    for (const event of ['message', 'ping', 'pong']) ws.on(event, (data) => this.#complete(data.length))
  }

  #take = (piece) => {
    this.#bytes += piece.length
    this.#latest = piece.length
    this.#set(this.cost + piece.length + PIECE_COST)
  }

  #complete(length) {
    const rest = this.#bytes - length - headerOf(length)
    this.#bytes = Math.max(0, Math.min(rest, this.#latest))
    this.#set(this.#bytes === 0 ? 0 : this.#bytes + PIECE_COST)
  }

  #set(cost) {
    const change = cost - this.cost
    this.cost = cost
    this.#changed(change)
  }

  drop() {
    this.#transport.off('data', this.#take)
    this.#set(0)
  }

  /** Ends the connection, and with it what it holds, once its close code is out. */
  cutOff() {
    const [ws, transport] = [this.#ws, this.#transport]
    this.drop()
    ws.pause()
    ws.close(1009, 'Too much is on its way')
    const end = () => ws.terminate()
    setTimeout(end, CLOSE_TIME).unref()
    transport.end(end)
  }
}

/** The bytes before a client's message, where it is one frame. */
function headerOf(length) {
  if (length < 126) return 6
  return length < 65_536 ? 8 : 14
}

module.exports = { Incoming }
