/**
 * Careful JavaScript: node-pty with Buffers, a ring on a Buffer, and the
 * terminal paused while the socket has much to send.
 */

const pty = require('node-pty')
const { StringDecoder } = require('node:string_decoder')
const { WebSocketServer } = require('ws')

const HISTORY = 256 * 1024
const HIGH_WATER = 512 * 1024
const LOW_WATER = 128 * 1024

module.exports = function serve(onListening, { binary = false } = {}) {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', perMessageDeflate: false })
  server.on('listening', () => onListening(server.address().port))
  server.on('connection', (ws, request) => {
    const id = new URL(request.url, 'http://localhost').searchParams.get('sessionId')
    ws.send(JSON.stringify({ type: 'connected', sessionId: id }))
    new Session(ws, binary)
  })
}

class Session {
  constructor(ws, binary) {
    this.ws = ws
    this.binary = binary
    this.ring = Buffer.alloc(HISTORY)
    this.position = 0
    this.paused = false
    this.decoder = new StringDecoder('utf8')
    this.shell = pty.spawn('/bin/sh', [], {
      name: 'xterm-256color',
      cols: 80,
      rows: 30,
      env: process.env,
      encoding: null,
    })
    this.shell.onData((data) => this.output(data))
    this.shell.onExit(({ exitCode }) => this.exited(exitCode))
    ws.on('message', (text) => this.input(JSON.parse(text)))
    ws.on('close', () => this.shell.kill('SIGKILL'))
  }

  output(data) {
    this.remember(data)
    if (this.ws.readyState !== this.ws.OPEN) return
    const frame = this.binary ? data : JSON.stringify({ type: 'stream', data: this.decoder.write(data) })
    this.ws.send(frame, this.sent)
    if (!this.paused && this.ws.bufferedAmount > HIGH_WATER) {
      this.paused = true
      this.shell.pause()
    }
  }

  sent = () => {
    if (this.paused && this.ws.bufferedAmount < LOW_WATER) {
      this.paused = false
      this.shell.resume()
    }
  }

  remember(data) {
    const room = HISTORY - this.position
    if (data.length < room) {
      data.copy(this.ring, this.position)
      this.position += data.length
    } else {
      data.copy(this.ring, this.position, 0, room)
      data.copy(this.ring, 0, room)
      this.position = data.length - room
    }
  }

  exited(code) {
    if (this.ws.readyState === this.ws.OPEN) this.ws.send(JSON.stringify({ type: 'exit', code }))
    this.ws.close()
  }

  input(message) {
    if (message.type === 'input') this.shell.write(message.data)
  }
}
