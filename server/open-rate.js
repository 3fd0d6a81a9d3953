/** Sessions that one connection may open at once, and after that in a second. */
const BURST = 128
const PER_SECOND = 8

/** How often one connection may open a session: each means a screen to be made. */
class OpenRate {
  #left = BURST
  #at = performance.now()

  /** Whether another one may be opened now; it counts as opened then. */
  take() {
    const now = performance.now()
    this.#left = Math.min(BURST, this.#left + ((now - this.#at) / 1000) * PER_SECOND)
    this.#at = now
    if (this.#left < 1) return false
    this.#left -= 1
    return true
  }
}

module.exports = { OpenRate }
