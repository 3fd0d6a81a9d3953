// Properties that only the package changes. JavaScript ignores an assignment to
// one in silence unless the code is strict; here it throws wherever it is made.

/** What changes a property, by class. */
const INSTEAD = {
  CircularBuffer: { capacity: 'buffer.resize()' },
  Pty: { cols: 'pty.resize()', rows: 'pty.resize()' },
  Session: {
    cols: 'session.resize()',
    cwd: 'session.update()',
    focused: 'registry.focus() or registry.blur()',
    metadata: 'session.update()',
    mode: 'session.update()',
    rows: 'session.resize()',
    suspended: 'session.setSuspended()',
    userId: 'session.update()',
  },
}

/** Marks the setters of this file, also those of an earlier load of it. */
const REFUSES = Symbol.for('offheap-terminal.refuses')
/** Where a sealed prototype keeps what was above it before. */
const ABOVE = Symbol.for('offheap-terminal.above')

function failure(message) {
  const error = new TypeError(message)
  error.code = 'ERR_READ_ONLY_PROPERTY'
  return error
}

/** A setter that says what to do instead. */
function refusing(owner, key) {
  const instead = INSTEAD[owner]?.[key]
  const advice = instead ? `: use ${instead}` : ''
  const set = () => {
    throw failure(`The property "${key}" of a ${owner} is read-only${advice}`)
  }
  return Object.defineProperty(set, REFUSES, { value: true })
}

/** Lets assignments to the properties of a class that have no setter throw. */
function protect(Class, name) {
  let { prototype } = Class
  // A class over the native one of its name has properties of both.
  while (prototype?.constructor?.name === name) {
    for (const [key, { get, set }] of Object.entries(Object.getOwnPropertyDescriptors(prototype))) {
      const isReadOnly = get !== undefined && (set === undefined || set[REFUSES])
      if (isReadOnly) Object.defineProperty(prototype, key, { set: refusing(name, key) })
    }
    prototype = Object.getPrototypeOf(prototype)
  }
}

/**
 * Lets assignments throw that would give a handle of a class a property which the
 * next handle of the same thing would not have. What defines properties instead of
 * assigning them, as a test's spy does, may; so may a class that extends it.
 */
function seal({ prototype }, name) {
  const above = prototype[ABOVE] ?? Object.getPrototypeOf(prototype)
  const set = (target, key, value, receiver) => {
    const isHandle = Object.getPrototypeOf(receiver) === prototype
    if (!isHandle || typeof key === 'symbol' || key in target) {
      return Reflect.set(target, key, value, receiver)
    }
    throw failure(
      `A ${name} has no property "${key}", and the next handle of it would not have it either: ` +
        'keep it in "metadata" by session.update(), or in a Map of your own by "incarnation"',
    )
  }
  Object.defineProperty(prototype, ABOVE, { value: above, configurable: true })
  // The target has no properties of its own: who walks up the prototypes finds one that
  // is empty, and then what was there before.
  Object.setPrototypeOf(prototype, new Proxy(Object.create(above), { set }))
}

/** Protects every class that the package exports. */
function protectAll(exported) {
  for (const [name, value] of Object.entries(exported)) {
    if (typeof value === 'function' && value.prototype !== undefined) protect(value, name)
  }
  seal(exported.Session, 'Session')
}

module.exports = { protectAll }
