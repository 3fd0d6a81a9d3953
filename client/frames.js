/**
 * The wire formats of docs/protocol.md as a browser reads and writes them: `offheap.v1`, `offheap.mux.v1` and the
 * frames of a snapshot. Nothing here keeps state, and nothing throws: what breaks the format is returned as a problem.
 * @module
 */

export const PROTOCOL = 'offheap.v1'
export const MUX_PROTOCOL = 'offheap.mux.v1'

const CHANNEL_BYTES = 4
const OFFSET_BYTES = 8
const SNAPSHOT_BIT = 2 ** 31
const LOW = 2 ** 32
/** Longer control messages are refused unread. The server's own are far shorter. */
const MAX_CONTROL_LENGTH = 1024 * 1024

const encoder = new TextEncoder()

/**
 * An output frame: eight bytes of offset, whose highest bit marks a part of a snapshot, and the output.
 * @param {ArrayBuffer} buffer
 * @param {number} [at] where the frame begins
 * @returns {{ offset: number, snapshot: boolean, data: Uint8Array } | null} null for a frame that is too short, or
 *   whose offset is past what a number holds
 */
export function decodeOutput(buffer, at = 0) {
  if (buffer.byteLength < at + OFFSET_BYTES) return null
  const view = new DataView(buffer, at)
  const high = view.getUint32(0)
  const offset = (high % SNAPSHOT_BIT) * LOW + view.getUint32(4)
  const data = new Uint8Array(buffer, at + OFFSET_BYTES)
  return Number.isSafeInteger(offset + data.length) ? { offset, snapshot: high >= SNAPSHOT_BIT, data } : null
}

/**
 * An output frame of `offheap.mux.v1`: the channel's number, then a frame as above.
 * @param {ArrayBuffer} buffer
 * @returns {{ channel: number, frame: ReturnType<typeof decodeOutput> } | null} null without a channel's number
 */
export function decodeChannelOutput(buffer) {
  if (buffer.byteLength < CHANNEL_BYTES) return null
  return { channel: new DataView(buffer).getUint32(0), frame: decodeOutput(buffer, CHANNEL_BYTES) }
}

/** Input for a channel: its number, then the bytes. @param {number} channel @param {Uint8Array} bytes */
export function encodeChannelInput(channel, bytes) {
  const frame = new Uint8Array(CHANNEL_BYTES + bytes.length)
  new DataView(frame.buffer).setUint32(0, channel)
  frame.set(bytes, CHANNEL_BYTES)
  return frame
}

const whole = (value) => Number.isSafeInteger(value) && value >= 0
const wholeNumbers =
  (...names) =>
  (message) =>
    names.find((name) => !whole(message[name]))

/** For each message that is acted on: the name of a property that is not what it must be, or undefined. */
const CHECKS = {
  __proto__: null,
  connected: ({ sessionId }) => (typeof sessionId === 'string' ? undefined : 'sessionId'),
  reconnected: ({ sessionId }) => (typeof sessionId === 'string' ? undefined : 'sessionId'),
  replay: wholeNumbers('from', 'to'),
  gap: wholeNumbers('from', 'to'),
  snapshot: wholeNumbers('offset', 'length', 'cols', 'rows'),
  size: wholeNumbers('cols', 'rows'),
  viewers: wholeNumbers('count'),
  closed: wholeNumbers('code'),
}

/**
 * A control message: a JSON object with a `type`. Messages of a known type have been checked; others are passed on.
 * @param {string} text
 * @returns {{ message: { type: string, [name: string]: any }, problem?: undefined } | { message?: undefined, problem: string }}
 */
export function decodeControl(text) {
  if (text.length > MAX_CONTROL_LENGTH) return { problem: `A control message of ${text.length} characters` }
  let message = null
  try {
    message = JSON.parse(text)
  } catch {
    // Said below.
  }
  if (typeof message?.type !== 'string') return { problem: 'A text frame that is no control message' }
  const wrong = CHECKS[message.type]?.(message)
  return wrong ? { problem: `A message "${message.type}" with a bad "${wrong}"` } : { message }
}

/** @param {{ type: string }} message */
export function encodeControl(message) {
  return JSON.stringify(message)
}

/** @param {string} text */
export function encodeInput(text) {
  return encoder.encode(text)
}

/**
 * The query that opens a session, without what is not known.
 * @param {Record<string, string | number | null | undefined>} parameters
 * @returns {[string, string | number][]}
 */
export function encodeQuery(parameters) {
  return Object.entries(parameters).filter(
    ([, value]) => value !== undefined && value !== null && value !== '',
  )
}
