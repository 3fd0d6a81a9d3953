/** When to try again: an exponential back-off with jitter, and a circuit breaker. */
import { wholeNumbers } from './options.js'

const HOUR = 3_600_000
const OPTIONS = {
  min: { value: 500, min: 1, max: HOUR },
  max: { value: 30_000, min: 1, max: HOUR },
  stableAfter: { value: 5000, min: 0, max: HOUR },
  failures: { value: 5, min: 1, max: 1_000_000 },
  pause: { value: 30_000, min: 1, max: HOUR },
}

export class Backoff {
  #limits
  #attempt = 0
  #failures = 0
  #liveSince = null

  /** @param {object} [options] as `TerminalClientOptions.backoff` */
  constructor(options) {
    this.#limits = wholeNumbers(options, OPTIONS)
  }

  /** Attempts since a connection was stable. */
  get attempt() {
    return this.#attempt
  }

  /** All is forgiven. */
  reset() {
    this.#attempt = 0
    this.#failures = 0
    this.#liveSince = null
  }

  /** A connection got its session. */
  live() {
    this.#failures = 0
    this.#liveSince = performance.now()
  }

  /**
   * A connection ended, or an attempt failed. Connections that come and go without being stable do not open the
   * circuit, but are followed by ever longer delays.
   * @returns {{ delay: number, tripped: boolean }}
   */
  next() {
    const { min, max, stableAfter, failures, pause } = this.#limits
    const wasLive = this.#liveSince !== null
    if (wasLive && performance.now() - this.#liveSince >= stableAfter) this.#attempt = 0
    this.#liveSince = null
    this.#attempt += 1
    this.#failures = wasLive ? 0 : this.#failures + 1
    if (this.#failures >= failures) return { tripped: true, delay: pause * (1 + Math.random()) }
    const ceiling = Math.max(min, Math.min(max, min * 2 ** this.#attempt))
    return { tripped: false, delay: min + Math.random() * (ceiling - min) }
  }
}
