/** What the sessions print: commands, and the files that some of them print. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const LEVELS = ['INFO', 'DEBUG', 'WARN', 'ERROR']
const COLOURS = [32, 36, 33, 31]
/** What is in some of the lines, as build tools and chat bots print it. */
const WORDS = [
  '✓ 完了しました',
  '处理请求完毕',
  '빌드 성공',
  '🚀 deployed',
  '⚠️ slow',
  'größer als übergeben',
  '→ réponse',
]

const timeOf = (line) => new Date(1.7e12 + line * 137).toISOString()

/** Log text as programs print it: times, levels, words and numbers. */
function logLine(line) {
  return `${timeOf(line)} [${LEVELS[line % 4]}] worker-${line % 17} request ${line * 7919} took ${line % 997} ms\n`
}

/** The same in colours, with CJK and emoji in every third line and boxes in every eighth. */
function colouredLine(line) {
  const level = `\x1b[1;${COLOURS[line % 4]}m${LEVELS[line % 4]}\x1b[0m`
  const time = `\x1b[2m${timeOf(line)}\x1b[0m`
  if (line % 8 === 0) return `\x1b[90m├${'─'.repeat(24)}┼${'─'.repeat(30)}┤\x1b[0m\n`
  if (line % 8 === 1)
    return `\x1b[90m│\x1b[0m ${level} step ${line} \x1b[90m│\x1b[0m ${line % 997} ms \x1b[90m│\x1b[0m\n`
  const word = line % 3 === 0 ? ` ${WORDS[line % WORDS.length]}` : ''
  return `${time} ${level} \x1b[38;5;${line % 200}mworker-${line % 17}\x1b[0m request \x1b[36m${line * 7919}\x1b[0m${word}\n`
}

/** A mebibyte of lines, again and again. */
function writeFile(file, line, mebibytes) {
  let text = ''
  let size = 0
  for (let index = 0; size < 1 << 20; index += 1) {
    const next = line(index)
    text += next
    size += Buffer.byteLength(next)
  }
  const out = fs.openSync(file, 'w')
  for (let index = 0; index < mebibytes; index += 1) fs.writeSync(out, text)
  fs.closeSync(out)
  // The terminal makes CR LF of each line end.
  return (size + text.split('\n').length - 1) * mebibytes
}

/** What `seq` prints for so many lines, with a CR in each. */
function seqBytes(lines) {
  let bytes = 0
  for (let from = 1; from <= lines; from *= 10) {
    bytes += (Math.min(lines, from * 10 - 1) - from + 1) * (`${from}`.length + 2)
  }
  return bytes
}

/** Files in a folder of their own; `remove` takes them away. */
class Texts {
  #folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-bench-'))
  #made = new Map()

  /**
   * The command that prints this kind of text on a terminal, and how many bytes a
   * server reads of it: about so many mebibytes.
   */
  command(kind, mebibytes) {
    const key = `${kind} ${mebibytes}`
    if (!this.#made.has(key)) this.#made.set(key, this.#make(kind, mebibytes))
    return this.#made.get(key)
  }

  #make(kind, mebibytes) {
    const file = path.join(this.#folder, `${this.#made.size}.log`)
    switch (kind) {
      case 'log text':
        return { bytes: writeFile(file, logLine, mebibytes), command: `cat ${file}` }
      case 'coloured UTF-8':
        return { bytes: writeFile(file, colouredLine, mebibytes), command: `cat ${file}` }
      case 'lines': {
        const lines = Math.floor((mebibytes << 20) / 9)
        return { bytes: seqBytes(lines), command: `seq 1 ${lines}` }
      }
      case 'yes': {
        const lines = Math.floor((mebibytes << 20) / 3)
        return { bytes: lines * 3, command: `sh -c 'yes | head -n ${lines}'` }
      }
      default:
        throw new Error(`there is no text of the kind ${kind}`)
    }
  }

  remove() {
    fs.rmSync(this.#folder, { recursive: true })
  }
}

module.exports = { Texts }
