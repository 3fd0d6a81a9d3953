const crypto = require('node:crypto')
const { obey } = require('./control-messages')
const { sendControl } = require('./outboxes')
const { Outlet } = require('./outlet')
const { shellFacts } = require('./shell-news')
const { ShareGrant } = require('./shares')
const { ViewerFace } = require('./viewer-face')

/** What a closed session's connections are told, by reason. */
const CLOSE_CODES = {
  // None that a client answers by coming back: that would close the next session, and so on.
  limit: [4001, 'Closed to make room'],
  memory: [1013, 'Server is short of memory'],
  registry: [1001, 'Server is shutting down'],
  left: [1012, 'Server restarts'],
}
const SHARE_ENDED = 4403

/** Counts what viewers do, so that the latest is known. */
let activities = 0

/**
 * One viewer of one session: what all protocols have in common. The subclasses
 * know how output looks and how messages come.
 */
class Connection {
  id = crypto.randomUUID()
  /** Whether the client has had the session's last output and its exit. */
  exitTold = false
  /** The viewers of its session, once it is one of them. */
  group = null
  /** The size this client asked for last. */
  size = null
  /** What it says of its terminal; `null` for nothing. */
  client = null
  /** When it last did something that the size follows, as a count. */
  activeAt = 0
  acked = 0
  #ended = false
  #face = null

  /**
   * @param {object} options
   * @param {import('./audience').Audience} options.audience
   * @param {import('ws').WebSocket} options.socket
   * @param {import('offheap-terminal').Session} options.session
   * @param {{ access: 'read' | 'write' }} options.grant
   * @param {() => void} options.newShell starts one in a session whose shell is gone
   * @param {import('./liveness').Peer} [options.peer] the socket's other end, where it is this session's alone
   */
  constructor({ audience, socket, session, grant, newShell, peer }) {
    this.audience = audience
    this.options = audience.options
    this.socket = socket
    this.session = session
    this.grant = grant
    this.access = grant.access
    this.isShared = grant instanceof ShareGrant
    this.peer = peer
    this.newShell = newShell
    // Who only reads cannot ask for the stream to go on, so it never stops.
    this.focused = this.access === 'read' || session.focused
    this.suspended = false
  }

  /** What the application's message handlers get: always the same. */
  get face() {
    this.#face ??= new ViewerFace(this)
    return this.#face
  }

  /**
   * Announces the session and begins to stream.
   *
   * @param {object} start
   * @param {boolean} start.isNew whether its shell was started for this connection
   * @param {boolean} start.isLive whether nothing of its output is older than this connection
   * @param {number | null} start.offset where the client was
   * @param {number | null} start.window
   * @param {object | null} start.size
   * @param {object | null} start.client what the client says of its terminal
   * @param {'history' | 'stream'} start.history the frames in which a JSON client takes the past
   */
  open({ isNew, isLive, offset, window, size, client, history }) {
    const { session } = this
    this.client = client
    this.window = window
    this.history = history
    if (size && this.access === 'write') this.#takeFirstSize(size, isNew)
    this.send({
      type: isNew ? 'connected' : 'reconnected',
      sessionId: session.id,
      workingDir: session.cwd,
      cols: session.cols,
      rows: session.rows,
      access: this.access,
      recording: session.recording === true,
      lost: session.status === 'lost',
      answers: this.group.answersFor(this),
    })
    this.send(shellFacts(session))
    const from = this.#beginning(isNew, offset)
    const viewer = session.openViewer({ from, ...this.viewerOptions() })
    this.acked = viewer.offset
    if (!isLive) this.announceReplay(viewer, from)
    this.outlet = new Outlet({
      socket: this.socket,
      viewer,
      binary: this.binary,
      mayRead: () => this.mayRead(),
      beforeFrame: this.beforeFrame?.bind(this),
      failed: (error) => this.broke(error),
    })
    if (this.isShared) this.grant.share.connections.add(this)
    // The screen comes first, before anything that is said of the session.
    this.outlet.pump()
    if (session.exit) this.exited(session.exit.code)
  }

