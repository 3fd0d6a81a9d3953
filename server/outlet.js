/**
 * One viewer's way to one socket, with at most one frame on the way. The next
 * frame is read when the last one is out, so a slow peer costs one frame of
 * memory and nobody else's time.
 */
class Outlet {
  #socket
  #viewer
  #binary
  #mayRead
  #beforeFrame
  #failed
  #inFlight = false
  #onDrained = null

  /**
   * @param {object} options
   * @param {import('ws').WebSocket} options.socket
   * @param {import('offheap-terminal').Viewer} options.viewer
   * @param {boolean} options.binary send frames as binary messages
   * @param {() => boolean} options.mayRead asked before each frame
   * @param {(frame: Buffer) => void} [options.beforeFrame] runs between reading and sending
   * @param {(error: unknown) => void} options.failed is told what any of these throws
   */
  constructor({ socket, viewer, binary, mayRead, beforeFrame, failed }) {
    this.#socket = socket
    this.#viewer = viewer
    this.#binary = { binary }
    this.#mayRead = mayRead
    this.#beforeFrame = beforeFrame
    this.#failed = failed
    viewer.onReadable(() => this.pump())
  }

  get viewer() {
    return this.#viewer
  }

  /** Sends the next frame, if there is one and it may go. */
  pump() {
    // Called by the viewer and by the socket, who have nobody to tell of a failure.
    try {
      this.#sendNext()
    } catch (error) {
      this.#failed(error)
    }
  }

  #sendNext() {
    if (this.#inFlight || this.#socket.readyState !== this.#socket.OPEN || !this.#mayRead()) return
    const frame = this.#viewer.read()
    if (frame === null) {
      // A screen that has to wait for its turn is not everything yet.
      if (!this.#viewer.screenDue) this.#drained()
      return
    }
    this.#beforeFrame?.(frame)
    this.#inFlight = true
    this.#socket.send(frame, this.#binary, this.#sent)
  }

  // One function for the life of the connection, not one for each frame.
  #sent = () => {
    this.#inFlight = false
    this.#viewer.release()
    if (this.#onDrained) this.pump()
  }

  /** Calls back once everything that is there has been sent. */
  whenDrained(callback) {
    this.#onDrained = callback
    this.pump()
  }

  #drained() {
    const callback = this.#onDrained
    this.#onDrained = null
    callback?.()
  }

  close() {
    this.#viewer.close()
  }
}

module.exports = { Outlet }
