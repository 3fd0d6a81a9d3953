const { wholeNumber } = require('./query')

const UNICODE_VERSIONS = new Set(['6', '11', '15-graphemes'])
/** The first minor version of xterm.js 6 that does otherwise than 6.0. */
const CHANGED = 1
/** What `xtermOptions` may name. */
const OPTIONS = ['scrollOnEraseInDisplay', 'reflowCursorLine', 'convertEol']
/** Parts of the image add-on; `images` stands for all of them. */
const IMAGES = ['sixelSupport', 'iipSupport', 'kittySupport']
const WINDOW_OPTIONS = ['pushTitle', 'popTitle']
const MAX_TAB_STOP_WIDTH = 65_535

/**
 * What a client says of its terminal in its query, as `Session.setClient` takes
 * it; `null` where it says nothing. What makes no sense counts as missing.
 *
 * @param {Record<string, string>} query
 * @returns {import('offheap-terminal').ClientOptions | null}
 */
function clientInQuery(query) {
  const client = {}
  const xterm = /^(\d{1,4})\.(\d{1,4})(?:[.+-]|$)/.exec(query.xterm ?? '')
  if (xterm) client.xtermVersion = isChanged(Number(xterm[1]), Number(xterm[2])) ? '6.1' : '6.0'
  if (UNICODE_VERSIONS.has(query.unicode)) client.unicodeVersion = query.unicode
  if (query.xtermOptions !== undefined) Object.assign(client, optionsOf(query.xtermOptions))
  const width = wholeNumber(query.tabStopWidth)
  if (width !== null && width >= 1 && width <= MAX_TAB_STOP_WIDTH) client.tabStopWidth = width
  return Object.keys(client).length > 0 ? client : null
}

/** A version that is not out yet is taken for the newest known. */
function isChanged(major, minor) {
  return major > 6 || (major === 6 && minor >= CHANGED)
}

/** All of the options: those in the list are on, and the others off. */
function optionsOf(list) {
  const named = new Set(list.split(','))
  const pick = (names) => Object.fromEntries(names.map((name) => [name, named.has(name)]))
  const hasParts = !named.has('images') && IMAGES.some((part) => named.has(part))
  const images = hasParts ? pick(IMAGES) : named.has('images')
  return { ...pick(OPTIONS), images, windowOptions: pick(WINDOW_OPTIONS) }
}

module.exports = { clientInQuery }
