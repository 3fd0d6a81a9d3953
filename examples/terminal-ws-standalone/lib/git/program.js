/** The program git: where it is, in which environment it runs, and for how long. */

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { variable } = require('offheap-terminal/server')
const { GitError, lineOf } = require('./errors')

/** How long a run may take, in ms. */
const TIME_LIMIT = 10_000
/** Runs at once, of all repositories. */
const MAX_RUNNING = 4
const MAX_STDERR = 4096
/** The first version that takes settings by `GIT_CONFIG_COUNT`. */
const LEAST_VERSION = [2, 31]

/** What git needs of this process's environment; every `GIT_*` is left out. */
const INHERITED = [
  'HOME',
  'USER',
  'LOGNAME',
  'XDG_CONFIG_HOME',
  'TMPDIR',
  'TEMP',
  'TMP',
  'SYSTEMROOT',
  'WINDIR',
  'USERPROFILE',
  'HOMEDRIVE',
  'HOMEPATH',
  'APPDATA',
  'LOCALAPPDATA',
  'PROGRAMDATA',
]

/**
 * What a repository could have run, but for filters, which have names of their
 * own. An empty `core.fsmonitor` is none in every version; `false` is the name
 * of a program to old ones.
 */
const NOTHING_RUNS = [
  'core.fsmonitor=',
  'core.hooksPath=/dev/null',
  'core.sshCommand=false',
  'core.askPass=',
  'core.pager=cat',
  'core.alternateRefsCommand=',
  'diff.external=',
  'credential.helper=',
  'protocol.allow=never',
  'status.submoduleSummary=false',
  'submodule.recurse=false',
  'gc.auto=0',
  'maintenance.auto=false',
]

/** Runs git. Nothing of a repository decides what is executed, if its filters are switched off by `settings`. */
class GitProgram {
  #file
  #path
  #environment
  #timeLimit
  #isChecked = false
  #running = 0
  #waiting = []
  /** Directories in which a run could not be ended: no second one is started there. */
  #stuck = new Set()
  /** Runs so far. */
  runs = 0

  /**
   * @param {object} [options]
   * @param {NodeJS.ProcessEnv} [options.env] where `PATH` and what git inherits is taken from
   * @param {number} [options.timeLimit] of one run, in ms
   */
  constructor({ env = process.env, timeLimit = TIME_LIMIT } = {}) {
    this.#path = absolutePath(env)
    this.#file = findProgram(this.#path)
    this.#environment = environmentOf(env, this.#path)
    this.#timeLimit = timeLimit
  }

