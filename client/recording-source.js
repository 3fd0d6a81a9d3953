/** A recording on a server, read in parts: what it is made of, and the events of each part. */
import { eventsOf, micros } from './cast.js'
import { fail } from './options.js'

/** Parts that are kept, of at most 1 MiB of the cast as a rule. */
const KEPT = 6

/** Whether what a server says of a recording has what is needed to play it. */
function isIndex(about) {
  const isPart = (part) => Array.isArray(part) && part.length > 4 && part.every(Number.isFinite)
  const { segments, duration, bytes } = about ?? {}
  const isWhole = Array.isArray(segments) && segments.length > 0 && segments.every(isPart)
  return isWhole && Number.isFinite(duration) && Number.isSafeInteger(bytes)
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
  /** Bytes that were read of the cast and of keyframes. */
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
   * A part: the screen that it begins with, and its events.
   * @returns {Promise<{ screen: Uint8Array | null, cols: number, rows: number, events: import('./cast.js').RecordedEvent[] }>}
   */
  part(number) {
    const known = this.#parts.get(number)
    this.#parts.delete(number)
    const part = known ?? this.#read(number)
    this.#parts.set(number, part)
    part.catch(() => this.#parts.get(number) === part && this.#parts.delete(number))
    if (this.#parts.size > KEPT) this.#parts.delete(this.#parts.keys().next().value)
    return part
  }

  async #read(number) {
    const { segments, version, bytes } = this.about
    const [time, start, cols, rows, hasKeyframe] = segments[number]
    const end = segments[number + 1]?.[1] ?? bytes
    const [screen, lines] = await Promise.all([
      hasKeyframe ? this.#bytes(`keyframes/${start}`, {}) : null,
      end > start ? this.#range(start, end) : '',
    ])
    return { screen, cols, rows, events: eventsOf(lines, version, micros(time)) }
  }

  async #range(start, end) {
    const bytes = await this.#bytes('', { Range: `bytes=${start}-${end - 1}` })
    if (bytes.length !== end - start)
      throw fail(Error, 'ERR_RECORDING_CHANGED', 'The recording is not what it was: load it again')
    return this.#text.decode(bytes)
  }

  async #bytes(path, headers) {
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
    return (await this.#get(path)).json().catch(failed)
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
