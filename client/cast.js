/** Lines of an asciicast as events. */
import { fail } from './options.js'

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

/** A line as JSON; the data may be anything where the code is unknown. */
function read(line) {
  try {
    const event = JSON.parse(line)
    if (typeof event[0] === 'number' && typeof event[1] === 'string') return event
  } catch {
    // It is no event either way.
  }
  throw fail(Error, 'ERR_RECORDING_INVALID', 'A line of the recording is not an event')
}

/**
 * The events of whole lines.
 * @param {string} text
 * @param {number} version 2 or 3
 * @param {number} time of the event before them, in µs
 * @returns {RecordedEvent[]}
 * @throws `ERR_RECORDING_INVALID`
 */
export function eventsOf(text, version, time) {
  const events = []
  let now = time
  for (const line of text.split('\n')) {
    if (line.trim() === '' || (version === 3 && line.startsWith('#'))) continue
    const [seconds, code, data] = read(line)
    const since = Math.max(0, micros(seconds))
    now = Math.min(Math.max(now, version === 3 ? now + since : since), MAX_TIME)
    events.push({ time: now, code, data: typeof data === 'string' ? data : '' })
  }
  return events
}
