// Shell integration: how a shell is started so that it reads the package's
// scripts, which tell what it does, and then the user's own files as ever. No file
// of the user's is touched. docs/shell-integration.md describes it.

const { randomBytes } = require('node:crypto')
const path = require('node:path')

const FOLDER = path.join(__dirname, 'shell-integration')
/** Arguments that leave a shell what it is: one that a person types into. */
const LOGIN = new Set(['-l', '--login'])
const HARMLESS = new Set(['-i', ...LOGIN])

/** Marks the methods that have been replaced already. */
const DONE = Symbol.for('offheap-terminal.integration')

function failure(message) {
  const error = new TypeError(message)
  error.code = 'ERR_INVALID_ARG_TYPE'
  return error
}

/** How each shell is made to read the scripts. */
const SHELLS = {
  __proto__: null,

  /**
   * bash reads a file of ours in the place of `~/.bashrc`, and that file reads the
   * user's. A login shell reads no such file, but in POSIX mode the one that `ENV`
   * names, which then ends that mode. Apple's bash does not: there it is told by a
   * variable that it is to behave as one.
   */
  bash(args, env, isLogin) {
    const script = path.join(FOLDER, 'bash', 'offheap.bash')
    const rest = args.filter((arg) => !LOGIN.has(arg))
    if (!isLogin) return { args: ['--init-file', script, ...args], env: {} }
    if (process.platform === 'darwin') {
      return { args: ['--init-file', script, ...rest], env: { OFFHEAP_SHELL_LOGIN: '1' } }
    }
    const own = env.ENV === undefined ? {} : { OFFHEAP_SHELL_ENV: env.ENV }
    return { args: ['--posix', ...args], env: { ENV: script, ...own } }
  },

  /** zsh reads `.zshenv` in our folder, which gives the folder back to the user first of all. */
  zsh(args, env) {
    const own = env.ZDOTDIR === undefined ? {} : { OFFHEAP_SHELL_ZDOTDIR: env.ZDOTDIR }
    return { args, env: { ZDOTDIR: path.join(FOLDER, 'zsh'), ...own } }
  },

  /** fish runs a command once it has read its files. */
  fish(args) {
    const script = path.join(FOLDER, 'fish', 'offheap.fish').replace(/[\\']/g, '\\$&')
    return { args: [...args, '--init-command', `source '${script}'`], env: {} }
  },
}

/** The name of a shell, as people know it. */
function nameOf(file) {
  return typeof file === 'string' ? path.basename(file).replace(/\.exe$/i, '') : ''
}

/**
 * The options of a terminal with `integration: true` as the native side takes them:
 * with the arguments and variables that it takes, or without integration where there
 * is none for that shell or for what it is to do.
 */
function integrated(pty) {
  if (typeof pty !== 'object' || pty === null) return pty
  const { integration, ...rest } = pty
  if (integration === undefined || integration === null || integration === false)
    return pty.integration === undefined ? pty : rest
  if (integration !== true) throw failure('The "options.pty.integration" argument must be of type boolean')
  const shell = nameOf(pty.file)
  const args = pty.args ?? []
  const isInteractive = Array.isArray(args) && args.every((arg) => HARMLESS.has(arg))
  if (process.platform === 'win32' || SHELLS[shell] === undefined || !isInteractive) return rest
  const isLogin = args.some((arg) => LOGIN.has(arg)) || String(pty.argv0 ?? '').startsWith('-')
  const plan = SHELLS[shell](args, pty.env ?? process.env, isLogin)
  const nonce = randomBytes(16).toString('hex')
  const env = { ...plan.env, OFFHEAP_SHELL_NONCE: nonce }
  return { ...rest, args: plan.args, integration: { shell, nonce, env } }
}

/** Lets `create()` and `spawn()` know the option. */
function addIntegration({ Session, SessionRegistry }) {
  if (SessionRegistry.prototype[DONE]) return
  Object.defineProperty(SessionRegistry.prototype, DONE, { value: true })
  const { create } = SessionRegistry.prototype
  const { spawn } = Session.prototype
  replace(SessionRegistry.prototype, 'create', function (options) {
    const pty = options?.pty
    return create.call(this, pty?.integration === undefined ? options : { ...options, pty: integrated(pty) })
  })
  replace(Session.prototype, 'spawn', function (pty) {
    return spawn.call(this, integrated(pty))
  })
}

function replace(prototype, name, value) {
  Object.defineProperty(prototype, name, { value, writable: true, configurable: true })
}

module.exports = { addIntegration }
