/**
 * Who may talk to a server of shells. One on a loopback port is within reach of
 * every web page the user visits, so the browser's `Origin` must be the
 * server's own, or one that is allowed. That alone proves nothing: a page of
 * evil.example whose name comes to resolve to this server has the server's own
 * origin too. A server for this machine alone therefore accepts loopback names
 * only, and one without a token only names that cannot be rebound to it:
 * addresses, loopback names, and the hosts of the allowed origins.
 */

const crypto = require('node:crypto')
const net = require('node:net')
const { coded } = require('./errors')
const { hostname, isLoopback } = require('./names')
const { Proxies } = require('./proxies')

class Access {
  #token
  #origins
  #allowedHosts
  #loopback
  #proxies

  /**
   * @param {object | null} [options]
   * @param {string} [options.token] what requests must carry. Default: none is asked for
   * @param {string[]} [options.origins] origins that are allowed beside the server's own
   * @param {boolean} [options.loopback] whether the server is for this machine alone. Default true
   * @param {string[]} [options.trustProxy] proxies whose `X-Forwarded-*` headers are believed
   * @throws `ERR_INVALID_ARG_VALUE`
   */
  constructor(options) {
    const { token, origins, loopback, trustProxy } = options ?? {}
    const allowed = (origins ?? []).map(originOf)
    this.#token = token ? digest(token) : null
    this.#origins = new Set(allowed.map(({ origin }) => origin))
    this.#allowedHosts = new Set(allowed.map(({ host }) => host))
    this.#loopback = loopback ?? true
    this.#proxies = new Proxies(trustProxy ?? [])
  }

  /** Who makes a request, and under which name it knows the server. */
  clientOf(request) {
    return this.#proxies.clientOf(request)
  }

  /**
   * Looks at `Host` and `Origin`.
   *
   * @param {import('node:http').IncomingMessage} request
   * @returns {{ status: number, message: string } | null} `null` for a welcome request
   */
  refuse(request) {
    if (!this.#hostIsOurs(this.clientOf(request).host)) return refusal(403, 'Host not allowed')
    return this.refuseOrigin(request)
  }

  /** The same for `Origin` alone. */
  refuseOrigin(request) {
    const allowed = this.#originIsOurs(request.headers.origin, this.clientOf(request).host)
    return allowed ? null : refusal(403, 'Origin not allowed')
  }

  /** Looks at `Host`, `Origin` and, where there is one, the token. */
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
    // Digests have one length, so the time that the comparison takes reveals nothing.
    return crypto.timingSafeEqual(digest(given), this.#token)
  }
}

/** @throws `ERR_INVALID_ARG_VALUE` for what is no origin. */
function originOf(text) {
  const url = URL.canParse(text) ? new URL(text) : null
  if (url?.origin !== text) {
    throw coded('ERR_INVALID_ARG_VALUE', `origins: "${text}" is no origin such as "https://example.com"`)
  }
  return url
}

function refusal(status, message) {
  return { status, message }
}

function digest(text) {
  return crypto.createHash('sha256').update(text).digest()
}

module.exports = { Access }
