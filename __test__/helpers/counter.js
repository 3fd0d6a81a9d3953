// Prints a stream in which every byte is known by its place: lines of 16
// bytes, each with its number. `node counter.js <lines> <lines a block> <ms between blocks>`

const LINE = 16

if (require.main === module) {
  const [lines, block, pause] = process.argv.slice(2).map(Number)
  const { writeSync } = require('node:fs')
  for (let from = 0; from < lines; from += block) {
    let text = ''
    for (let line = from; line < Math.min(from + block, lines); line += 1) text += `${pad(line)}\n`
    // A signal, such as that of a resize, ends a write early.
    for (let rest = Buffer.from(text); rest.length > 0; ) rest = rest.subarray(writeSync(1, rest))
    if (pause > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, pause)
  }
}

function pad(line) {
  return String(line).padStart(LINE - 2, '0')
}

/** The bytes of the stream from one place to another, as the terminal shows them. */
function counterBytes(from, to) {
  const first = Math.floor(from / LINE)
  let text = ''
  for (let line = first; line * LINE < to; line += 1) text += `${pad(line)}\r\n`
  return Buffer.from(text, 'latin1').subarray(from - first * LINE, to - first * LINE)
}

/** Its first line: where this is, the stream begins. */
const FIRST_LINE = `${pad(0)}\r\n`

module.exports = { COUNTER: __filename, FIRST_LINE, LINE, counterBytes }
