const { coded } = require('./errors')

/** Lets a few things be done at once, and some wait. */
class Turns {
  #free
  #waiting = []
  #most

  /** @param {number} at once @param {number} most that wait */
  constructor(atOnce, most) {
    this.#free = atOnce
    this.#most = most
  }

  /** @throws `ERR_BUSY` when too many wait */
  async take(act) {
    if (this.#free > 0) this.#free -= 1
    else {
      if (this.#waiting.length >= this.#most) throw coded('ERR_BUSY', 'Too many recordings are being read')
      await new Promise((resolve) => this.#waiting.push(resolve))
    }
    try {
      return await act()
    } finally {
      const next = this.#waiting.shift()
      if (next) next()
      else this.#free += 1
    }
  }
}

module.exports = { Turns }
