/** How WebSockets are refused that are for none of the server's terminals. */

const { WebSocketServer } = require('ws')

const MAX_PAYLOAD = 1024

/** Opens a WebSocket to say why it is of no use, as browsers cannot read a status. */
class Refusals {
  #sockets = new WebSocketServer({ noServer: true, maxPayload: MAX_PAYLOAD, handleProtocols: () => false })

  answer(request, socket, head, { code, reason, message }) {
    this.#sockets.handleUpgrade(request, socket, head, (ws) => {
      ws.on('error', () => {})
      ws.send(JSON.stringify({ type: 'error', message }))
      ws.close(code, reason)
    })
  }

  close() {
    for (const ws of this.#sockets.clients) ws.terminate()
  }
}

module.exports = { Refusals }
