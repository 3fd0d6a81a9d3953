/** A terminal's theme as the server wants it: three colours as `#rrggbb`. */

/** xterm.js's own. */
const DEFAULTS = { foreground: '#ffffff', background: '#000000', cursor: '#ffffff' }
const HEX = /^#(?:[\da-f]{3,4}|[\da-f]{6}|[\da-f]{8})$/i

/**
 * @param {Partial<Record<'foreground' | 'background' | 'cursor', string>> | null | undefined} theme of xterm.js
 * @returns {{ foreground: string, background: string, cursor: string }}
 */
export function themeColours(theme) {
  const entries = Object.entries(DEFAULTS).map(([name, value]) => [name, toHex(theme?.[name]) ?? value])
  return Object.fromEntries(entries)
}

/** @param {unknown} colour in any form of CSS @returns {string | null} `#rrggbb`, without its opacity */
export function toHex(colour) {
  if (typeof colour !== 'string') return null
  const plain = HEX.test(colour) ? colour : resolve(colour)
  if (!plain) return null
  const digits = plain.slice(1).toLowerCase()
  return `#${digits.length < 6 ? [...digits.slice(0, 3)].map((digit) => digit + digit).join('') : digits.slice(0, 6)}`
}

/** The browser knows names and functions of colours; a canvas has them as numbers. */
function resolve(colour) {
  const context = globalThis.document?.createElement('canvas').getContext('2d')
  if (!context) return null
  context.canvas.width = context.canvas.height = 1
  context.fillStyle = colour
  context.fillRect(0, 0, 1, 1)
  const [red, green, blue] = context.getImageData(0, 0, 1, 1).data
  return `#${[red, green, blue].map((part) => part.toString(16).padStart(2, '0')).join('')}`
}
