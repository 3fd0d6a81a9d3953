/** When git runs: soon after something has changed, seldom while much changes, one run at a time. */

/** Nothing has changed for so long before a run, in ms; the next numbers are for a repository that is busy. */
const QUIET = 50
/** What changes on and on is looked at after this time all the same, in ms. */
const PATIENCE = 1000
const MAX_PATIENCE = 8000
/** How busy a repository can be: each step doubles both times. */
const MAX_HEAT = 5
/** In this time, in ms, it is one step less busy. */
const COOLING = 1000
/** So many changes since the last run are a burst. */
const BURST = 100
const HEAT_OF_BURST = 2
const HEAT_OF_CHANGE = 0.5

/** Between two looks where nothing tells of changes, in ms. */
const POLL = { least: 5000, most: 60_000 }

class Schedule {
  #act
  #poll
  #timer = null
  #isActing = false
  #changes = 0
  #first = 0
  #last = 0
  #isUrgent = false
  #heat = 0
  #heatAt = 0
  #pollTimer = null
  #interval = 0
  #closed = false

  /**
   * @param {() => Promise<boolean>} act says whether something was new
   * @param {{ least: number, most: number }} [poll] times between two looks, while that is needed
   */
  constructor(act, poll = POLL) {
    this.#act = act
    this.#poll = poll
  }

  /** Something has changed. */
  touch() {
    if (this.#closed) return
    this.#last = performance.now()
    if (this.#changes === 0) this.#first = this.#last
    this.#changes += 1
    this.#wait()
  }

  /** Somebody asks: at once, unless that was so a moment ago. */
  hurry() {
    this.#isUrgent = true
    this.#stopTimer()
    this.touch()
  }

  /** Looks for changes at intervals, as long as nothing tells of all of them. */
  pollWhile(isNeeded) {
    if (this.#closed || isNeeded === this.#interval > 0) return
    this.#interval = isNeeded ? this.#poll.least : 0
    if (isNeeded) this.#pollLater()
    else clearTimeout(this.#pollTimer)
  }

  close() {
    this.#closed = true
    this.#stopTimer()
    clearTimeout(this.#pollTimer)
  }

  #stopTimer() {
    clearTimeout(this.#timer)
    this.#timer = null
  }

  #wait() {
    if (this.#timer || this.#isActing) return
    const delay = Math.max(0, this.#due() - performance.now())
    this.#timer = setTimeout(() => this.#ring(), delay)
    this.#timer.unref()
  }

  /** One timer for all changes: it is set anew when it rings. */
  #ring() {
    this.#timer = null
    if (this.#due() > performance.now()) this.#wait()
    else this.#run()
  }

  #due() {
    const heat = Math.floor(this.#heatNow())
    if (this.#isUrgent && heat === 0) return this.#first
    const patience = Math.min(PATIENCE * 2 ** heat, MAX_PATIENCE)
    return Math.min(this.#last + QUIET * 2 ** heat, this.#first + patience)
  }

  #heatNow() {
    return Math.max(0, this.#heat - (performance.now() - this.#heatAt) / COOLING)
  }

  async #run() {
    const more = this.#changes > BURST ? HEAT_OF_BURST : HEAT_OF_CHANGE
    this.#heat = Math.min(MAX_HEAT, this.#heatNow() + more)
    this.#heatAt = performance.now()
    this.#changes = 0
    this.#isUrgent = false
    this.#isActing = true
    const isNew = await this.#act()
    this.#isActing = false
    if (this.#closed) return
    if (this.#changes > 0) this.#wait()
    if (this.#interval === 0) return
    this.#interval = isNew ? this.#poll.least : Math.min(2 * this.#interval, this.#poll.most)
    this.#pollLater()
  }

  #pollLater() {
    clearTimeout(this.#pollTimer)
    this.#pollTimer = setTimeout(() => this.touch(), this.#interval)
    this.#pollTimer.unref()
  }
}

module.exports = { POLL, Schedule }
