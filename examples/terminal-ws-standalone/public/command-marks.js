/** Marks beside the commands in the scrollback, by what the shell prints (OSC 133), and ways from one to the next. */

/** Commands that are remembered; older ones lose their marks. */
const MAX_MARKS = 1000

export class CommandMarks {
  #terminal
  /** Oldest first. */
  #marks = []
  /** Where the prompt began that is being typed at. */
  #prompt = null

  /** @param {import('@xterm/xterm').Terminal} terminal */
  constructor(terminal) {
    this.#terminal = terminal
    // Others may want to see them, too.
    terminal.parser.registerOscHandler(133, (data) => {
      this.#take(data)
      return false
    })
  }

  /** How the commands went, oldest first: `running`, `done` or `failed`. */
  get states() {
    return this.#live().map(({ state }) => state)
  }

  /** Shows the command before (-1) or after (1) what is shown. */
  jump(by) {
    const { viewportY: top, baseY: bottom } = this.#terminal.buffer.normal
    const lines = this.#live().map(({ marker }) => Math.min(marker.line, bottom))
    const line = by < 0 ? lines.findLast((each) => each < top) : lines.find((each) => each > top)
    if (line !== undefined) this.#terminal.scrollToLine(line)
    else if (by > 0) this.#terminal.scrollToBottom()
  }

  #live() {
    return this.#marks.filter(({ marker }) => !marker.isDisposed && marker.line >= 0)
  }

  #take(data) {
    if (this.#terminal.buffer.active.type === 'alternate') return
    const [kind, code] = data.split(';')
    if (kind === 'A') this.#prompt = this.#terminal.registerMarker(0)
    else if (kind === 'C') this.#begin()
    else if (kind === 'D') this.#end(code)
  }

  #begin() {
    const marker = this.#prompt ?? this.#terminal.registerMarker(0)
    this.#prompt = null
    if (!marker || marker.isDisposed) return
    const mark = { marker, state: 'running', element: null }
    this.#marks = this.#live()
    this.#marks.push(mark)
    if (this.#marks.length > MAX_MARKS) this.#marks.shift().marker.dispose()
    const decoration = this.#terminal.registerDecoration({ marker, layer: 'top' })
    decoration?.onRender((element) => {
      if (mark.element !== element) this.#dress(mark, element)
    })
  }

  #dress(mark, element) {
    mark.element = element
    element.classList.add('command-mark')
    element.dataset.state = mark.state
    element.title = 'This command; again for the next one'
    element.addEventListener('mousedown', (event) => event.stopPropagation())
    element.addEventListener('click', (event) => {
      event.stopPropagation()
      const top = this.#terminal.buffer.normal.viewportY
      if (mark.marker.line === top) this.jump(1)
      else this.#terminal.scrollToLine(mark.marker.line)
    })
  }

  #end(code) {
    const mark = this.#marks.at(-1)
    if (mark?.state !== 'running') return
    mark.state = /^[1-9]\d*$/.test(code ?? '') ? 'failed' : 'done'
    if (mark.element) mark.element.dataset.state = mark.state
  }
}
