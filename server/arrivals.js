const { networkOf } = require('./network')
const { Proxies } = require('./proxies')

/**
 * The connections that have not been authorised yet, from the moment they are
 * there: those that send no request, those whose request is being decided on,
 * those that were refused and stay. Past a bound the oldest is cut off, so that
 * somebody new always gets to say who they are; those that are authorised are
 * not in here, and lose nothing to them.
 */
class Arrivals {
  #most
  #mostPerAddress
  #proxies
  /** The network of each socket. */
  #networks = new Map()
  /** The sockets of each network, the oldest first. */
  #byNetwork = new Map()

  /** @param {{ maxUnauthorized: number, maxUnauthorizedPerAddress: number, trustProxy: string[] }} options */
  constructor({ maxUnauthorized, maxUnauthorizedPerAddress, trustProxy }) {
    this.#most = maxUnauthorized
    this.#mostPerAddress = maxUnauthorizedPerAddress
    this.#proxies = new Proxies(trustProxy)
  }

  /**
   * A connection has come. Those of a trusted proxy are many people's: the proxy
   * bounds them, and whose request it is is known when that is decided on.
   *
   * @param {import('node:net').Socket} socket
   */
  add(socket) {
    if (this.#networks.has(socket) || this.#proxies.isProxy(socket)) return
    const network = networkOf(socket.remoteAddress)
    const sockets = this.#byNetwork.get(network) ?? new Set()
    this.#byNetwork.set(network, sockets.add(socket))
    this.#networks.set(socket, network)
    socket.once('close', () => this.admit(socket))
    if (sockets.size > this.#mostPerAddress) this.#cutOffOldest(sockets)
    else if (this.#networks.size > this.#most) this.#cutOffOldest(this.#largest())
  }

  /** A connection is authorised, or gone: it counts no more. */
  admit(socket) {
    const network = this.#networks.get(socket)
    if (network === undefined) return
    this.#networks.delete(socket)
    const sockets = this.#byNetwork.get(network)
    sockets.delete(socket)
    if (sockets.size === 0) this.#byNetwork.delete(network)
  }

  #largest() {
    let largest = new Set()
    for (const sockets of this.#byNetwork.values()) if (sockets.size > largest.size) largest = sockets
    return largest
  }

  #cutOffOldest(sockets) {
    const [oldest] = sockets
    this.admit(oldest)
    oldest.destroy()
  }
}

module.exports = { Arrivals }
