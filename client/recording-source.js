/** A recording on a server: what it is made of, its terminal at any moment, and the events of each part. */
import { eventsOf, MICROS, micros } from './cast.js'
import { fail } from './options.js'

/** Parts, or what is left of one, that are kept: of at most 1 MiB of the cast as a rule. */
const KEPT = 6

/**
 * A place between two events.
 * @typedef {object} Place
 * @property {number} start where the next event begins in the cast, in bytes
 * @property {number} time when the last one before it happened, in µs
 */

/** Whether what a server says of a recording has what is needed to play it. */
function isIndex(about) {
  const isPart = (part) => Array.isArray(part) && part.length > 4 && part.every(Number.isFinite)
  const { segments, duration, bytes } = about ?? {}
  const isWhole = Array.isArray(segments) && segments.length > 0 && segments.every(isPart)
  return isWhole && Number.isFinite(duration) && Number.isSafeInteger(bytes)
}

/** Whether what a server says of a moment has what is needed to show it. */
function isMoment(moment) {
  const { time, position, cols, rows, data } = moment ?? {}
  const isPlace = Number.isFinite(time) && Number.isSafeInteger(position)
  return isPlace && Number.isSafeInteger(cols) && Number.isSafeInteger(rows) && typeof data === 'string'
}

/** What the browser says of a request that came to nothing has no code. */
function failed(error) {
  throw Object.assign(fail(Error, 'ERR_RECORDING_FETCH', error.message), { cause: error })
}

export class RecordingSource {
  #url
  #fetch
  #headers
  #parts = new Map()
  #text = new TextDecoder()
  /** What the server says of the recording; null before `load()`. */
  about = null
  /** Bytes that the server has sent. */
  bytesRead = 0

  constructor(url, { token, fetch }) {
    this.#url = String(url).replace(/\/+$/, '')
    this.#fetch = fetch
    this.#headers = token === null ? {} : { Authorization: `Bearer ${token}` }
  }

  /** In µs. */
  get duration() {
    return micros(this.about?.duration ?? 0)
  }

  get segments() {
    return this.about?.segments ?? []
  }

  /** Reads what the recording is made of, anew for one that is being written. */
  async load() {
    const about = await this.json('index')
    if (!isIndex(about)) throw fail(Error, 'ERR_RECORDING_INVALID', 'The server does not say what to play')
    if (about.version !== 2 && about.version !== 3)
      throw fail(Error, 'ERR_RECORDING_VERSION', `Version ${about.version} cannot be played by parts`)
    this.about = about
    // The last one may have grown.
    this.#parts.clear()
  }

  /** The number of the part that holds a time, in µs. */
  partAt(time) {
    const { segments } = this
    let [low, high] = [0, segments.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if (micros(segments[middle][0]) <= time) low = middle
      else high = middle
    }
    return low
  }

  /**
   * The terminal at a time, in µs, after everything that happened until then.
   * @returns {Promise<Place & { screen: string, cols: number, rows: number }>} `screen`: for a fresh terminal
   */
  async moment(time) {
    const moment = await this.json(`at/${(time / MICROS).toFixed(6)}`)
    if (!isMoment(moment))
      throw fail(Error, 'ERR_RECORDING_INVALID', 'The server does not say what was on the screen')
    const { position: start, cols, rows, data: screen } = moment
    return { start, time: micros(moment.time), screen, cols, rows }
  }

  /** Where a part begins. @returns {Place} */
  begin(number) {
    const [time, start] = this.segments[number]
    return { start, time: micros(time) }
  }

  /**
   * The events of a part from a place in it on.
   * @param {number} number
   * @param {Place} place
   * @returns {Promise<import('./cast.js').RecordedEvent[]>}
   */
  events(number, { start, time }) {
    const known = this.#parts.get(start)
    this.#parts.delete(start)
    const part = known ?? this.#read(number, start, time)
    this.#parts.set(start, part)
    part.catch(() => this.#parts.get(start) === part && this.#parts.delete(start))
    if (this.#parts.size > KEPT) this.#parts.delete(this.#parts.keys().next().value)
    return part
  }

  async #read(number, start, time) {
    const { segments, version, bytes } = this.about
    const end = segments[number + 1]?.[1] ?? bytes
    return end > start ? eventsOf(await this.#range(start, end), version, time) : []
  }

  async #range(start, end) {
    const bytes = await this.#bytes('', { Range: `bytes=${start}-${end - 1}` })
    if (bytes.length !== end - start)
      throw fail(Error, 'ERR_RECORDING_CHANGED', 'The recording is not what it was: load it again')
    return this.#text.decode(bytes)
  }

  async #bytes(path, headers = {}) {
    const response = await this.#get(path, headers)
    // The whole of it may be of any size.
    if (headers.Range && response.status !== 206) {
      await response.body?.cancel()
      throw fail(Error, 'ERR_RECORDING_RANGE', 'The server does not serve parts of the recording')
    }
    const bytes = new Uint8Array(await response.arrayBuffer().catch(failed))
    this.bytesRead += bytes.length
    return bytes
  }

  async json(path) {
    return new Response(await this.#bytes(path)).json().catch(failed)
  }

  async #get(path, headers = {}) {
    const url = path === '' ? this.#url : `${this.#url}/${path}`
    const response = await this.#fetch(url, { headers: { ...this.#headers, ...headers } }).catch(failed)
    if (response.ok) return response
    const { error, code } = await response.json().catch(() => ({}))
    throw Object.assign(
      fail(Error, code ?? 'ERR_RECORDING_FETCH', error ?? `The server said ${response.status}`),
      {
        status: response.status,
      },
    )
  }
}
