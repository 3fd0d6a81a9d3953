// `CircularBuffer` as JavaScript sees it: the native class, with small writes
// gathered in front of it. A call into native code costs more than copying a
// few hundred bytes does, so they are copied into a staging area of the buffer
// and go over together. Whatever looks at the native buffer takes them in
// first, so that nobody can tell.

const { Buffer } = require('node:buffer')

/** Longer arrays, in bytes, and longer strings, in UTF-16 units, go straight into native memory. */
const SMALL = 1024
/** The size of a staging area, which the first small write makes, in bytes. */
const STAGING = 8192
/** The most bytes of UTF-8 that a UTF-16 unit becomes. */
const UTF8_PER_UNIT = 3

// Taken now and kept: who replaces them later never sees a staging area.
const { call } = Function.prototype
const { prototype } = Object.getPrototypeOf(Uint8Array)
const getter = (key) => call.bind(Object.getOwnPropertyDescriptor(prototype, key).get)
/** Which typed array a value is, from whatever realm; `undefined` for what is none. */
const kindOf = getter(Symbol.toStringTag)
const lengthOf = getter('length')
const copy = call.bind(prototype.set)
const writeText = call.bind(Buffer.prototype.write)

/** The class for users over the native one. */
function gathering(Native) {
  return class CircularBuffer extends Native {
    /** The native `write` as a function, made when first needed. */
    #take = null
    /** Where small writes are gathered; null before the first and once closed. */
    #staging = null
    /** How many bytes of the staging area wait. */
    #staged = 0
    /** How many bytes were ever written, those that wait included. */
    #end = 0

    write(data) {
      if (typeof data === 'string') {
        if (data.length <= SMALL && data.length !== 0) return this.#gatherText(data)
      } else if (kindOf(data) === 'Uint8Array') {
        const length = lengthOf(data)
        // A detached array has no length and cannot be copied from.
        if (length <= SMALL && length !== 0) return this.#gatherBytes(data, length)
      }
      if (this.#staged !== 0) this.#settle()
      const take = this.#take ?? this.#prepare()
      return (this.#end = take(data))
    }

    #gatherBytes(data, length) {
      if (this.#staging === null) return this.#first(data)
      if (this.#staged + length > STAGING) this.#settle()
      copy(this.#staging, data, this.#staged)
      this.#staged += length
      return (this.#end += length)
    }

    #gatherText(text) {
      if (this.#staging === null) return this.#first(text)
      if (this.#staged + text.length * UTF8_PER_UNIT > STAGING) this.#settle()
      const length = writeText(this.#staging, text, this.#staged)
      this.#staged += length
      return (this.#end += length)
    }

    /** The first small write, which a closed buffer refuses; it makes room for those that follow. */
    #first(data) {
      const take = this.#take ?? this.#prepare()
      this.#end = take(data)
      this.#staging = Buffer.alloc(STAGING)
      return this.#end
    }

    #prepare() {
      return (this.#take = super.rawWrite())
    }

    /** Brings the bytes that wait into native memory. */
    #settle() {
      const count = this.#staged
      if (count === 0) return
      this.#staged = 0
      this.#take(this.#staging, count)
    }

    get length() {
      this.#settle()
      return super.length
    }

    get start() {
      this.#settle()
      return super.start
    }

    get end() {
      this.#settle()
      return super.end
    }

    get allocated() {
      this.#settle()
      return super.allocated
    }

    read() {
      this.#settle()
      return super.read()
    }

    readFrom(offset, maxBytes) {
      this.#settle()
      return super.readFrom(offset, maxBytes)
    }

    readInto(target, offset) {
      this.#settle()
      return super.readInto(target, offset)
    }

    tail(maxBytes) {
      this.#settle()
      return super.tail(maxBytes)
    }

    toString(maxBytes) {
      this.#settle()
      return super.toString(maxBytes)
    }

    clear() {
      this.#settle()
      super.clear()
    }

    resize(capacity) {
      this.#settle()
      super.resize(capacity)
    }

    close() {
      const staging = this.#staging
      this.#staging = null
      this.#staged = 0
      super.close(staging)
    }

    [Symbol.dispose]() {
      this.close()
    }
  }
}

module.exports = { gathering }
