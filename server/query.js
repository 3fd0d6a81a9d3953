/** What a client says of a session as it opens it: in its URL, or in a message. */

/** Smaller windows would stall on every frame. */
const MIN_WINDOW = 64 * 1024
/** A request's URL is relative to its server; no part of this is looked at. */
const BASE = 'http://localhost'

/** The URL of a request; `null` for one that is none. */
function urlOf(request) {
  try {
    return new URL(request.url, BASE)
  } catch {
    return null
  }
}

/**
 * Parameters as strings, whether they come from a URL or from a JSON message:
 * anything else in one is left out.
 *
 * @param {Iterable<[string, unknown]>} entries
 * @returns {Record<string, string>}
 */
function queryOf(entries) {
  const query = Object.create(null)
  for (const [name, value] of entries) {
    if (typeof value === 'string') query[name] = value
    else if (typeof value === 'number' || typeof value === 'boolean') query[name] = String(value)
  }
  return query
}

/** The text of a parameter; `undefined` for an empty one. */
function textOf(value) {
  return value === '' ? undefined : value
}

/** A whole number from 0 to 2^53 - 1; `null` for anything else. */
function wholeNumber(text) {
  return /^\d{1,16}$/.test(text ?? '') && Number.isSafeInteger(Number(text)) ? Number(text) : null
}

/** The window of a connection, in bytes; `null` for none. */
function windowOf(text) {
  const window = wholeNumber(text)
  return window === null ? null : Math.max(window, MIN_WINDOW)
}

/** How a JSON client takes the past: as it says, else as the server is set to. */
function historyOf(text, { history }) {
  return text === 'stream' || text === 'history' ? text : history
}

module.exports = { historyOf, queryOf, textOf, urlOf, wholeNumber, windowOf }
