/** Small things the page is made of: elements, icons, toasts, units. */

/**
 * @param {string} tag
 * @param {Record<string, unknown>} [properties]  `class`, `on…` listeners, `aria-…`/`data-…` attributes, or properties
 * @param {...(Node | string)} children
 */
export function element(tag, properties = {}, ...children) {
  const node = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (name.startsWith('on')) node.addEventListener(name.slice(2), value)
    else if (name === 'class') node.className = value
    else if (name.includes('-') || name === 'role') node.setAttribute(name, value)
    else node[name] = value
  }
  node.append(...children)
  return node
}

const SVG = 'http://www.w3.org/2000/svg'

export function svg(tag, attributes = {}, ...children) {
  const node = document.createElementNS(SVG, tag)
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value)
  node.append(...children)
  return node
}

export const icon = (name) => svg('svg', { 'aria-hidden': 'true' }, svg('use', { href: `#i-${name}` }))

export function iconButton(name, label, onclick) {
  return element(
    'button',
    { type: 'button', class: 'icon', 'aria-label': label, title: label, onclick },
    icon(name),
  )
}

const shown = new Map()

/**
 * @param {string} message
 * @param {{ action?: string, onAction?: () => void, onGone?: () => void, ms?: number }} [options]
 *   `onGone` runs when the toast goes without its action
 */
export function toast(message, { action, onAction, onGone, ms = 6000 } = {}) {
  if (!action) shown.get(message)?.() // the same words again: only the newer
  let timer
  const gone = () => {
    clearTimeout(timer)
    node.remove()
    if (shown.get(message) === leave) shown.delete(message)
  }
  const leave = () => {
    gone()
    onGone?.()
  }
  const node = element('div', { class: 'toast' }, element('span', {}, message))
  if (action) {
    const act = () => {
      gone()
      onAction()
    }
    node.append(element('button', { type: 'button', class: 'button', onclick: act }, action))
  }
  node.append(iconButton('close', 'Dismiss', leave))
  document.getElementById('toasts').append(node)
  timer = setTimeout(leave, ms)
  shown.set(message, leave)
}

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB']

/** 1536 → ['1.5', 'KB'], in steps of 1024. */
export function bytes(value) {
  let unit = 0
  let scaled = value
  while (scaled >= 1000 && unit < UNITS.length - 1) {
    scaled /= 1024
    unit += 1
  }
  const digits = unit === 0 || scaled >= 100 ? 0 : 1
  return [scaled.toFixed(digits), UNITS[unit]]
}

/** 3725 → '1 h 2 min'. */
export function duration(seconds) {
  const [days, hours, minutes] = [
    Math.floor(seconds / 86400),
    Math.floor(seconds / 3600) % 24,
    Math.floor(seconds / 60) % 60,
  ]
  if (days > 0) return `${days} d ${hours} h`
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min` : `${Math.floor(seconds)} s`
}
