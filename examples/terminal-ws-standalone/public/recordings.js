/** The recordings: a list of them, over the whole page, and the way into each. */
import { call, share, recording as wanted } from './access.js'
import { RecordingView } from './recording-view.js'
import { clock } from './recordings-clock.js'
import { bytes, element, iconButton, svg, toast } from './ui.js'

const PAGE = 50
const DAY = 86_400_000

const STATES = {
  recording: 'being recorded',
  interrupted: 'cut off',
  damaged: 'cannot be read',
}

const ICONS = {
  record: ['circle', { cx: 8, cy: 8, r: 5.2 }, ['circle', { cx: 8, cy: 8, r: 2, class: 'fill' }]],
  play: ['path', { d: 'M5 3.2v9.6l7.6-4.8z', class: 'fill' }],
  pause: ['path', { d: 'M5.4 3.4v9.2M10.6 3.4v9.2' }],
  back: ['path', { d: 'M9.8 3.4 5.2 8l4.6 4.6' }],
  link: [
    'path',
    {
      d: 'M6.6 9.4a2.6 2.6 0 0 0 3.8 0l2-2a2.7 2.7 0 0 0-3.8-3.8l-.7.7M9.4 6.6a2.6 2.6 0 0 0-3.8 0l-2 2a2.7 2.7 0 0 0 3.8 3.8l.7-.7',
    },
  ],
  save: ['path', { d: 'M8 2.8v7M5.2 7.2 8 10l2.8-2.8M3 13.2h10' }],
  bin: ['path', { d: 'M3 4.6h10M6.2 4.4V3h3.6v1.4M4.6 4.8l.6 8.4h5.6l.6-8.4' }],
  full: ['path', { d: 'M3 6.2V3h3.2M9.8 3H13v3.2M13 9.8V13H9.8M6.2 13H3V9.8' }],
}

function addIcons() {
  for (const [name, [tag, attributes, more]] of Object.entries(ICONS)) {
    const shapes = [svg(tag, attributes), ...(more ? [svg(more[0], more[1])] : [])]
    document
      .querySelector('.sprite')
      .append(svg('symbol', { id: `i-${name}`, viewBox: '0 0 16 16' }, ...shapes))
  }
}

class Recordings {
  #dialog
  #list
  #more
  #project
  #since
  #place
  #next = null
  /** Counts new beginnings of the list: what was asked for before is not part of it. */
  #turn = 0
  #view = null

