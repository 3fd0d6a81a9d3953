/** The terminal's colours, to match style.css, and the choice between light and dark. */
import { keepSetting, setting } from './settings.js'

const DARK = {
  background: '#121417',
  foreground: '#d6d9dc',
  cursor: '#5fc9b2',
  cursorAccent: '#121417',
  selectionBackground: '#2d4a49',
  selectionInactiveBackground: '#2a2f34',
  black: '#23272c',
  red: '#e8736c',
  green: '#86c28b',
  yellow: '#dcb568',
  blue: '#79a8e0',
  magenta: '#c292d8',
  cyan: '#62c3bd',
  white: '#c4c9ce',
  brightBlack: '#6b737b',
  brightRed: '#f4938b',
  brightGreen: '#a6d9a9',
  brightYellow: '#edcd8b',
  brightBlue: '#9cc2ef',
  brightMagenta: '#d7b0e8',
  brightCyan: '#8ddad4',
  brightWhite: '#f2f4f5',
  scrollbarSliderBackground: '#8b939b33',
  scrollbarSliderHoverBackground: '#8b939b66',
  scrollbarSliderActiveBackground: '#8b939b88',
}
const LIGHT = {
  background: '#fdfcfa',
  foreground: '#2a2d31',
  cursor: '#0c7c69',
  cursorAccent: '#fdfcfa',
  selectionBackground: '#c5e3dc',
  selectionInactiveBackground: '#e3e1db',
  black: '#2a2d31',
  red: '#b8322b',
  green: '#2f7d3a',
  yellow: '#8f6400',
  blue: '#2561b0',
  magenta: '#8a3ba8',
  cyan: '#0b7680',
  white: '#8d9196',
  brightBlack: '#6f747a',
  brightRed: '#cf4a41',
  brightGreen: '#3d8f48',
  brightYellow: '#a57708',
  brightBlue: '#3a77c9',
  brightMagenta: '#a152bf',
  brightCyan: '#168893',
  brightWhite: '#54585d',
  scrollbarSliderBackground: '#5b616733',
  scrollbarSliderHoverBackground: '#5b616755',
  scrollbarSliderActiveBackground: '#5b616777',
}

/** What was chosen; `null` to follow the system. */
let chosen = setting('theme')
const system = matchMedia('(prefers-color-scheme: dark)')

/** @returns {'light' | 'dark'} */
export function currentTheme() {
  return chosen ?? (system.matches ? 'dark' : 'light')
}

export const terminalTheme = () => (currentTheme() === 'dark' ? DARK : LIGHT)

export function toggleTheme() {
  const next = currentTheme() === 'dark' ? 'light' : 'dark'
  const systems = system.matches ? 'dark' : 'light'
  chosen = next === systems ? null : next // null: follow the system again
  keepSetting('theme', chosen)
  apply()
}

const listeners = new Set()

/** @param {() => void} listener called at each change */
export function onThemeChange(listener) {
  listeners.add(listener)
  return () => listeners.delete(listener)
}

function apply() {
  document.documentElement.dataset.theme = currentTheme()
  for (const listener of listeners) listener()
}

system.addEventListener('change', apply)
apply()
