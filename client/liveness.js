/**
 * Whether the peer is there: asks after a silence, and says so when there is no answer. Goes by a clock that does not
 * jump: set back by an hour, the wall clock would put the question off for an hour.
 */
export class Liveness {
  #limits
  #peer
  #heard = 0
  /** @type {number | null} */
  #asked = null
  #timer

  /**
   * @param {{ idlePing: number, pingTimeout: number }} limits in ms
   * @param {{ ask(): boolean, silent(): void }} peer `ask` returns false where it could not be sent
   */
  constructor(limits, peer) {
    this.#limits = limits
    this.#peer = peer
  }

  /** A message came. */
  heard() {
    this.#heard = performance.now()
    this.#asked = null
  }

  start() {
    this.heard()
    this.#watch()
  }

  stop() {
    clearTimeout(this.#timer)
    this.#asked = null
  }

  /** Asks now. */
  ask() {
    if (!this.#peer.ask()) return
    this.#asked ??= performance.now()
    this.#watch()
  }

  #watch() {
    clearTimeout(this.#timer)
    const { idlePing, pingTimeout } = this.#limits
    const due = this.#asked === null ? this.#heard + idlePing : this.#asked + pingTimeout
    this.#timer = setTimeout(() => this.#check(), Math.max(Math.ceil(due - performance.now()), 1))
  }

  #check() {
    const { idlePing, pingTimeout } = this.#limits
    const now = performance.now()
    const asked = this.#asked !== null
    if (asked && now - this.#asked >= pingTimeout) this.#peer.silent()
    else if (!asked && now - this.#heard >= idlePing) this.ask()
    else this.#watch()
  }
}
