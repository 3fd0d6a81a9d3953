const { Connection } = require('./connection')

/** Makes a terminal forget what it shows: a client that comes back has the past on its screen already. */
const RESET = JSON.stringify({ type: 'stream', data: '\x1bc' })
/** How a frame of the stream begins that is as long as one of `history`. */
const AS_STREAM = Buffer.from('{"type":"stream" ,')
/** The first letter of a frame's type, and which it is in `history`. */
const TYPE = 9
const H = 0x68

/**
 * The JSON protocol: text frames of JSON both ways. Output frames are
 * encoded outside the V8 heap and passed through as Buffers.
 */
class JsonConnection extends Connection {
  format = 'json'
  binary = false

  /** The past is sent once, as `history` or as `stream`; a resumed stream is no past. */
  announceReplay(viewer, from) {
    // A screen begins with a reset by itself.
    if (from === 'snapshot') return
    const isPast = from === 'tail'
    const isStream = this.history === 'stream'
    if (isPast && isStream) this.socket.send(RESET)
    const end = viewer.replayAs(isPast && !isStream ? 'history' : 'resumed')
    if (isPast) this.historyEnd = end
  }

  /** Its viewer sends the screen itself, in pieces. */
  afterScreen() {
    return 'snapshot'
  }

  viewerOptions() {
    return { ...super.viewerOptions(), onGap: 'snapshot' }
  }

  beforeFrame(frame) {
    if (this.history === 'stream' && frame[TYPE] === H) AS_STREAM.copy(frame)
  }

  /**
   * Only focused sessions are streamed. History and the screen go out whether
   * focused or not, and so does the rest of a session whose shell has ended.
   */
  mayRead() {
    if ((this.focused && !this.suspended) || this.exiting) return true
    const { viewer } = this.outlet
    return viewer.screenDue || viewer.offset < (this.historyEnd ?? 0)
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
