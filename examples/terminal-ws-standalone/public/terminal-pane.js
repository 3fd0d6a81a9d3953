/** One terminal on the page: an xterm.js screen, its session, and the frame that says how it is doing. */

import { OffheapAddon, TerminalClient } from './client/index.js'
import { confirmPaste } from './dialogs.js'
import { GitMark } from './git-mark.js'
import { linkHandler } from './links.js'
import { Restored } from './restored.js'
import { onThemeChange, terminalTheme } from './themes.js'
import { bytes, element, iconButton } from './ui.js'
import { FitAddon } from './vendor/xterm/addon-fit.mjs'
import { Unicode11Addon } from './vendor/xterm/addon-unicode11.mjs'
import { WebglAddon } from './vendor/xterm/addon-webgl.mjs'
import { Terminal } from './vendor/xterm/xterm.mjs'

const FONT =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'
const MAX_WEBGL = 8 // browsers keep 16 contexts a page at most and take the oldest away
const CHIP_MS = 8000
/** Phones take WebGL contexts away whenever the page is in the background; `?renderer=dom` is for everyone else. */
const WEBGL =
  !matchMedia('(pointer: coarse)').matches && new URLSearchParams(location.search).get('renderer') !== 'dom'

/** No output is so long: the server has lost some, and cannot say how much. */
const UNKNOWN_GAP = 2 ** 39

let webglInUse = 0

const NOTICES = {
  waiting: ['Connection lost.', 'Reconnect now'],
  tripped: ['The server cannot be reached.', 'Try again'],
  exited: ['The shell has ended.', 'New shell'],
  refused: ['The server refused this terminal.', 'Try again'],
  closed: ['Disconnected.', 'Reconnect'],
}

/** What a program may call its terminal: no line breaks, and nothing that turns the direction of the text around it. */
const UNFIT = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g
const MAX_TITLE = 80

/**
 * Events: `change` when a label or a state is to be shown elsewhere, `select`, `close`, `share`, `trouble` {message},
 * `clipboard` {text}, `link` {url, open} for a link to be asked about.
 */
export class TerminalPane extends EventTarget {
  #fit = new FitAddon()
  #webgl = null
  #parts = {}
  #observer
  #detail = { state: 'idle' }
  #tick
  #chipTimer
  #programTitle = ''
  #wish = null
  #fitTimer
  #forgetTheme
  #lastError = ''
  #projectId

