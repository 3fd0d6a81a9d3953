const net = require('node:net')
const { coded } = require('./errors')

/** Names for groups of proxies. */
const NAMED = {
  __proto__: null,
  loopback: ['127.0.0.0/8', '::1/128'],
  private: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * The proxies whose `X-Forwarded-*` headers are believed. Anybody else could
 * write whatever they like into those.
 */
class Proxies {
  #trusted = new net.BlockList()
  #unix = false

  /**
   * @param {string[]} names addresses, networks (`10.0.0.0/8`), `loopback`,
   * `private`, or `unix` for whoever connects to a Unix socket
   * @throws `ERR_INVALID_ARG_VALUE`
   */
  constructor(names = []) {
    for (const name of names) {
      if (name === 'unix') this.#unix = true
      else for (const network of NAMED[name] ?? [name]) this.#trust(network)
    }
  }

  #trust(network) {
    const [address, prefix, more] = String(network).split('/')
    const version = net.isIP(address)
    const bits = version === 4 ? 32 : 128
    const length = prefix === undefined ? bits : Number(prefix)
    const valid = version !== 0 && more === undefined && /^\d{1,3}$/.test(prefix ?? '0') && length <= bits
    if (!valid) throw coded('ERR_INVALID_ARG_VALUE', `trustProxy: "${network}" is no address or network`)
    this.#trusted.addSubnet(address, length, `ipv${version}`)
  }

  #trusts(address) {
    if (address === undefined) return this.#unix
    const version = net.isIP(address)
    return version !== 0 && this.#trusted.check(address, `ipv${version}`)
  }

  /** Whether a connection is a trusted proxy's. */
  isProxy({ remoteAddress }) {
    return this.#trusts(plain(remoteAddress))
  }

  /**
   * Who made a request, and under which name.
   *
   * @param {import('node:http').IncomingMessage} request
   * @returns {{ address: string | undefined, host: string | undefined }} no
   * address for a peer on a Unix socket that no proxy names
   */
  clientOf({ headers, socket }) {
    const peer = plain(socket.remoteAddress)
    if (!this.#trusts(peer)) return { address: peer, host: headers.host }
    return {
      address: this.#forwardedFor(peer, headers['x-forwarded-for']),
      host: lastOf(headers['x-forwarded-host']) ?? headers.host,
    }
  }

  /** From the right, the first address that no trusted proxy has. */
  #forwardedFor(peer, header) {
    let address = peer
    for (const entry of (header ?? '').split(',').reverse()) {
      const named = addressIn(entry.trim())
      if (named === null) break
      address = named
      if (!this.#trusts(address)) break
    }
    return address
  }
}

/** An IPv4 address that is written as IPv6 is the IPv4 address. */
function plain(address) {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address ?? '')?.[1]
  return mapped ?? address
}

/** The address in an entry that may have brackets and a port; `null` where there is none. */
function addressIn(entry) {
  const bare = /^\[(.*)\](?::\d+)?$/.exec(entry)?.[1] ?? entry.replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
  return net.isIP(bare) ? plain(bare) : null
}

function lastOf(header) {
  return header?.split(',').at(-1).trim() || undefined
}

module.exports = { Proxies }
