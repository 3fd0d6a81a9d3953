const { coded } = require('./errors')
const { wholeNumber } = require('./query')

/** What a terminal's size may be at all, in cells and in pixels. */
const MAX = 65_535
/** Columns times rows: as many as 4096×4096. */
const MAX_CELLS = 1 << 24

/**
 * The size of a `resize` message. Columns and rows beyond the server's bounds
 * become the bounds: an honest client with a huge window is told by `size`.
 *
 * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE` for what is no size.
 */
function sizeOf({ cols, rows, width, height }, { maxCols, maxRows }) {
  const size = {
    cols: Math.min(whole('cols', cols, 1), maxCols),
    rows: Math.min(whole('rows', rows, 1), maxRows),
    pixels: null,
  }
  if (size.cols * size.rows > MAX_CELLS) {
    throw coded('ERR_OUT_OF_RANGE', `resize: cols times rows must be at most ${MAX_CELLS}`)
  }
  if ((width ?? null) !== null || (height ?? null) !== null) {
    size.pixels = { width: whole('width', width, 0), height: whole('height', height, 0) }
  }
  return size
}

function whole(name, value, min) {
  if (typeof value !== 'number') throw coded('ERR_INVALID_ARG_TYPE', `resize: ${name} must be a number`)
  if (!Number.isInteger(value) || value < min || value > MAX) {
    throw coded('ERR_OUT_OF_RANGE', `resize: ${name} must be a whole number from ${min} to ${MAX}`)
  }
  return value
}

/** The size in a query; `null` where it names none, or something else. */
function sizeInQuery(query, bounds) {
  const [cols, rows, width, height] = ['cols', 'rows', 'width', 'height'].map((name) =>
    wholeNumber(query[name]),
  )
  if (cols === null || rows === null) return null
  const pixels = width !== null && height !== null && { width, height }
  try {
    return sizeOf({ cols, rows, ...pixels }, bounds)
  } catch {
    return null
  }
}

/** Gives a session a size. A client that does not know its pixels leaves those that are known. */
function applySize(session, { cols, rows, pixels }) {
  if (pixels) session.resize(cols, rows, pixels)
  else if (cols !== session.cols || rows !== session.rows) session.resize(cols, rows)
}

module.exports = { applySize, sizeInQuery, sizeOf }
