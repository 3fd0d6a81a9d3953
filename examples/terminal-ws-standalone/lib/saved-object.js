/** Plain data that the app changes in place, as if nobody else kept it. */

/**
 * The object itself, but for its changes, however deep in it: each is saved, or
 * undone where saving it throws. What is no plain object or array is left alone.
 *
 * @template T
 * @param {T} value
 * @param {() => void} save
 * @returns {T}
 */
function savedObject(value, save) {
  if (!isPlain(value)) return value
  const change = (target, key, act) => {
    const before = Object.getOwnPropertyDescriptor(target, key)
    if (!act()) return false
    try {
      save()
    } catch (error) {
      if (before) Object.defineProperty(target, key, before)
      else delete target[key]
      throw error
    }
    return true
  }
  return new Proxy(value, {
    get(target, key) {
      const own = Object.getOwnPropertyDescriptor(target, key)
      // What is frozen cannot change, and must be given as it is.
      const isFixed = own && !own.configurable && !own.writable
      return isFixed ? target[key] : savedObject(target[key], save)
    },
    // An assignment comes here as well.
    defineProperty: (target, key, descriptor) =>
      change(target, key, () => Reflect.defineProperty(target, key, descriptor)),
    deleteProperty: (target, key) => change(target, key, () => Reflect.deleteProperty(target, key)),
  })
}

function isPlain(value) {
  if (typeof value !== 'object' || value === null) return false
  if (Array.isArray(value)) return true
  // `Object.prototype`, of whatever realm: nothing is above it.
  const prototype = Object.getPrototypeOf(value)
  return prototype === null || Object.getPrototypeOf(prototype) === null
}

module.exports = { savedObject }
