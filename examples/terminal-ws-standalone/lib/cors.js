/** Lets pages of other origins call the HTTP interface. */

const METHODS = 'GET, POST, PUT, DELETE'
const HEADERS = 'Authorization, Content-Type'
/** How long a browser need not ask again, in seconds. */
const MAX_AGE = '600'

class Cors {
  #origins

  /** @param {string[]} origins those that may */
  constructor(origins) {
    this.#origins = new Set(origins)
  }

  /** Whether the request is a browser's question, before it sends the request itself. */
  isPreflight({ method, headers }) {
    return method === 'OPTIONS' && headers.origin !== undefined && 'access-control-request-method' in headers
  }

  /** Says in the response that the page may read it, if it may. */
  allow({ headers }, response) {
    // What is kept of an answer is for this origin only.
    response.setHeader('Vary', 'Origin')
    if (!this.#origins.has(headers.origin)) return
    response.setHeader('Access-Control-Allow-Origin', headers.origin)
    response.setHeader('Access-Control-Allow-Credentials', 'true')
  }

  /** Answers a preflight of a request that is allowed otherwise. It never carries the token. */
  answerPreflight(response) {
    response.writeHead(204, {
      'Access-Control-Allow-Methods': METHODS,
      'Access-Control-Allow-Headers': HEADERS,
      'Access-Control-Max-Age': MAX_AGE,
    })
    response.end()
  }
}

module.exports = { Cors }
