/**
 * Who may talk to the server. A shell on a loopback port is within reach of
 * every web page the user visits, so the browser's `Origin` must be the
 * server's own (or one that is allowed). That alone is no proof: a page of
 * evil.example whose name comes to resolve to this server has the server's own
 * origin too. So a server on loopback answers to loopback names only, and one
 * without a token only to what nobody can point elsewhere: addresses, loopback
 * names, and the hosts of the allowed origins.
 */

const crypto = require('node:crypto')
const net = require('node:net')
const { hostname, isLoopback } = require('./names')

class Access {
  #token
  #origins
  #allowedHosts
  #loopback

  constructor({ authToken, allowedOrigins, host }) {
    this.#token = authToken ? digest(authToken) : null
    this.#origins = new Set(allowedOrigins)
    this.#allowedHosts = new Set(allowedOrigins.map((origin) => new URL(origin).host))
    this.#loopback = isLoopback(host)
  }

  /**
   * @param {import('node:http').IncomingMessage} request
   * @returns {{ status: number, message: string } | null} null when welcome
   */
  refuse(request) {
    if (!this.#hostIsOurs(request.headers.host)) return refusal(403, 'Host not allowed')
    if (!this.#originIsOurs(request.headers.origin, request.headers.host)) {
      return refusal(403, 'Origin not allowed')
    }
    return null
  }

  /** The same, and the token, where there is one. */
  refuseWithToken(request, url) {
    const refused = this.refuse(request)
    if (refused) return refused
    if (this.#token && !this.#tokenIsRight(request, url)) return refusal(401, 'Unauthorized')
    return null
  }

  #hostIsOurs(host) {
    if (!this.#loopback && this.#token) return true
    if (!host) return false
    const name = hostname(host)
    if (this.#allowedHosts.has(host) || isLoopback(name)) return true
    return !this.#loopback && net.isIP(name) !== 0
  }

  /** Programs other than browsers send no Origin; they need no protection from themselves. */
  #originIsOurs(origin, host) {
    if (origin === undefined) return true
    if (this.#origins.has(origin)) return true
    try {
      const url = new URL(origin)
      return (url.protocol === 'http:' || url.protocol === 'https:') && url.host === host
    } catch {
      return false
    }
  }

  #tokenIsRight(request, url) {
    const header = request.headers.authorization ?? ''
    const given = url.searchParams.get('token') ?? header.replace(/^(Bearer|token) /i, '')
    // Digests have one length, so the comparison tells nothing by its time.
    return crypto.timingSafeEqual(digest(given), this.#token)
  }
}

function refusal(status, message) {
  return { status, message }
}

function digest(text) {
  return crypto.createHash('sha256').update(text).digest()
}

module.exports = { Access }
