/** Whether the peer is there: asks after a silence, and says so when there is no answer. */
export class Liveness {
  #limits
  #peer
  #heard = 0
  #asked = 0
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
    this.#heard = Date.now()
    this.#asked = 0
  }

  start() {
    this.heard()
    this.#watch()
  }

  stop() {
    clearTimeout(this.#timer)
    this.#asked = 0
  }

  /** Asks now. */
  ask() {
    if (!this.#peer.ask()) return
    this.#asked ||= Date.now()
    this.#watch()
  }

  #watch() {
    clearTimeout(this.#timer)
    const { idlePing, pingTimeout } = this.#limits
    const due = this.#asked ? this.#asked + pingTimeout : this.#heard + idlePing
    this.#timer = setTimeout(() => this.#check(), Math.max(due - Date.now(), 1))
  }

  #check() {
    const { idlePing, pingTimeout } = this.#limits
    const now = Date.now()
    if (this.#asked && now - this.#asked >= pingTimeout) this.#peer.silent()
    else if (!this.#asked && now - this.#heard >= idlePing) this.ask()
    else this.#watch()
  }
}
