// `Session.run()` and `Session.waitFor()`: promises over the native wait, which
// looks for what is waited for outside of the V8 heap. What belongs to JavaScript
// alone is here: regular expressions and abort signals.

const { isRegExp } = require('node:util').types

function failure(Class, code, message) {
  const error = new Class(message)
  error.code = code
  return error
}

function optionsOf(options) {
  if (options === undefined || options === null) return {}
  if (typeof options === 'object') return options
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "options" argument must be of type object')
}

/** The signal among the options, checked. */
function signalOf({ signal }) {
  if (signal === undefined || signal === null) return null
  const isSignal = typeof signal === 'object' && typeof signal.throwIfAborted === 'function'
  if (isSignal && typeof signal.addEventListener === 'function') return signal
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "options.signal" argument must be an AbortSignal')
}

/** What is waited for, in the native side's words. */
function awaited(pattern, options, hasScreen) {
  if (pattern === 'prompt' || pattern === 'idle') return { kind: pattern }
  const kind = options.in ?? (hasScreen ? 'screen' : 'output')
  if (kind !== 'screen' && kind !== 'output') {
    throw failure(
      TypeError,
      'ERR_INVALID_ARG_VALUE',
      `The "options.in" argument must be 'screen' or 'output'`,
    )
  }
  if (isRegExp(pattern)) return { kind, source: pattern.source, flags: pattern.flags }
  if (typeof pattern === 'string' && pattern !== '') return { kind, text: pattern }
  const expected = `'prompt', 'idle', a string with something in it or a RegExp`
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', `The "pattern" argument must be ${expected}`)
}

/** Waits, for as long as the signal lets it. */
async function wait(session, beginWait, request, options) {
  const signal = signalOf(options)
  signal?.throwIfAborted()
  const { promise, abort } = beginWait.call(session, { timeout: 30_000, ...withoutNull(options), ...request })
  if (signal === null) return promise
  signal.addEventListener('abort', abort, { once: true })
  try {
    return await promise
  } catch (error) {
    if (error.code === 'ABORT_ERR') throw signal.reason
    throw error
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** `null` stands for the default, too. */
function withoutNull(options) {
  return Object.fromEntries(
    Object.entries(options).filter(([, value]) => value !== null && value !== undefined),
  )
}

/** Gives the native class its two methods. */
function addWaiting(Session) {
  const { beginWait } = Session.prototype
  if (beginWait === undefined) return // They are there already.
  delete Session.prototype.beginWait
  const methods = {
    async run(line, options) {
      return wait(this, beginWait, { kind: 'command', line }, optionsOf(options))
    },
    async waitFor(pattern, options) {
      const given = optionsOf(options)
      return wait(this, beginWait, awaited(pattern, given, this.screen), given)
    },
  }
  for (const [name, value] of Object.entries(methods)) {
    Object.defineProperty(Session.prototype, name, { value, writable: true, configurable: true })
  }
}

module.exports = { addWaiting }
