/** One recording on the page: its terminal, as large as there is room, and everything that plays it. */
import { token } from './access.js'
import { RecordingPlayer } from './client/index.js'
import { copyText } from './dialogs.js'
import { linkHandler } from './links.js'
import { clock } from './recordings-clock.js'
import { onThemeChange, terminalTheme } from './themes.js'
import { element, icon, iconButton, toast } from './ui.js'
import { Unicode11Addon } from './vendor/xterm/addon-unicode11.mjs'
import { Terminal } from './vendor/xterm/xterm.mjs'

const SPEEDS = [0.5, 1, 2, 4, 8, 16]
const IDLE_LIMIT = 2
const STEP = 5
const FAR = 60
const MAX_HITS = 500
const FONT =
  'ui-monospace, "SF Mono", "Cascadia Mono", "JetBrains Mono", Menlo, Consolas, "DejaVu Sans Mono", "Liberation Mono", monospace'

export class RecordingView {
  #id
  #parts = {}
  #markers = []
  #forget = []
  #disposed = false

  /**
   * @param {string} id
   * @param {{ back(): void, close(): void }} host
   */
  constructor(id, host) {
    this.#id = id
    this.terminal = new Terminal({
      allowProposedApi: true,
      disableStdin: true,
      cursorInactiveStyle: 'outline',
      drawBoldTextInBrightColors: false,
      fontFamily: FONT,
      fontSize: 13,
      lineHeight: 1.15,
      minimumContrastRatio: 3,
      scrollback: 1000,
      theme: terminalTheme(),
      linkHandler: linkHandler({
        show: () => {},
        ask: (url, open) => toast(`Open ${url.href}?`, { action: 'Open', onAction: open }),
      }),
    })
    this.terminal.loadAddon(new Unicode11Addon())
    this.terminal.unicode.activeVersion = '11'
    const url = `api/recordings/${encodeURIComponent(id)}`
    this.player = new RecordingPlayer(url, { terminal: this.terminal, token, idleLimit: IDLE_LIMIT })
    this.element = this.#build(host)
    this.#listen()
  }

