'use strict'

// Runs bench/engines, in which the screen and other engines in Rust are measured
// by the same code: a process for each figure.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const folder = path.join(__dirname, '../engines')
const target = process.env.CARGO_TARGET_DIR || path.join(folder, 'target')

function run(args, input) {
  const options = { input, encoding: 'utf8' }
  return execFileSync(path.join(target, 'release/screen-engines'), args, options).trim()
}

/** Builds all engines; without rio-vt where there is no compiler for C++. */
function build() {
  const cargo = (...more) =>
    execFileSync('cargo', ['build', '--release', '--locked', '--quiet', ...more], {
      cwd: folder,
      stdio: 'inherit',
    })
  try {
    cargo('--all-features')
  } catch {
    console.error('Without rio-vt, which did not build here.')
    cargo()
  }
  return run(['names']).split(' ')
}

/** The version of a crate that is measured. */
function version(name) {
  const lock = fs.readFileSync(path.join(folder, 'Cargo.lock'), 'utf8')
  return lock.match(`name = "${name}"\nversion = "([^"]*)"`)?.[1] ?? ''
}

/** The numbers that an engine's process prints: what it is asked, scrollback, rounds. */
function ask(what, engine, lines, times, bytes) {
  const answer = run([what, engine, String(lines), String(times)], bytes)
  return answer === '' ? [] : answer.split(' ').map(Number)
}

module.exports = { ask, build, version }
