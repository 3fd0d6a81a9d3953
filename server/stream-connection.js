const { Connection } = require('./connection')

const MAX_FRAME = 64 * 1024

/**
 * The `offheap.v1` protocol: output and input as binary frames, control as
 * JSON text. Output frames begin with the offset of their first byte, so a
 * client resumes exactly where it was.
 */
class StreamConnection extends Connection {
  format = 'framed'
  binary = true

  /**
   * Bytes that the session's programs printed before this connection came:
   * what the client's terminal answers to them must not reach the shell.
   */
  announceReplay(viewer, from) {
    if (from === 'snapshot') return
    const end = viewer.offset + viewer.lag
    // The client knows more than there is: another session had its id.
    if (from > end) this.send({ type: 'gap', from, to: end })
    if (viewer.lag > 0) this.send({ type: 'replay', from: viewer.offset, to: end })
  }

  /** Its viewer sends the screen itself. */
  afterScreen() {
    return 'snapshot'
  }

  /** A window holds several frames, so that one is on its way while another is parsed. */
  frameBytes() {
    return this.window === null ? MAX_FRAME : Math.min(MAX_FRAME, Math.floor(this.window / 4))
  }

  viewerOptions() {
    return { ...super.viewerOptions(), onGap: 'snapshot', maxFrameBytes: this.frameBytes() }
  }

  /**
   * A client that says how much it has parsed is never sent more than its window ahead.
   * A screen is no output, and leaves what the window counts from behind.
   */
  mayRead() {
    if (this.suspended && !this.exiting) return false
    const { viewer } = this.outlet
    const isInWindow = () => viewer.offset + this.frameBytes() - this.acked <= this.window
    return this.window === null || isInWindow() || viewer.screenDue
  }

  /** A gap, and what the screen is that comes in its place, is said before the bytes. */
  beforeFrame() {
    const { viewer } = this.outlet
    const gap = viewer.takeGap()
    if (gap) this.send({ type: 'gap', ...gap })
    const snapshot = viewer.takeSnapshot()
    if (!snapshot) return
    this.send({ type: 'snapshot', ...snapshot })
    this.acked = Math.max(this.acked, snapshot.offset)
  }

  catchUp() {
    this.outlet.pump()
  }

  message(data, isBinary) {
    if (isBinary) this.input(data)
    else this.text(data)
  }
}

module.exports = { StreamConnection }
