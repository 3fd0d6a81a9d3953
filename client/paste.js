/** Text from the clipboard, made safe for a terminal. */

const PASTE_START = '\x1b[200~'
const PASTE_END = '\x1b[201~'
const ENDS = /(?:\x1b\[|\x9b)201~/g
/** C0 but tab, line feed and carriage return; DEL; C1. */
const CONTROLS = /[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g

/**
 * Takes out what could act as keys or end a bracketed paste early: C0 controls but tab, CR and LF (so ESC too), DEL,
 * C1 controls, and `ESC [ 201 ~`.
 * @param {string} text
 */
export function cleanPaste(text) {
  return text.replace(ENDS, '').replace(CONTROLS, '')
}

/** @param {string} text @returns {number} lines that a shell would run or wait in: those with an end, and a rest */
export function countLines(text) {
  const ends = text.match(/\r\n|\r|\n/g)?.length ?? 0
  return ends + (/[^\r\n]$/.test(text) ? 1 : 0)
}

/**
 * What is sent: lines end as the Enter key does, between brackets where the program wants them.
 * @param {string} text already clean @param {boolean} bracketed
 */
export function encodePaste(text, bracketed) {
  const typed = text.replace(/\r\n|\n/g, '\r')
  return bracketed ? `${PASTE_START}${typed}${PASTE_END}` : typed
}
