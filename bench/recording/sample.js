// A long recording with what people and programs print: logs, full-screen
// programs, colours, and a window that is resized. It is written as a recorder
// writes it, but for the clock, which would take eight hours.

const fs = require('node:fs')
const path = require('node:path')

const STREAMS = path.join(__dirname, '..', 'screen', 'recordings')
const HOURS = 8
const PIECE = 4096
/** Text that is printed once, near the end. */
const NEEDLE = 'needle-in-the-haystack'

/** Numbers that are the same in each run. */
function random(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return state % below
  }
}

/** What is printed, again and again: text that can be cut between any two of its pieces. */
function pieces() {
  const all = []
  for (const name of fs.readdirSync(STREAMS).filter((each) => each.endsWith('.bin'))) {
    const text = fs.readFileSync(path.join(STREAMS, name)).toString('utf8').replaceAll('\ufffd', '')
    for (let at = 0; at < text.length; ) {
      // Not within a sequence: before the next one begins.
      const sequence = text.indexOf('\x1b', at + PIECE)
      const isFar = sequence < 0 || sequence - at > 4 * PIECE
      const end = isFar ? Math.min(text.length, at + 4 * PIECE) : sequence
      all.push(text.slice(at, end))
      at = end
    }
    all.push('\x18\x1b[?1049l\x1b[0m\x1b[r\r\n')
  }
  const next = random(7)
  for (let block = 0; block < 200; block += 1) {
    let text = ''
    for (let line = 0; line < 40; line += 1)
      text += `2026-01-31T12:${block % 60}:${line} \x1b[3${next(8)}mINFO\x1b[m request ${next(1e6)} took ${next(900)} ms\r\n`
    all.push(text)
  }
  return all
}

/** Writes a cast of about so many bytes; says how many events and sizes it has. */
function writeSample(file, bytes) {
  const descriptor = fs.openSync(file, 'w', 0o600)
  const next = random(1)
  const all = pieces().map((text) => JSON.stringify(text))
  const header = {
    version: 3,
    term: { cols: 120, rows: 40, type: 'xterm-256color' },
    timestamp: 1_769_860_800,
  }
  let [written, events, resizes, chunk] = [0, 0, 0, `${JSON.stringify(header)}\n`]
  const mean = all.reduce((sum, text) => sum + text.length, 0) / all.length
  const interval = (HOURS * 3_600_000) / (bytes / mean)
  const flush = () => {
    written += fs.writeSync(descriptor, chunk)
    chunk = ''
  }
  let hidden = false
  while (written < bytes) {
    const ms = Math.round(interval * (0.5 + next(1000) / 1000))
    const time = `${Math.floor(ms / 1000)}.${String(ms % 1000).padStart(3, '0')}`
    chunk += `[${time}, "o", ${all[next(all.length)]}]\n`
    events += 1
    if (events % 300 === 0) {
      chunk += `[0.000, "r", "${60 + next(120)}x${15 + next(45)}"]\n`
      resizes += 1
    }
    if (!hidden && written > bytes * 0.97) {
      hidden = true
      chunk += `[0.000, "o", ${JSON.stringify(`\x18\x1b[?1049l\r\n${NEEDLE}\r\n`)}]\n`
    }
    if (chunk.length > 1 << 20) flush()
  }
  flush()
  fs.closeSync(descriptor)
  return { bytes: written, events, resizes, hours: HOURS }
}

module.exports = { NEEDLE, writeSample }
