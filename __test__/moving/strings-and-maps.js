// A small server of web terminals on strings and Maps: what docs/moving.md
// begins with. Its steps quote this file, and the test beside it takes them.

const http = require('node:http')
const { WebSocketServer } = require('ws')
const pty = require('node-pty')

/** How long a shell lives on after its client has gone, by the close code; after any other, 5 minutes. */
const KEEP_ALIVE = { 1000: 600_000, 1001: 120_000 }

const MAX_PER_PROJECT = 6
const MAX_FOCUSED = 6

const sessions = new Map()
const projectSessions = new Map()
const focusedSessions = new Map()
const suspendedProjects = new Map()
const wsConnections = new Map()
const outputBuffers = new Map()
const goodbyes = new Map()

function tell(id, message) {
  wsConnections.get(id)?.send(JSON.stringify(message))
}

function isWatched({ id, projectId }) {
  return focusedSessions.get(projectId)?.has(id) && !suspendedProjects.get(projectId)
}

function deliver(session, data) {
  session.outputBuffer += data
  if (session.outputBuffer.length > 10240) session.outputBuffer = session.outputBuffer.slice(-10240)
  if (isWatched(session)) return tell(session.id, { type: 'stream', data })
  const chunks = outputBuffers.get(session.id)
  chunks.push(data)
  if (chunks.length > 500) chunks.shift()
}

function catchUp(session) {
  if (!isWatched(session)) return
  const data = outputBuffers.get(session.id).splice(0).join('')
  if (data !== '') tell(session.id, { type: 'buffered', data })
}

function openSession(id, projectId, cwd) {
  const env = { ...process.env, TERM: 'xterm-256color', APP: 'demo' }
  const shell = pty.spawn(process.env.SHELL || 'bash', ['-l'], { cols: 80, rows: 30, cwd, env })
  const session = { id, projectId, cwd, shell, outputBuffer: '' }
  sessions.set(id, session)
  outputBuffers.set(id, [])
  const ids = projectSessions.get(projectId) ?? new Set()
  projectSessions.set(projectId, ids.add(id))
  if (ids.size > MAX_PER_PROJECT) closeSession([...ids][0])
  if ((focusedSessions.get(projectId)?.size ?? 0) < MAX_FOCUSED) setFocus(id, projectId, true)
  shell.onData((data) => deliver(session, data))
  shell.onExit(({ exitCode }) => {
    tell(id, { type: 'exit', code: exitCode })
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
  focusedSessions.get(session.projectId)?.delete(id)
  setTimeout(() => sessions.delete(id), 5000)
}

function setFocus(id, projectId, focused) {
  const ids = focusedSessions.get(projectId) ?? new Set()
  focusedSessions.set(projectId, ids)
  if (focused) ids.add(id)
  else ids.delete(id)
  if (ids.size > MAX_FOCUSED) setFocus([...ids][0], projectId, false)
  tell(id, { type: 'focusUpdate', focused, allFocused: [...ids] })
  if (focused) catchUp(sessions.get(id))
}

function setSuspended(projectId, suspended) {
  suspendedProjects.set(projectId, suspended)
  for (const id of projectSessions.get(projectId) ?? []) {
    tell(id, { type: suspended ? 'suspended' : 'resumed', sessionId: id })
    catchUp(sessions.get(id))
  }
}

function answer(method, path, query) {
  const [id, projectId] = [path.split('/')[2], query.get('projectId')]
  if (method === 'DELETE') closeSession(id)
  if (method === 'PUT' && sessions.has(id)) setFocus(id, projectId, query.get('focused') !== 'false')
  if (path === '/suspend' || path === '/resume') setSuspended(projectId, path === '/suspend')
  return {
    success: true,
    sessions: [...(projectSessions.get(projectId) ?? [])],
    focused: [...(focusedSessions.get(projectId) ?? [])],
  }
}

const server = http.createServer((request, response) => {
  const { pathname, searchParams } = new URL(request.url, 'http://localhost')
  response.setHeader('Content-Type', 'application/json')
  response.end(JSON.stringify(answer(request.method, pathname, searchParams)))
})

const sockets = new WebSocketServer({ server })
sockets.on('connection', (ws, request) => {
  const query = new URL(request.url, 'http://localhost').searchParams
  const [id, projectId] = [query.get('sessionId'), query.get('projectId')]
  const known = sessions.get(id)
  const session = known ?? openSession(id, projectId, query.get('path'))
  wsConnections.set(id, ws)
  outputBuffers.set(id, [])
  clearTimeout(goodbyes.get(id))
  tell(id, { type: known ? 'reconnected' : 'connected', sessionId: id, workingDir: session.cwd })
  if (known) tell(id, { type: 'stream', data: session.outputBuffer })
  ws.on('message', (text) => {
    const { type, data, cols, rows } = JSON.parse(text)
    if (type === 'input') session.shell.write(data)
    if (type === 'resize') session.shell.resize(cols, rows)
    if (type === 'ping') tell(id, { type: 'pong' })
    if (type === 'focus' || type === 'blur') setFocus(id, projectId, type === 'focus')
    if (type === 'suspend' || type === 'resume') setSuspended(projectId, type === 'suspend')
  })
  ws.on('close', (code) => {
    if (wsConnections.get(id) !== ws) return
    wsConnections.delete(id)
    goodbyes.set(id, setTimeout(closeSession, KEEP_ALIVE[code] ?? 300_000, id))
  })
})

process.once('SIGTERM', () => {
  for (const { shell } of sessions.values()) shell.kill()
  process.exit(0)
})

server.listen(process.env.PORT || 4001, '127.0.0.1', () => {
  console.log(`Terminals on http://127.0.0.1:${server.address().port}`)
})
