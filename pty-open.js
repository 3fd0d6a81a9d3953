// node-pty's `open()`: a terminal without a program, both of whose sides are
// streams of this process.

const { Buffer } = require('node:buffer')
const { EventEmitter } = require('node:events')
const tty = require('node:tty')

const COLS = 80
const ROWS = 24

/** An encoding that Node knows, or null for Buffers: checked before anything is opened. */
function known(encoding) {
  if (encoding === null || Buffer.isEncoding(encoding)) return encoding
  const named = typeof encoding === 'string' ? `"${encoding}"` : `of type ${typeof encoding}`
  const error = new TypeError(`Unknown encoding: ${named}`)
  error.code = 'ERR_UNKNOWN_ENCODING'
  throw error
}

/** A stream of one side, which flows. */
function side(fd, encoding) {
  const stream = new tty.ReadStream(fd)
  if (encoding !== null) stream.setEncoding(encoding)
  stream.resume()
  return stream
}

/** Both sides of a terminal; events and data are the master's. */
class OpenTerminal extends EventEmitter {
  #native
  #fd
  #name

  constructor(native, { cols, rows, encoding: wanted = 'utf8' }) {
    super()
    const encoding = known(wanted)
    this.#native = native
    const { master, slave, pty } = native.open(cols || COLS, rows || ROWS)
    this.#fd = master
    this.#name = pty
    this.master = side(master, encoding)
    this.slave = side(slave, encoding)
    for (const event of ['data', 'end', 'close']) {
      this.master.on(event, (...args) => this.emit(event, ...args))
    }
    // The end of the slave's last holder, which the streams meet as an error.
    const onError = (error) => {
      if (this.listenerCount('error') > 0) this.emit('error', error)
    }
    this.master.on('error', onError)
    this.slave.on('error', onError)
  }

  get pid() {
    return -1
  }

  get fd() {
    return this.master.destroyed ? -1 : this.#fd
  }

  get ptsName() {
    return this.#name
  }

  get process() {
    return this.#native.process(this.fd)
  }

  write(data) {
    return this.master.write(data)
  }

  resize(cols, rows) {
    if (!this.master.destroyed) this.#native.resize(this.#fd, cols, rows)
  }

  pause() {
    this.master.pause()
  }

  resume() {
    this.master.resume()
  }

  destroy() {
    this.slave.destroy()
    this.master.destroy()
  }

  close() {
    this.destroy()
  }

  [Symbol.dispose]() {
    this.destroy()
  }
}

function openTerminal(native, options) {
  if (native === null) {
    const error = new Error('open() is not supported on Windows: use spawn()')
    error.code = 'ERR_NOT_SUPPORTED'
    throw error
  }
  return new OpenTerminal(native, options ?? {})
}

module.exports = { openTerminal }
