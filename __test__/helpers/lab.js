// A page with an xterm.js and the client, and nothing else: a test drives both
// from within the browser. Beside it, a server whose every word is the test's.

const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { WebSocketServer } = require('ws')

const CLIENT = path.join(__dirname, '../../client')
const TYPES = {
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.html': 'text/html',
}

const PAGE = `<!doctype html>
<title>lab</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="xterm/css/xterm.css">
<style>body { margin: 0 } .terminal { width: 800px; height: 400px }</style>
<script type="module">
  import { Terminal } from './xterm/lib/xterm.mjs'
  import * as offheap from './client/index.js'
  Object.assign(window, { Terminal, ...offheap, events: [] })
  const EVENTS = ['state', 'ready', 'size', 'gap', 'snapshot', 'exit', 'error', 'inputdropped', 'access', 'viewers',
    'control', 'bell', 'clipboard', 'notification']

  /** A terminal on the page; window.terminal and its kin are the last one's. */
  window.add = (target, options = {}, terminalOptions = {}, addonOptions = {}) => {
    const element = document.createElement('div')
    element.className = 'terminal'
    document.body.append(element)
    const client = new offheap.TerminalClient(target, options)
    const addon = new offheap.OffheapAddon(client, addonOptions)
    const terminal = new Terminal({ allowProposedApi: true, ...terminalOptions })
    terminal.loadAddon(addon)
    terminal.open(element)
    for (const source of [client, addon])
      for (const type of EVENTS) source.addEventListener(type, ({ detail }) => events.push({ ...detail, event: type }))
    return Object.assign(window, { client, addon, terminal })
  }
  window.shown = (of = terminal) => {
    const buffer = of.buffer.active
    return Array.from({ length: buffer.length }, (_, i) => buffer.getLine(i).translateToString(true)).join('\\n')
  }
</script>`

/**
 * @param {{ xterm?: string, files?: Record<string, string> }} [options] `xterm`: the package; `files`: more of them
 */
async function startLab({ xterm = '@xterm/xterm', files = {} } = {}) {
  const folders = { client: CLIENT, xterm: path.dirname(require.resolve(`${xterm}/package.json`)) }
  const content = (pathname) => {
    const own = { '/': PAGE, ...files }[pathname]
    if (own) return own
    const [, folder, ...rest] = pathname.split('/')
    const file = folders[folder] && path.join(folders[folder], ...rest)
    return file && fs.existsSync(file) ? fs.readFileSync(file) : null
  }
  const server = http.createServer((request, response) => {
    const { pathname } = new URL(request.url, 'http://lab')
    const body = content(pathname)
    response.writeHead(body === null ? 404 : 200, {
      'Content-Type': TYPES[path.extname(pathname)] ?? 'text/html',
    })
    response.end(body ?? '')
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

/** A server of WebSockets. `connections` are those that came, each with all that it said. */
async function startStage() {
  const connections = []
  const server = new WebSocketServer({
    port: 0,
    host: '127.0.0.1',
    handleProtocols: (offered) => [...offered][0],
  })
  await new Promise((resolve) => server.once('listening', resolve))
  server.on('connection', (ws, request) => connections.push(new Connection(ws, request)))
  return {
    url: `ws://127.0.0.1:${server.address().port}/`,
    connections,
    close: () => {
      for (const { ws } of connections) ws.terminate()
      server.close()
    },
  }
}

class Connection {
  messages = []
  input = ''
  closed = null

  constructor(ws, request) {
    this.ws = ws
    this.query = Object.fromEntries(new URL(request.url, 'ws://stage').searchParams)
    ws.on('message', (data, isBinary) => {
      if (isBinary) this.input += data
      else this.messages.push(JSON.parse(data))
    })
    ws.on('close', (code) => (this.closed = code))
    ws.on('error', () => {})
  }

  json(message) {
    this.ws.send(JSON.stringify(message))
  }
  /** Output, or a part of a snapshot. */
  frame(offset, data, snapshot = false) {
    const bytes = Buffer.from(data)
    const frame = Buffer.alloc(8 + bytes.length)
    frame.writeBigUInt64BE(BigInt(offset) | (snapshot ? 1n << 63n : 0n))
    bytes.copy(frame, 8)
    this.ws.send(frame)
  }
  ready(message = {}) {
    this.json({ type: 'connected', sessionId: 's', workingDir: '/', cols: 80, rows: 24, ...message })
    return this
  }
}

module.exports = { startLab, startStage }
