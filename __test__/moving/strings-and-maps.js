// A small server of web terminals on strings and Maps: what docs/moving.md
// begins with. Its steps quote this file, and the test beside it takes them.

const http = require('node:http')
const { WebSocketServer } = require('ws')
const pty = require('node-pty')

const MAX_PER_PROJECT = 6

const sessions = new Map()
const projectSessions = new Map()
const wsConnections = new Map()
const outputBuffers = new Map()

function openSession(id, projectId, cwd) {
  const env = { ...process.env, TERM: 'xterm-256color', APP: 'demo' }
  const shell = pty.spawn(process.env.SHELL || 'bash', ['-l'], { cols: 80, rows: 30, cwd, env })
  const session = { id, projectId, cwd, shell, outputBuffer: '' }
  sessions.set(id, session)
  outputBuffers.set(id, [])
  const ids = projectSessions.get(projectId) ?? new Set()
  projectSessions.set(projectId, ids.add(id))
  if (ids.size > MAX_PER_PROJECT) closeSession([...ids][0])
  shell.onData((data) => {
    session.outputBuffer += data
    if (session.outputBuffer.length > 10240) session.outputBuffer = session.outputBuffer.slice(-10240)
    const chunks = outputBuffers.get(id)
    chunks.push(data)
    if (chunks.length > 500) chunks.shift()
    wsConnections.get(id)?.send(JSON.stringify({ type: 'stream', data }))
  })
  shell.onExit(({ exitCode }) => {
    wsConnections.get(id)?.send(JSON.stringify({ type: 'exit', code: exitCode }))
    wsConnections.get(id)?.close()
    closeSession(id)
  })
  return session
}

function closeSession(id) {
  const session = sessions.get(id)
  if (!session) return
  session.shell.kill()
  projectSessions.get(session.projectId).delete(id)
  setTimeout(() => sessions.delete(id), 5000)
}

function answer(method, path, projectId) {
  if (method === 'DELETE') {
    closeSession(path.split('/').at(-1))
    return { success: true }
  }
  return { success: true, sessions: [...(projectSessions.get(projectId) ?? [])] }
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(answer(request.method, pathname, searchParams.get('projectId'))))
})

const sockets = new WebSocketServer({ server })
sockets.on('connection', (ws, request) => {
  const query = new URL(request.url, 'http://localhost').searchParams
  const [id, projectId] = [query.get('sessionId'), query.get('projectId')]
  const known = sessions.get(id)
  const session = known ?? openSession(id, projectId, query.get('path'))
  wsConnections.set(id, ws)
  const say = (message) => ws.send(JSON.stringify(message))
  say({ type: known ? 'reconnected' : 'connected', sessionId: id, workingDir: session.cwd })
  if (known) say({ type: 'stream', data: session.outputBuffer })
  ws.on('message', (text) => {
    const { type, data, cols, rows } = JSON.parse(text)
    if (type === 'input') session.shell.write(data)
    if (type === 'resize') session.shell.resize(cols, rows)
    if (type === 'ping') say({ type: 'pong' })
  })
  ws.on('close', () => wsConnections.delete(id))
})

process.once('SIGTERM', () => {
  for (const { shell } of sessions.values()) shell.kill()
  process.exit(0)
})

server.listen(process.env.PORT || 4001, '127.0.0.1', () => {
  console.log(`Terminals on http://127.0.0.1:${server.address().port}`)
})
