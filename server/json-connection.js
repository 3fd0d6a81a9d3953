const { Connection } = require('./connection')

/**
 * The JSON protocol: text frames of JSON both ways. Output frames are
 * encoded outside the V8 heap and passed through as Buffers.
 */
class JsonConnection extends Connection {
  format = 'json'
  binary = false
  missed = 0
  isBehind = false

  /** The past is sent once, as `history`; a resumed stream is no past. */
  announceReplay(viewer, from) {
    this.missed = viewer.missed
    if (from === 'tail') this.historyEnd = viewer.replayAs('history')
    else viewer.replayAs('resumed')
  }

  /** Sends the screen; the stream goes on at the offset that is returned. */
  afterScreen() {
    const { data, offset } = this.session.snapshot({ format: 'json' })
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

  message(data, isBinary) {
    if (isBinary) {
      this.fail('Binary frames need the offheap.v1 subprotocol', 'ERR_UNKNOWN_MESSAGE')
      return
    }
    this.text(data)
  }
}

module.exports = { JsonConnection }
