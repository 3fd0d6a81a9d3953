/** Plays a recording of a server into an xterm.js: any moment of it at once, at any speed. */
import { MICROS, micros } from './cast.js'
import { fail, optional } from './options.js'
import { RecordingSource } from './recording-source.js'

/** How often the screen follows while it plays, in ms. */
const TICK = 15
/** How often a recording that is being written is asked for more, in ms. */
const ASK_AGAIN = 2000
const SPEED = { min: 1 / 16, max: 64 }
/** Characters of a terminal, at most: each takes 12 bytes in xterm.js, and a recording may say any size. */
const MAX_CELLS = 1 << 22
/** xterm.js draws no cursor before it has once had the focus, or its other screen, which is there and gone with this. */
const SHOW_CURSOR = '\x1b[?47h\x1b[?47l'
/** The most that is played to go on to a later moment, in characters; what is further is shown as it is there. */
const NEAR = 32 * 1024
/** What a resize counts as. */
const RESIZE_COST = 2048
const SIZE = /^(\d{1,5})x(\d{1,5})$/
/** Ends a sequence that has begun. */
const CANCEL = '\x18'

function checkSize(cols, rows) {
  if (cols * rows > MAX_CELLS)
    throw fail(RangeError, 'ERR_RECORDING_LIMIT', `A terminal of ${cols} × ${rows} is too large to be shown`)
}

export class RecordingPlayer extends EventTarget {
  #terminal
  #source
  /**
   * What is shown is of this part: its number, a place in it, and the events from there on; null while these are not
   * read, which are needed to play on.
   * @type {import('./recording-source.js').Place & { number: number, events: import('./cast.js').RecordedEvent[] | null } | null}
   */
  #part = null
  /** How many of these events are shown. */
  #shown = 0
  /** In µs: everything until then is on the screen, and nothing later. */
  #time = 0
  /** Where a seek leads that is under way. */
  #goal = null
  /** Whether it plays, or will once it is where a seek leads. */
  #playing = false
  /** When it began to run: the time of the recording, and that of the clock. */
  #base = null
  #speed = 1
  #idleLimit = null
  #timer
  /** Counts what the reader asked for: what was begun before comes to nothing. */
  #wish = 0
  /** The readings that are under way: of many wishes only the last is read. */
  #readings = { moment: Promise.resolve(), events: Promise.resolve() }
  #disposed = false

