/**
 * The server's settings, from the environment. A bad value is refused at the
 * start, with a message that says which and why: a typo must not become a
 * limit of NaN.
 */

const path = require('node:path')
const { Access, isLoopback } = require('offheap-terminal/server')
const { ConfigError } = require('./config-error')
const { TOKEN_VARIABLES, takeToken } = require('./token')

const MAX_TIME = 2 ** 31 - 1

const DEFAULTS = {
  port: 4001,
  host: '127.0.0.1',
  /** The Unix socket to listen on, instead of a port. */
  socketPath: '',
  /** The path below which everything is served, for a proxy that passes it on. */
  basePath: '',
  maxSessions: 20,
  /** What the app's grid of 2×3 shows; one more closes the project's oldest. */
  maxSessionsPerProject: 6,
  /** Of them, those whose output is streamed: all that the grid shows. */
  maxFocusedPerProject: 6,
  spawnsPerMinute: 10,
  historyBytes: 256 * 1024,
  screen: true,
  /** The directory in which sessions outlive the server; none: they end with it. */
  stateDir: '',
  /** Whether their shells do, too. */
  keepShells: false,
  /** The folder in which every session is recorded; none: no session is. */
  recordingDir: '',
  /**
   * The width table of clients that do not say theirs: `'11'` with xterm.js' Unicode 11 add-on, `'15-graphemes'` with its
   * add-on for graphemes, `'6'` without either.
   */
  unicodeVersion: '11',
  authToken: '',
  /** Whether to serve without a token where others than this machine can connect. */
  allowNoToken: false,
  allowedOrigins: [],
  /** Proxies whose `X-Forwarded-*` headers are believed. */
  trustProxy: [],
  /** How long a session without connection lives, in ms, by the code of its last close. */
  keepAlive: { 1000: 600_000, 1001: 120_000 },
  /** The same after any other code, and how long one without input does; 0: for ever. */
  inactiveTimeout: 300_000,
  /** Whether output, too, keeps a session without connection from being inactive. */
  outputKeepsAlive: false,
  /** The frames in which clients of the app's protocol get the past: `history`, or `stream` for those that know no other. */
  historyAs: 'history',
  /** What becomes of their messages of unknown types: an `error`, or `ignore`. */
  unknownMessages: 'error',
  /** Whether shells tell what they do: bash, zsh and fish. Without a screen nobody would hear it. */
  shellIntegration: true,
  /** Variables that shells do not inherit, beside those of the package's list. */
  shellEnvDeny: [],
  /** Variables that a project's `.env` files may set although they decide which code runs. */
  projectEnvAllow: [],
  /** Directories outside of which no git status is told; none: wherever a shell can go. */
  gitRoots: [],
  /** Bounds of what is watched for it, as `GitStatus` takes them. */
  git: {},
  /** How long a request's head may take, in ms; the whole request three times as long. */
  headersTimeout: 10_000,
  /** Connections in all, of any kind; past it new ones are dropped. */
  maxConnections: 1000,
  /** Those of them that may be without authorisation, in all and of an address: the others are reserved. */
  maxUnauthorized: 250,
  maxUnauthorizedPerAddress: 64,
}

/** By variable: the setting, and how its text is read. */
const SETTINGS = {
  PORT: ['port', integer(0, 65535)],
  HOST: ['host', (_name, text) => text.replace(/^\[(.*)\]$/, '$1')],
  SOCKET_PATH: ['socketPath', text],
  BASE_PATH: ['basePath', basePath],
  MAX_SESSIONS: ['maxSessions', integer(0, 1_000_000)],
  MAX_SESSIONS_PER_PROJECT: ['maxSessionsPerProject', integer(0, 1_000_000)],
  MAX_FOCUSED_PER_PROJECT: ['maxFocusedPerProject', integer(0, 1_000_000)],
  SPAWNS_PER_MINUTE: ['spawnsPerMinute', integer(0, 1_000_000)],
  HISTORY_BYTES: ['historyBytes', integer(4096, 1024 ** 3)],
  STATE_DIR: ['stateDir', text],
  KEEP_SHELLS: ['keepShells', flag],
  RECORDING_DIR: ['recordingDir', text],
  ALLOW_NO_TOKEN: ['allowNoToken', flag],
  ALLOWED_ORIGINS: ['allowedOrigins', origins],
  TRUST_PROXY: ['trustProxy', proxies],
  KEEP_ALIVE: ['keepAlive', keepAlive],
  INACTIVE_TIMEOUT: ['inactiveTimeout', integer(0, MAX_TIME)],
  OUTPUT_KEEPS_ALIVE: ['outputKeepsAlive', flag],
  HISTORY_AS: ['historyAs', oneOf('history', 'stream')],
  UNKNOWN_MESSAGES: ['unknownMessages', oneOf('error', 'ignore')],
  UNICODE_VERSION: ['unicodeVersion', oneOf('6', '11', '15-graphemes')],
  SHELL_INTEGRATION: ['shellIntegration', flag],
  SHELL_ENV_DENY: ['shellEnvDeny', list],
  PROJECT_ENV_ALLOW: ['projectEnvAllow', list],
  GIT_ROOTS: ['gitRoots', directories],
}

