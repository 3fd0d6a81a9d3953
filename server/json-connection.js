const { Connection } = require('./connection')

/** Makes a terminal forget what it shows: a client that comes back has the past on its screen already. */
const RESET = JSON.stringify({ type: 'stream', data: '\x1bc' })
/** How a frame of the past begins, and how one of the stream does that is as long. */
const AS_STREAM = Buffer.from('{"type":"stream" ,')

/**
 * The JSON protocol: text frames of JSON both ways. Output frames are
 * encoded outside the V8 heap and passed through as Buffers.
 */
class JsonConnection extends Connection {
  format = 'json'
  binary = false
  missed = 0
  isBehind = false

  /** The past is sent once, as `history` or as `stream`; a resumed stream is no past. */
  announceReplay(viewer, from) {
    this.missed = viewer.missed
    const isPast = from === 'tail'
    const isStream = this.history === 'stream'
    // A screen begins with a reset by itself.
    if (isPast && isStream) this.socket.send(RESET)
    const end = viewer.replayAs(isPast && !isStream ? 'history' : 'resumed')
    if (isPast) this.historyEnd = end
  }

  /** Sends the screen; the stream goes on at the offset that is returned. */
  afterScreen() {
    const { data, offset } = this.session.snapshot({ format: 'json' })
    if (this.history === 'stream') AS_STREAM.copy(data)
    this.socket.send(data, { binary: false })
    return offset
  }

  /** A frame that says a gap is followed by the screen, not by what is left of the stream. */
  beforeFrame() {
    const { missed } = this.outlet.viewer
    this.isBehind = missed !== this.missed && this.session.screen
    this.missed = missed
  }

  afterFrame() {
    // A session that was closed meanwhile says so itself.
    if (this.isBehind && !this.session.closed) this.outlet.viewer.seek(this.afterScreen())
  }

  /**
   * Only focused sessions are streamed. History goes out whether focused or
   * not, and so does the rest of a session whose shell has ended.
   */
  mayRead() {
    if (this.exiting) return true
    if (this.outlet.viewer.offset < (this.historyEnd ?? 0)) return true
    return this.focused && !this.suspended
  }

  /** Streams the session again: what was missed comes as `buffered`. */
  catchUp() {
    if (this.outlet.viewer.offset >= (this.historyEnd ?? 0)) this.outlet.viewer.replayAs('buffered')
    this.outlet.pump()
  }

  /** A message may come as a binary frame, too: it is the same JSON. */
  message(data) {
    this.text(data)
  }
}

module.exports = { JsonConnection }
