/**
 * Clients that count bytes and parse nothing, in a process of their own so that
 * their work is not the server's.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { WebSocket } = require('ws')

const FLOOD = 'stty -echo; while :; do seq 1 100000; done\r'

class Client {
  bytes = 0

  constructor(port, id, protocol) {
    const query = `sessionId=${id}`
    this.binary = protocol !== undefined
    this.ws = new WebSocket(`ws://127.0.0.1:${port}/?${query}`, protocol, { perMessageDeflate: false })
    this.ws.on('message', (data) => {
      this.bytes += data.length
      this.onMessage?.(data)
    })
    this.closed = new Promise((resolve) => this.ws.on('close', resolve))
    this.connected = new Promise((resolve) => this.ws.once('message', resolve))
    this.ws.on('error', () => {})
  }

  input(data) {
    this.ws.send(this.binary ? Buffer.from(data) : JSON.stringify({ type: 'input', data }))
  }
}

/** Each session runs a command to its end; resolves with the seconds it took. */
async function transfer({ port, protocol, sessions, command, name = 'transfer' }) {
  const clients = open(port, protocol, sessions, name)
  await Promise.all(clients.map(({ connected }) => connected))
  await pause(300)
  const start = performance.now()
  for (const client of clients) client.input(`exec ${command}\r`)
  await Promise.all(clients.map(({ closed }) => closed))
  const seconds = (performance.now() - start) / 1000
  return { seconds, bytes: clients.reduce((sum, { bytes }) => sum + bytes, 0) }
}

/** Each session runs a command while nobody watches; resolves with the seconds until all have ended. */
async function unwatched({ port, sessions, command }) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-ended-'))
  const clients = open(port, undefined, sessions, 'unwatched')
  await Promise.all(clients.map(({ connected }) => connected))
  clients.forEach((client, index) => {
    client.input(`sleep 0.5; ${command}; : > ${folder}/${index}\r`)
  })
  await pause(300)
  for (const { ws } of clients) ws.terminate()
  await Promise.all(clients.map(({ closed }) => closed))
  const start = performance.now()
  while (fs.readdirSync(folder).length < sessions) await pause(20)
  fs.rmSync(folder, { recursive: true })
  return { seconds: (performance.now() - start) / 1000 }
}

/** The time from a key to its echo, while other sessions flood. */
async function echo({ port, protocol, floods, keys }) {
  const others = open(port, protocol, floods, 'flood')
  const [client] = open(port, protocol, 1, 'echo')
  await Promise.all([...others, client].map(({ connected }) => connected))
  client.input('stty raw -echo; exec cat\r')
  for (const other of others) other.input(FLOOD)
  await pause(1500)
  const times = []
  for (let index = 0; index < keys; index += 1) {
    times.push(await keyTime(client))
    await pause(2 + Math.random() * 8)
  }
  for (const { ws } of [client, ...others]) ws.terminate()
  times.sort((a, b) => a - b)
  return { p50: times[keys >> 1], p99: times[Math.floor(keys * 0.99)] }
}

function keyTime(client) {
  return new Promise((resolve) => {
    const start = performance.now()
    client.onMessage = () => {
      client.onMessage = undefined
      resolve(performance.now() - start)
    }
    client.input('x')
  })
}

/** One viewer stops reading while its shell prints; another session answers. */
async function stall({ port, protocol, seconds, keys }) {
  const [stalled] = open(port, protocol, 1, 'stalled')
  const [client] = open(port, protocol, 1, 'echo')
  await Promise.all([stalled.connected, client.connected])
  client.input('stty raw -echo; exec cat\r')
  stalled.input('stty -echo; yes\r')
  await pause(200)
  stalled.ws._socket.pause()
  const times = []
  const until = performance.now() + seconds * 1000
  while (performance.now() < until) {
    times.push(await Promise.race([keyTime(client), pause(5000).then(() => Number.POSITIVE_INFINITY)]))
    await pause((seconds * 1000) / keys)
  }
  times.sort((a, b) => a - b)
  const result = { p50: times[times.length >> 1], p99: times[Math.floor(times.length * 0.99)] }
  for (const { ws } of [client, stalled]) ws.terminate()
  return result
}

function open(port, protocol, count, name) {
  return Array.from({ length: count }, (_, index) => new Client(port, `${name}${index}`, protocol))
}

function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms))
}

const tasks = { transfer, unwatched, echo, stall }

process.on('message', async ({ task, ...options }) => process.send(await tasks[task](options)))
process.on('disconnect', () => process.exit(0))
