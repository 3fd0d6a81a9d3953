/** What became of a terminal while its server was away: marks, and a new shell for one that has lost its own. */
import { call, share } from './access.js'
import { element } from './ui.js'

const WORDS = 'The server has ended, and this shell with it. What it printed is kept.'
const MARKS = { lost: 'shell lost', restored: 'restored' }

export class Restored {
  /** `'lost'`, `'restored'`, or `''`. */
  state = ''
  element = element('div', { class: 'notice', role: 'status', hidden: true })
  #client
  #address
  #changed
  #button

  /**
   * @param {object} options
   * @param {import('./client/index.js').TerminalClient} options.client
   * @param {() => { sessionId: string, projectId?: string }} options.address
   * @param {() => void} options.changed  is called when `mark` is another
   */
  constructor({ client, address, changed }) {
    this.#client = client
    this.#address = address
    this.#changed = changed
    this.#button = element(
      'button',
      { type: 'button', class: 'button primary', onclick: () => this.newShell() },
      'New shell here',
    )
    this.element.append(element('span', {}, WORDS), this.#button)
    client.addEventListener('ready', ({ detail }) => this.#ask(detail.resumed))
    client.addEventListener('lost', () => this.#show(client.lost ? 'lost' : ''))
  }

  /** What a tab says of it. */
  get mark() {
    return MARKS[this.state] ?? ''
  }

  /** Starts a shell where the old one has stopped. */
  newShell() {
    return this.#client.lost && this.#client.spawn()
  }

  /**
   * The stream says whether the shell is lost; that it went on under another server is asked for, which is not for those
   * with whom a terminal is shared.
   */
  async #ask(resumed) {
    if (this.#client.lost) return this.#show('lost')
    if (!resumed || share) return this.#show('')
    const { sessionId, projectId } = this.#address()
    const query = new URLSearchParams({ sessionId, ...(projectId && { projectId }) })
    const response = await call(`api/terminal/status?${query}`).catch(() => null)
    const known = response?.ok ? await response.json() : null
    if (!this.#client.lost) this.#show(known?.session.restored ? 'restored' : '')
  }

  #show(state) {
    this.state = state
    this.element.hidden = state !== 'lost'
    this.#button.hidden = this.#client.access === 'read'
    this.#changed()
  }
}
