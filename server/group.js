const { applySize } = require('./size')

/** Up to so many are told at once of who comes and goes. */
const FEW = 16

/** The connections of one session: handles, no data. */
class Group {
  connections = new Set()
  /** The code that the last of those left with who may do more than read. */
  leftWith
  #telling = false
  /** What the viewer that set the size last said of its terminal. */
  #client

  add(connection) {
    this.connections.add(connection)
    this.#changed()
  }

  delete(connection) {
    this.connections.delete(connection)
    if (connection.access === 'write') this.leftWith = connection.closeCode
    this.#changed()
  }

  /**
   * Tells everyone how many there are: once for all that come and go in one
   * turn of the event loop, or where there are many, in as many ms.
   */
  #changed() {
    if (this.#telling) return
    this.#telling = true
    const tell = () => {
      this.#telling = false
      this.#tell()
    }
    const { size } = this.connections
    if (size > FEW) setTimeout(tell, size).unref()
    else setImmediate(tell)
  }

  #tell() {
    const count = this.connections.size
    let readers = 0
    for (const { access } of this.connections) if (access === 'read') readers += 1
    for (const connection of this.connections) connection.viewersChanged(count, readers)
  }

  /**
   * Who answers what programs ask their terminal, as one connection is told: the
   * session's screen, or the terminal of the client that came first of those that
   * may type, or nobody as far as this one is concerned.
   */
  answersFor(connection) {
    if (connection.session.screen) return 'server'
    for (const each of this.connections) {
      if (each.access === 'write') return each === connection ? 'viewer' : 'none'
    }
    return 'none'
  }

  /** Sets the size that a viewer asks for, and tells everyone. */
  resize(session, size) {
    applySize(session, size)
    this.#sizeChanged(session)
  }

  /** The screen follows the terminal of the viewer that sets the size. */
  followClient({ session, client }) {
    if (client === this.#client) return
    this.#client = client
    session.setClient(client)
  }

  #sizeChanged({ cols, rows }) {
    for (const connection of this.connections) connection.sizeChanged(cols, rows)
  }

  /** The viewer that was active last, of those that may set the size and have said theirs. */
  #latest() {
    let latest = null
    for (const connection of this.connections) {
      if (connection.size && (!latest || connection.activeAt > latest.activeAt)) latest = connection
    }
    return latest
  }

  /** The size goes back to the next one when the viewer leaves that set it, and so does the screen. */
  giveSizeBack(session, leaver) {
    if (!leaver.size || session.closed || session.exit) return
    const next = this.#latest()
    if (!next || next.activeAt > leaver.activeAt) return
    this.followClient(next)
    const { cols, rows } = next.size
    if (cols !== session.cols || rows !== session.rows) this.resize(session, next.size)
  }
}

module.exports = { Group }