  /** To come with a size is to be active: the terminal has it before the screen is drawn. */
  #takeFirstSize(size, isNew) {
    const { session } = this
    this.#isActive(size)
    if (session.exit) return
    // A page that is still being laid out may measure other pixels than before. A
    // program that runs would be told, and draw its screen anew, for nothing.
    if ((size.pixels && isNew) || size.cols !== session.cols || size.rows !== session.rows) {
      this.group.resize(session, size)
    }
  }

  #isActive(size) {
    activities += 1
    this.activeAt = activities
    this.size = size
    if (!this.session.closed) this.group.followClient(this)
  }

  /**
   * Where the stream begins: where the client was, if the session still has
   * that; else after a snapshot of the screen; else at the oldest byte kept.
   */
  #beginning(isNew, offset) {
    const { session } = this
    if (isNew && session.start === 0) return 0
    const isKept = offset !== null && offset >= session.start && offset <= session.end
    if (isKept || (offset !== null && !session.screen)) return offset
    if (!session.screen) return 'tail'
    if (offset !== null) this.send({ type: 'gap', from: offset, to: session.end })
    return this.afterScreen()
  }

  viewerOptions() {
    return { format: this.format }
  }

  /** @param {() => void} [sent] is called when it is out */
  send(message, sent) {
    sendControl(this.socket, message, sent)
  }

  fail(message, code) {
    this.send(code ? { type: 'error', message, code } : { type: 'error', message })
  }

  refuseReader() {
    this.fail('This terminal is read-only', 'ERR_READ_ONLY')
  }

  /** Does what a client asked for; it is told why it failed. */
  attempt(act) {
    try {
      act()
    } catch (error) {
      // Its session may have been closed a moment ago.
      this.fail(error.message, error.code)
    }
  }

  /** Does what nobody waits for; a failure ends this connection and no other. */
  guard(act) {
    try {
      act()
    } catch (error) {
      this.broke(error)
    }
  }

  /** Its stream cannot go on. A session that is closed says so itself. */
  broke(error) {
    if (this.session.closed) return
    this.options.onError(error)
    this.#end(1011, 'Session could not be streamed')
  }

  /** Handles one control message, as JSON text or its bytes. */
  text(frame) {
    let message
    try {
      message = JSON.parse(frame)
    } catch {
      this.fail('The message must be JSON', 'ERR_INVALID_JSON')
      return
    }
    this.control(message)
  }

  /** Handles one control message. */
  control(message) {
    obey(this, message)
  }

  /** Input for the shell. What it cannot take yet holds up this socket alone. */
  input(data) {
    if (this.access === 'read') {
      this.refuseReader()
      return
    }
    this.attempt(() => {
      this.#claimSize()
      if (!this.session.write(data) && this.session.writableLength > 0) this.holdInput()
    })
  }

  /** The viewer that was active last sets the size of a shared session. */
  #claimSize() {
    const { size, session } = this
    if (!size) return
    this.#isActive(size)
    if (size.cols !== session.cols || size.rows !== session.rows) this.group.resize(session, size)
  }

  /** The size that this viewer wants from now on. */
  resize(size) {
    this.group.resize(this.session, size)
    this.#isActive(size)
  }

  /** The client has parsed the output up to here. */
  ack(offset) {
    if (offset > this.acked) this.acked = offset
    this.outlet?.pump()
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
      this.audience.exitTold(this.session)
      this.#end(1000, 'Shell exited')
    })
  }

  /** The session was closed by somebody else. */
  sessionClosed(reason) {
    if (this.#ended && reason === 'exit') return
    const [code, text] = CLOSE_CODES[reason] ?? [1000, 'Session closed']
    if (reason === 'limit') this.fail('This terminal was closed to make room for a new one.')
    this.#end(code, text)
  }

  /** The share that let this viewer in was revoked, or its time is up. */
  shareEnded() {
    // What it still says until the close has come through has no effect.
    this.access = 'read'
    this.fail('The share has ended', 'ERR_SHARE_ENDED')
    this.#end(SHARE_ENDED, 'Share ended')
    this.outlet?.close()
  }

  #end(code, reason) {
    this.#ended = true
    // What waited has nobody to read it; the peer's own close is behind it.
    this.peer?.release()
    this.socket.close(code, reason)
  }

  /** A new shell runs where there was none any more. */
  spawned() {
    if (this.outlet) this.send({ type: 'spawned' })
  }

  setFocused(focused, allFocused) {
    if (this.access === 'read') return
    this.focused = focused
    this.send({ type: 'focusUpdate', focused, allFocused })
    if (focused && this.outlet) this.catchUp()
  }

  /** The client asked for the focus that its session has already. */
  focusHolds(focused, allFocused) {
    this.send({ type: 'focusUpdate', focused, allFocused })
  }

  setSuspended(suspended) {
    if (this.access === 'read') return
    this.suspended = suspended
    const type = suspended ? 'suspended' : 'resumed'
    this.send({ type, message: `Session ${type}`, sessionId: this.session.id })
    if (!suspended && this.outlet) this.catchUp()
  }

  sizeChanged(cols, rows) {
    if (this.outlet) this.send({ type: 'size', cols, rows })
  }

  /** The session is recorded from now on, or no longer: all who watch it are told. */
  recordingChanged(recording) {
    if (this.outlet) this.send({ type: 'recording', recording })
  }

  viewersChanged(count, readers) {
    if (this.outlet) this.send({ type: 'viewers', count, readers, answers: this.group.answersFor(this) })
  }

  /** There is something new of the shell. */
  shellNews(message) {
    if (this.outlet) this.send(message)
  }

  /** The socket is gone. */
  gone() {
    if (this.isShared) this.grant.share.connections.delete(this)
    this.outlet?.close()
    this.#face?.ended()
  }
}

module.exports = { Connection }
