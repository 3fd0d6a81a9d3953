/**
 * Exactly one answer: a program's queries that this terminal must not answer are taken out before xterm.js sees them,
 * by its parser, which knows their beginning and end. What a person types is never looked at.
 */

/** Queries that are nothing else. Every sequence of these kinds asks. */
const CSI_QUERIES = [
  { final: 'c' }, // DA1
  { prefix: '>', final: 'c' }, // DA2
  { prefix: '=', final: 'c' }, // DA3
  { final: 'n' }, // DSR, CPR
  { prefix: '?', final: 'n' }, // DECDSR, the colour scheme
  { intermediates: '$', final: 'p' }, // DECRQM
  { prefix: '?', intermediates: '$', final: 'p' },
  { prefix: '>', final: 'q' }, // XTVERSION
  { prefix: '?', final: 'u' }, // kitty keyboard
]
const DCS_QUERIES = [
  { intermediates: '$', final: 'q' }, // DECRQSS
  { intermediates: '+', final: 'q' }, // XTGETTCAP
]
/** Window operations that report; the others, as 22 and 23, act. */
const WINDOW_REPORTS = new Set([11, 13, 14, 15, 16, 18, 19, 20, 21])
/** Colours: the palette in pairs `number;colour`, and the dynamic ones in a row. `?` asks. */
const OSC_COLOURS = [4, 10, 11, 12]
const FOCUS_REPORTS = 1004
const FOCUS_OUT = '\x1b[O'

export class Queries {
  #subscriptions
  #isSilent
  /** What the terminal says while this is set is an answer, and is dropped: `all`, or only that it has no focus. */
  #dropping = null
  #lastFocus = null

  /**
   * @param {import('@xterm/xterm').IParser} parser
   * @param {{ isSilent(): boolean, isOld(): boolean }} terminal  whether what is being parsed must not be answered;
   *   whether it was printed before this connection
   */
  constructor(parser, { isSilent, isOld }) {
    this.#isSilent = isSilent
    const swallow = () => isSilent()
    this.#subscriptions = [
      ...CSI_QUERIES.map((id) => parser.registerCsiHandler(id, swallow)),
      ...DCS_QUERIES.map((id) => parser.registerDcsHandler(id, swallow)),
      parser.registerCsiHandler({ final: 't' }, ([operation]) => isSilent() && WINDOW_REPORTS.has(operation)),
      ...OSC_COLOURS.map((number) =>
        parser.registerOscHandler(number, (data) => this.#colours(number, data)),
      ),
      parser.registerCsiHandler({ prefix: '?', final: 'h' }, (modes) => this.#setModes(modes, isOld())),
    ]
  }

  /**
   * Whether what the terminal says at this moment is an answer that must not be sent.
   * @param {string} data
   */
  isAnswer(data) {
    if (this.#dropping === null) return false
    if (this.#dropping === 'focus') return !this.mayTellFocus(data)
    if (data === FOCUS_OUT || data === '\x1b[I') this.#lastFocus = data
    return true
  }

  /** Of several terminals only the one that has the focus says so unasked. @param {string} report */
  mayTellFocus(report) {
    return report !== FOCUS_OUT || !this.#isSilent()
  }

  /** The focus report that fell into old output; the program that wants reports is owed it. Null when there is none. */
  takeFocus() {
    const focus = this.#lastFocus
    this.#lastFocus = null
    return focus
  }

  dispose() {
    for (const subscription of this.#subscriptions) subscription.dispose()
  }

  /** A sequence may set some colours and ask for others: xterm.js is to do the first only. */
  #colours(number, data) {
    if (!this.#isSilent()) return false
    const parts = data.split(';')
    const colours = number === 4 ? parts.filter((_part, i) => i % 2 === 1) : parts
    const asks = colours.some((colour) => colour === '?')
    if (asks && colours.every((colour) => colour === '?')) return true
    if (asks) this.#drop('all')
    return false
  }

  /** A terminal that is asked for focus reports says at once whether it has the focus. Of several, that one says so. */
  #setModes(modes, old) {
    if (modes.includes(FOCUS_REPORTS) && this.#isSilent()) this.#drop(old ? 'all' : 'focus')
    return false
  }

  /** Until the parser stops. It runs without a break: nobody can type meanwhile. */
  #drop(what) {
    this.#dropping = what
    queueMicrotask(() => {
      this.#dropping = null
    })
  }
}
