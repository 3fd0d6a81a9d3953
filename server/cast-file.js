const fs = require('node:fs/promises')
const { constants } = require('node:fs')
const { pipeline } = require('node:stream')

/** The longest line that is looked through for its beginning, in bytes: as long as a reader takes. */
const MAX_LINE = 16 * 1024 * 1024
const PIECE = 64 * 1024
const LINE_FEED = 0x0a

/**
 * Responds to a GET or HEAD of a cast: whole or by one range, and up to the last whole
 * line, since one that is being written, or was cut off, may end within one.
 *
 * @param {import('node:http').IncomingMessage} request
 * @param {import('node:http').ServerResponse} response
 * @param {string} file
 * @param {Record<string, string>} headers what every response carries
 * @throws the errno's error of a file that cannot be opened
 */
async function serveCast(request, response, file, headers) {
  // A link could lead anywhere, and to open a pipe must not wait for its other end.
  const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)
  const handle = await fs.open(file, constants.O_RDONLY | safely)
  try {
    const stats = await handle.stat()
    if (!stats.isFile()) throw Object.assign(new Error('It is not a regular file'), { code: 'ENOENT' })
    const length = await wholeLength(handle, stats.size)
    const tag = `"${stats.ino.toString(36)}-${Math.trunc(stats.mtimeMs).toString(36)}-${length.toString(36)}"`
    const common = { ...headers, 'Accept-Ranges': 'bytes', 'Cache-Control': 'private, no-cache', ETag: tag }
    const part = partFor(request.headers, length, tag)
    response.writeHead(part.status, {
      ...common,
      'Content-Type': 'application/x-asciicast',
      ...part.headers,
    })
    if (part.status === 304 || part.status === 416 || request.method === 'HEAD' || part.size === 0) {
      response.end()
      return
    }
    const { start, size } = part
    const stream = handle.createReadStream({ start, end: start + size - 1, autoClose: false })
    await new Promise((resolve) => pipeline(stream, response, resolve))
    // A file that has become shorter: whoever waits for the rest must not wait for ever.
    if (stream.bytesRead < size) request.socket.destroy()
  } finally {
    await handle.close().catch(() => {})
  }
}

/** Which part is asked for, if it has changed. */
function partFor(asked, length, tag) {
  if (matches(asked['if-none-match'], tag)) return { status: 304, headers: {} }
  const whole = { status: 200, start: 0, size: length, headers: { 'Content-Length': length } }
  const current = asked['if-range'] === undefined || asked['if-range'] === tag
  const range = current ? rangeOf(asked.range, length) : null
  if (range === null) return whole
  if (range === false) {
    return { status: 416, headers: { 'Content-Range': `bytes */${length}`, 'Content-Length': 0 } }
  }
  const { start, end } = range
  return {
    status: 206,
    start,
    size: end - start,
    headers: { 'Content-Range': `bytes ${start}-${end - 1}/${length}`, 'Content-Length': end - start },
  }
}

function matches(list, tag) {
  return (list ?? '').split(',').some((each) => ['*', tag].includes(each.trim().replace(/^W\//, '')))
}

/** One range of bytes; `null` for none that is understood, `false` for one beyond the end. */
function rangeOf(text, length) {
  const [, first, last] = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(text ?? '') ?? []
  if (first === undefined || (first === '' && last === '')) return null
  if (first === '') {
    const size = Math.min(Number(last), length)
    return size > 0 && { start: length - size, end: length }
  }
  const start = Number(first)
  const end = last === '' ? length : Math.min(Number(last) + 1, length)
  if (last !== '' && Number(last) < start) return null
  return start < length && { start, end }
}

/** Where the last whole line ends. */
async function wholeLength(handle, size) {
  const buffer = Buffer.alloc(PIECE)
  for (let end = size; end > 0 && size - end <= MAX_LINE; ) {
    // The last byte says it, as a rule.
    const start = Math.max(0, end - (end === size ? 1 : PIECE))
    const { bytesRead } = await handle.read(buffer, 0, end - start, start)
    const at = buffer.lastIndexOf(LINE_FEED, bytesRead - 1)
    if (bytesRead > 0 && at >= 0) return start + at + 1
    end = start
  }
  // Of version 1, one document, every byte is needed.
  return size
}

module.exports = { serveCast }
