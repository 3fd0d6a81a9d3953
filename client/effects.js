/**
 * What a program wants done when its output is first shown: the bell, the clipboard, notifications. A replay, history
 * or snapshot does none of it again.
 */

/** Characters of base64 in one clipboard write. */
const MAX_CLIPBOARD = 1_400_000
const MAX_TEXT = 4096
/** ConEmu's progress, which shares its number with notifications, is a state. */
const PROGRESS = /^4;/

export class Effects {
  #subscriptions
  #isShown
  #emit

  /**
   * @param {import('@xterm/xterm').Terminal} terminal
   * @param {{ isShown(): boolean, emit(type: string, detail: object): void }} host  `isShown`: whether what is being
   *   parsed has been shown before
   */
  constructor(terminal, { isShown, emit }) {
    this.#isShown = isShown
    this.#emit = emit
    const { parser } = terminal
    this.#subscriptions = [
      terminal.onBell(() => isShown() || emit('bell', {})),
      parser.registerOscHandler(52, (data) => this.#once(() => this.#clipboard(data))),
      parser.registerOscHandler(
        9,
        (data) => !PROGRESS.test(data) && this.#once(() => this.#notify('', data)),
      ),
      parser.registerOscHandler(777, (data) => this.#once(() => this.#urxvt(data))),
      parser.registerOscHandler(99, () => isShown()),
    ]
  }

  dispose() {
    for (const subscription of this.#subscriptions) subscription.dispose()
  }

  /** @returns {boolean} whether nobody else is to see it: other add-ons would do it again */
  #once(act) {
    if (this.#isShown()) return true
    act()
    return false
  }

  /** `selection;base64`. A `?` asks for the clipboard's content, which no program is given. */
  #clipboard(data) {
    const at = data.indexOf(';')
    const encoded = data.slice(at + 1)
    if (at < 0 || encoded === '?' || encoded.length > MAX_CLIPBOARD) return
    try {
      const bytes = Uint8Array.from(atob(encoded), (char) => char.charCodeAt(0))
      this.#emit('clipboard', { selection: data.slice(0, at) || 'c', text: new TextDecoder().decode(bytes) })
    } catch {
      // No base64: nothing is written.
    }
  }

  /** `notify;title;body` */
  #urxvt(data) {
    const [verb, title = '', ...body] = data.split(';')
    if (verb === 'notify') this.#notify(title, body.join(';'))
  }

  #notify(title, body) {
    this.#emit('notification', { title: title.slice(0, MAX_TEXT), body: body.slice(0, MAX_TEXT) })
  }
}
