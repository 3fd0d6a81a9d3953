const crypto = require('node:crypto')
const { quoted, sendControl } = require('./control')
const { Outlet } = require('./outlet')

/** Control keys of the `ctrl` message, as the bytes they send. */
const CTRL_KEYS = new Map(
  [...'acdeklquwz'].map((key) => [key, String.fromCharCode(key.charCodeAt(0) & 0x1f)]),
)
CTRL_KEYS.set('\\', '\x1c')

const MINUTE = 60_000
/** How long a shell lives on after a close code, in ms. */
const KEEP_ALIVE = new Map([
  [1000, 10 * MINUTE],
  [1001, 2 * MINUTE],
])

/** What a closed session's connections are told, by reason. */
const CLOSE_CODES = {
  limit: [1008, 'Connection limit exceeded'],
  memory: [1013, 'Server is short of memory'],
  registry: [1001, 'Server is shutting down'],
}

/**
 * One WebSocket on one session: what both protocols have in common. The
 * subclasses know how output looks and how messages come.
 */
class Connection {
  id = crypto.randomUUID()
  /** Whether the client has had the session's last output and its exit. */
  exitTold = false
  #server
  #ended = false

  /**
   * @param {import('../examples/terminal-ws-standalone/terminal-ws-standalone').TerminalWebSocketServer} server
   * @param {import('ws').WebSocket} socket
   * @param {import('offheap-terminal').Session} session
   * @param {ReturnType<import('./liveness').Liveness['watch']>} [peer] the socket's other end, where it is this session's alone
   */
  constructor(server, socket, session, peer) {
    this.#server = server
    this.socket = socket
    this.session = session
    this.peer = peer
    this.acked = 0
    /** The size this client asked for last. */
    this.size = null
    this.focused = session.focused
    this.suspended = false
  }

  /** Announces the session and begins to stream. `isNew` is for a new shell. */
  open({ isNew, offset, window }) {
    const { session } = this
    this.window = window
    this.send({
      type: isNew ? 'connected' : 'reconnected',
      sessionId: session.id,
      workingDir: session.cwd,
      cols: session.cols,
      rows: session.rows,
    })
    const from = this.#beginning(isNew, offset)
    const viewer = session.openViewer({ from, ...this.viewerOptions() })
    this.acked = viewer.offset
    if (!isNew) this.announceReplay(viewer, from)
    this.outlet = new Outlet({
      socket: this.socket,
      viewer,
      binary: this.binary,
      mayRead: () => this.mayRead(),
      beforeFrame: this.beforeFrame?.bind(this),
    })
    if (session.exit) this.exited(session.exit.code)
  }

