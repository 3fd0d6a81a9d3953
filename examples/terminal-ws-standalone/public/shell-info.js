/** What a terminal's shell is about: where it is, what it runs and for how long, what failed, and whether it rang. */

import { element } from './ui.js'

/** Nothing that turns the direction of the text around it. */
const UNFIT = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const MAX_LINE = 60

const fit = (text) => text.replace(UNFIT, ' ')

/** The last parts of a path, which say the most. */
function short(path) {
  const parts = path.split('/').filter(Boolean)
  return parts.length > 2 ? `…/${parts.slice(-2).join('/')}` : path
}

/** Milliseconds as one reads them. */
export function lasting(ms) {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  if (seconds < 60) return `${seconds} s`
  const minutes = Math.floor(seconds / 60)
  const two = (number) => String(number).padStart(2, '0')
  if (minutes < 60) return `${minutes}:${two(seconds % 60)}`
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(seconds % 60)}`
}

function put(node, text, hint = text) {
  if (node.textContent !== text) node.textContent = text
  if (node.title !== hint) node.title = hint
}

const bell = () =>
  element('span', { class: 'shell-bell', role: 'img', 'aria-label': 'The bell rang', hidden: true }, '🔔')

export class ShellInfo {
  #client
  #isSeen
  #where = element('span', { class: 'shell-where' })
  #command = element('span', { class: 'shell-command' })
  #failed = element('span', { class: 'shell-failed' })
  #bells = [bell(), bell()]
  #tabFailed = element('span', { class: 'shell-failed' })
  #tick
  /** When the command began by this page's clock: the server's may be another. */
  #since = null

  /** For the head of the terminal. */
  element = element('span', { class: 'shell-info' }, this.#where, this.#command, this.#failed, this.#bells[0])
  /** For its tab. */
  tabElement = element('span', { class: 'shell-marks' }, this.#tabFailed, this.#bells[1])
  /** Over the screen. */
  bar = element('i', { class: 'shell-progress', role: 'progressbar', hidden: true })

  /**
   * @param {import('./client/index.js').TerminalClient} client
   * @param {() => boolean} isSeen whether somebody looks at this terminal
   */
  constructor(client, isSeen) {
    this.#client = client
    this.#isSeen = isSeen
    client.addEventListener('shell', () => this.#restart())
    client.addEventListener('directory', () => this.#show())
    client.addEventListener('progress', () => this.#show())
    client.addEventListener('command', () => this.#restart())
    for (const call of ['bell', 'notification']) client.addEventListener(call, () => this.#ring())
  }

  /** Somebody looks at it: the bell was heard. */
  seen() {
    for (const each of this.#bells) each.hidden = true
  }

  dispose() {
    clearInterval(this.#tick)
  }

  #ring() {
    if (!this.#isSeen()) for (const each of this.#bells) each.hidden = false
  }

  #restart() {
    clearInterval(this.#tick)
    const { command } = this.#client.shell
    if (command?.startedAt !== this.#since?.startedAt)
      this.#since = command && { startedAt: command.startedAt, at: performance.now() }
    if (command) this.#tick = setInterval(() => this.#show(), 1000)
    this.#show()
  }

  #show() {
    const { workingDirectory, remoteDirectory, command, lastCommand, progress } = this.#client.shell
    const path = remoteDirectory
      ? `${remoteDirectory.host}:${remoteDirectory.path}`
      : (workingDirectory ?? '')
    put(this.#where, short(fit(path)), fit(path))
    this.#showCommand(command)
    const code = command === null ? lastCommand?.exitCode : null
    const failed = code ? `✗ ${code}` : ''
    const hint = code ? `${fit(lastCommand.line ?? 'The last command')}: exit code ${code}` : ''
    for (const node of [this.#failed, this.#tabFailed]) put(node, failed, hint)
    this.#showProgress(progress)
  }

  #showCommand(command) {
    if (!command) return put(this.#command, '')
    const line = fit(command.line ?? 'a command')
    const words = line.length > MAX_LINE ? `${line.slice(0, MAX_LINE)}…` : line
    return put(this.#command, `${words} · ${lasting(performance.now() - this.#since.at)}`, line)
  }

  #showProgress(progress) {
    const { bar } = this
    bar.hidden = progress === null
    if (progress === null) return
    bar.dataset.state = progress.state
    bar.style.setProperty('--value', `${progress.value ?? 100}%`)
    if (progress.value === null) bar.removeAttribute('aria-valuenow')
    else bar.setAttribute('aria-valuenow', String(progress.value))
  }
}
