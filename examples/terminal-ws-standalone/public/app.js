/** The page: which terminals there are, how they are laid out, and everything one can press. */
import { call, share, token } from './access.js'
import { TerminalMux } from './client/index.js'
import { canShare, copyText, openShare } from './dialogs.js'
import { arrange } from './grid.js'
import { buildKeybar } from './keybar.js'
import { setUpRecordings } from './recordings.js'
import { keepSetting, setting } from './settings.js'
import { StatsPanel } from './stats-panel.js'
import { TerminalPane } from './terminal-pane.js'
import { toggleTheme } from './themes.js'
import { element, iconButton, toast } from './ui.js'
import { Visit } from './visit.js'

const UNDO_MS = 4000
const $ = (id) => document.getElementById(id)
const query = new URLSearchParams(location.search)

/** What every terminal of the page is opened with. With ?mux they share one connection. */
const server = {
  target: query.has('mux') ? new TerminalMux('mux', { token }) : '.',
  options: { projectId: query.get('projectId'), path: query.get('path'), token, share },
}

/** @type {Map<string, TerminalPane>} */
const terminals = new Map()
const tabs = new Map()
let active = null
let layout = setting('layout') === 'tabs' ? 'tabs' : 'grid'
/** Closed a moment ago, still to be undone: their shells live until then. */
const leaving = new Map()

// ── terminals ───────────────────────────────────────────────────────────────────────────────────────────────────

function newId() {
  const random = crypto.getRandomValues(new Uint8Array(8))
  return `session_${Date.now()}_${Array.from(random, (byte) => (byte % 36).toString(36)).join('')}`
}

function freeTitle() {
  const taken = new Set([...terminals.values()].map((pane) => pane.title))
  let number = 1
  while (taken.has(`Terminal ${number}`)) number += 1
  return `Terminal ${number}`
}

function open({ id = newId(), title = freeTitle(), named = false, select: selects = true } = {}) {
  if (terminals.has(id)) return terminals.get(id)
  const pane = new TerminalPane({ id, title, named, server })
  pane.addEventListener('select', () => select(id, { focus: false }))
  pane.addEventListener('close', () => close(id))
  pane.addEventListener('change', () => showTab(pane))
  pane.addEventListener('trouble', ({ detail }) => toast(detail.message))
  pane.addEventListener('share', () => openShare(pane.address))
  pane.addEventListener('clipboard', ({ detail }) => writeClipboard(pane, detail.text))
  pane.addEventListener('link', ({ detail: { url, open: follow } }) =>
    toast(`Open ${url}?`, { action: 'Open', onAction: follow }),
  )
  add(pane)
  pane.open()
  if (selects) select(id)
  return pane
}

/** What the page opens by itself, unless another site's link led there. */
const visit = new Visit(() => {
  if (share) open({ title: 'Shared terminal' })
  else if (!restore()) open()
})

function openNew() {
  if (visit.isHeld) visit.agree()
  else open()
}

function add(pane) {
  terminals.set(pane.id, pane)
  tabs.set(pane.id, buildTab(pane))
  $('stage').append(pane.element)
  refresh()
}

function select(id, { focus = true } = {}) {
  const pane = terminals.get(id)
  if (!pane) return
  if (active !== id) {
    active = id
    pane.client.send({ type: 'focus' })
    refresh()
    tabs.get(id).root.scrollIntoView({ block: 'nearest', inline: 'nearest' })
    pane.element.scrollIntoView({ block: 'nearest' })
  }
  if (focus) pane.focus()
}

/** Takes a terminal off the page at once, and ends its shell unless that is undone. */
function close(id, { now = false } = {}) {
  const pane = terminals.get(id)
  if (!pane) return
  const order = [...terminals.keys()]
  const at = order.indexOf(id)
  const hadShell = !['exited', 'refused'].includes(pane.state)
  pane.client.close(1000, 'closed by the user')
  pane.element.remove()
  tabs.get(id).root.remove()
  tabs.delete(id)
  terminals.delete(id)
  if (active === id) active = null
  if (hadShell && !now && !share) {
    leaving.set(id, pane)
    toast(`${pane.label} closed`, {
      action: 'Undo',
      ms: UNDO_MS,
      onAction: () => bringBack(pane, order),
      onGone: () => end(pane),
    })
  } else end(pane, { shell: hadShell && !share })
  const next = order[at + 1] ?? order[at - 1]
  refresh()
  if (next && !active) select(next)
  if (!next) $('empty-new').focus()
}

function bringBack(pane, order) {
  leaving.delete(pane.id)
  add(pane)
  const sorted = [...terminals].sort(([a], [b]) => order.indexOf(a) - order.indexOf(b))
  terminals.clear()
  for (const [id, each] of sorted) {
    terminals.set(id, each)
    $('stage').append(each.element)
    $('tabs').append(tabs.get(id).root)
  }
  select(pane.id)
  pane.reconnect()
}

