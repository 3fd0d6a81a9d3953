/** The floor under all servers: builds and runs the loop in `floor/`, which only reads. */

const { execFileSync } = require('node:child_process')
const path = require('node:path')

const FOLDER = path.join(__dirname, 'floor')
const PROGRAM = path.join(FOLDER, 'target', 'release', 'server-floor')

/** Builds it. It counts with what Linux alone has. */
function build() {
  execFileSync(
    'cargo',
    ['build', '--release', '--quiet', '--locked', '--manifest-path', path.join(FOLDER, 'Cargo.toml')],
    {
      stdio: 'inherit',
    },
  )
}

/** What reading the terminals of so many shells takes that run a command. */
function run({ sessions, command }) {
  return JSON.parse(execFileSync(PROGRAM, [String(sessions), command], { encoding: 'utf8' }))
}

module.exports = { build, run }
