// What a user of the package writes, once for each way to load it.

const body = `
const buffer = new CircularBuffer(4096)
buffer.write('kept')
const pty = spawn('/bin/sh', ['-c', 'echo sum=$((6 * 7))'], { cols: 80, rows: 24 })
let output = ''
pty.onData((data) => { output += data })
pty.onExit(({ exitCode }) => console.log(JSON.stringify({ output, exitCode, kept: buffer.toString() })))
`

const cjs = `const { CircularBuffer, spawn } = require('offheap-terminal')\n${body}`
const esm = `import { CircularBuffer, spawn } from 'offheap-terminal'\n${body}`

// A shell that goes on in the next registry, which needs the keeper's binary
// where the package manager has put it, with its mode.
const keeper = `
const { SessionRegistry } = require('offheap-terminal')
const dir = require('node:fs').mkdtempSync(require('node:path').join(require('node:os').tmpdir(), 'offheap-kept-'))
const journal = { dir, keeper: true }
const first = new SessionRegistry({ journal })
const { pid } = first.create({ id: 's', pty: { file: '/bin/sh', args: ['-c', 'read line'] } })
first.leave()
const second = new SessionRegistry({ journal })
const [restored] = second.restore()
console.log(JSON.stringify({ same: restored.pid === pid, status: restored.status }))
second.shutdown()
require('node:fs').rmSync(dir, { recursive: true, force: true })
`

// Beside a copy of the example's server: starts it, loads its page, and types
// a command as a browser would.
const server = `
const WebSocket = require('ws')
const { TerminalWebSocketServer } = require('./terminal-ws-standalone')

async function main() {
  const server = new TerminalWebSocketServer({ port: 0 })
  await server.listen()
  const page = await fetch(server.url)
  const library = await fetch(server.url + '/vendor/xterm/xterm.mjs')
  const socket = new WebSocket(server.url.replace('http', 'ws'))
  let output = ''
  socket.on('message', (data) => {
    const message = JSON.parse(data)
    if (message.type === 'connected') socket.send(JSON.stringify({ type: 'input', data: 'echo sum=$((6 * 7))\\r' }))
    if (message.type === 'stream') output += message.data
    if (output.includes('sum=42')) socket.close()
  })
  await new Promise((resolve) => socket.once('close', resolve))
  await server.close()
  console.log(JSON.stringify({ addon: require.resolve('offheap-terminal'), page: page.status, library: library.status }))
}

main()
`

// A server of an application's own, and a client of it.
const served = `
const http = require('node:http')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer } = require('offheap-terminal/server')
const WebSocket = require('ws')

const registry = new SessionRegistry()
const shell = () => ({ file: '/bin/sh', args: ['-c', 'stty -echo; read line; echo "served $line"'] })
const terminals = new TerminalServer({ registry, shell })
const server = http.createServer()
server.on('upgrade', terminals.upgrade)
server.listen(0, '127.0.0.1', () => {
  const socket = new WebSocket('ws://127.0.0.1:' + server.address().port)
  let streamed = ''
  socket.on('message', (data) => {
    const message = JSON.parse(data)
    if (message.type === 'connected') socket.send(JSON.stringify({ type: 'input', data: 'twice\\r' }))
    if (message.type === 'stream') streamed += message.data
  })
  socket.once('close', async (code) => {
    console.log(JSON.stringify({ served: streamed.includes('served twice'), code }))
    await terminals.close()
    registry.shutdown()
    server.close()
  })
})
`

const typescript = `
import { CircularBuffer, type IPty, Pty, SessionRegistry, spawn, type Session } from 'offheap-terminal'

using buffer = new CircularBuffer(4096)
const end: number = buffer.write(new Uint8Array([104, 105]))
const registry = new SessionRegistry({ maxSessions: 2, onProjectLimit: 'reject' })
registry.on('sessionExited', ({ id, code }: { id: string; code: number }) => console.log(id, code))
const session: Session = registry.create({ pty: { file: 'sh', args: ['-c', 'true'], cols: 80, rows: 24 } })
const history: Buffer = session.history()
const pty: IPty = spawn('sh', ['-c', 'true'], { cols: 80 })
new Pty('sh', ['-c', 'true']).on('drain', () => {}).unref()
pty.onExit(({ exitCode, signal }) => console.log(exitCode, signal, end, history))
// @ts-expect-error A capacity is a number.
new CircularBuffer('4096')
// @ts-expect-error There is no such option.
registry.create({ shell: 'sh' })
`

const tsconfig = (module, moduleResolution) =>
  JSON.stringify({
    compilerOptions: {
      module,
      moduleResolution,
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    },
    files: ['consumer.ts'],
  })

module.exports = { cjs, esm, keeper, served, server, typescript, tsconfig }
