// A session that a limit closes while one of its frames goes out: the screen
// that was to follow a gap is gone. That ends no more than the session.

const { once } = require('node:events')
const http = require('node:http')
const { WebSocketServer } = require('ws')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer, defaultShell } = require('offheap-terminal/server')
const { Client } = require('../helpers/client')
const { eventually } = require('../helpers/proc')
const { shellIn } = require('../helpers/terminals')
const { PROMPT, workspace } = require('../helpers/workspace')

const failures = []
const note = (error) => failures.push(error)

let space
let registry
let terminals
let server
let sockets
/** What happens as a frame is handed to the socket, in the same turn. */
let onSend = () => {}
/** Whether frames stay on their way, and what is called when they are out. */
let isSlow = false
let onItsWay = []

beforeEach(async () => {
  failures.length = 0
  process.on('uncaughtException', note)
  space = workspace()
  registry = new SessionRegistry({ historyBytes: 4096, maxSessionsPerProject: 1, spawnsPerMinute: 0 })
  terminals = new TerminalServer({
    registry,
    onError: note,
    shell: (...asked) => shellIn(space, defaultShell(...asked)),
  })
  sockets = new WebSocketServer({
    noServer: true,
    handleProtocols: (offered) => [...offered][0],
  })
  server = http.createServer()
  server.on('upgrade', (request, socket, head) => {
    sockets.handleUpgrade(request, socket, head, (ws) => {
      const send = ws.send.bind(ws)
      ws.send = (data, ...more) => {
        const sent = more.at(-1)
        if (isSlow && typeof sent === 'function') more[more.length - 1] = () => onItsWay.push(sent)
        send(data, ...more)
        onSend(data)
      }
      terminals.connect(ws, request)
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
})

afterEach(async () => {
  onSend = () => {}
  isSlow = false
  onItsWay = []
  await terminals.close()
  registry.shutdown()
  server.close()
  process.off('uncaughtException', note)
  space.remove()
})

test.each([
  ['JSON', false],
  ['offheap.v1', true],
])('%s: its viewer is told why, and others live on', async (_name, stream) => {
  const url = `http://127.0.0.1:${server.address().port}`
  const options = { path: space.folder }
  const other = new Client(url, { ...options, projectId: 'other', sessionId: 'o' }, { stream })
  const client = new Client(url, { ...options, projectId: 'p', sessionId: 's' }, { stream, keep: false })
  await other.sees(PROMPT)
  await client.ready()
  let closed = false
  onSend = (data) => {
    if (closed || !isGap(data)) return
    closed = true
    // A second session of a project that may have one closes the first.
    registry.create({ projectId: 'p', id: 'newer' })
  }
  await client.until('its prompt', () => client.bytes > 0)
  isSlow = true
  client.type('seq 100000\r')
  const session = registry.get('s', 'p')
  await eventually('the viewer is behind what is kept', () => session.start > client.end + 4096)
  isSlow = false
  for (const sent of onItsWay.splice(0)) sent()
  expect(await client.isClosed()).toEqual({ code: 4001, reason: 'Closed to make room' })
  expect(closed).toBe(true)
  await other.settled()
  await new Promise(setImmediate)
  expect(failures).toEqual([])
  other.socket.terminate()
})

/** Whether a frame tells a gap. */
function isGap(data) {
  return data.includes('"type":"gap"')
}
