// Somebody in bad faith, in a process of their own: `node attacker.js <kind> <url> <folder> <token>`. It goes on until
// it is killed, and says `ready` once it has begun.

const http = require('node:http')
const net = require('node:net')
const os = require('node:os')
const { on, once } = require('node:events')
const { setTimeout: sleep } = require('node:timers/promises')
const { WebSocket } = require('ws')

const [kind, url, path, token] = process.argv.slice(2)
const { hostname, port } = new URL(url)

/** The session with the largest screen that there can be, full of colours. */
const LARGE = { projectId: 'large', sessionId: 'large', path, token, cols: 1000, rows: 500 }
/** Fills it, and changes it ten times a second. */
const COLOURS = `
  let text = ''
  for (let n = 0; n < 500000; n++) {
    const c = () => Math.floor(Math.random() * 256)
    text += '\\x1b[38;2;' + [c(), c(), c()].join(';') + ';48;2;' + [c(), c(), c()].join(';') + 'mx'
  }
  process.stdout.write(text, () => setInterval(() => process.stdout.write('\\x1b[Hy'), 100))`
/** What of it shows that the screen is full. */
const FILLED = 10_000_000
/** Takes 400 MB, holds them for a while, and begins anew. */
const HOG = `
  let held = []
  setInterval(() => held.length < 100 && held.push(Buffer.alloc(4 << 20, 1)), 20)
  setInterval(() => { held = [] }, 20000)`

const ready = () => process.send('ready')
const program = (source) =>
  `exec '${process.execPath}' -e "$(echo ${Buffer.from(source).toString('base64')} | base64 -d)"\r`

function connect(query, { protocol = [], ...options } = {}) {
  const address = `${url.replace('http', 'ws')}/?${new URLSearchParams(query)}`
  const ws = new WebSocket(address, protocol, options)
  ws.on('error', () => {})
  return ws
}

/** Resolves once the server has opened a session, and sent so many bytes of it. */
async function opened(ws, bytes = 0) {
  let received = 0
  for await (const [data] of on(ws, 'message', { close: ['close'] })) {
    if (data.includes('"type":"error"')) throw new Error(`${kind} was refused: ${data}`)
    received += data.length
    if (received > bytes) return
  }
  throw new Error(`${kind} was closed`)
}

/** Does something over and over, each time when the last one is over. */
async function forEver(act, pause) {
  for (;;) {
    await act().catch(() => {})
    await sleep(pause)
  }
}

/** So many that each do something over and over. */
function many(count, act, pause) {
  for (let n = 0; n < count; n += 1) forEver(() => act(n), pause)
}

/** A connection as bytes, until it is closed. */
function dangle(text, more = '') {
  const socket = net.connect(Number(port), hostname)
  socket.on('error', () => {})
  socket.resume()
  socket.write(text)
  if (more) socket.once('data', () => socket.write(more))
  return once(socket, 'close')
}

const upgrade = (query) =>
  `GET /?${new URLSearchParams(query)} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: Upgrade\r\n` +
  'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n'

const fragment = (first, payload) => Buffer.concat([first, Buffer.alloc(4), payload])

const KINDS = {
  /** A program takes nearly all of the memory that there is for the server and its shells. */
  hog: () =>
    forEver(async () => {
      const ws = connect({ projectId: 'hog', path, token })
      await opened(ws)
      ws.send(JSON.stringify({ type: 'input', data: program(HOG) }))
      ready()
      await once(ws, 'close')
    }, 1000),

  /** Channels of a large screen are opened and closed, sixty in a packet. */
  async channels() {
    const first = connect(LARGE)
    await opened(first)
    first.send(JSON.stringify({ type: 'input', data: program(COLOURS) }))
    await opened(first, FILLED)
    ready()
    forEver(async () => {
      const mux = connect({ token }, { protocol: 'offheap.mux.v1' })
      await once(mux, 'open')
      while (mux.readyState === WebSocket.OPEN) {
        mux._socket.cork()
        for (let channel = 0; channel < 60; channel += 1) {
          mux.send(JSON.stringify({ type: 'open', channel, ...LARGE }))
          mux.send(JSON.stringify({ type: 'close', channel }))
        }
        mux._socket.uncork()
        await sleep(50)
      }
    }, 100)
  },

  /** Sixty clients of the large screen read nothing. */
  unread() {
    many(
      60,
      async () => {
        const ws = connect(LARGE)
        await once(ws, 'open')
        ws._socket.pause()
        await sleep(5000)
        ws.terminate()
      },
      100,
    )
    ready()
  },

  /** A size that freezes the pages of others, and back. */
  sizes: () =>
    forEver(async () => {
      const ws = connect({ ...LARGE, sessionId: 'sizes' })
      await opened(ws)
      ready()
      while (ws.readyState === WebSocket.OPEN) {
        ws.send(JSON.stringify({ type: 'resize', cols: 65_535, rows: 65_535 }))
        ws.send(JSON.stringify({ type: 'resize', cols: 2, rows: 2 }))
        await sleep(50)
      }
    }, 100),

  /** A thousand connections without a token: half say nothing, half ask for a terminal. */
  strangers() {
    many(1000, (n) => dangle(n % 2 === 0 ? 'G' : upgrade({ path })), 1000)
    ready()
  },

  /** Hundreds of messages of very many pieces, and others that are large and never end. */
  fragments() {
    const pieces = Buffer.concat([
      fragment(Buffer.from([0x01, 0x81]), Buffer.from(' ')),
      ...Array.from({ length: 16_000 }, () => fragment(Buffer.from([0x00, 0x81]), Buffer.from(' '))),
    ])
    const large = fragment(
      Buffer.from([0x01, 0xff, 0, 0, 0, 0, 0, 0x0f, 0xff, 0xff]),
      Buffer.alloc(1_000_000, ' '),
    )
    const query = { projectId: 'fragments', sessionId: 'fragments', path, token }
    many(300, (n) => dangle(upgrade(query), n % 3 === 0 ? large : pieces), 2000)
    ready()
  },

  /** Sessions of ever new projects, over HTTP and over WebSockets. */
  creations() {
    const agent = new http.Agent({ keepAlive: true })
    let count = 0
    const create = async () => {
      count += 1
      const body = JSON.stringify({ projectId: `project-${count}`, projectPath: path })
      const request = http.request(`${url}/api/terminal/create`, {
        method: 'POST',
        agent,
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
      })
      request.end(body)
      const [response] = await once(request, 'response')
      await once(response.resume(), 'end')
    }
    const open = async () => {
      count += 1
      const ws = connect({ projectId: `project-${count}`, path, token })
      await Promise.race([once(ws, 'close'), sleep(1000)])
      ws.terminate()
    }
    many(2, create, 50)
    many(2, open, 100)
    ready()
  },
}

// It is the server that is attacked, not the processors.
os.setPriority(os.constants.priority.PRIORITY_LOW)
process.on('disconnect', () => process.exit(0))
KINDS[kind]()