  /** To be called once `element` is in the page. */
  async open(time) {
    this.terminal.open(this.#parts.screen)
    const observer = new ResizeObserver(() => this.#fit())
    observer.observe(this.#parts.stage)
    this.#forget.push(() => observer.disconnect())
    this.element.focus()
    try {
      await this.player.load()
      await this.player.seek(time)
      this.#showMarkers(await this.player.markers())
    } catch (error) {
      if (!this.#disposed) toast(`The recording cannot be played: ${error.message}`)
    }
  }

  dispose() {
    this.#disposed = true
    this.player.dispose()
    for (const forget of this.#forget) forget()
    this.terminal.dispose()
    this.element.remove()
  }

  #build(host) {
    const parts = this.#parts
    parts.name = element('h2', { class: 'player-name' }, this.#id)
    parts.facts = element('span', { class: 'player-facts' })
    parts.screen = element('div', { class: 'player-screen' })
    parts.stage = element('div', { class: 'player-stage' }, parts.screen)
    parts.list = element('ol', { class: 'player-hits', 'aria-label': 'Places', hidden: true })
    parts.bar = element('input', {
      class: 'player-bar',
      type: 'range',
      min: 0,
      max: 0,
      step: 'any',
      value: 0,
      'aria-label': 'Position',
      oninput: () => this.#seek(Number(parts.bar.value)),
    })
    parts.ticks = element('div', { class: 'player-ticks', 'aria-hidden': 'true' })
    parts.time = element('output', { class: 'player-time' })
    parts.play = iconButton('play', 'Play', () => this.#toggle())
    parts.search = element('input', {
      class: 'field player-search',
      type: 'search',
      placeholder: 'Search',
      'aria-label': 'Search the recording',
      onkeydown: (event) => {
        if (event.key === 'Enter') this.#search(parts.search.value)
      },
    })
    parts.speed = element(
      'select',
      { class: 'field', 'aria-label': 'Speed', onchange: () => this.#setSpeed(Number(parts.speed.value)) },
      ...SPEEDS.map((speed) => element('option', { value: speed, selected: speed === 1 }, `${speed}×`)),
    )
    parts.idle = element('input', {
      type: 'checkbox',
      checked: true,
      onchange: () => {
        this.player.idleLimit = parts.idle.checked ? IDLE_LIMIT : null
      },
    })
    return element(
      'section',
      { class: 'player', tabIndex: -1, 'aria-label': 'Player', onkeydown: (event) => this.#onKey(event) },
      element(
        'header',
        { class: 'recordings-head' },
        iconButton('back', 'All recordings', host.back),
        parts.name,
        parts.facts,
        iconButton('link', 'Copy a link to this moment (C)', () => this.#copyLink()),
        iconButton('save', 'Download', () => this.#download()),
        iconButton('full', 'Full screen (F)', () => this.#toggleFull()),
        iconButton('close', 'Close recordings', host.close),
      ),
      element('div', { class: 'player-middle' }, parts.stage, parts.list),
      element('div', { class: 'player-line' }, parts.ticks, parts.bar),
      element(
        'footer',
        { class: 'player-foot' },
        parts.play,
        parts.time,
        parts.speed,
        element('label', { class: 'player-idle' }, parts.idle, ' Skip pauses'),
        parts.search,
      ),
    )
  }

  #listen() {
    const { player } = this
    player.addEventListener('load', ({ detail }) => this.#showAbout(detail))
    player.addEventListener('time', () => this.#showTime())
    player.addEventListener('size', () => this.#fit())
    player.addEventListener('state', ({ detail }) => this.#showState(detail.playing))
    player.addEventListener('error', ({ detail }) => toast(`The recording stopped: ${detail.message}`))
    this.#forget.push(
      onThemeChange(() => {
        this.terminal.options.theme = terminalTheme()
      }),
    )
  }

  #showAbout({ title, command, sessionId, startedAt, status, duration, unicodeVersion }) {
    const { name, facts, bar } = this.#parts
    this.terminal.unicode.activeVersion = unicodeVersion === '6' ? '6' : '11'
    name.textContent = title || command || sessionId || this.#id
    const state = { recording: 'being recorded', interrupted: 'cut off' }[status] ?? ''
    facts.textContent = [new Date(startedAt).toLocaleString(), state].filter(Boolean).join(' · ')
    bar.max = duration
    this.#showTime()
  }

  #showTime() {
    const { bar, time } = this.#parts
    const { player } = this
    bar.value = player.time
    bar.setAttribute('aria-valuetext', clock(player.time))
    time.textContent = `${clock(player.time)} / ${clock(player.duration)}`
  }

  #showState(playing) {
    const { play } = this.#parts
    play.replaceChildren(icon(playing ? 'pause' : 'play'))
    play.title = playing ? 'Pause (Space)' : 'Play (Space)'
    play.setAttribute('aria-label', playing ? 'Pause' : 'Play')
  }

  #showMarkers(markers) {
    this.#markers = markers
    const { duration } = this.player
    this.#parts.ticks.replaceChildren(
      ...markers.map(({ time, label }) => {
        const tick = element('i', { title: label })
        tick.style.left = `${(time / (duration || 1)) * 100}%`
        return tick
      }),
    )
    this.#showPlaces(
      markers.map(({ time, label }) => [time, label]),
      '',
    )
  }

  /** @param {[number, string][]} places */
  #showPlaces(places, none) {
    const rows = places.map(([time, words]) =>
      element(
        'li',
        {},
        element(
          'button',
          { type: 'button', onclick: () => this.#seek(time) },
          element('b', {}, clock(time)),
          ' ',
          words,
        ),
      ),
    )
    this.#parts.list.replaceChildren(...(rows.length > 0 ? rows : none ? [element('li', {}, none)] : []))
    this.#parts.list.hidden = !this.#parts.list.firstChild
  }

  async #search(text) {
    if (text.trim() === '') {
      this.#showMarkers(this.#markers)
      return
    }
    try {
      const hits = await this.player.search(text, { limit: MAX_HITS })
      this.#showPlaces(
        hits.map(({ time, line }) => [time, line.trim()]),
        'Nothing found',
      )
      if (hits.length > 0) this.#seek(hits[0].time)
    } catch (error) {
      toast(`The search failed: ${error.message}`)
    }
  }

  #seek(time) {
    this.player.seek(time).catch((error) => toast(`That moment cannot be shown: ${error.message}`))
  }

  #toggle() {
    if (this.player.playing) this.player.pause()
    else this.player.play()
  }

  #setSpeed(speed) {
    this.player.speed = speed
    this.#parts.speed.value = speed
  }

  #stepSpeed(by) {
    const at = SPEEDS.indexOf(this.player.speed) + by
    if (SPEEDS[at]) this.#setSpeed(SPEEDS[at])
  }

  #toMarker(by) {
    const { time } = this.player
    const found =
      by > 0
        ? this.#markers.find((marker) => marker.time > time)
        : this.#markers.findLast((marker) => marker.time < time)
    if (found) this.#seek(found.time)
  }