function end(pane, { shell = true } = {}) {
  leaving.delete(pane.id)
  if (shell) endShell(pane)
  pane.dispose()
}

async function endShell({ id, address: { projectId } }) {
  const project = projectId === undefined ? '' : `?${new URLSearchParams({ projectId })}`
  const path = `api/terminal/close/${encodeURIComponent(id)}${project}`
  const response = await call(path, { method: 'DELETE', keepalive: true }).catch(() => null)
  if (!response?.ok)
    toast('The server could not be told to end that shell. It will end by itself when unused.')
}

/**
 * A program writes to the clipboard: at once where the reader has just pressed a key in its terminal, else when they
 * agree. Either way it is seen.
 */
async function writeClipboard(pane, text) {
  const what = `${text.length} character${text.length === 1 ? '' : 's'}`
  const wanted = pane.id === active && navigator.userActivation?.isActive
  if (wanted && (await copyText(text))) return pane.say(`Copied ${what} to the clipboard`)
  return toast(`${pane.label} wants to write ${what} to the clipboard`, {
    action: 'Copy',
    onAction: async () => {
      if (!(await copyText(text))) toast('The browser did not allow copying.')
    },
  })
}

function step(by) {
  const order = [...terminals.keys()]
  if (order.length > 0) select(order[(order.indexOf(active) + by + order.length) % order.length])
}

// ── tabs and layout ─────────────────────────────────────────────────────────────────────────────────────────────

function buildTab(pane) {
  const title = element('span', { class: 'tab-title' })
  const status = element('span', { class: 'status' })
  const badge = element('span', { class: 'badge' })
  const button = element(
    'button',
    {
      type: 'button',
      role: 'tab',
      class: 'tab-button',
      'aria-controls': `pane-${pane.id}`,
      onclick: () => select(pane.id),
      ondblclick: () => rename(pane.id),
    },
    element('i', { class: 'dot', 'aria-hidden': 'true' }),
    title,
    pane.git.view('tab'),
    badge,
    status,
  )
  const root = element(
    'div',
    {
      class: 'tab',
      role: 'presentation',
      'data-tab-for': pane.id,
      onauxclick: (event) => event.button === 1 && close(pane.id),
    },
    button,
    iconButton('share', 'Share', () => openShare(pane.address)),
    iconButton('rename', 'Rename', () => rename(pane.id)),
    iconButton('close', 'Close', () => close(pane.id)),
  )
  $('tabs').append(root)
  return { root, button, title, badge, status }
}

function showTab(pane) {
  const tab = tabs.get(pane.id)
  if (!tab) return
  const changed = tab.title.textContent !== pane.label
  if (changed) tab.title.textContent = pane.label
  tab.badge.textContent = pane.badge
  tab.status.textContent = pane.status
  tab.root.dataset.state = pane.state
  tab.button.title = `${pane.label}: ${pane.status}`
  if (pane.id === active) document.title = `${pane.label} · offheap-terminal`
  if (changed) save()
}

function rename(id) {
  const pane = terminals.get(id)
  if (!pane) return
  pane.editTitle(layout === 'tabs' ? tabs.get(id).title : undefined)
}

function setLayout(next) {
  layout = next
  keepSetting('layout', layout)
  refresh()
  terminals.get(active)?.focus()
}

/** Brings everything on the page in line with `terminals`, `active` and `layout`. */
function refresh() {
  const panes = [...terminals.values()]
  document.body.dataset.layout = layout
  for (const pane of panes) {
    const selected = pane.id === active
    pane.element.dataset.active = String(selected)
    pane.element.setAttribute('role', layout === 'tabs' ? 'tabpanel' : 'region')
    pane.element.inert = layout === 'tabs' && !selected
    const { button, root } = tabs.get(pane.id)
    button.setAttribute('aria-selected', String(selected))
    button.tabIndex = selected ? 0 : -1
    root.dataset.active = String(selected)
    showTab(pane)
  }
  for (const button of document.querySelectorAll('[data-layout].icon'))
    button.setAttribute('aria-pressed', String(button.dataset.layout === layout))
  $('empty').hidden = panes.length > 0
  if (panes.length === 0) document.title = 'offheap-terminal'
  arrange(
    $('stage'),
    panes.map((pane) => pane.element),
    layout,
  )
  save()
}

/** The open terminals of this browser tab: a reload finds them again. */
function save() {
  if (share || visit.isHeld) return
  const open = [...terminals.values()].map(({ id, title, named }) => ({ id, title, named }))
  keepSetting('tabs', JSON.stringify({ open, active }), 'tab')
}

function restore() {
  try {
    const saved = JSON.parse(setting('tabs', 'tab'))
    for (const { id, title, named } of saved.open) open({ id, title, named, select: false })
    if (saved.open.length > 0) select(terminals.has(saved.active) ? saved.active : saved.open[0].id)
    return true
  } catch {
    return false // a first visit
  }
}

