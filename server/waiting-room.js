const { networkOf } = require('./network')

const BUSY = { status: 503, message: 'Too many connections at once' }
const BUSY_ADDRESS = { status: 429, message: 'Too many connections at once from this address' }

/** Counts the requests that wait for a decision: in all, and of each address. */
class WaitingRoom {
  #most
  #mostPerAddress
  #all = 0
  #byNetwork = new Map()

  /** @param {{ maxUnauthorized: number, maxUnauthorizedPerAddress: number }} options */
  constructor({ maxUnauthorized, maxUnauthorizedPerAddress }) {
    this.#most = maxUnauthorized
    this.#mostPerAddress = maxUnauthorizedPerAddress
  }

  /**
   * A request of an address begins to wait.
   *
   * @returns {{ refusal: object } | { leave: () => void }} why it may not, or what says that it waits no more
   */
  enter(address) {
    const network = networkOf(address)
    const others = this.#byNetwork.get(network) ?? 0
    if (this.#all >= this.#most) return { refusal: BUSY }
    if (others >= this.#mostPerAddress) return { refusal: BUSY_ADDRESS }
    this.#all += 1
    this.#byNetwork.set(network, others + 1)
    return { leave: () => this.#leave(network) }
  }

  #leave(network) {
    this.#all -= 1
    const left = this.#byNetwork.get(network) - 1
    if (left === 0) this.#byNetwork.delete(network)
    else this.#byNetwork.set(network, left)
  }
}

module.exports = { WaitingRoom }
