const http = require('node:http')

/** Answers an upgrade with a status instead of a WebSocket, and ends its connection. */
function refuseUpgrade(socket, { status, message }) {
  socket.on('error', () => socket.destroy())
  // Node's server waits for the peer to close its half too, for ever.
  socket.once('finish', () => socket.destroy())
  const body = `${message}\n`
  socket.end(
    `HTTP/1.1 ${status} ${http.STATUS_CODES[status] ?? 'Refused'}\r\nConnection: close\r\n` +
      `Content-Type: text/plain\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  )
}

module.exports = { refuseUpgrade }
