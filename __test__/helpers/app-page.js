// A page that behaves as the app's does: a grid of 2×3 terminals that know the
// app's protocol and nothing newer. It ignores `history`, comes back after
// every close but 1000 and those of its circuit breaker, opens a new shell
// after a close without a code, and closes a tab when DELETE says `success`.

module.exports.APP_PAGE = `<!doctype html>
<title>app</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="xterm/css/xterm.css">
<style>
  body { margin: 0; display: grid; grid-template-columns: repeat(3, 400px); grid-auto-rows: 300px }
  section { overflow: hidden }
</style>
<script type="module">
  import { Terminal } from './xterm/lib/xterm.mjs'

  const query = new URLSearchParams(location.search)
  const [server, path, projectId] = ['server', 'path', 'projectId'].map((name) => query.get(name))
  const RETRY = 100
  const panes = (window.panes = [])
  /** What happened, for the test: closes, errors, and what HTTP said. */
  const log = (window.log = { closes: [], errors: [], answers: [], newShells: 0 })

  async function call(method, route, body) {
    const response = await fetch(server + '/api/terminal/' + route, {
      method,
      headers: { 'Content-Type': 'application/json' },
      body: body && JSON.stringify(body),
    })
    const answer = await response.json()
    log.answers.push({ method, status: response.status, success: answer.success })
    return answer
  }

  class Pane {
    state = 'connecting'
    exit = null
    connections = 0

    constructor(id) {
      this.id = id
      this.element = document.createElement('section')
      document.body.append(this.element)
      this.terminal = new Terminal({ cols: 50, rows: 15, allowProposedApi: true })
      this.terminal.open(this.element)
      this.terminal.onData((data) => this.send({ type: 'input', data }))
      this.terminal.textarea.addEventListener('focus', () => this.send({ type: 'focus' }))
      this.connect()
    }

    connect() {
      const wanted = { projectId, sessionId: this.id + '_' + projectId, path }
      this.socket = new WebSocket(server.replace('http', 'ws') + '/?' + new URLSearchParams(wanted))
      this.socket.onopen = () => this.send({ type: 'focus' })
      this.socket.onmessage = ({ data }) => this.take(JSON.parse(data))
      this.socket.onclose = ({ code }) => this.closed(code)
    }

    send(message) {
      if (this.socket.readyState === 1) this.socket.send(JSON.stringify(message))
    }

    take({ type, data, code, message }) {
      if (type === 'connected' || type === 'reconnected') {
        this.connections += 1
        this.state = 'live'
        this.send({ type: 'resize', cols: this.terminal.cols, rows: this.terminal.rows })
        this.send({ type: 'focus' })
      }
      if (type === 'stream' || type === 'buffered') this.terminal.write(data)
      if (type === 'exit') this.exit = code
      if (type === 'error') log.errors.push(message)
      if (type === 'suspended' || type === 'resumed') this.told = type
    }

    closed(code) {
      log.closes.push([this.id, code])
      if (code === 1000 || (code >= 4000 && code <= 4099)) {
        this.state = 'ended'
      } else if (code === 1005) {
        this.renew()
      } else {
        this.state = 'waiting'
        setTimeout(() => this.connect(), RETRY)
      }
    }

    async renew() {
      log.newShells += 1
      const { session } = await call('POST', 'create', { projectId, projectPath: path })
      this.id = session.id
      keep()
      this.connect()
    }

    /** What it shows, and what has scrolled off. */
    get text() {
      const buffer = this.terminal.buffer.active
      const line = (row) => buffer.getLine(row).translateToString(true)
      return Array.from({ length: buffer.length }, (_, row) => line(row)).join('\\n') + '\\n'
    }
  }

  const keep = () => sessionStorage.setItem('panes', JSON.stringify(panes.map(({ id }) => id)))

  window.add = async () => {
    const { session } = await call('POST', 'create', { projectId, projectPath: path })
    panes.push(new Pane(session.id))
    keep()
  }

  /** The tab's button, and the clean-up of the component: both ask. */
  window.end = async (pane) => {
    const answers = await Promise.all([1, 2].map(() => call('DELETE', 'close/' + pane.id)))
    if (!answers.every(({ success }) => success === true)) return
    pane.element.remove()
    panes.splice(panes.indexOf(pane), 1)
    keep()
  }

  for (const id of JSON.parse(sessionStorage.getItem('panes') ?? '[]')) panes.push(new Pane(id))
  window.isReady = true
</script>`