  /**
   * Where the stream begins: where the client was, if the session still has
   * that; else after a snapshot of the screen; else at the oldest byte kept.
   */
  #beginning(isNew, offset) {
    const { session } = this
    if (isNew) return 0
    const isKept = offset !== null && offset >= session.start && offset <= session.end
    if (isKept || (offset !== null && !session.screen)) return offset
    if (!session.screen) return 'tail'
    if (offset !== null) this.send({ type: 'gap', from: offset, to: session.end })
    return this.sendSnapshot()
  }

  /** After lost bytes the screen is sent whole, and the stream goes on from there. */
  recover() {
    this.outlet.viewer.seek(this.sendSnapshot())
  }

  viewerOptions() {
    return { format: this.format }
  }

  send(message) {
    sendControl(this.socket, message)
  }

  fail(message, code) {
    this.send(code ? { type: 'error', message, code } : { type: 'error', message })
  }

  /** Handles a text frame: one control message. */
  text(frame) {
    let message
    try {
      message = JSON.parse(frame)
    } catch {
      this.fail('Text frames must be JSON', 'ERR_INVALID_JSON')
      return
    }
    this.control(message)
  }

  /** Handles one control message; an unknown one is an error the client is told. */
  control(message) {
    const type = message?.type
    const handler = typeof type === 'string' ? HANDLERS[type] : undefined
    if (!handler) {
      this.fail(`Unknown message type: ${quoted(type)}`, 'ERR_UNKNOWN_MESSAGE')
      return
    }
    try {
      handler.call(this, message, this.#server)
    } catch (error) {
      // Its session may have been closed a moment ago.
      this.fail(error.message, error.code)
    }
  }

  /** Input for the shell. What it cannot take yet holds up this socket alone. */
  input(data) {
    try {
      this.#claimSize()
      if (!this.session.write(data) && this.session.writableLength > 0) this.holdInput()
    } catch (error) {
      this.fail(error.message, error.code)
    }
  }

  /** The viewer that was active last sets the size of a shared session. */
  #claimSize() {
    const { size, session } = this
    if (!size || (size.cols === session.cols && size.rows === session.rows)) return
    session.resize(size.cols, size.rows)
    this.#server.sizeChanged(session)
  }

  /** No more is read from this client until the shell has taken what waits. */
  holdInput() {
    this.peer.hold(() => this.session.writableLength)
  }

  /** The shell has taken all that waited. */
  inputDrained() {
    this.peer.release()
  }

  /** The shell has ended: what is left is sent, then the exit, then the close. */
  exited(code) {
    // Before the stream has begun, `open` will see that the shell has ended.
    if (this.#ended || !this.outlet) return
    this.#ended = true
    this.exiting = true
    this.outlet.whenDrained(() => {
      this.send({ type: 'exit', code, signal: this.session.exit?.signal ?? 0 })
      this.exitTold = true
      this.#server.exitTold(this.session)
      this.#end(1000, 'Shell exited')
    })
  }

  /** The session was closed by somebody else. */
  sessionClosed(reason) {
    if (this.#ended && reason === 'exit') return
    this.#ended = true
    const [code, text] = CLOSE_CODES[reason] ?? [1000, 'Session closed']
    if (code === 1008) this.fail('This terminal was closed to make room for a new one.')
    this.#end(code, text)
  }

  #end(code, reason) {
    // What waited has nobody to read it; the peer's own close is behind it.
    this.peer?.release()
    this.socket.close(code, reason)
  }

  setFocused(focused, allFocused) {
    this.focused = focused
    this.send({ type: 'focusUpdate', focused, allFocused })
    if (focused && this.outlet) this.catchUp()
  }

  setSuspended(suspended) {
    this.suspended = suspended
    const type = suspended ? 'suspended' : 'resumed'
    this.send({ type, message: `Session ${type}`, sessionId: this.session.id })
    if (!suspended && this.outlet) this.catchUp()
  }

  sizeChanged(cols, rows) {
    this.send({ type: 'size', cols, rows })
  }

  /** The socket is gone: how long the shell is kept depends on why. */
  gone(code) {
    this.outlet?.close()
    return { keepAlive: KEEP_ALIVE.get(code), suspend: code === 1000 }
  }
}

/** The messages of both protocols. `this` is the connection. */
const HANDLERS = {
  __proto__: null,

  input({ data }) {
    if (typeof data === 'string') this.input(data)
    else this.fail('input: data must be a string', 'ERR_INVALID_ARG_TYPE')
  },

  resize({ cols, rows }, server) {
    this.session.resize(cols, rows)
    this.size = { cols, rows }
    server.sizeChanged(this.session)
  },

  ctrl({ key }) {
    const bytes = CTRL_KEYS.get(typeof key === 'string' ? key.toLowerCase() : '')
    if (bytes) this.input(bytes)
    else this.fail(`ctrl: unknown key ${quoted(key)}`, 'ERR_INVALID_ARG_VALUE')
  },

  ack({ offset }) {
    if (!Number.isSafeInteger(offset) || offset < 0) {
      this.fail('ack: offset must be a whole number', 'ERR_OUT_OF_RANGE')
      return
    }
    if (offset > this.acked) this.acked = offset
    this.outlet?.pump()
  },

  focus(_message, server) {
    server.setFocus(this, true)
  },

  blur(_message, server) {
    server.setFocus(this, false)
  },

  focus_change({ mode }, server) {
    if (mode === 'active' || mode === 'background') server.setFocus(this, mode === 'active')
    else this.fail('focus_change: mode must be "active" or "background"', 'ERR_INVALID_ARG_VALUE')
  },

  suspend(_message, server) {
    server.setSuspended(this, true)
  },

  resume(_message, server) {
    server.setSuspended(this, false)
  },

  ping() {
    this.send({ type: 'pong' })
  },

  subscribe() {
    this.fail('Git status is not available on this server', 'ERR_GIT_UNAVAILABLE')
  },

  unsubscribe() {
    this.fail('Git status is not available on this server', 'ERR_GIT_UNAVAILABLE')
  },

  'git-refresh'() {
    this.fail('Git status is not available on this server', 'ERR_GIT_UNAVAILABLE')
  },
}

module.exports = { Connection }
