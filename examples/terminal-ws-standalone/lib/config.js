/**
 * The server's settings, from the environment. A bad value is refused at the
 * start, with a message that says which and why: a typo must not become a
 * limit of NaN.
 */

const { isLoopback } = require('../../../server/names')

const DEFAULTS = {
  port: 4001,
  host: '127.0.0.1',
  maxSessions: 20,
  maxSessionsPerProject: 4,
  spawnsPerMinute: 10,
  historyBytes: 256 * 1024,
  screen: true,
  authToken: '',
  /** Whether to serve without a token where others than this machine can connect. */
  allowNoToken: false,
  allowedOrigins: [],
  /** How long a request's head may take, in ms; the whole request three times as long. */
  headersTimeout: 10_000,
  /** Connections in all, of any kind; past it new ones are dropped. */
  maxConnections: 1000,
}

const NUMBERS = [
  ['PORT', 'port', 0, 65535],
  ['MAX_SESSIONS', 'maxSessions', 0, 1_000_000],
  ['MAX_SESSIONS_PER_PROJECT', 'maxSessionsPerProject', 0, 1_000_000],
  ['SPAWNS_PER_MINUTE', 'spawnsPerMinute', 0, 1_000_000],
  ['HISTORY_BYTES', 'historyBytes', 4096, 1024 ** 3],
]

/** Every variable that is read: the server's own business, and not its shells'. */
const VARIABLES = [
  ...NUMBERS.map(([name]) => name),
  'HOST',
  'AUTH_TOKEN',
  'ALLOW_NO_TOKEN',
  'ALLOWED_ORIGINS',
]

class ConfigError extends Error {
  constructor(message) {
    super(message)
    this.name = 'ConfigError'
    this.code = 'ERR_CONFIG'
  }
}

/** @param {NodeJS.ProcessEnv} env */
function configFromEnv(env = process.env) {
  const config = {}
  for (const [name, key, min, max] of NUMBERS) {
    if (isSet(env[name])) config[key] = integer(name, env[name], min, max)
  }
  if (isSet(env.HOST)) config.host = env.HOST
  if (isSet(env.AUTH_TOKEN)) config.authToken = env.AUTH_TOKEN
  if (isSet(env.ALLOW_NO_TOKEN))
    config.allowNoToken = integer('ALLOW_NO_TOKEN', env.ALLOW_NO_TOKEN, 0, 1) === 1
  if (isSet(env.ALLOWED_ORIGINS)) config.allowedOrigins = origins(env.ALLOWED_ORIGINS)
  return withDefaults(config)
}

/** Fills in what a caller has not set, and refuses to hand shells to a network by mistake. */
function withDefaults(config = {}) {
  const full = { ...DEFAULTS, ...config }
  if (!isLoopback(full.host) && !full.authToken && !full.allowNoToken) {
    throw new ConfigError(
      `HOST=${full.host} lets others than this machine connect, and each gets a shell: set AUTH_TOKEN, ` +
        'or ALLOW_NO_TOKEN=1 if something in front of this server decides who may come',
    )
  }
  return full
}

function isSet(value) {
  return value !== undefined && value !== ''
}

function integer(name, text, min, max) {
  const value = Number(text)
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new ConfigError(`${name} must be a whole number from ${min} to ${max}, not "${text}"`)
  }
  return value
}

function origins(text) {
  return text.split(',').map((item) => {
    const origin = item.trim()
    let url
    try {
      url = new URL(origin)
    } catch {
      throw new ConfigError(`ALLOWED_ORIGINS: "${origin}" is no origin such as https://example.com`)
    }
    if (url.origin !== origin) {
      throw new ConfigError(`ALLOWED_ORIGINS: "${origin}" must be an origin alone: "${url.origin}"`)
    }
    return origin
  })
}

module.exports = { ConfigError, VARIABLES, configFromEnv, withDefaults }
