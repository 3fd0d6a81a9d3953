/** Options of the client's classes: defaults, bounds, and errors that say what is wrong. */

export function fail(Kind, code, message) {
  return Object.assign(new Kind(message), { code })
}

/**
 * Reads whole numbers from options. Absent, `undefined` and `null` are the default.
 * @param {Record<string, unknown> | null | undefined} options
 * @param {Record<string, { value: number, min: number, max: number }>} known
 * @returns {Record<string, number>}
 */
export function wholeNumbers(options, known) {
  const result = {}
  for (const [name, { value, min, max }] of Object.entries(known)) {
    const given = options?.[name] ?? value
    if (typeof given !== 'number')
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', `${name} must be a number, not ${typeof given}`)
    if (!Number.isInteger(given) || given < min || given > max)
      throw fail(
        RangeError,
        'ERR_OUT_OF_RANGE',
        `${name} must be a whole number from ${min} to ${max}, not ${given}`,
      )
    result[name] = given
  }
  return result
}

/**
 * An address for a WebSocket. Relative ones are resolved against the page, `http:` and `https:` become `ws:` and `wss:`.
 * @param {string | URL} address
 * @returns {URL}
 */
export function socketUrl(address) {
  const base = globalThis.document?.baseURI ?? globalThis.location?.href
  let url
  try {
    url = new URL(address, base)
  } catch {
    throw fail(TypeError, 'ERR_INVALID_ARG_VALUE', `url is no address: ${String(address)}`)
  }
  url.protocol = url.protocol.replace(/^http/, 'ws')
  if (!/^wss?:$/.test(url.protocol))
    throw fail(
      TypeError,
      'ERR_INVALID_ARG_VALUE',
      `url must begin with http, https, ws or wss, not ${url.protocol}`,
    )
  url.hash = '' // A WebSocket's address has none.
  return url
}

/** @param {unknown} value @param {string} name @param {'string' | 'function' | 'object' | 'boolean'} type */
export function optional(value, name, type) {
  if (value === undefined || value === null) return null
  if (typeof value !== type)
    throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', `${name} must be a ${type}, not ${typeof value}`)
  return value
}
