// A client does not know yet that its session is closed, and goes on talking.

const { once } = require('node:events')
const { MuxClient } = require('../helpers/mux-client')
const { startServerProcess } = require('../helpers/server')

const MESSAGES = [
  { type: 'focus' },
  { type: 'blur' },
  { type: 'focus_change', mode: 'active' },
  { type: 'suspend' },
  { type: 'resume' },
  { type: 'input', data: 'x' },
  { type: 'ctrl', key: 'c' },
  { type: 'resize', cols: 100, rows: 40 },
  { type: 'ack', offset: 1 },
  { type: 'ping' },
]

let host
let bystander
beforeEach(async () => {
  host = await startServerProcess()
  bystander = host.connect({ sessionId: 'other' })
  await bystander.ready()
})
afterEach(() => host.stop())

const close = (id) => fetch(`${host.url}/api/terminal/close/${id}`, { method: 'DELETE' })

test.each([
  ['JSON', {}, undefined],
  ['JSON, in a project', {}, 'p'],
  ['offheap.v1', { stream: true }, undefined],
  ['offheap.v1, in a project', { stream: true }, 'p'],
])('each message to it harms nobody: %s', async (_name, options, projectId) => {
  const client = host.connect({ sessionId: 'a', projectId }, options)
  await client.ready()
  // It is told of the close, but has not heard.
  client.stopReading()
  expect((await close('a')).status).toBe(200)
  for (const message of MESSAGES) client.send(message)
  await bystander.settled()
  client.resumeReading()
  expect((await client.isClosed()).code).toBe(1000)
  await bystander.settled()
})

test('one whose project and id look like those of another together is told nothing', async () => {
  const other = host.connect({ projectId: 'x', sessionId: 'y\0z' })
  await other.ready()
  const client = host.connect({ projectId: 'x\0y', sessionId: 'z' })
  await client.ready()
  expect((await close('z')).status).toBe(200)
  await client.isClosed()
  await other.settled()
  expect(other.closed).toBeNull()
})

test('and over a shared connection', async () => {
  const mux = new MuxClient(host.url)
  await once(mux.ws, 'open')
  await mux.open(1, { sessionId: 'a', projectId: 'p' })
  await mux.open(2, { sessionId: 'b', projectId: 'p' })
  mux.ws._socket.pause()
  expect((await close('a')).status).toBe(200)
  for (const message of MESSAGES) mux.send({ ...message, channel: 1 })
  mux.ws._socket.resume()
  await mux.until(({ type }) => type === 'closed', 1)
  mux.send({ type: 'ping', channel: 2 })
  await mux.until(({ type }) => type === 'pong', 2)
  mux.ws.terminate()
})