/** Every variable that is read: the server's own business, and not its shells'. */
const VARIABLES = [...Object.keys(SETTINGS), ...TOKEN_VARIABLES]

/**
 * The settings. The token is taken out of the environment.
 *
 * @param {NodeJS.ProcessEnv} env
 */
function configFromEnv(env = process.env) {
  const config = { authToken: takeToken(env) }
  for (const [name, [key, read]] of Object.entries(SETTINGS)) {
    if (env[name] !== undefined && env[name] !== '') config[key] = read(name, env[name])
  }
  return withDefaults(config)
}

/** Fills in what a caller has not set, and refuses to hand shells to a network by mistake. */
function withDefaults(config = {}) {
  const full = { ...DEFAULTS, ...config }
  checkState(full)
  if (!isLocal(full) && !full.authToken && !full.allowNoToken) {
    throw new ConfigError(
      `HOST=${full.host} lets others than this machine connect, and each gets a shell: set AUTH_TOKEN, ` +
        'or ALLOW_NO_TOKEN=1 if something in front of this server decides who may come',
    )
  }
  return full
}

/** Sessions that outlive the server need a place to lie in. */
function checkState({ keepShells, stateDir }) {
  if (keepShells && !stateDir)
    throw new ConfigError('KEEP_SHELLS needs a directory: set STATE_DIR to one of this user alone')
}

/** Whether only this machine can connect to the address that is listened on. */
function isLocal({ host, socketPath }) {
  return socketPath !== '' || isLoopback(host)
}

function text(_name, value) {
  return value
}

function integer(min, max) {
  return (name, value) => {
    const number = Number(value)
    if (!/^\d+$/.test(value) || number < min || number > max) {
      throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not "${value}"`)
    }
    return number
  }
}

function flag(name, value) {
  return integer(0, 1)(name, value) === 1
}

function oneOf(...words) {
  return (name, value) => {
    if (!words.includes(value)) throw new ConfigError(`${name} must be ${words.join(' or ')}, not "${value}"`)
    return value
  }
}

function list(_name, value) {
  return value
    .split(',')
    .map((item) => item.trim())
    .filter(Boolean)
}

function directories(name, value) {
  const relative = list(name, value).find((each) => !path.isAbsolute(each))
  if (relative !== undefined) throw new ConfigError(`${name}: "${relative}" is no absolute path`)
  return list(name, value)
}

function basePath(name, value) {
  const below = value.replace(/\/+$/, '')
  if (!/^(?:\/[\w.~-]+)*$/.test(below) || /\/\.\.?(?:\/|$)/.test(below)) {
    throw new ConfigError(`${name} must be a path such as /tools/terminal, not "${value}"`)
  }
  return below
}

function proxies(name, value) {
  const trustProxy = list(name, value)
  try {
    new Access({ trustProxy })
  } catch (error) {
    throw new ConfigError(`${name}=${value}: ${error.message}`)
  }
  return trustProxy
}

/** `1000=600000,1001=120000`: what is not named has its default. */
function keepAlive(name, value) {
  const times = { ...DEFAULTS.keepAlive }
  for (const item of list(name, value)) {
    const [, code, time] = /^([1-4]\d{3})=(\d{1,10})$/.exec(item) ?? []
    if (code === undefined || Number(time) > MAX_TIME) {
      throw new ConfigError(`${name}: "${item}" is no close code and time in ms, such as 1000=600000`)
    }
    times[code] = Number(time)
  }
  return times
}

function origins(name, value) {
  return list(name, value).map((origin) => {
    const url = URL.canParse(origin) ? new URL(origin) : null
    if (!url) throw new ConfigError(`${name}: "${origin}" is no origin such as https://example.com`)
    if (url.origin !== origin) {
      throw new ConfigError(`${name}: "${origin}" must be an origin alone: "${url.origin}"`)
    }
    return origin
  })
}

module.exports = { ConfigError, VARIABLES, configFromEnv, isLocal, withDefaults }
