/**
 * Makes a fresh clone ready to run: installs the packages and builds the addon,
 * each only when it is missing or older than what it is made from. Needs
 * nothing but Node itself, since it runs before anything is installed.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '..')
/** What the addon is made from. */
const SOURCES = ['Cargo.toml', 'Cargo.lock', 'build.rs', 'src', 'crates', 'types']

/**
 * How the packages are installed. No package here has an install script that is
 * needed. Of npm's words only errors are of use: some packages that only
 * developers run ask for a newer Node, and a newcomer's first lines would be
 * their warnings.
 */
const INSTALL = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error']

function prepare() {
  if (
    isOlder(path.join(ROOT, 'node_modules', '.package-lock.json'), [path.join(ROOT, 'package-lock.json')])
  ) {
    run('npm', INSTALL)
  }
  const sources = SOURCES.map((name) => path.join(ROOT, name))
  if (isOlder(addon(), sources)) {
    needCargo()
    run('npm', ['run', '--silent', 'build'])
  }
}

/** The built addon of this platform, if there is one. */
function addon() {
  const built = fs.readdirSync(ROOT).find((name) => /^offheap-terminal\..*\.node$/.test(name))
  return path.join(ROOT, built ?? 'offheap-terminal.node')
}

function needCargo() {
  if (spawnSync('cargo', ['--version'], { stdio: 'ignore' }).status === 0) return
  console.error('Building the addon needs Rust: install it from https://rustup.rs and run this again.')
  process.exit(1)
}

/** Whether a made thing is missing, or older than anything it is made from. */
function isOlder(made, sources) {
  if (!fs.existsSync(made)) return true
  const time = fs.statSync(made).mtimeMs
  return sources.some((source) => newest(source) > time)
}

function newest(file) {
  const stats = fs.statSync(file, { throwIfNoEntry: false })
  if (!stats) return 0
  if (!stats.isDirectory()) return stats.mtimeMs
  return Math.max(0, ...fs.readdirSync(file).map((name) => newest(path.join(file, name))))
}

function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: ROOT,
    stdio: 'inherit',
    shell: process.platform === 'win32',
  })
  if (status !== 0) process.exit(status ?? 1)
}

module.exports = { INSTALL, ROOT, prepare }

if (require.main === module) prepare()
