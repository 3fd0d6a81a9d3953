const { Connection } = require('./connection')

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
  announceReplay(viewer, { isNew, resumes, offset }) {
    const end = viewer.offset + viewer.lag
    if (resumes && offset > end) {
      // The client knows more than there is: another session had its id.
      this.send({ type: 'gap', from: offset, to: end })
    }
    if (!isNew && viewer.lag > 0) this.send({ type: 'replay', from: viewer.offset, to: end })
  }

  /** A client that says how much it has parsed is never sent more than its window ahead. */
  mayRead() {
    if (this.suspended && !this.exiting) return false
    return this.window === null || this.outlet.viewer.offset - this.acked < this.window
  }

  /** A gap is said before the bytes that follow it. */
  beforeFrame() {
    const gap = this.outlet.viewer.takeGap()
    if (gap) this.send({ type: 'gap', ...gap })
  }

  catchUp() {
    this.outlet.pump()
  }

  message(data, isBinary) {
    if (isBinary) {
      this.input(data)
      return
    }
    let message
    try {
      message = JSON.parse(data)
    } catch {
      this.fail('Text frames must be JSON', 'ERR_INVALID_JSON')
      return
    }
    this.control(message)
  }
}

module.exports = { StreamConnection }
