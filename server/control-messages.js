const { quoted } = require('./control')
const { sizeOf } = require('./size')
const { themeOf } = require('./theme')

/** Control keys of the `ctrl` message, as the bytes they send. */
const CTRL_KEYS = new Map(
  [...'acdeklquwz'].map((key) => [key, String.fromCharCode(key.charCodeAt(0) & 0x1f)]),
)
CTRL_KEYS.set('\\', '\x1c')

/** What who may only read may say. */
const HARMLESS = new Set(['ack', 'ping', 'theme'])
/** What concerns other sessions of the project, too. */
const PROJECT_WIDE = new Set(['focus', 'blur', 'focus_change'])

/**
 * The control messages that all protocols have in common: by type, what is
 * done. What they throw becomes an `error` frame.
 */
const HANDLERS = {
  __proto__: null,

  input(connection, { data }) {
    if (typeof data === 'string') connection.input(data)
    else connection.fail('input: data must be a string', 'ERR_INVALID_ARG_TYPE')
  },

  resize(connection, message) {
    connection.resize(sizeOf(message, connection.options))
  },

  ctrl(connection, { key }) {
    const bytes = CTRL_KEYS.get(typeof key === 'string' ? key.toLowerCase() : '')
    if (bytes) connection.input(bytes)
    else connection.fail(`ctrl: unknown key ${quoted(key)}`, 'ERR_INVALID_ARG_VALUE')
  },

  ack(connection, { offset }) {
    if (Number.isSafeInteger(offset) && offset >= 0) connection.ack(offset)
    else connection.fail('ack: offset must be a whole number', 'ERR_OUT_OF_RANGE')
  },

  theme(connection, message) {
    const theme = themeOf(message)
    // A reader's colours are nobody else's.
    if (connection.access === 'write' && !connection.session.closed) connection.session.setTheme(theme)
  },

  focus(connection) {
    connection.audience.setFocus(connection, true)
  },

  blur(connection) {
    connection.audience.setFocus(connection, false)
  },

  focus_change(connection, { mode }) {
    if (mode === 'active' || mode === 'background') {
      connection.audience.setFocus(connection, mode === 'active')
    } else {
      connection.fail('focus_change: mode must be "active" or "background"', 'ERR_INVALID_ARG_VALUE')
    }
  },

  suspend(connection) {
    connection.audience.setSuspended(connection, true)
  },

  resume(connection) {
    connection.audience.setSuspended(connection, false)
  },

  spawn(connection) {
    connection.newShell()
  },

  ping(connection) {
    connection.send({ type: 'pong' })
  },
}

/** The application's handler of a message type, if it has one. */
function custom(type, { options }) {
  if (!Object.hasOwn(options.messages, type)) return undefined
  return (connection, message) => options.messages[type](message, connection.face)
}

/** Does what a client's message says, or tells the client why not. */
function obey(connection, message) {
  const type = message?.type
  const handler = typeof type === 'string' ? (HANDLERS[type] ?? custom(type, connection)) : undefined
  if (!handler) {
    if (connection.options.unknownMessages === 'ignore') return
    connection.fail(`Unknown message type: ${quoted(type)}`, 'ERR_UNKNOWN_MESSAGE')
  } else if (connection.access === 'read' && !HARMLESS.has(type)) {
    connection.refuseReader()
  } else if (connection.isShared && PROJECT_WIDE.has(type)) {
    connection.fail(`${type}: a share is for one terminal, not for its project`, 'ERR_FORBIDDEN')
  } else {
    connection.attempt(() => handler(connection, message))
  }
}

module.exports = { obey }
