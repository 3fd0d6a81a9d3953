// TerminalServer within the servers that applications have.

const { execFileSync } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const https = require('node:https')
const { WebSocket, WebSocketServer } = require('ws')
const express = require('express')
const fastify = require('fastify')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer, defaultShell, refuseUpgrade } = require('offheap-terminal/server')
const { Client } = require('../helpers/client')
const { eventually } = require('../helpers/proc')
const { shellIn } = require('../helpers/terminals')
const { PROMPT, workspace } = require('../helpers/workspace')

let space
let registry
let terminals
const clients = []

beforeEach(() => {
  space = workspace()
  registry = new SessionRegistry()
  terminals = new TerminalServer({
    registry,
    token: 's3cret',
    shell: (...asked) => shellIn(space, defaultShell(...asked)),
  })
})

afterEach(async () => {
  for (const { socket } of clients.splice(0)) socket.terminate()
  await terminals.close()
  registry.shutdown()
  space.remove()
})

function listening(server) {
  server.listen(0, '127.0.0.1')
  return once(server, 'listening').then(() => server.address().port)
}

/** An HTTP server waits for its WebSockets: those are closed first. */
async function stop(server) {
  await terminals.close()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
}

function connect(url, query = {}, options = {}) {
  const client = new Client(url, { token: 's3cret', path: space.folder, ...query }, options)
  clients.push(client)
  return client
}

/** A shell works, a resumption is exact, and whoever has no token gets neither. */
async function expectService(url, options = {}) {
  const client = connect(url, { sessionId: 's' }, { stream: true, ...options })
  await client.sees(PROMPT)
  client.type('echo wor""king\r')
  await client.sees('working\r\n')
  const offset = client.end
  await client.cut()
  const again = connect(url, { sessionId: 's', offset }, { stream: true, ...options })
  expect(await again.ready()).toMatchObject({ type: 'reconnected' })
  again.type('echo ag""ain\r')
  await again.sees('again\r\n')
  expect(again.frames[0].offset).toBe(offset)
  const stranger = connect(url, { token: 'wrong' }, options)
  expect(await stranger.until('the refusal', () => stranger.refused)).toBe(401)
}

test('http', async () => {
  const server = http.createServer().on('upgrade', terminals.upgrade)
  await expectService(`http://127.0.0.1:${await listening(server)}`)
  await stop(server)
})

test('https', async () => {
  const [key, cert] = [space.file('key.pem'), space.file('cert.pem')]
  const subject = ['-subj', '/CN=localhost', '-days', '2']
  execFileSync(
    'openssl',
    ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-keyout', key, '-out', cert, ...subject],
    {
      stdio: 'ignore',
    },
  )
  const server = https.createServer({ key: fs.readFileSync(key), cert: fs.readFileSync(cert) })
  server.on('upgrade', terminals.upgrade)
  const port = await listening(server)
  const socket = new WebSocket(`wss://127.0.0.1:${port}/?token=s3cret&path=${space.folder}`, {
    rejectUnauthorized: false,
  })
  const messages = []
  socket.on('message', (data) => messages.push(JSON.parse(data)))
  await once(socket, 'open')
  socket.send(JSON.stringify({ type: 'input', data: 'echo enc""rypted\r' }))
  await eventually('the echo', () => messages.some(({ data }) => data?.includes('encrypted\r\n')))
  socket.terminate()
  await stop(server)
})

test('Express', async () => {
  const app = express()
  app.get('/hello', (_request, response) => response.send('hello'))
  const server = http.createServer(app)
  server.on('upgrade', terminals.upgrade)
  const url = `http://127.0.0.1:${await listening(server)}`
  await expectService(url, { path: '/terminals' })
  expect(await (await fetch(`${url}/hello`)).text()).toBe('hello')
  await stop(server)
})

test('Fastify', async () => {
  const app = fastify()
  app.get('/hello', async () => 'hello')
  app.server.on('upgrade', terminals.upgrade)
  app.addHook('preClose', () => terminals.close())
  const url = await app.listen({ port: 0, host: '127.0.0.1' })
  await expectService(url, { path: '/terminals' })
  expect(await (await fetch(`${url}/hello`)).text()).toBe('hello')
  await app.close()
  expect((await clients.at(-2).isClosed()).code).toBe(1001)
})

test('a custom server of a framework that has WebSockets of its own, as Next.js has', async () => {
  const own = new WebSocketServer({ noServer: true })
  const app = {
    handle: (_request, response) => response.end('page'),
    handleUpgrade: (request, socket, head) =>
      own.handleUpgrade(request, socket, head, (ws) => ws.send('hot reload')),
  }
  const server = http.createServer(app.handle)
  server.on('upgrade', (request, socket, head) => {
    const [path] = request.url.split('?')
    if (path === '/terminals') terminals.upgrade(request, socket, head)
    else if (path.startsWith('/_next/')) app.handleUpgrade(request, socket, head)
    else refuseUpgrade(socket, { status: 404, message: 'Not found' })
  })
  const port = await listening(server)
  await expectService(`http://127.0.0.1:${port}`, { path: '/terminals' })
  const socket = new WebSocket(`ws://127.0.0.1:${port}/_next/webpack-hmr`)
  const [data] = await once(socket, 'message')
  expect(data.toString()).toBe('hot reload')
  socket.terminate()
  const lost = connect(`http://127.0.0.1:${port}`, {}, { path: '/elsewhere' })
  expect(await lost.until('the refusal', () => lost.refused)).toBe(404)
  await stop(server)
})

test('a ws server of the application’s own', async () => {
  const sockets = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: (offered) => (offered.has('offheap.v1') ? 'offheap.v1' : false),
  })
  sockets.on('connection', (ws, request) => terminals.connect(ws, request))
  await once(sockets, 'listening')
  const url = `http://127.0.0.1:${sockets.address().port}`
  const client = connect(url, {}, { stream: true })
  await client.sees(PROMPT)
  client.type('echo wor""king\r')
  await client.sees('working\r\n')
  expect((await connect(url, { token: 'wrong' }).isClosed()).code).toBe(4401)
  client.socket.terminate()
  sockets.close()
})

test('a Unix socket, whose peers are local', async () => {
  const open = new TerminalServer({ registry, shell: (...asked) => shellIn(space, defaultShell(...asked)) })
  const server = http.createServer().on('upgrade', open.upgrade)
  const file = space.file('server.sock')
  server.listen(file)
  await once(server, 'listening')
  const socket = new WebSocket(`ws+unix:${file}:/?path=${space.folder}`)
  const [data] = await once(socket, 'message')
  expect(JSON.parse(data)).toMatchObject({ type: 'connected', workingDir: space.folder })
  socket.terminate()
  await open.close()
  await stop(server)
})
