const { keyOf } = require('./session-key')

/**
 * Makes output count as activity: a session without viewers that prints is not
 * closed for inactivity. Sessions are looked at every so often, not for each
 * piece of output.
 */
class OutputWatch {
  #audience
  #interval
  #timer
  #ends = new Map()

  /**
   * @param {import('./audience').Audience} audience
   * @param {number} interval in ms; 0: output does not count
   */
  constructor(audience, interval) {
    this.#audience = audience
    this.#interval = interval
    if (interval === 0) return
    this.#timer = setInterval(() => this.#look(), interval)
    this.#timer.unref()
  }

  #look() {
    const ends = new Map()
    for (const info of this.#audience.registry.list()) {
      if (info.connections > 0 || info.exit) continue
      const key = keyOf(info)
      ends.set(key, info.end)
      if (info.end > (this.#ends.get(key) ?? 0)) this.#touch(info)
    }
    this.#ends = ends
  }

  /** A longer promise would be forgotten for it: that one is left to run out. */
  #touch(info) {
    if (this.#audience.promiseOf(info) > performance.now() + 2 * this.#interval) return
    this.#audience.registry.get(info.id, info.projectId ?? undefined)?.touch()
  }

  stop() {
    clearInterval(this.#timer)
  }
}

module.exports = { OutputWatch }