  /**
   * Runs git in a directory, which is the top of its repository.
   *
   * @param {string[]} args
   * @param {object} options
   * @param {string} options.cwd
   * @param {string | null} [options.workTree] the working tree, whatever the repository says of it
   * @param {Iterable<[string, string]>} [options.settings] of the configuration, before all others
   * @param {(chunk: Buffer) => void} options.take gets the output; what it throws ends the run
   * @param {AbortSignal} [options.signal]
   * @throws `ERR_GIT_UNAVAILABLE`, `ERR_GIT_TIMEOUT`, `ERR_GIT_UNSAFE`, `ERR_GIT_FAILED`, and what `take` throws
   */
  async run(args, options) {
    if (!this.#file) throw new GitError('ERR_GIT_UNAVAILABLE', 'git is not installed on the server')
    if (!this.#isChecked) await this.#checkVersion()
    return this.#inTurn(args, options)
  }

  async #checkVersion() {
    let said = ''
    const take = (chunk) => (said += chunk)
    await this.#inTurn(['--version'], { cwd: path.dirname(this.#file), take })
    const [, major, minor] = /(\d+)\.(\d+)/.exec(said) ?? []
    if (Number(major) * 1000 + Number(minor) < LEAST_VERSION[0] * 1000 + LEAST_VERSION[1])
      throw new GitError(
        'ERR_GIT_UNAVAILABLE',
        `git ${LEAST_VERSION.join('.')} or later is needed, not ${lineOf(said)}`,
      )
    this.#isChecked = true
  }

  /** At most `MAX_RUNNING` at once; the others wait. */
  async #inTurn(args, options) {
    if (this.#running >= MAX_RUNNING) await new Promise((resolve) => this.#waiting.push(resolve))
    this.#running += 1
    try {
      options.signal?.throwIfAborted()
      await this.#start(args, options)
    } finally {
      this.#running -= 1
      this.#waiting.shift()?.()
    }
  }

  #start(args, { cwd, workTree = null, settings = [], take, signal }) {
    if (this.#stuck.has(cwd)) return Promise.reject(this.#timedOut())
    this.runs += 1
    return new Promise((resolve, reject) => {
      const child = spawn(this.#file, [...fixed(), ...args], {
        cwd,
        env: { ...this.#environment, ...placeOf(cwd, workTree), ...asVariables(settings) },
        stdio: ['ignore', 'pipe', 'pipe'],
        windowsHide: true,
      })
      let failure = null
      let stderr = ''
      const end = (error) => {
        failure ??= error
        child.kill('SIGKILL')
      }
      const timer = setTimeout(() => {
        // One that waits for a disk cannot be ended: nobody waits for it.
        this.#stuck.add(cwd)
        end(this.#timedOut())
        reject(failure)
      }, this.#timeLimit)
      const aborted = () => end(signal.reason)
      signal?.addEventListener('abort', aborted, { once: true })
      child.stdout.on('data', (chunk) => {
        if (failure) return
        try {
          take(chunk)
        } catch (error) {
          end(error)
        }
      })
      child.stderr.on('data', (chunk) => {
        if (stderr.length < MAX_STDERR) stderr += chunk
      })
      child.once('error', (error) => {
        failure ??= startError(error)
      })
      child.once('close', (code) => {
        clearTimeout(timer)
        signal?.removeEventListener('abort', aborted)
        this.#stuck.delete(cwd)
        if (failure || code !== 0) reject(failure ?? failureOf(code, stderr))
        else resolve()
      })
    })
  }

  #timedOut() {
    return new GitError('ERR_GIT_TIMEOUT', `git did not end within ${this.#timeLimit} ms`)
  }
}

function fixed() {
  return [
    '--no-optional-locks',
    '--no-pager',
    '--literal-pathspecs',
    ...NOTHING_RUNS.flatMap((setting) => ['-c', setting]),
  ]
}

/** Where the repository is: nowhere above. */
function placeOf(cwd, workTree) {
  const ceiling = { GIT_CEILING_DIRECTORIES: path.dirname(cwd) }
  return workTree === null ? ceiling : { ...ceiling, GIT_WORK_TREE: workTree }
}

/** Settings whose names may have any characters: `-c` ends a name at its first `=`. */
function asVariables(settings) {
  const variables = {}
  let count = 0
  for (const [name, value] of settings) {
    variables[`GIT_CONFIG_KEY_${count}`] = name
    variables[`GIT_CONFIG_VALUE_${count}`] = value
    count += 1
  }
  return count > 0 ? { ...variables, GIT_CONFIG_COUNT: String(count) } : variables
}

function environmentOf(env, searched) {
  const inherited = INHERITED.map((name) => [name, variable(env, name)])
  return {
    ...Object.fromEntries(inherited.filter(([, value]) => value !== undefined)),
    PATH: searched,
    // Its messages are read.
    LC_ALL: 'C',
    GIT_OPTIONAL_LOCKS: '0',
    GIT_TERMINAL_PROMPT: '0',
    // Objects that are missing are not fetched, by no protocol.
    GIT_NO_LAZY_FETCH: '1',
    GIT_ALLOW_PROTOCOL: 'none',
  }
}

/** Relative places lead into the repository: its files must not be taken for programs. */
function absolutePath(env) {
  const places = (variable(env, 'PATH') ?? '').split(path.delimiter)
  return places.filter((place) => path.isAbsolute(place)).join(path.delimiter)
}

function findProgram(searched) {
  const name = process.platform === 'win32' ? 'git.exe' : 'git'
  const files = searched.split(path.delimiter).map((place) => path.join(place, name))
  return files.find((file) => path.isAbsolute(file) && isProgram(file)) ?? null
}

function isProgram(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** The directory may be gone, too: Node says ENOENT of both. */
function startError(error) {
  return new GitError('ERR_GIT_FAILED', `git could not be started: ${lineOf(error.message)}`)
}

function failureOf(code, stderr) {
  const line = lineOf(stderr)
  if (/dubious ownership|unsafe repository/.test(stderr))
    return new GitError(
      'ERR_GIT_UNSAFE',
      'The repository belongs to another user than the server: to trust it, add its directory to safe.directory ' +
        "of the server's user (git config --global --add safe.directory DIR)",
    )
  return new GitError('ERR_GIT_FAILED', line || `git ended with ${code ?? 'a signal'}`)
}

module.exports = { GitProgram }
