// The package's entry. `index.js` is generated and looks for the platform's
// binary; when it finds none, this file says which one is missing and what to
// do. The plain `require` below is what lets ESM see the named exports. The
// native `CircularBuffer` gets its small writes gathered, the native `Pty` becomes
// node-pty's, and sessions get what is JavaScript's own: promises and shell
// integration.

const { isMainThread } = require('node:worker_threads')
const { gathering } = require('./circular-buffer.js')
const { addIntegration } = require('./integration.js')
const { nodePty } = require('./pty.js')
const { protectAll } = require('./read-only.js')
const { addWaiting } = require('./session-wait.js')

const supported = [
  'linux-x64-gnu',
  'linux-arm64-gnu',
  'linux-x64-musl',
  'linux-arm64-musl',
  'darwin-x64',
  'darwin-arm64',
  'win32-x64-msvc',
  'win32-arm64-msvc',
]

const platform = `${process.platform}-${process.arch}`

/** The messages of the generated loader's attempts, in their order. */
function attempts(error) {
  const messages = []
  for (let cause = error.cause; cause; cause = cause.cause) messages.unshift(cause.message)
  return messages
}

/** The package that the loader looked for: it knows which libc this is. */
function missing(failures) {
  const tried = failures.map(
    (message) => message.match(/^Cannot find module 'offheap-terminal-([\w-]+)'/)?.[1],
  )
  return supported.find((name) => tried.includes(name))
}

function advice(failures) {
  const found = failures.filter((message) => !message.startsWith('Cannot find module'))
  if (supported.some((each) => each.startsWith(platform)) && found.length > 0) {
    return `The binary was found but could not be loaded: ${found.join('; ')}.`
  }
  const name = missing(failures)
  if (name) {
    const [os, cpu, libc] = name.split('-')
    const flags = `--os=${os} --cpu=${cpu}${os === 'linux' ? ` --libc=${libc === 'gnu' ? 'glibc' : libc}` : ''}`
    return (
      `The package offheap-terminal-${name} is not installed. It is an optional dependency that comes by ` +
      'itself, unless optional dependencies are omitted (--omit=optional, --no-optional) or node_modules or the ' +
      'lockfile come from another platform. Install again without that, on this platform or for it ' +
      `(npm install ${flags}).`
    )
  }
  return (
    `There is no prebuilt binary for this platform; there are for ${supported.join(', ')}. ` +
    'Elsewhere, build the package from its repository.'
  )
}

function explained(error) {
  const problem = new Error(
    `offheap-terminal cannot load its binary on ${platform} (Node ${process.version}). ` +
      `${advice(attempts(error))} See docs/errors.md, ERR_NATIVE_BINDING.`,
    { cause: error },
  )
  problem.code = 'ERR_NATIVE_BINDING'
  return problem
}

try {
  // A copy: the generated module keeps the native classes.
  module.exports = { ...require('./index.js') }
} catch (error) {
  throw explained(error)
}
// `process.exit()` tells no addon: recordings are made whole here. A worker's end
// is told, and must not end those of other threads.
const { finishRecordings } = module.exports
delete module.exports.finishRecordings
// Once for each copy of the package, however often this file is loaded.
const atExit = Symbol.for(`offheap-terminal at exit: ${__dirname}`)
if (isMainThread && !process[atExit]) {
  Object.defineProperty(process, atExit, { value: true })
  process.once('exit', finishRecordings)
}

module.exports.CircularBuffer = gathering(module.exports.CircularBuffer)

addIntegration(module.exports)
addWaiting(module.exports.Session)

const terminals = nodePty(module.exports)
// The native functions behind `open()` are nobody else's.
for (const name of ['openBareTerminal', 'processOfBareTerminal', 'resizeBareTerminal'])
  delete module.exports[name]
module.exports.Pty = terminals.Pty
module.exports.spawn = terminals.spawn
module.exports.fork = terminals.fork
module.exports.createTerminal = terminals.createTerminal
module.exports.open = terminals.open
module.exports.native = terminals.native

protectAll(module.exports)
