/** Names of files and branches, which are bytes, as text for JSON. */

const { isUtf8 } = require('node:buffer')
const { GitError } = require('./errors')

const MAX_RECORD = 64 * 1024

/** A name as it is, where it is UTF-8; else its bytes beyond ASCII as `\xNN`. */
function nameOf(bytes) {
  if (isUtf8(bytes)) return bytes.toString()
  return bytes.toString('latin1').replace(/[\x80-\xff]/g, (byte) => `\\x${byte.charCodeAt(0).toString(16)}`)
}

/** Cuts a stream of bytes into what is between zero bytes. */
class Records {
  #rest = []
  #bytes = 0
  #each

  /** @param {(record: Buffer) => void} each */
  constructor(each) {
    this.#each = each
  }

  take(chunk) {
    let from = 0
    for (let at = chunk.indexOf(0); at >= 0; at = chunk.indexOf(0, from)) {
      this.#record(chunk.subarray(from, at))
      from = at + 1
    }
    this.#keep(chunk.subarray(from))
  }

  #record(end) {
    const record = this.#rest.length === 0 ? end : Buffer.concat([...this.#rest, end])
    this.#rest = []
    this.#bytes = 0
    this.#each(record)
  }

  #keep(part) {
    this.#bytes += part.length
    if (this.#bytes > MAX_RECORD) throw new GitError('ERR_GIT_FAILED', 'git said a name that does not end')
    if (part.length > 0) this.#rest.push(part)
  }
}

module.exports = { Records, nameOf }
