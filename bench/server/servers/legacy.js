/**
 * The app's old way: strings that grow and are sliced, an array of chunks for
 * each session, JSON made in JavaScript, and no look at what a socket still
 * has to send.
 */

const pty = require('node-pty')
const { WebSocketServer } = require('ws')

const outputBuffers = new Map()

module.exports = function serve(onListening) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('listening', () => onListening(server.address().port))
  server.on('connection', (ws, request) => {
    const id = new URL(request.url, 'http://localhost').searchParams.get('sessionId')
    const session = { outputBuffer: '', shell: startShell() }
    ws.send(JSON.stringify({ type: 'connected', sessionId: id }))
    session.shell.onData((data) => {
      session.outputBuffer += data
      if (session.outputBuffer.length > 10240) session.outputBuffer = session.outputBuffer.slice(-10240)
      const chunks = outputBuffers.get(id) || []
      chunks.push(data)
      if (chunks.length > 500) chunks.splice(0, chunks.length - 500)
      outputBuffers.set(id, chunks)
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify({ type: 'stream', data }))
    })
    session.shell.onExit(({ exitCode }) => {
      if (ws.readyState === ws.OPEN) ws.send(JSON.stringify({ type: 'exit', code: exitCode }))
      ws.close()
    })
    ws.on('message', (text) => {
      const message = JSON.parse(text)
      if (message.type === 'input') session.shell.write(message.data)
    })
    ws.on('close', () => session.shell.kill('SIGKILL'))
  })
}

function startShell() {
  return pty.spawn('/bin/sh', [], { name: 'xterm-256color', cols: 80, rows: 30, env: process.env })
}
