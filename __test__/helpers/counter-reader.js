const { FIRST_LINE, counterBytes } = require('./counter')

/**
 * Follows the counter stream over any number of connections, and fails at the
 * first byte that is wrong, missing without a word, or there twice.
 */
class CounterReader {
  /** Offset of the next byte; null before the stream has begun. */
  at = null
  /** Offset of the stream's first byte. */
  base = null
  /** Gaps that were announced: `{ from, to }`. */
  gaps = []
  received = 0

  /** A gap that the server has announced. */
  gap({ from, to }) {
    if (from !== this.at) throw new Error(`a gap from ${from}, but ${this.at} was next`)
    if (to <= from) throw new Error(`an empty gap: ${from} to ${to}`)
    this.gaps.push({ from, to })
    this.at = to
  }

  /** Takes the bytes at an offset, at most `most` of them. Returns how many. */
  take(offset, data, most = data.length) {
    if (offset !== this.at) throw new Error(`bytes of ${offset}, but ${this.at} was next`)
    const taken = data.subarray(0, most)
    const expected = counterBytes(offset - this.base, offset - this.base + taken.length)
    if (!taken.equals(expected)) {
      throw new Error(wrong(offset, taken, expected))
    }
    this.at += taken.length
    this.received += taken.length
    return taken.length
  }

  /** Finds the stream's beginning in what came after the command. */
  begin(output, offset) {
    const index = output.indexOf(FIRST_LINE)
    if (index < 0) return false
    this.base = this.at = offset + index
    return true
  }
}

/** Says where the first wrong byte is, and what is around it. */
function wrong(offset, taken, expected) {
  const at = taken.findIndex((byte, index) => byte !== expected[index])
  const around = (bytes) => JSON.stringify(bytes.subarray(Math.max(at - 32, 0), at + 48).toString())
  return `wrong byte ${at} of ${taken.length} at ${offset}: ${around(taken)}, not ${around(expected)}`
}

module.exports = { CounterReader }
