'use strict'

// Streams for the benchmarks, the same bytes in every run.

const { random } = require('./generate.cjs')

const WORDS =
  'compile link error warning src main module thread cargo build test passed failed ok in the of and'.split(
    ' ',
  )

function words(rnd, count) {
  return Array.from({ length: count }, () => rnd.pick(WORDS)).join(' ')
}

function fill(size, make) {
  const rnd = random(42)
  const parts = []
  for (let length = 0; length < size; ) {
    const part = Buffer.from(make(rnd))
    parts.push(part)
    length += part.length
  }
  return Buffer.concat(parts)
}

// Log lines of about sixty characters.
function ascii(size) {
  return fill(size, (rnd) => `${words(rnd, 6 + rnd.below(8))}\r\n`)
}

// A build log: a coloured label, a path, numbers.
function sgr(size) {
  const line = (rnd) =>
    `\x1b[1;3${1 + rnd.below(6)}m${rnd.pick(['   Compiling', '    Checking', ' Downloaded'])}\x1b[0m ${rnd.pick(WORDS)} v0.${rnd.below(99)}.${rnd.below(20)} ` +
    `\x1b[38;5;${rnd.below(256)}m(/home/user/${rnd.pick(WORDS)})\x1b[0m ${words(rnd, 2 + rnd.below(3))}\r\n`
  return fill(size, line)
}

// An editor: synchronised frames, regions, status lines, inserted rows.
function app(size) {
  const frame = (rnd) => {
    let out = '\x1b[?2026h\x1b[?25l'
    for (let i = 0; i < 6; i++) {
      out += `\x1b[${1 + rnd.below(22)};1H\x1b[38;5;242m${String(rnd.below(999)).padStart(4)} \x1b[m`
      out += `\x1b[34m${rnd.pick(['let', 'fn', 'use'])}\x1b[m ${words(rnd, 6)} \x1b[32m"${rnd.pick(WORDS)}"\x1b[m;\x1b[K`
    }
    out += `\x1b[2;23r\x1b[2;1H\x1b[${1 + rnd.below(2)}${rnd.pick('LM')}\x1b[r`
    out += `\x1b[24;1H\x1b[7m${words(rnd, 9).slice(0, 60).padEnd(70)}\x1b[m\x1b[${1 + rnd.below(23)};${1 + rnd.below(79)}H\x1b[?25h\x1b[?2026l`
    return out
  }
  return Buffer.concat([Buffer.from('\x1b[?1049h'), fill(size, frame)])
}

// Every cell with colours of its own.
function dense(size) {
  return fill(size, (rnd) => {
    let out = '\x1b[H'
    for (let y = 0; y < 24; y++) {
      out += `\x1b[${y + 1};1H`
      for (let x = 0; x < 80; x++)
        out += `\x1b[38;5;${rnd.below(256)};48;5;${rnd.below(256)};1m${String.fromCharCode(65 + rnd.below(26))}`
    }
    return out
  })
}

function utf8(size) {
  return fill(
    size,
    (rnd) =>
      `${rnd.pick(['東京都', 'Ünïcödé', '안녕하세요', 'Привет', '🚀✨'])} ${words(rnd, 3)} ${rnd.pick(['→', '│', '├──'])} ${rnd.pick(['データ', 'naïve', 'e\u0301te\u0301'])}\r\n`,
  )
}

function cursor(size) {
  return fill(size, (rnd) => `\x1b[${1 + rnd.below(24)};${1 + rnd.below(80)}H${rnd.pick(WORDS)}`)
}

// What bench/server prints into its terminals.
function log(size) {
  const levels = ['INFO', 'DEBUG', 'WARN', 'ERROR']
  let line = 0
  return fill(size, () => {
    const time = new Date(1.7e12 + line * 137).toISOString()
    const text = `${time} [${levels[line % 4]}] worker-${line % 17} request ${line * 7919} took ${line % 997} ms\r\n`
    line++
    return text
  })
}

function seq(size) {
  let number = 0
  return fill(size, () => `${++number}\r\n`)
}

function scroll(size) {
  return Buffer.alloc(size - (size % 3), 'y\r\n')
}

module.exports = { ascii, log, seq, sgr, app, dense, utf8, cursor, scroll }
