const MINUTE = 60_000
/** Addresses that are remembered at a time; the oldest is forgotten first. */
const MAX_ADDRESSES = 10_000

/**
 * New shells a minute for each address, for clients that name no project.
 * (Projects are counted by the registry.)
 */
class SpawnLimit {
  #limit
  #spawns = new Map()

  constructor(limit) {
    this.#limit = limit
  }

  /** Whether one more is allowed now; if so it is counted. */
  take(address, now = Date.now()) {
    if (this.#limit === 0) return true
    const recent = (this.#spawns.get(address) ?? []).filter((at) => now - at < MINUTE)
    const allowed = recent.length < this.#limit
    if (allowed) recent.push(now)
    this.#spawns.delete(address)
    this.#spawns.set(address, recent)
    if (this.#spawns.size > MAX_ADDRESSES) this.#spawns.delete(this.#spawns.keys().next().value)
    return allowed
  }
}

module.exports = { SpawnLimit }
