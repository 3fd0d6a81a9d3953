import { terminalKind } from './terminal-kind.js'

/** An xterm.js as the client sees it: a place for output that says what it is parsing. */
export class XtermDisplay {
  #terminal
  /** The options that it came with. */
  #options
  /** The kinds of the writes that are not parsed yet, in order. */
  #kinds = []
  /** The size that the page's layout is for: after a resize it is the one before, until the terminal is drawn. */
  #laidOut

  /** @param {import('@xterm/xterm').Terminal} terminal @param {{ images?: boolean | Record<string, boolean> }} [options] */
  constructor(terminal, { images = false } = {}) {
    this.#terminal = terminal
    this.#options = terminalKind(terminal, images).xtermOptions
    this.drawn()
  }

  get cols() {
    return this.#terminal.cols
  }
  get rows() {
    return this.#terminal.rows
  }
  /** Of the text area, in pixels of the page; null before the terminal is open. */
  get width() {
    return this.#pixels('clientWidth', 'cols')
  }
  get height() {
    return this.#pixels('clientHeight', 'rows')
  }
  /** What it is, for the query. Programs may have changed `convertEol` since it was loaded. */
  get query() {
    return { ...terminalKind(this.#terminal), xtermOptions: this.#options }
  }
  get isSecondScreen() {
    return this.#terminal.buffer.active.type === 'alternate'
  }
  /**
   * What the terminal parses at this moment; undefined for what the page itself writes to it.
   * @returns {import('./writes.js').WriteKind | undefined}
   */
  get parsing() {
    return this.#kinds[0]
  }

  write(data, kind, parsed) {
    this.#kinds.push(kind)
    try {
      this.#terminal.write(data, () => {
        this.#kinds.shift()
        parsed()
      })
    } catch (error) {
      this.#kinds.pop()
      throw error
    }
  }

  reset() {
    this.#terminal.reset()
  }

  resize(cols, rows) {
    this.#terminal.resize(cols, rows)
  }

  /** The terminal was drawn, or will be for the first time, in the size that it has. */
  drawn() {
    const { cols, rows } = this.#terminal
    this.#laidOut = { cols, rows }
  }

  #pixels(side, count) {
    const screen = this.#terminal.element?.querySelector('.xterm-screen')
    if (!screen) return null
    return Math.round((screen[side] / this.#laidOut[count]) * this.#terminal[count]) || null
  }
}
