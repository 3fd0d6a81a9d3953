/** What may wait for a peer to read it whose pings are answered by `ws` itself, in bytes. */
const MAX_WAITING = 2 << 20
/** What a client sent is repeated to it up to this length. */
const MAX_QUOTED = 64

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
  // The answers to them are sent already.
  socket.on('ping', () => {
    if (socket.bufferedAmount > MAX_WAITING) socket.terminate()
  })
}

/** A value of a client's message, short enough to be repeated. */
function quoted(value) {
  return typeof value === 'string' ? JSON.stringify(value.slice(0, MAX_QUOTED)) : typeof value
}

module.exports = { onMessage, quoted }