  constructor() {
    this.#list = element('ul', { class: 'recordings-list' })
    this.#more = element('button', { type: 'button', class: 'button', onclick: () => this.#load() }, 'More')
    this.#project = element('input', {
      class: 'field',
      type: 'search',
      placeholder: 'Any project',
      'aria-label': 'Project',
      onchange: () => this.#reload(),
    })
    const ages = [
      ['', 'Any time'],
      [1, 'Last day'],
      [7, 'Last week'],
      [30, 'Last month'],
    ].map(([value, text]) => element('option', { value }, text))
    this.#since = element(
      'select',
      { class: 'field', 'aria-label': 'When', onchange: () => this.#reload() },
      ...ages,
    )
    this.#place = element('div', { class: 'recordings-page' })
    this.#dialog = element(
      'dialog',
      { class: 'recordings', id: 'recordings', 'aria-label': 'Recordings', onclose: () => this.#closed() },
      element('div', { class: 'recordings-frame' }, this.#place),
    )
    // Escape leaves a recording first.
    this.#dialog.addEventListener('cancel', (event) => {
      if (!this.#view) return
      event.preventDefault()
      if (!document.fullscreenElement) this.showList()
    })
    document.body.append(this.#dialog)
  }

  /** For tests: what plays at this moment. */
  get view() {
    return this.#view
  }

  open() {
    this.#showDialog()
    this.showList()
  }

  showList() {
    this.#leave()
    this.#place.replaceChildren(
      element(
        'header',
        { class: 'recordings-head' },
        element('h2', {}, 'Recordings'),
        this.#project,
        this.#since,
        iconButton('close', 'Close recordings', () => this.#dialog.close()),
      ),
      this.#list,
      this.#more,
    )
    this.#reload()
  }

  /** Shows a recording at a time, in seconds. */
  async show(id, time = 0) {
    this.#showDialog()
    this.#leave()
    const view = new RecordingView(id, {
      back: () => this.showList(),
      close: () => this.#dialog.close(),
    })
    this.#view = view
    this.#place.replaceChildren(view.element)
    await view.open(time)
  }

  #showDialog() {
    if (this.#dialog.open) return
    this.#dialog.showModal()
    // What is said would be behind it.
    this.#place.after(document.getElementById('toasts'))
  }

  #leave() {
    this.#view?.dispose()
    this.#view = null
  }

  #closed() {
    this.#leave()
    this.#place.replaceChildren()
    document.body.append(document.getElementById('toasts'))
  }

  #reload() {
    this.#next = null
    this.#turn += 1
    this.#list.replaceChildren()
    this.#load()
  }

  async #load() {
    const query = new URLSearchParams({ limit: PAGE })
    if (this.#next) query.set('after', this.#next)
    if (this.#project.value.trim()) query.set('projectId', this.#project.value.trim())
    if (this.#since.value) query.set('from', Date.now() - Number(this.#since.value) * DAY)
    this.#more.disabled = true
    const turn = this.#turn
    try {
      const response = await call(`api/recordings?${query}`)
      const { recordings, next, error } = await response.json()
      if (turn !== this.#turn) return
      if (!response.ok) throw new Error(error)
      this.#next = next
      this.#list.append(...recordings.map((entry) => this.#row(entry)))
      if (!this.#list.firstChild)
        this.#list.append(element('li', { class: 'recordings-none' }, 'Nothing was recorded.'))
    } catch (error) {
      toast(`The recordings cannot be listed: ${error.message}`)
    }
    this.#more.hidden = this.#next === null
    this.#more.disabled = false
  }

  #row(entry) {
    const { id, title, command, sessionId, projectId, startedAt, duration, status, bytes: size } = entry
    const name = title || command || sessionId || id
    const [count, unit] = bytes(size)
    const facts = [
      new Date(startedAt).toLocaleString(),
      projectId,
      duration === null ? '' : clock(duration),
      `${count} ${unit}`,
    ]
    const button = element(
      'button',
      { type: 'button', class: 'recordings-open', disabled: duration === null, onclick: () => this.show(id) },
      element('span', { class: 'recordings-name' }, name),
      element('span', { class: 'recordings-facts' }, facts.filter(Boolean).join(' · ')),
      element('span', { class: 'badge', 'data-status': status }, STATES[status] ?? ''),
    )
    const row = element('li', {}, button)
    const remove = iconButton('bin', 'Delete this recording', () => this.#remove(id, name, row))
    remove.hidden = status === 'recording'
    row.append(remove)
    return row
  }

  #remove(id, name, row) {
    toast(`Delete ${name} for good?`, {
      action: 'Delete',
      onAction: async () => {
        const response = await call(`api/recordings/${encodeURIComponent(id)}`, { method: 'DELETE' })
        if (response.ok) row.remove()
        else toast(`It was not deleted: ${(await response.json()).error}`)
      },
    })
  }
}

/**
 * Adds the button for the recordings to the page where the server has any, and opens the one that the address names.
 */
export async function setUpRecordings() {
  if (share) return null
  const response = await call('api/recordings?limit=1').catch(() => null)
  if (!response?.ok) return null
  addIcons()
  const recordings = new Recordings()
  const button = iconButton('record', 'Recordings', () => recordings.open())
  button.id = 'open-recordings'
  document.getElementById('toggle-theme').before(button)
  if (wanted.id !== undefined) recordings.show(wanted.id, wanted.time)
  return recordings
}