// ── keys ────────────────────────────────────────────────────────────────────────────────────────────────────────

const SHORTCUTS = [
  ['N', 'New terminal', () => share || openNew(), 'KeyN'],
  ['W', 'Close it', () => close(active), 'KeyW'],
  ['R', 'Rename it', () => rename(active), 'KeyR'],
  ['Enter', 'Reconnect it', () => terminals.get(active)?.reconnect(), 'Enter'],
  ['←', 'Previous terminal', () => step(-1), 'ArrowLeft'],
  ['→', 'Next terminal', () => step(1), 'ArrowRight'],
  ['1 – 9', 'Terminal by number', null, null],
  ['G', 'Grid or tabs', () => setLayout(layout === 'grid' ? 'tabs' : 'grid'), 'KeyG'],
  ['M', 'Live figures', () => toggleStats(), 'KeyM'],
  ['L', 'Light or dark', toggleTheme, 'KeyL'],
  ['H', 'This help', () => toggleHelp(), 'KeyH'],
]

function onShortcut(event) {
  if (event.ctrlKey && event.shiftKey && !event.altKey && event.code === 'KeyC') return copy(event)
  if (!event.altKey || !event.shiftKey || event.ctrlKey || event.metaKey) return
  const digit = /^Digit([1-9])$/.exec(event.code)
  const action = digit
    ? () => select([...terminals.keys()][digit[1] - 1])
    : SHORTCUTS.find(([, , , code]) => code === event.code)?.[2]
  if (!action) return
  event.preventDefault()
  event.stopPropagation()
  action()
}

async function copy(event) {
  const text = terminals.get(active)?.terminal.getSelection()
  if (!text) return
  event.preventDefault()
  event.stopPropagation()
  if (!(await copyText(text))) toast('The browser did not allow copying.')
}

function buildHelp() {
  for (const [key, what] of SHORTCUTS)
    $('shortcuts').append(
      element(
        'dt',
        {},
        element('kbd', {}, 'Alt'),
        ' ',
        element('kbd', {}, 'Shift'),
        ' ',
        element('kbd', {}, key),
      ),
      element('dd', {}, what),
    )
  $('shortcuts').append(
    element(
      'dt',
      {},
      element('kbd', {}, 'Ctrl'),
      ' ',
      element('kbd', {}, 'Shift'),
      ' ',
      element('kbd', {}, 'C'),
    ),
    element('dd', {}, 'Copy the selection'),
  )
  $('help').addEventListener('click', ({ target }) => target === $('help') && $('help').close())
  $('help').addEventListener('close', () => terminals.get(active)?.focus())
}

function toggleHelp() {
  if ($('help').open) $('help').close()
  else $('help').showModal()
}

// ── the rest ────────────────────────────────────────────────────────────────────────────────────────────────────

const stats = new StatsPanel($('stats'))

function toggleStats(on = !stats.shown, { keep = true } = {}) {
  stats.show(on)
  if (keep) keepSetting('stats', on ? 'shown' : 'hidden')
  $('toggle-stats').setAttribute('aria-pressed', String(on))
}

$('new').title = 'New terminal (Alt+Shift+N)'
$('new').setAttribute('aria-label', 'New terminal')
$('new').addEventListener('click', openNew)
$('empty-new').addEventListener('click', openNew)
$('toggle-stats').addEventListener('click', () => toggleStats())
$('toggle-theme').addEventListener('click', toggleTheme)
$('open-help').addEventListener('click', toggleHelp)
for (const button of document.querySelectorAll('[data-layout].icon'))
  button.addEventListener('click', () => setLayout(button.dataset.layout))
addEventListener('keydown', onShortcut, { capture: true })
addEventListener('pagehide', () => {
  for (const pane of leaving.values()) endShell(pane)
})
$('tabs').addEventListener('keydown', (event) => {
  if (event.target.role !== 'tab' || !['ArrowLeft', 'ArrowRight'].includes(event.key)) return
  event.preventDefault()
  step(event.key === 'ArrowLeft' ? -1 : 1)
  tabs.get(active)?.button.focus()
})
new ResizeObserver(() =>
  arrange(
    $('stage'),
    [...terminals.values()].map((pane) => pane.element),
    layout,
  ),
).observe($('stage'))

buildHelp()
buildKeybar($('keybar'), () => terminals.get(active)?.terminal)
if (setting('stats') === 'hidden' || share) toggleStats(false, { keep: false })
document.body.dataset.page = share ? 'shared' : 'own'
if (!share) {
  // A browser does not say why a WebSocket was refused: whether for want of a token is asked here.
  call('api/stats').catch(() => {})
  canShare().then((can) => {
    document.body.dataset.sharing = String(can)
  })
}

/** For tests, and for the curious at the console. */
window.offheap = { terminals, open, close, select, setLayout, rename, stats, recordings: setUpRecordings() }

visit.start()
refresh()
