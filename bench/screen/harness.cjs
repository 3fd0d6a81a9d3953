'use strict'

// Runs the Rust screen: collects commands, hands them to the harness binary in
// one go, and gives its answers back in order.

const { spawnSync } = require('node:child_process')
const path = require('node:path')

const target = process.env.CARGO_TARGET_DIR || path.join(__dirname, 'harness/target')
const binary = process.env.SCREEN_HARNESS || path.join(target, 'release/screen-harness')

class Harness {
  constructor() {
    this.parts = []
    this.questions = 0
  }

  command(line, bytes) {
    this.parts.push(Buffer.from(`${line}\n`))
    if (bytes) this.parts.push(bytes)
    return this
  }

  open({ cols, rows, lines = 1000, bytes = 1 << 24, unicode = '11', xterm = '6.0', options = {} }) {
    const minor = xterm.split('.')[1]
    const { windowOptions = {}, tabStopWidth = 8 } = options
    const bits = [
      windowOptions.pushTitle,
      windowOptions.popTitle,
      options.scrollOnEraseInDisplay,
      options.reflowCursorLine,
      options.convertEol,
    ].reduce((sum, on, bit) => sum + (on ? 1 << bit : 0), 0)
    const numbers = [cols, rows, lines, bytes, Number.parseInt(unicode, 10), minor, bits, tabStopWidth]
    return this.command(`new ${numbers.join(' ')}`)
  }

  feed(bytes) {
    return this.command(`feed ${bytes.length}`, bytes)
  }

  resize(cols, rows) {
    return this.command(`resize ${cols} ${rows}`)
  }

  ask(line, bytes) {
    this.questions++
    return this.command(line, bytes)
  }

  run() {
    const { stdout, stderr, status } = spawnSync(binary, {
      input: Buffer.concat(this.parts),
      maxBuffer: 1 << 30,
      env: { ...process.env, RUST_BACKTRACE: '1' },
    })
    if (status !== 0) throw new Error(`the harness failed: ${stderr}`)
    const answers = []
    for (let at = 0; answers.length < this.questions; ) {
      const line = stdout.indexOf(10, at)
      const length = Number(stdout.toString('latin1', at, line))
      answers.push(stdout.subarray(line + 1, line + 1 + length))
      at = line + 1 + length
    }
    this.parts = []
    this.questions = 0
    return answers
  }
}

/** A screen for `Judge`. */
function makeScreen(size) {
  const harness = new Harness().open(size)
  return {
    feed: (bytes) => harness.feed(bytes),
    resize: (cols, rows) => harness.resize(cols, rows),
    snapshot: () => harness.ask(`snapshot ${size.lines}`),
    finish: () => harness.run(),
  }
}

module.exports = { Harness, makeScreen }
