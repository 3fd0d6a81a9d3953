/** The keys that a touch keyboard lacks. */
import { element } from './ui.js'

/**
 * @param {HTMLElement} root
 * @param {() => import('@xterm/xterm').Terminal | undefined} activeTerminal
 */
export function buildKeybar(root, activeTerminal) {
  const arrow = (final) => () =>
    activeTerminal()?.modes.applicationCursorKeysMode ? `\x1bO${final}` : `\x1b[${final}`
  const keys = [
    ['Esc', 'Escape', '\x1b'],
    ['Tab', 'Tab', '\t'],
    ['^C', 'Control C', '\x03'],
    ['←', 'Left', arrow('D')],
    ['↓', 'Down', arrow('B')],
    ['↑', 'Up', arrow('A')],
    ['→', 'Right', arrow('C')],
    ['|', 'Pipe', '|'],
    ['~', 'Tilde', '~'],
    ['/', 'Slash', '/'],
    ['^D', 'Control D', '\x04'],
    ['^Z', 'Control Z', '\x1a'],
    ['^R', 'Control R', '\x12'],
  ]
  for (const [face, label, data] of keys) {
    const press = () => activeTerminal()?.input(typeof data === 'function' ? data() : data)
    // pointerdown is stopped so that the terminal keeps the focus, and the keyboard stays.
    const onpointerdown = (event) => event.preventDefault()
    root.append(
      element('button', { type: 'button', 'aria-label': label, onpointerdown, onclick: press }, face),
    )
  }
}
