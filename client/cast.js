/** Lines of an asciicast as events. */

export const MICROS = 1e6
/** Later times are none: so it is in the server's reader, too. */
const MAX_TIME = Number.MAX_SAFE_INTEGER

/**
 * @typedef {object} RecordedEvent
 * @property {number} time in µs since the beginning
 * @property {string} code `o`, `i`, `m`, `r`, `x`, or another
 * @property {string} data
 */

export const micros = (seconds) => Math.round(seconds * MICROS)

/**
 * The events of whole lines.
 * @param {string} text
 * @param {number} version 2 or 3
 * @param {number} time of the event before them, in µs
 * @returns {RecordedEvent[]}
 */
export function eventsOf(text, version, time) {
  const events = []
  let now = time
  for (const line of text.split('\n')) {
    if (line.trim() === '' || (version === 3 && line.startsWith('#'))) continue
    const [seconds, code, data] = JSON.parse(line)
    const since = Math.max(0, micros(seconds))
    now = Math.min(Math.max(now, version === 3 ? now + since : since), MAX_TIME)
    events.push({ time: now, code, data: typeof data === 'string' ? data : '' })
  }
  return events
}
