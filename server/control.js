/** Control messages that may wait for a peer to read them, in bytes. */
const MAX_WAITING = 1024 * 1024
/** What a message takes beside its text until it is out. */
const MESSAGE_COST = 256
/** What a client sent is repeated to it up to this length. */
const MAX_QUOTED = 64

const waiting = new WeakMap()

/**
 * Sends a JSON message. A peer that asks on and on and does not read the answers is cut off.
 *
 * @param {import('ws').WebSocket} socket
 * @param {object} message
 * @param {() => void} [sent] is called when it is out
 */
function sendControl(socket, message, sent) {
  if (socket.readyState !== socket.OPEN) return
  const before = waiting.get(socket) ?? 0
  if (before > MAX_WAITING) {
    socket.terminate()
    return
  }
  const text = JSON.stringify(message)
  const cost = text.length + MESSAGE_COST
  waiting.set(socket, before + cost)
  socket.send(text, (error) => {
    waiting.set(socket, waiting.get(socket) - cost)
    if (!error) sent?.()
  })
}

/**
 * Hands a socket's messages on. One that cannot be handled is reported, and ends
 * its own connection and nobody else's.
 */
function onMessage(socket, handle, report) {
  socket.on('message', (data, isBinary) => {
    try {
      handle(data, isBinary)
    } catch (error) {
      report(error)
      socket.close(1011, 'Message could not be handled')
    }
  })
  // ws answers pings by itself.
  socket.on('ping', () => {
    if (socket.bufferedAmount > 2 * MAX_WAITING) socket.terminate()
  })
}

/** A value of a client's message, short enough to be repeated. */
function quoted(value) {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_QUOTED)) : typeof value
}

module.exports = { onMessage, quoted, sendControl }
