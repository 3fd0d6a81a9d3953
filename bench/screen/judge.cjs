'use strict'

// Judges a screen by @xterm/headless: at many cuts of a stream its snapshot, fed
// to a fresh terminal, must give the terminal that saw it all (restored); then
// the stream goes on in both up to the next cut (continued); and after the last
// cut a few sequences follow that bring hidden state to light (probed).
//
// `makeScreen({ cols, rows, unicode, lines })` makes the screen to be judged, with
// `feed(bytes)`, `resize(cols, rows)`, `snapshot()`, and `finish()`, which answers
// all the snapshots taken.

const { Comparison } = require('./compare.cjs')
const { open, write, state } = require('./state.cjs')

const PROBES = [
  '\x1b8*',
  '\x1b[?1049l+',
  '\x1b[?47h\x1b8$\x1b[?47l',
  '\ta\tb',
  '\n\n\nend',
  '\x1b[?6lx\x1b[10;10Hy',
  '\u0301',
  'wide漢',
  '\x0ell\x0fll',
  '\x1b[4:3mz',
  '\x1bM\x1bM\x1bM',
  '\x1b[2K\x1b[1J',
  '\x1b[999;999H\x1b[2Iq',
]

function apply(term, steps) {
  for (const step of steps) {
    if (Buffer.isBuffer(step)) write(term, step)
    else term.resize(step.cols, step.rows)
  }
}

class Judge {
  /** `sameSize`: a restored terminal is not resized any more, which some differences come from. */
  constructor(makeScreen, { sameSize = false } = {}) {
    this.makeScreen = makeScreen
    this.sameSize = sameSize
    this.comparison = new Comparison()
    this.tally = {
      streams: 0,
      checkpoints: 0,
      restored: 0,
      continued: 0,
      probed: 0,
      differing: 0,
      refused: 0,
    }
    this.reports = []
  }

  /** What was counted, in one object. */
  get counts() {
    return { ...this.tally, ...this.comparison }
  }

  /**
   * Judges one stream: `steps` are byte strings and resizes, `cuts` the numbers
   * of steps to stop after.
   */
  run(label, size, steps, cuts, lines) {
    this.tally.streams++
    const original = open({ ...size, lines })
    const moments = this.moments(original, size, steps, cuts, lines)
    for (let index = 0; index < moments.length; index++) {
      if (!this.judge(label, moments[index], moments[index + 1], steps, lines)) return
    }
    const last = moments.at(-1)
    if (last?.cut === steps.length) this.probe(label, original, last, lines)
  }

  /** Runs the stream in both; answers the state and the snapshot at each cut. */
  moments(original, size, steps, cuts, lines) {
    const screen = this.makeScreen({ ...size, lines })
    const moments = []
    let shape = { cols: size.cols, rows: size.rows }
    let begin = 0
    for (const cut of [...cuts, steps.length]) {
      if (cut <= begin && cut !== steps.length) continue
      const part = steps.slice(begin, cut)
      if (!this.applies(original, part)) break
      for (const step of part) {
        if (Buffer.isBuffer(step)) screen.feed(step)
        else screen.resize(step.cols, step.rows)
        if (!Buffer.isBuffer(step)) shape = { cols: step.cols, rows: step.rows }
      }
      screen.snapshot()
      moments.push({ begin, cut, size: { ...size, ...shape }, state: state(original) })
      begin = cut
    }
    const snapshots = screen.finish()
    return moments.map((moment, index) => ({ ...moment, snapshot: snapshots[index] }))
  }

  restore(moment, lines) {
    const restored = open({ ...moment.size, lines })
    write(restored, moment.snapshot)
    return restored
  }

  /** Judges one cut and the way to the next; answers whether to go on. */
  judge(label, moment, next, steps, lines) {
    const { cut, size } = moment
    const restored = this.restore(moment, lines)
    this.tally.checkpoints++
    this.tally.restored++
    const place = `${label} step ${cut} ${size.cols}x${size.rows}`
    if (!this.report(`${place} restored`, restored, moment.state)) return false
    const way = next ? steps.slice(next.begin, next.cut) : []
    if (!next || (this.sameSize && !way.every(Buffer.isBuffer))) return true
    if (!this.applies(restored, way)) return true
    this.tally.continued++
    return this.report(`${place} to ${next.cut} continued`, restored, next.state)
  }

  probe(label, original, last, lines) {
    const { streams } = this.tally
    const text = PROBES[streams % PROBES.length] + PROBES[(streams * 7 + 3) % PROBES.length]
    const restored = this.restore(last, lines)
    const bytes = [Buffer.from(text)]
    if (!this.applies(original, bytes) || !this.applies(restored, bytes)) return
    this.tally.probed++
    this.report(`${label} probed ${JSON.stringify(text)}`, restored, state(original))
  }

  /** xterm.js itself fails on some sequences. */
  applies(term, steps) {
    try {
      apply(term, steps)
      return true
    } catch {
      this.tally.refused++
      return false
    }
  }

  report(label, term, expected) {
    const found = this.comparison.differences(state(term), expected)
    if (found.length === 0) return true
    this.tally.differing++
    this.reports.push(`${label}\n  ${found.slice(0, 3).join('\n  ')}`)
    return false
  }
}

module.exports = { Judge }
