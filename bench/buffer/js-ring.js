/** The ring that a careful user would write on a `Buffer`. */
class JsRing {
  constructor(capacity) {
    this.buffer = Buffer.alloc(capacity)
    this.capacity = capacity
    this.position = 0
    this.end = 0
  }

  write(data) {
    return typeof data === 'string' ? this.#writeString(data) : this.#writeBytes(data)
  }

  #writeBytes(data) {
    const { buffer, capacity } = this
    const { length } = data
    if (length >= capacity) {
      data.copy(buffer, 0, length - capacity)
      this.position = 0
    } else {
      const room = capacity - this.position
      if (length < room) {
        data.copy(buffer, this.position)
        this.position += length
      } else {
        data.copy(buffer, this.position, 0, room)
        data.copy(buffer, 0, room)
        this.position = length - room
      }
    }
    this.end += length
    return this.end
  }

  #writeString(text) {
    // A string that may not fit in one piece goes the long way round.
    if (this.position + text.length * 3 > this.capacity) return this.#writeBytes(Buffer.from(text))
    const length = this.buffer.utf8Write(text, this.position)
    this.position = (this.position + length) % this.capacity
    this.end += length
    return this.end
  }
}

module.exports = { JsRing }
