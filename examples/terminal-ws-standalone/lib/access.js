/**
 * Who may talk to the server. A shell on a loopback port is within reach of
 * every web page the user visits, so the browser's `Origin` must be the
 * server's own (or one that is allowed), and a server on loopback answers to
 * loopback names only: a foreign name that resolves to 127.0.0.1 is a trick.
 */

const crypto = require('node:crypto')
const net = require('node:net')

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
    if (!this.#loopback) return true
    if (!host) return false
    return this.#allowedHosts.has(host) || isLoopback(hostname(host))
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

function hostname(host) {
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  } catch {
    return ''
  }
}

function isLoopback(name) {
  if (name === 'localhost' || name.endsWith('.localhost')) return true
  if (net.isIPv4(name)) return name.startsWith('127.')
  return net.isIPv6(name) && (name === '::1' || name.startsWith('::ffff:127.'))
}

module.exports = { Access }
