/** A viewer as the application's message handlers see it; `TerminalViewer` in `index.d.ts`. */
class ViewerFace {
  #connection
  #end = new AbortController()

  constructor(connection) {
    this.#connection = connection
  }

  get session() {
    return this.#connection.session
  }

  get grant() {
    return this.#connection.grant
  }

  get shared() {
    return this.#connection.isShared
  }

  get signal() {
    return this.#end.signal
  }

  /** A handler may take it out of the object. */
  send = (message, sent) => this.#connection.send(message, sent)

  ended() {
    this.#end.abort()
  }
}

module.exports = { ViewerFace }
