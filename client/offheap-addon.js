/** What joins a `TerminalClient` and an xterm.js. */
import { XtermDisplay } from './display.js'
import { Effects } from './effects.js'
import { fail, optional, wholeNumbers } from './options.js'
import { cleanPaste, countLines, encodePaste } from './paste.js'
import { Queries } from './queries.js'
import { themeColours } from './theme.js'

const NUMBERS = { confirmLines: { value: 5, min: 1, max: 1_000_000_000 } }

export class OffheapAddon extends EventTarget {
  #client
  #confirmPaste
  #confirmLines
  #images
  #terminal = null
  #display = null
  #queries = null
  #subscriptions = []
  #theme
  #pasteTarget = null

  constructor(client, options = {}) {
    super()
    this.#client = client
    this.#confirmPaste = optional(options?.confirmPaste, 'confirmPaste', 'function') ?? askInPage
    this.#images = imagesOf(options?.images)
    this.#confirmLines = wholeNumbers(options, NUMBERS).confirmLines
  }

  activate(terminal) {
    this.#terminal = terminal
    this.#display = new XtermDisplay(terminal, { images: this.#images })
    this.#subscriptions = [this.#client.attach(this.#display)]
    this.#queries = new Queries(terminal.parser, {
      isSilent: () => this.#isOld || this.#client.access === 'read' || this.#serverAnswers,
      isOld: () => this.#isOld,
    })
    const effects = new Effects(terminal, {
      isShown: () => this.#display.parsing?.shown === true,
      emit: (type, detail) => this.dispatchEvent(new CustomEvent(type, { detail })),
    })
    this.#subscriptions.push(this.#queries, effects, ...this.#listen(terminal))
    this.#opened()
  }

  dispose() {
    for (const subscription of this.#subscriptions.splice(0).reverse()) subscription.dispose()
    this.#pasteTarget?.removeEventListener('paste', this.#onPaste, { capture: true })
    this.#terminal = this.#pasteTarget = null
  }

  async paste(text) {
    if (typeof text !== 'string') throw fail(TypeError, 'ERR_INVALID_ARG_TYPE', 'text must be a string')
    const clean = cleanPaste(text)
    if (clean === '' || !this.#terminal) return false
    const lines = countLines(clean)
    const asks = lines >= this.#confirmLines && !this.#isBracketed
    if (asks && (await this.#confirmPaste({ text: clean, lines })) !== true) return false
    if (!this.#terminal) return false // Disposed of meanwhile.
    this.#terminal.scrollToBottom()
    return this.#client.input(encodePaste(clean, this.#isBracketed))
  }

  get #isBracketed() {
    return this.#terminal.modes.bracketedPasteMode && !this.#terminal.options.ignoreBracketedPasteMode
  }
  get #isOld() {
    return this.#display.parsing?.old === true
  }
  /** Or another viewer. */
  get #serverAnswers() {
    const answers = (this.#display.parsing ?? this.#client).answers
    return answers === 'server' || answers === 'none'
  }

  #listen(terminal) {
    return [
      terminal.onData((data) => this.#queries.isAnswer(data) || this.#client.input(data)),
      terminal.onBinary((data) => this.#client.input(Uint8Array.from(data, (char) => char.charCodeAt(0)))),
      terminal.onResize((size) => this.#resized(size)),
      terminal.onWriteParsed(() => this.#restoreFocus()),
      terminal.onRender?.(() => this.#drawn()),
    ].filter(Boolean)
  }

  #resized({ cols, rows }) {
    if (!this.#terminal.element) this.#display.drawn()
    if (!this.#client.applyingSize) this.#client.resize(cols, rows, this.#display)
  }

  #drawn() {
    this.#display.drawn()
    this.#opened()
  }

  /** A program that wants focus reports is owed the one that fell into old output. */
  #restoreFocus() {
    if (this.#client.replaying) return
    const focus = this.#queries.takeFocus()
    if (focus && this.#terminal.modes.sendFocusMode && this.#queries.mayTellFocus(focus))
      this.#client.input(focus)
  }

  /** What needs an open terminal. xterm.js draws anew when its theme changes: here it is seen. */
  #opened() {
    const { element, options } = this.#terminal
    const theme = options.theme ?? null
    if (this.#theme !== theme) this.#client.setTheme(themeColours((this.#theme = theme)))
    if (!element || this.#pasteTarget) return
    this.#pasteTarget = element
    element.addEventListener('paste', this.#onPaste, { capture: true })
  }

  /** Before xterm.js has it. */
  #onPaste = (event) => {
    const text = event.clipboardData?.getData('text/plain')
    if (!text) return
    event.preventDefault()
    event.stopImmediatePropagation()
    this.paste(text).catch((error) => {
      const detail = { message: error.message, code: 'ERR_PASTE' }
      this.dispatchEvent(new CustomEvent('error', { detail }))
    })
  }
}

/** Whether there is an image add-on, or the options of it. */
function imagesOf(images) {
  if (images === undefined || images === null) return false
  if (typeof images !== 'boolean' && typeof images !== 'object')
    throw fail(
      TypeError,
      'ERR_INVALID_ARG_TYPE',
      `images must be a boolean or an object, not ${typeof images}`,
    )
  return images
}

function askInPage({ lines }) {
  return globalThis.confirm?.(`Paste ${lines} lines? The program may run each of them at once.`) ?? true
}