  constructor(url, options = {}) {
    super()
    if (typeof url !== 'string' && !(url instanceof URL))
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'url must be a string or a URL')
    if (typeof options?.terminal?.write !== 'function')
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'terminal must be an xterm.js')
    this.#terminal = options.terminal
    const token = optional(options.token, 'token', 'string') ?? null
    const fetch = optional(options.fetch, 'fetch', 'function') ?? globalThis.fetch.bind(globalThis)
    this.#source = new RecordingSource(url, { token, fetch })
    if ((options.speed ?? null) !== null) this.speed = options.speed
    if ((options.idleLimit ?? null) !== null) this.idleLimit = options.idleLimit
  }

  get about() {
    return this.#source.about
  }
  get duration() {
    return this.#source.duration / MICROS
  }
  get time() {
    return (this.#goal ?? (this.#base ? this.#due() : this.#time)) / MICROS
  }
  get playing() {
    return this.#playing
  }
  get ended() {
    return this.#source.about !== null && this.#time >= this.#source.duration
  }
  get bytesRead() {
    return this.#source.bytesRead
  }

  get speed() {
    return this.#speed
  }
  set speed(speed) {
    if (typeof speed !== 'number') throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'speed must be a number')
    if (!(speed >= SPEED.min && speed <= SPEED.max))
      throw fail(RangeError, 'ERR_OUT_OF_RANGE', `speed must be from ${SPEED.min} to ${SPEED.max}`)
    if (this.#base) this.#run(this.#due())
    this.#speed = speed
  }

  get idleLimit() {
    return this.#idleLimit === null ? null : this.#idleLimit / MICROS
  }
  set idleLimit(seconds) {
    if (seconds !== null && typeof seconds !== 'number')
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'idleLimit must be a number or null')
    if (seconds !== null && !(seconds > 0))
      throw fail(RangeError, 'ERR_OUT_OF_RANGE', 'idleLimit must be more than 0')
    this.#idleLimit = seconds === null ? null : seconds * MICROS
  }

  /** Reads what the recording is made of, and shows its beginning. */
  async load() {
    await this.#source.load()
    this.#tell('load', this.about)
    await this.seek(0)
  }

  /** Shows the terminal at a time, in seconds. */
  async seek(seconds) {
    if (typeof seconds !== 'number' || Number.isNaN(seconds))
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'seconds must be a number')
    await this.#goTo(Math.min(Math.max(0, micros(seconds)), this.#source.duration))
  }

  /** Shows the terminal at a time, and plays on if it plays. */
  async #goTo(time) {
    const wish = this.#begin()
    this.#halt()
    this.#goal = time
    try {
      await this.#show(time, wish)
    } catch (error) {
      // What a later wish has interrupted is no failure.
      if (wish === this.#wish) throw error
    } finally {
      if (wish === this.#wish) {
        this.#goal = null
        if (this.#playing) this.#goOn()
      }
    }
    if (wish === this.#wish) this.#tell('time', { time: this.time })
  }

  async #show(time, wish) {
    const number = this.#source.partAt(time)
    if (this.#isNear(number, time)) {
      // Before it is written: what is asked for meanwhile begins here.
      this.#time = time
      await this.#playUntil(time, wish)
      return
    }
    const moment = await this.#read('moment', () => this.#source.moment(time), wish)
    // What is still being parsed must not come after the reset, nor the rest of a
    // sequence, which an xterm.js that is reset still waits for.
    if (wish === this.#wish) await this.#parsed(this.#part ? CANCEL : CANCEL + SHOW_CURSOR)
    if (wish !== this.#wish) return
    await this.#restart(number, moment, time)
  }

  /** Whether a time is so little ahead that to play until then is sooner done. */
  #isNear(number, time) {
    const part = this.#part
    if (part?.number !== number || part.events === null || time < this.#lastShown) return false
    let cost = 0
    for (let next = this.#shown; part.events[next]?.time <= time && cost <= NEAR; next += 1)
      cost += part.events[next].code === 'r' ? RESIZE_COST : part.events[next].data.length
    return cost <= NEAR
  }

  /** When the last event happened that is on the screen. */
  get #lastShown() {
    return this.#part?.events?.[this.#shown - 1]?.time ?? this.#part?.time ?? 0
  }

  /** Reads something in its turn; null where something else is wished for by then. */
  async #read(kind, read, wish) {
    const before = this.#readings[kind]
    let done
    this.#readings[kind] = new Promise((resolve) => {
      done = resolve
    })
    try {
      await before
      return wish === this.#wish ? await read() : null
    } finally {
      done()
    }
  }

  /** Shows a moment of a part, which is the last before a time. */
  #restart(number, { start, time: last, screen, cols, rows }, time) {
    checkSize(cols, rows)
    this.#part = { number, start, time: last, events: null }
    this.#shown = 0
    this.#time = time
    this.#terminal.reset()
    this.#resize(cols, rows)
    return this.#parsed(screen)
  }

  /** Shows the events of the part up to a time. A size holds for what follows, so what came before is parsed first. */
  async #playUntil(time, wish) {
    const events = this.#part.events ?? []
    let text = ''
    while (this.#shown < events.length && events[this.#shown].time <= time) {
      const { code, data } = events[this.#shown]
      const size = code === 'r' ? SIZE.exec(data) : null
      if (size) {
        await this.#parsed(text)
        text = ''
        if (wish !== this.#wish) return
        this.#resize(Number(size[1]), Number(size[2]))
      } else if (code === 'o') text += data
      this.#shown += 1
    }
    await this.#parsed(text)
  }

  #resize(cols, rows) {
    if (cols < 1 || rows < 1) return
    checkSize(cols, rows)
    if (this.#terminal.cols === cols && this.#terminal.rows === rows) return
    this.#terminal.resize(cols, rows)
    this.#tell('size', { cols, rows })
  }

  #parsed(text = '') {
    return new Promise((resolve) => this.#terminal.write(text, resolve))
  }

  /** Plays on from here; from the beginning where it has ended. */
  play() {
    if (this.#playing || !this.about || this.#disposed) return
    this.#playing = true
    this.#tell('state', { playing: true })
    // A seek that is under way goes on by itself.
    if (this.#goal !== null) return
    if (this.ended && this.about.status !== 'recording') this.#goTo(0).catch((error) => this.#failed(error))
    else this.#goOn()
  }

  #goOn() {
    this.#run(this.#time)
    this.#tickSoon()
  }

  /** Stops where it is; fulfilled when the screen is that of `time`. */
  async pause() {
    if (!this.#playing) return
    this.#playing = false
    const shown = this.#goTo(this.#goal ?? this.#whereToStop())
    this.#tell('state', { playing: false })
    await shown.catch((error) => this.#failed(error))
  }

  /** Not behind an event that is due and was not shown yet. */
  #whereToStop() {
    const next = this.#part?.events?.[this.#shown]
    const due = this.#due()
    return Math.max(this.#lastShown, next && next.time <= due ? next.time - 1 : due)
  }

  #run(time) {
    this.#base = { time, clock: performance.now() }
  }

  #halt() {
    clearTimeout(this.#timer)
    this.#base = null
  }

  /** The time that it should be by the clock. */
  #due() {
    const { time, clock } = this.#base
    const since = (performance.now() - clock) * 1000 * this.#speed
    return Math.round(Math.min(time + since, this.#source.duration))
  }

  #tickSoon(ms = TICK) {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => this.#tick().catch((error) => this.#failed(error)), ms)
  }

  async #tick() {
    const wish = this.#wish
    const isLast = () => this.#part.number + 1 >= this.#source.segments.length
    if (!this.#part) await this.#show(this.#time, wish)
    await this.#readOn(wish)
    while (wish === this.#wish && this.#base) {
      const due = this.#skipIdle(this.#due())
      await this.#playUntil(due, wish)
      if (wish !== this.#wish || !this.#base) return
      const isOver = this.#shown >= this.#part.events.length
      if (!isOver || isLast() || this.#source.begin(this.#part.number + 1).time > due) {
        this.#time = Math.max(this.#time, due)
        break
      }
      await this.#enter(this.#part.number + 1, wish)
    }
    if (wish !== this.#wish || !this.#base) return
    this.#tell('time', { time: this.#time / MICROS })
    this.#prefetch()
    if (!this.ended) this.#tickSoon()
    else if (this.about.status === 'recording') await this.#askForMore(wish)
    else this.#finish()
  }

  /** Reads what follows what is shown. */
  async #readOn(wish) {
    const part = this.#part
    if (wish !== this.#wish || part.events !== null) return
    const events = await this.#readEvents(part, wish)
    if (wish === this.#wish) part.events = events
  }

  /** Goes on in the part that follows: what is shown is what that begins with. */
  async #enter(number, wish) {
    const part = { number, ...this.#source.begin(number) }
    const events = await this.#readEvents(part, wish)
    if (wish !== this.#wish) return
    this.#part = { ...part, events }
    this.#shown = 0
  }

  #readEvents(part, wish) {
    return this.#read('events', () => this.#source.events(part.number, part), wish)
  }

  /** Where nothing happens for longer than the limit, it goes on with the next event. */
  #skipIdle(due) {
    if (this.#idleLimit === null) return due
    const { events } = this.#part
    const last = this.#lastShown
    const next = events[this.#shown]?.time ?? this.#nextStart()
    if (next <= due || due - last < this.#idleLimit) return due
    this.#run(next)
    return next
  }

  /** A part begins with the event before it, so behind the end of one the next is looked into. */
  #nextStart() {
    const next = this.#part.number + 1
    return next < this.#source.segments.length ? this.#source.begin(next).time : this.#source.duration
  }

  #prefetch() {
    const next = this.#part.number + 1
    if (next >= this.#source.segments.length) return
    // A failure is told when the part is needed.
    this.#source.events(next, this.#source.begin(next)).catch(() => {})
  }

  async #askForMore(wish) {
    await new Promise((resolve) => {
      this.#timer = setTimeout(resolve, ASK_AGAIN)
    })
    if (wish !== this.#wish || !this.#base) return
    await this.refresh()
    if (wish !== this.#wish || !this.#base) return
    this.#run(this.#time)
    this.#tickSoon()
  }

  /** Learns how long a recording is by now that is being written. */
  async refresh() {
    await this.#source.load()
    this.#tell('load', this.about)
    const part = this.#part
    if (!part?.events) return
    const events = await this.#source.events(part.number, part)
    // Parts only grow: what was shown of it is the same.
    if (this.#part === part) part.events = events
  }

  #finish() {
    this.#halt()
    this.#playing = false
    this.#tell('state', { playing: false })
    this.#tell('end', {})
  }

  async markers() {
    return (await this.#source.json('markers')).markers
  }

  async search(text, { limit } = {}) {
    if (typeof text !== 'string' || text === '')
      throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'text must be a string that is not empty')
    const query = new URLSearchParams({ text, ...(limit && { limit }) })
    return (await this.#source.json(`search?${query}`)).hits
  }

  /** Stops, and lets go of the terminal, which stays as it is. */
  dispose() {
    this.#disposed = true
    this.#begin()
    this.#halt()
    this.#playing = false
    this.#goal = null
  }

  /** From here on nothing else counts. */
  #begin() {
    this.#wish += 1
    return this.#wish
  }

  #failed(error) {
    this.#halt()
    if (this.#playing) {
      this.#playing = false
      this.#tell('state', { playing: false })
    }
    this.#tell('error', { message: error.message, code: error.code ?? 'ERR_RECORDING_FETCH' })
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }
}
