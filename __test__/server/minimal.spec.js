// examples/minimal/server.js as printed: what it serves, and what it does not.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { Client } = require('../helpers/client')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')

const FOLDER = path.join(__dirname, '../../examples/minimal')
const SERVER = path.join(FOLDER, 'server.js')
const TOKEN = 's3cret & more'

let child
let url

/** A port that nobody listens on: the example does not say which one it got. */
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address()
  server.close()
  await once(server, 'close')
  return port
}

beforeAll(async () => {
  const port = await freePort()
  child = spawn(process.execPath, [SERVER], {
    env: { ...process.env, NODE_OPTIONS: '', PORT: String(port), AUTH_TOKEN: TOKEN },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const [said] = await once(child.stdout, 'data')
  expect(said.toString()).toBe(`The token is ${TOKEN}\n`)
  url = `http://127.0.0.1:${port}`
})
afterAll(async () => {
  child.kill()
  await once(child, 'exit')
})

test('it has at most 25 lines', () => {
  expect(fs.readFileSync(SERVER, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

test('serves its page and every file that the page names', async () => {
  const get = async (file, type) => {
    const response = await fetch(new URL(file, url))
    expect([file, response.status, response.headers.get('content-type')]).toEqual([file, 200, type])
    return response.text()
  }
  const page = await get('/?projectId=p', 'text/html')
  const modules = [...page.matchAll(/from '([^']+)'/g)].map(([, file]) => file)
  const styles = [...page.matchAll(/href="([^"]+)"/g)].map(([, file]) => file)
  expect([modules.length, styles.length]).toEqual([2, 1])
  for (const file of styles) await get(file, 'text/css')
  for (const file of modules) {
    const code = await get(file, 'text/javascript')
    for (const [, next] of code.matchAll(/from '(\.\/[^']+)'/g)) {
      await get(new URL(next, new URL(file, url)).pathname, 'text/javascript')
    }
  }
})

test.each([
  '/server.js',
  '/package.json',
  '/client/../package.json',
  '/client/package.json',
  '/xterm/package.json',
  '/xterm/lib/%2e%2e/package.json',
  '/client/..%2fserver.js',
  '/constructor/x.js',
])('does not serve %s', async (target) => {
  const { hostname, port } = new URL(url)
  const socket = net.connect(Number(port), hostname)
  socket.write(`GET ${target} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nConnection: close\r\n\r\n`)
  let answer = ''
  for await (const data of socket) answer += data
  expect(answer).toMatch(/^HTTP\/1\.1 404 /)
})

test('a login token, several terminals, and their resumption', async () => {
  const stranger = new Client(url, { token: 'wrong' }, { path: '/terminals' })
  expect(await stranger.until('the refusal', () => stranger.refused)).toBe(401)
  const mux = new MuxClient(url, { token: TOKEN })
  await once(mux.ws, 'open')
  for (const channel of [1, 2]) {
    await mux.open(channel, { sessionId: `s${channel}` })
    mux.type(channel, `echo num""ber-${channel}; env | grep -c ^AUTH_TOKEN\r`)
    await mux.sees(channel, `number-${channel}\r\n0\r\n`)
  }
  mux.ws.terminate()
  await once(mux.ws, 'close')
  const again = new Client(url, { token: TOKEN, sessionId: 's1' }, { stream: true, path: '/terminals' })
  expect(await again.ready()).toMatchObject({ type: 'reconnected' })
  await again.sees('number-1')
  await eventually('both terminals', () => again.messages.some(({ type }) => type === 'viewers'))
  again.socket.terminate()
})
