const { Connection } = require('./connection')

const MAX_FRAME = 64 * 1024
const SNAPSHOT_BIT = 1n << 63n
const SNAPSHOT_FRAME = MAX_FRAME - 8

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
    const end = viewer.offset + viewer.lag
    // The client knows more than there is: another session had its id.
    if (from > end) this.send({ type: 'gap', from, to: end })
    if (viewer.lag > 0) this.send({ type: 'replay', from: viewer.offset, to: end })
  }

  /** The screen, in frames whose offset has its highest bit set. */
  sendSnapshot() {
    const { data, offset, cols, rows } = this.session.snapshot()
    this.send({ type: 'snapshot', offset, cols, rows, length: data.length })
    for (let start = 0; start < data.length; start += SNAPSHOT_FRAME) {
      this.sendBytes(SNAPSHOT_BIT | BigInt(offset), data.subarray(start, start + SNAPSHOT_FRAME))
    }
    return offset
  }

  sendBytes(offset, bytes) {
    const frame = Buffer.allocUnsafe(8 + bytes.length)
    frame.writeBigUInt64BE(offset)
    bytes.copy(frame, 8)
    this.socket.send(frame)
  }

  /** A window holds several frames, so that one is on its way while another is parsed. */
  frameBytes() {
    return this.window === null ? MAX_FRAME : Math.min(MAX_FRAME, Math.floor(this.window / 4))
  }

  viewerOptions() {
    return { ...super.viewerOptions(), maxFrameBytes: this.frameBytes() }
  }

  /** A client that says how much it has parsed is never sent more than its window ahead. */
  mayRead() {
    if (this.suspended && !this.exiting) return false
    return this.window === null || this.outlet.viewer.offset + this.frameBytes() - this.acked <= this.window
  }

  /**
   * A gap is said before the bytes that follow it; where there is a screen it
   * comes in their place.
   */
  beforeFrame() {
    const gap = this.outlet.viewer.takeGap()
    if (!gap) return true
    this.send({ type: 'gap', ...gap })
    if (!this.session.screen) return true
    this.recover()
    return false
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