  #onKey(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || /^(INPUT|SELECT)$/.test(event.target.tagName)) {
      const isText = event.target.type === 'search' || event.target.tagName === 'SELECT'
      if (event.ctrlKey || event.altKey || event.metaKey || isText) return
    }
    const { player } = this
    const far = event.shiftKey ? FAR : STEP
    const keys = {
      ' ': () => this.#toggle(),
      k: () => this.#toggle(),
      ArrowLeft: () => this.#seek(player.time - far),
      ArrowRight: () => this.#seek(player.time + far),
      Home: () => this.#seek(0),
      End: () => this.#seek(player.duration),
      '[': () => this.#toMarker(-1),
      ']': () => this.#toMarker(1),
      '<': () => this.#stepSpeed(-1),
      '>': () => this.#stepSpeed(1),
      f: () => this.#toggleFull(),
      c: () => this.#copyLink(),
      '/': () => this.#parts.search.focus(),
    }
    const isPressed =
      event.key === ' ' && (event.target.tagName === 'BUTTON' || event.target.type === 'checkbox')
    if (!Object.hasOwn(keys, event.key) || isPressed) return
    event.preventDefault()
    keys[event.key]()
  }

  #toggleFull() {
    if (document.fullscreenElement) document.exitFullscreen()
    else
      this.element
        .closest('.recordings-frame')
        .requestFullscreen?.()
        .catch(() => toast('The browser did not allow the full screen.'))
  }

  /** The address of this moment. The server's token is not part of it. */
  get link() {
    // To the microsecond: a little earlier what happens then is not on the screen.
    const place = new URLSearchParams({ recording: this.#id, t: this.player.time.toFixed(6) })
    return new URL(`#${place}`, document.baseURI).href
  }

  async #copyLink() {
    toast((await copyText(this.link)) ? 'The link was copied.' : this.link)
  }

  /** With the token in a header, which a plain link cannot send. */
  async #download() {
    const headers = token === undefined ? {} : { Authorization: `Bearer ${token}` }
    const response = await fetch(`api/recordings/${encodeURIComponent(this.#id)}`, { headers })
    if (!response.ok) return toast('It cannot be downloaded.')
    const url = URL.createObjectURL(await response.blob())
    element('a', { href: url, download: `${this.#id}.cast` }).click()
    setTimeout(() => URL.revokeObjectURL(url), 60_000)
    return undefined
  }

  /** The recording has its own size: it is drawn larger or smaller. */
  #fit() {
    const { stage, screen } = this.#parts
    const drawn = this.terminal.element?.querySelector('.xterm-screen')
    if (!drawn?.offsetWidth) return
    const room = [stage.clientWidth / drawn.offsetWidth, stage.clientHeight / drawn.offsetHeight]
    screen.style.transform = `scale(${Math.min(2, ...room)})`
  }
}
