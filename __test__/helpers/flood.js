// Output without end in which a join in the wrong place shows: characters of
// four bytes and escape sequences in every line.

const TEXT = '\x1b[31mflood \u{1f30a}\u{1f30a}\x1b[0m'
const LINE = Buffer.from(`${TEXT}\r\n`)

/** The command that prints it. */
const FLOOD = `yes $'${TEXT.replaceAll('\x1b', '\\e')}'`

/**
 * What came is what was printed, but for the gaps that were told: each frame
 * is whole by itself, and each goes on where the one before it ended.
 */
function expectWhole(frames, gaps) {
  const fatal = new TextDecoder('utf-8', { fatal: true })
  let joins = 0
  let at = null
  for (const { type, offset, data, end } of frames) {
    if (type === 'snapshot') {
      at = offset
      continue
    }
    const text = typeof data === 'string' ? data : fatal.decode(data)
    // One gap may follow another before any bytes do.
    while (at !== null && at !== offset) {
      const gap = gaps.find(({ from }) => from === at)
      expect({ offset, at, gap }).toMatchObject({ gap: { type: 'gap' } })
      at = gap.to
      joins += 1
    }
    at = end
    expectLines(text)
    // No frame begins or ends within an escape sequence.
    expect(text).not.toMatch(/^(\[?\d*m|\d+m)|\x1b(\[\d*)?$/)
  }
  return joins
}

/** The text is a piece of the same line, over and over. */
function expectLines(text) {
  const bytes = Buffer.from(text)
  const start = Buffer.concat([LINE, LINE]).indexOf(bytes.subarray(0, LINE.length))
  const printed = Buffer.alloc(Math.max(start, 0) + bytes.length, LINE).subarray(Math.max(start, 0))
  if (start >= 0 && bytes.equals(printed)) return
  const at = bytes.findIndex((byte, index) => byte !== printed[index])
  const around = (data) => JSON.stringify(data.subarray(Math.max(at - 64, 0), at + 64).toString())
  throw new Error(`wrong byte ${at} of ${bytes.length}: ${around(bytes)}, not ${around(printed)}`)
}

module.exports = { FLOOD, expectWhole }
