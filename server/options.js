const { coded } = require('./errors')

const MAX_TIME = 2 ** 31 - 1
const MAX_COUNT = 1_000_000
const MINUTE = 60_000
/** How long a shell lives on after a close code, in ms. */
const KEEP_ALIVE = new Map([
  [1000, 10 * MINUTE],
  [1001, 2 * MINUTE],
])

const REGISTRY_METHODS = ['get', 'create', 'list', 'attach', 'detach', 'focus', 'blur', 'suspend', 'resume']

/** Numbers: default, least, most. */
const NUMBERS = {
  pingInterval: [15_000, 1, MAX_TIME],
  maxPayload: [1 << 20, 1024, 2 ** 30],
  maxIncompleteBytes: [32 << 20, 1 << 20, 2 ** 40],
  maxUnreadBytes: [32 << 20, 1 << 20, 2 ** 40],
  maxUnauthorized: [1000, 1, MAX_COUNT],
  maxUnauthorizedPerAddress: [64, 1, MAX_COUNT],
  maxCols: [1000, 1, 65_535],
  maxRows: [500, 1, 65_535],
  timeLimit: [10_000, 1, MAX_TIME],
  outputKeepsAlive: [0, 0, MAX_TIME],
}
/** How often output is looked for where `outputKeepsAlive` is `true`, in ms. */
const OUTPUT_INTERVAL = 10_000

const FUNCTIONS = ['authorize', 'open', 'shell', 'keepAlive', 'onError']
const LISTS = ['origins', 'trustProxy']

/** Words: the usual one first. */
const CHOICES = {
  history: ['history', 'stream'],
  unknownMessages: ['error', 'ignore'],
}

/**
 * The options of a `TerminalServer`, complete. Those of functions that were not
 * given are left out: their defaults belong to the server.
 *
 * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`
 */
function optionsOf(given) {
  if (given === null || typeof given !== 'object') fail('options', 'an object')
  const options = { registry: given.registry, messages: given.messages ?? {} }
  const { registry, messages } = options
  if (REGISTRY_METHODS.some((name) => typeof registry?.[name] !== 'function')) {
    fail('registry', 'a SessionRegistry')
  }
  for (const name of FUNCTIONS) {
    if ((given[name] ?? null) === null) continue
    if (typeof given[name] !== 'function') fail(name, 'a function')
    options[name] = given[name]
  }
  for (const name of Object.keys(CHOICES)) options[name] = choiceOf(name, given[name])
  for (const name of LISTS) options[name] = listOf(name, given[name] ?? [])
  options.token = tokenOf(given.token)
  if (typeof messages !== 'object' || Object.values(messages).some((each) => typeof each !== 'function')) {
    fail('messages', 'an object of functions')
  }
  const numbers = { ...given }
  if (typeof given.outputKeepsAlive === 'boolean') {
    numbers.outputKeepsAlive = given.outputKeepsAlive ? OUTPUT_INTERVAL : 0
  }
  for (const name of Object.keys(NUMBERS)) options[name] = numberOf(name, numbers[name])
  options.keepAlive ??= (code) => KEEP_ALIVE.get(code)
  options.onError = reporter(options.onError)
  return options
}

/**
 * The options of a `RecordingServer`, complete.
 *
 * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`
 */
function recordingOptionsOf(given) {
  if (given === null || typeof given !== 'object') fail('options', 'an object')
  const { dir, basePath } = given
  if (typeof dir !== 'string' || dir === '' || dir.includes('\0')) fail('dir', 'the path of a folder')
  const options = { dir, basePath: basePath ?? '/api/recordings', terminal: given.terminal ?? null }
  if (typeof options.terminal !== 'object') fail('terminal', 'an object')
  if (!/^(\/[^/?#]+)+$/.test(options.basePath)) fail('basePath', 'a path such as "/api/recordings"')
  for (const name of ['authorize', 'onError']) {
    if ((given[name] ?? null) === null) continue
    if (typeof given[name] !== 'function') fail(name, 'a function')
    options[name] = given[name]
  }
  for (const name of LISTS) options[name] = listOf(name, given[name] ?? [])
  options.token = tokenOf(given.token)
  options.timeLimit = numberOf('timeLimit', given.timeLimit)
  options.onError = reporter(options.onError)
  return options
}

function tokenOf(token) {
  if ((token ?? null) === null) return null
  if (typeof token !== 'string' || token === '') fail('token', 'a string that is not empty')
  return token
}

/** What reports errors must not make more of them. */
function reporter(report = (error) => console.error('offheap-terminal:', error)) {
  return (error) => {
    try {
      report(error)
    } catch (failure) {
      console.error('offheap-terminal: onError threw', failure)
    }
  }
}

function listOf(name, value) {
  if (!Array.isArray(value) || value.some((item) => typeof item !== 'string')) {
    fail(name, 'an array of strings')
  }
  return value
}

function choiceOf(name, value) {
  const choices = CHOICES[name]
  if ((value ?? null) === null) return choices[0]
  const words = choices.map((choice) => `"${choice}"`).join(' or ')
  if (typeof value !== 'string') fail(name, words)
  if (!choices.includes(value))
    throw coded('ERR_INVALID_ARG_VALUE', `${name} must be ${words}, not "${value}"`)
  return value
}

function numberOf(name, value) {
  const [usual, min, max] = NUMBERS[name]
  if ((value ?? null) === null) return usual
  if (typeof value !== 'number') fail(name, 'a number')
  if (!Number.isInteger(value) || value < min || value > max) {
    throw coded('ERR_OUT_OF_RANGE', `${name} must be a whole number from ${min} to ${max}, not ${value}`)
  }
  return value
}

function fail(name, what) {
  throw coded('ERR_INVALID_ARG_TYPE', `${name} must be ${what}`)
}

module.exports = { MAX_TIME, optionsOf, recordingOptionsOf }
