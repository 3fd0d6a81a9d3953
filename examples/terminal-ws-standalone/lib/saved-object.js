/** Plain data that the app changes in place, as if nobody else kept it. */

/** By object: what stands for it. One each, so that the app can compare what it was given. */
const faces = new WeakMap()
const areFaces = new WeakSet()

/**
 * The object itself, but for its changes, however deep in it: each is saved, or
 * undone where saving it throws. What is put into it is copied, as JSON has it.
 *
 * @template T
 * @param {T} value belongs to one owner, who always gives the same `save`
 * @param {() => void} save
 * @returns {T}
 */
function savedObject(value, save) {
  if (typeof value !== 'object' || value === null || areFaces.has(value)) return value
  const face = faces.get(value) ?? faceOf(value, save)
  faces.set(value, face)
  areFaces.add(face)
  return face
}

function faceOf(object, save) {
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
  return new Proxy(object, {
    // What every object has, its methods, is no data.
    get: (target, key) => (Object.hasOwn(target, key) ? savedObject(target[key], save) : target[key]),
    // An assignment comes here as well.
    defineProperty(target, key, descriptor) {
      const copied = 'value' in descriptor ? { ...descriptor, value: copyOf(descriptor.value) } : descriptor
      return change(target, key, () => Reflect.defineProperty(target, key, copied))
    },
    deleteProperty: (target, key) => change(target, key, () => Reflect.deleteProperty(target, key)),
  })
}

/** A copy of plain data. What has none is returned as it is: who saves it says what is wrong. */
function copyOf(value) {
  if (typeof value !== 'object' || value === null) return value
  try {
    return JSON.parse(JSON.stringify(value))
  } catch {
    return value
  }
}

module.exports = { copyOf, savedObject }