  /**
   * @param {object} options
   * @param {string} options.id
   * @param {string} options.title
   * @param {boolean} options.named whether the reader gave it that title
   * @param {{ target: string | import('./client/index.js').TerminalMux, options: object }} options.server
   */
  constructor({ id, title, named, server }) {
    super()
    this.id = id
    this.title = title
    this.named = named
    this.terminal = new Terminal({
      allowProposedApi: true,
      cursorBlink: true,
      cursorInactiveStyle: 'outline',
      drawBoldTextInBrightColors: false,
      fontFamily: FONT,
      fontSize: 13,
      lineHeight: 1.15,
      scrollback: 5000,
      theme: terminalTheme(),
      minimumContrastRatio: 3,
      macOptionIsMeta: true,
      linkHandler: linkHandler({
        show: (words) => this.say(words),
        ask: (url, open) => this.#tell('link', { url: url.href, open }),
      }),
    })
    this.terminal.loadAddon(this.#fit)
    this.terminal.loadAddon(new Unicode11Addon())
    this.terminal.unicode.activeVersion = '11'
    // A shared terminal is known by its token.
    const sessionId = server.options.share ? undefined : id
    this.client = new TerminalClient(server.target, { ...server.options, sessionId })
    this.addon = new OffheapAddon(this.client, { confirmPaste })
    this.terminal.loadAddon(this.addon)
    this.git = new GitMark(this.client, server.options)
    this.#projectId = server.options.projectId ?? undefined
    this.restored = new Restored({
      client: this.client,
      address: () => this.address,
      changed: () => this.#show(),
    })
    this.element = this.#build()
    this.#listen()
  }

  get state() {
    return this.client.state
  }
  /** What it is called on its tab: as the reader said, or else as its program does. */
  get label() {
    return this.named ? this.title : this.#programTitle || this.title
  }
  /** Who else is there, and what may not be done. */
  get badge() {
    const { access, viewers } = this.client
    const others = viewers?.count > 1 ? `${viewers.count} viewers` : ''
    const recorded = this.client.recording ? '● recorded' : ''
    const words = [recorded, access === 'read' ? 'read-only' : '', others, this.restored.mark]
    return words.filter(Boolean).join(' · ')
  }
  /** What the server knows it by. */
  get address() {
    return { sessionId: this.client.sessionId, projectId: this.#projectId }
  }
  /** 'webgl' or 'dom': what draws the screen. */
  get renderer() {
    return this.#webgl ? 'webgl' : 'dom'
  }

  /** To be called once `element` is in the page. */
  open() {
    this.terminal.open(this.#parts.screen)
    this.terminal.textarea.setAttribute('aria-label', this.title)
    this.#openWebgl()
    this.#observer = new ResizeObserver(() => this.#fitSoon())
    this.#observer.observe(this.#parts.screen)
    this.fit()
    this.client.connect()
  }

  focus() {
    this.terminal.focus()
  }

  /** Fits the terminal to its frame and tells the server, if the fit has changed. */
  fit(again = false) {
    if (this.client.access === 'read') return // The others' size is shown.
    const size = this.#fit.proposeDimensions()
    if (!(size?.cols > 1 && size.rows > 0)) return
    if (!again && size.cols === this.#wish?.cols && size.rows === this.#wish?.rows) return
    this.#wish = { cols: size.cols, rows: size.rows }
    if (size.cols === this.terminal.cols && size.rows === this.terminal.rows)
      this.client.resize(size.cols, size.rows)
    else this.terminal.resize(size.cols, size.rows)
  }

  reconnect() {
    this.client.connect()
  }

  rename(title) {
    this.title = title
    this.named = true
    this.terminal.textarea?.setAttribute('aria-label', title)
    this.#show()
  }

  /** Turns a title on the page into a field. @param {HTMLElement} place  the element to stand in for */
  editTitle(place = this.#parts.title) {
    const field = element('input', {
      class: 'rename',
      value: this.label,
      maxLength: 60,
      'aria-label': 'Name of this terminal',
      spellcheck: false,
    })
    let done = false
    const finish = (keep) => {
      if (done) return
      done = true
      field.replaceWith(place)
      if (keep && field.value.trim() && field.value !== field.defaultValue) this.rename(field.value.trim())
      this.focus()
    }
    field.addEventListener('keydown', (event) => {
      event.stopPropagation()
      if (event.key !== 'Enter' && event.key !== 'Escape') return
      event.preventDefault() // the shell, which gets the focus now, is not to get the key too
      finish(event.key === 'Enter')
    })
    field.addEventListener('blur', () => finish(true))
    place.replaceWith(field)
    field.select()
  }

  dispose() {
    clearInterval(this.#tick)
    this.#observer?.disconnect()
    this.#forgetTheme()
    this.client.dispose()
    this.#closeWebgl()
    this.terminal.dispose()
    this.element.remove()
  }

  /** How the connection is, in a few words. */
  get status() {
    const { state, retryAt, code, reason } = this.#detail
    const seconds = Math.max(1, Math.ceil((retryAt - Date.now()) / 1000))
    switch (state) {
      case 'idle':
      case 'connecting':
        return 'connecting'
      case 'waiting':
        return `reconnecting in ${seconds} s`
      case 'tripped':
        return `next try in ${seconds} s`
      case 'exited':
        return reason ? `ended by ${reason}` : `exited ${code ?? ''}`.trim()
      case 'closed':
        return 'disconnected'
      default:
        return state
    }
  }

  #build() {
    const parts = this.#parts
    parts.title = element('span', { class: 'pane-title', ondblclick: () => this.editTitle() }, this.title)
    parts.subtitle = element('span', { class: 'pane-subtitle' })
    parts.status = element('span', { class: 'status' })
    parts.badge = element('span', { class: 'badge' })
    parts.share = iconButton('share', 'Share', () => this.#tell('share'))
    parts.reconnect = iconButton('reconnect', 'Reconnect', () => this.reconnect())
    parts.rename = iconButton('rename', 'Rename', () => this.editTitle())
    parts.close = iconButton('close', 'Close', () => this.dispatchEvent(new Event('close')))
    parts.screen = element('div', { class: 'screen' })
    parts.noticeText = element('span', {})
    parts.noticeButton = element('button', {
      type: 'button',
      class: 'button primary',
      onclick: () => this.reconnect(),
    })
    parts.notice = element('div', { class: 'notice', hidden: true }, parts.noticeText, parts.noticeButton)
    parts.chip = element('div', { class: 'chip', role: 'status' })
    return element(
      'section',
      { class: 'pane', id: `pane-${this.id}`, 'data-session-id': this.id, 'data-state': 'idle' },
      element(
        'header',
        { class: 'pane-head' },
        element('i', { class: 'dot', 'aria-hidden': 'true' }),
        parts.title,
        parts.subtitle,
        this.git.view('head'),
        parts.badge,
        parts.status,
        parts.share,
        parts.rename,
        parts.reconnect,
        parts.close,
      ),
      element('div', { class: 'pane-body' }, parts.screen, parts.chip, this.restored.element, parts.notice),
    )
  }

  #listen() {
    const { client, addon, terminal } = this
    this.element.addEventListener('focusin', () => this.dispatchEvent(new Event('select')))
    this.element.addEventListener('pointerdown', ({ target }) => {
      this.dispatchEvent(new Event('select'))
      if (!target.closest('button, input, .xterm')) setTimeout(() => this.focus())
    })
    client.addEventListener('state', ({ detail }) => this.#onState(detail))
    client.addEventListener('ready', () => this.fit(true))
    client.addEventListener('snapshot', () => this.fit(true))
    client.addEventListener('size', () => this.#show())
    client.addEventListener('gap', ({ detail: { from, to } }) =>
      this.say(
        to - from > UNKNOWN_GAP
          ? 'Some of the output is lost'
          : `${bytes(Math.max(to - from, 0)).join(' ')} of output skipped`,
      ),
    )
    client.addEventListener('error', ({ detail }) => {
      this.#lastError = detail.message ?? ''
      if (this.state !== 'connecting') this.#trouble(detail.message) // else a refusal, which the notice will show
    })
    client.addEventListener('control', ({ detail }) => this.#onControl(detail))
    client.addEventListener('inputdropped', ({ detail: { reason } }) => {
      if (reason === 'full') this.#trouble('too much was typed or pasted; the last of it was not sent')
      else if (reason === 'too old' || reason === 'new shell')
        this.#trouble('what was typed while disconnected was not sent')
      else if (reason === 'disconnected') this.#trouble('the rest of what was pasted was not sent')
      else if (reason === 'read-only') this.say('This terminal is read-only')
    })
    client.addEventListener('access', () => this.#show())
    client.addEventListener('viewers', () => this.#show())
    client.addEventListener('recording', () => this.#show())
    addon.addEventListener('clipboard', ({ detail }) => this.#tell('clipboard', detail))
    addon.addEventListener('bell', () => this.#ring())
    terminal.onTitleChange((title) => {
      this.#programTitle = title.replace(UNFIT, ' ').trim().slice(0, MAX_TITLE)
      this.#show()
    })
    terminal.onKey(({ key }) => {
      // Not before the key itself has gone nowhere.
      if (key === '\r' && this.state === 'exited') setTimeout(() => this.reconnect())
      else if (key === '\r') setTimeout(() => this.restored.newShell())
    })
    this.#forgetTheme = onThemeChange(() => {
      terminal.options.theme = terminalTheme()
    })
  }

  #onState(detail) {
    this.#detail = detail
    clearInterval(this.#tick)
    if (detail.retryAt) this.#tick = setInterval(() => this.#show(), 250)
    if (detail.state === 'connecting' && detail.previous !== 'waiting') this.#lastError = ''
    this.element.dataset.state = detail.state
    this.#showNotice(detail)
    this.#show()
  }

  #onControl({ type, focused, message }) {
    if (type === 'focusUpdate') this.say(focused === false ? 'Paused in the background' : '')
    if (type === 'suspended' || type === 'resumed')
      this.say(type === 'suspended' ? (message ?? 'Suspended') : '')
  }

  #showNotice({ state, attempt, reason, code }) {
    const { notice, noticeText, noticeButton, reconnect } = this.#parts
    const [words, action] = NOTICES[state] ?? []
    reconnect.hidden = state === 'live' || state === 'connecting' || state === 'idle'
    // A first hiccup heals in a second: no banner for it.
    notice.hidden = !words || (state === 'waiting' && attempt < 2)
    if (!words) return
    const why =
      (state === 'refused' && (this.#lastError || reason)) ||
      (state === 'exited' && (reason ? `Signal ${reason}.` : `Exit code ${code ?? 0}.`)) ||
      ''
    noticeText.textContent = state === 'refused' && why ? why : `${words} ${why}`.trim()
    noticeButton.textContent = action
    noticeButton.classList.toggle('primary', state !== 'waiting')
  }

  #show() {
    const { title, subtitle, status, badge } = this.#parts
    const words = this.status
    if (title.textContent !== this.title) title.textContent = this.title
    if (badge.textContent !== this.badge) badge.textContent = this.badge
    if (status.textContent !== words) status.textContent = words
    const shared =
      this.#wish && (this.terminal.cols < this.#wish.cols || this.terminal.rows < this.#wish.rows)
    const about = [
      this.#programTitle || this.client.workingDir,
      shared && `shared at ${this.terminal.cols}×${this.terminal.rows}`,
    ]
      .filter(Boolean)
      .join(' · ')
    if (subtitle.textContent !== about) subtitle.textContent = subtitle.title = about
    this.element.setAttribute('aria-label', `${this.title}, ${words}`)
    this.dispatchEvent(new Event('change'))
  }

  /** Says something over the terminal for a while. @param {string} words  none: no longer */
  say(words) {
    clearTimeout(this.#chipTimer)
    this.#parts.chip.textContent = words
    this.#chipTimer = setTimeout(() => {
      this.#parts.chip.textContent = ''
    }, CHIP_MS)
  }

  #trouble(message) {
    this.#tell('trouble', { message: `${this.title}: ${message}` })
  }

  #tell(type, detail = {}) {
    this.dispatchEvent(new CustomEvent(type, { detail }))
  }

  #ring() {
    this.element.classList.remove('rings')
    requestAnimationFrame(() => this.element.classList.add('rings'))
  }

  #fitSoon() {
    clearTimeout(this.#fitTimer)
    this.#fitTimer = setTimeout(() => this.fit(), 60)
  }

  #openWebgl() {
    if (!WEBGL || webglInUse >= MAX_WEBGL) return
    try {
      const webgl = new WebglAddon()
      this.terminal.loadAddon(webgl)
      webgl.onContextLoss(() => {
        this.#closeWebgl()
        this.#fitSoon() // the DOM's cells are not quite as wide
      })
      this.#webgl = webgl
      webglInUse += 1
    } catch {
      /* no WebGL here: xterm.js draws with the DOM */
    }
  }

  #closeWebgl() {
    if (!this.#webgl) return
    this.#webgl.dispose()
    this.#webgl = null
    webglInUse -= 1
  }
}
