/** The live panel: what the server's process holds, asked for every two seconds while the page is looked at. */
import { call } from './access.js'
import { bytes, duration, element, svg } from './ui.js'

const PERIOD = 2000
const POINTS = 60 // two minutes …
const FEWEST = 12 // … shown on a shorter axis while there are less
const WIDTH = 120
const HEIGHT = 26

const quantity = (value) => bytes(value)
const CELLS = [
  {
    key: 'heapUsed',
    label: 'V8 heap',
    tone: 'heap',
    show: quantity,
    note: (s) => `of ${bytes(s.heapTotal).join(' ')}`,
  },
  {
    key: 'rss',
    label: 'RSS',
    tone: 'plain',
    show: quantity,
    note: (s) => `external ${bytes(s.external).join(' ')}`,
  },
  { key: 'nativeBytes', label: 'Native', tone: 'native', show: quantity, note: () => 'held off the heap' },
  {
    key: 'rate',
    label: 'Output',
    tone: 'plain',
    show: (v) => bytes(v).map((part, i) => (i ? `${part}/s` : part)),
    note: (s) => `${bytes(s.bytesOut).join(' ')} in all`,
  },
  {
    key: 'sessions',
    label: 'Sessions',
    tone: 'plain',
    show: (v) => [String(v), ''],
    note: (s) => `${s.viewers} viewer${s.viewers === 1 ? '' : 's'} · up ${duration(s.uptime)}`,
    step: true,
  },
]

export class StatsPanel {
  #root
  #cells
  #previous = null
  #timer
  #busy = false

  /** @param {HTMLElement} root */
  constructor(root) {
    this.#root = root
    this.#cells = CELLS.map((cell) => new Cell(cell))
    root.append(...this.#cells.map((cell) => cell.root))
    document.addEventListener('visibilitychange', () => this.#schedule(0))
    this.#schedule(0)
  }

  /** The last answer. */
  get last() {
    return this.#previous
  }

  get shown() {
    return !this.#root.hidden
  }

  show(on) {
    this.#root.hidden = !on
    this.#schedule(0)
  }

  #schedule(delay) {
    clearTimeout(this.#timer)
    if (this.shown && document.visibilityState === 'visible')
      this.#timer = setTimeout(() => this.#poll(), delay)
  }

  async #poll() {
    if (this.#busy) return
    this.#busy = true
    try {
      const response = await call('api/stats', { cache: 'no-store', signal: AbortSignal.timeout(5000) })
      if (!response.ok) throw new Error(`HTTP ${response.status}`)
      this.#update(await response.json())
      this.#root.dataset.stale = 'false'
    } catch {
      this.#root.dataset.stale = 'true'
      this.#root.title = 'The server does not answer; these figures are old.'
    } finally {
      this.#busy = false
      this.#schedule(PERIOD)
    }
  }

  #update(stats) {
    const at = performance.now()
    const before = this.#previous
    const same = before?.pid === stats.pid
    const seconds = same ? (at - before.at) / 1000 : 0
    stats.rate = seconds > 0 ? Math.max(0, stats.bytesOut - before.bytesOut) / seconds : 0
    stats.at = at
    this.#previous = stats
    for (const cell of this.#cells) cell.update(stats, !same)
    this.#root.title = `Process ${stats.pid}`
  }
}

/** A figure with its last two minutes. The line starts at zero: a flat heap looks flat. */
class Cell {
  #cell
  #values = []
  #value
  #unit
  #note
  #line
  #area
  #title

  constructor(cell) {
    this.#cell = cell
    this.#value = element('b', {}, '–')
    this.#unit = element('span', { class: 'unit' })
    this.#note = element('span', { class: 'note' })
    this.#line = svg('path', { class: 'line' })
    this.#area = svg('path', { class: 'area' })
    this.#title = svg('title')
    const spark = svg(
      'svg',
      { class: 'spark', viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: 'none', role: 'img' },
      this.#title,
      this.#area,
      this.#line,
    )
    this.root = element(
      'div',
      { class: `cell tone-${cell.tone}`, 'data-stat': cell.key },
      element('span', { class: 'label' }, cell.label),
      element('span', { class: 'value' }, this.#value, this.#unit),
      this.#note,
      spark,
    )
  }

  update(stats, restart) {
    if (restart) this.#values = []
    this.#values = [...this.#values, stats[this.#cell.key] ?? 0].slice(-POINTS)
    const [number, unit] = this.#cell.show(this.#values.at(-1))
    this.#value.textContent = number
    this.#unit.textContent = unit && ` ${unit}`
    this.#note.textContent = this.#cell.note(stats)
    const most = Math.max(...this.#values)
    this.#title.textContent = `${this.#cell.label}, the last two minutes: at most ${this.#cell.show(most).join(' ').trim()}`
    this.#draw(most)
  }

  #draw(most) {
    const top = Math.max(most * 1.2, 1e-9)
    const span = Math.max(FEWEST, this.#values.length) - 1
    const x = (i) => WIDTH - (this.#values.length - 1 - i) * (WIDTH / span)
    const y = (value) => HEIGHT - 1 - (value / top) * (HEIGHT - 3)
    const line = this.#values
      .map((value, i) => {
        const point = `${x(i).toFixed(1)} ${y(value).toFixed(1)}`
        if (i === 0) return `M${point}`
        return this.#cell.step ? `H${x(i).toFixed(1)}V${y(value).toFixed(1)}` : `L${point}`
      })
      .join('')
    this.#line.setAttribute('d', line)
    this.#area.setAttribute('d', `${line}V${HEIGHT}H${x(0).toFixed(1)}Z`)
  }
}
