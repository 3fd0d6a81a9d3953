// What a session costs in this process, V8 heap and resident memory, beside the
// way of the app before: strings, chunk arrays and Maps. Each number comes from
// a fresh process. `node bench/registry/sessions.js` prints a table.

const { execFileSync } = require('node:child_process')
const path = require('node:path')

const SIZES = [10, 100, 1000, 5000]
const CHUNK = 'The quick brown fox jumps over the lazy dog.\x1b[0m\r\n'.repeat(10)
// More than a full history of 256 KiB, and than 500 chunks.
const CHUNKS = 600
/** Sessions that exist before the count begins. */
const WARM = 20
/** Small numbers drown in the noise of one run: the median of some is told. */
const RUNS = 3
const STATES = { idle: 'idle', full: 'full history', screen: 'full history and screen' }

/** The app's service and WebSocket server, as far as they keep something. */
function legacy(count, full) {
  const app = {
    sessions: new Map(),
    projectSessions: new Map(),
    wsConnections: new Map(),
    focusedSessions: new Map(),
    sessionActivity: new Map(),
    suspendedSessions: new Map(),
    registrationRetries: new Map(),
    outputBuffers: new Map(),
    spawnAttempts: new Map(),
    wsSessions: new Map(),
  }
  for (let n = 0; n < count; n++) create(app, `session_${n}`, `project-${n % 100}`)
  if (full) {
    for (let turn = 0; turn < CHUNKS; turn++) {
      for (const id of app.sessions.keys()) output(app, id, fresh(turn))
    }
  }
  return app
}

function create(app, id, projectId) {
  const now = new Date()
  const session = {
    id,
    projectId,
    type: 'terminal',
    mode: 'normal',
    tabName: `Terminal ${app.sessions.size + 1}`,
    status: 'active',
    active: true,
    isFocused: true,
    createdAt: now,
    updatedAt: now,
    currentPath: `/home/user/${projectId}`,
    wsConnected: false,
    metadata: { shell: 'bash' },
  }
  app.sessions.set(id, session)
  const group = (map, key) => map.get(key) ?? map.set(key, new Set()).get(key)
  group(app.projectSessions, projectId).add(id)
  group(app.focusedSessions, projectId).add(id)
  app.sessionActivity.set(id, Date.now())
  app.registrationRetries.set(id, 0)
  app.outputBuffers.set(id, [])
  app.wsSessions.set(id, { id, projectId, outputBuffer: '', workingDir: session.currentPath })
}

function output(app, id, data) {
  const session = app.wsSessions.get(id)
  session.outputBuffer += data
  if (session.outputBuffer.length > 10_240) session.outputBuffer = session.outputBuffer.slice(-10_240)
  const chunks = app.outputBuffers.get(id)
  chunks.push(data)
  if (chunks.length > 500) chunks.splice(0, chunks.length - 500)
}

/** A string of its own each time, as those that come from a terminal are. */
function fresh(turn) {
  return Buffer.from(`${turn} ${CHUNK}`).toString()
}

/** The same with a registry, and the handle of each session kept. */
function offheap(count, full, screen) {
  const { SessionRegistry } = require('../..')
  const registry = new SessionRegistry({ maxSessions: 0, maxSessionsPerProject: 0, memory: false })
  const handles = new Map()
  for (let n = 0; n < count; n++) {
    const id = `session_${n}`
    const projectId = `project-${n % 100}`
    const cwd = `/home/user/${projectId}`
    const metadata = { shell: 'bash' }
    handles.set(id, registry.create({ id, projectId, mode: 'normal', cwd, metadata, screen }))
  }
  if (full) {
    for (let turn = 0; turn < CHUNKS; turn++) {
      const data = Buffer.from(fresh(turn))
      for (const handle of handles.values()) handle.append(data)
    }
  }
  return { registry, handles }
}

async function settle() {
  for (let n = 0; n < 4; n++) {
    globalThis.gc()
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  const { heapUsed, rss } = process.memoryUsage()
  return { heapUsed, rss }
}

/** In a process of its own: what `count` sessions add. */
async function measure(way, count, state) {
  const full = state !== 'idle'
  const screen = state !== 'full'
  const make = way === 'offheap' ? offheap : legacy
  // Code, tables and allocators are warm before the count begins.
  globalThis.kept = make(WARM, full, screen)
  const before = await settle()
  globalThis.kept = [globalThis.kept, make(count, full, screen)]
  const after = await settle()
  const each = (name) => (after[name] - before[name]) / count
  console.log(JSON.stringify({ heap: each('heapUsed'), rss: each('rss') }))
  process.exit()
}

function run(way, count, state) {
  const flags = ['--expose-gc', '--max-old-space-size=8192', __filename, way, count, state]
  return JSON.parse(execFileSync(process.execPath, flags.map(String), { encoding: 'utf8' }))
}

function median(way, count, state) {
  const runs = Array.from({ length: count > 100 ? 1 : RUNS }, () => run(way, count, state))
  const middle = (name) => runs.map((each) => each[name]).sort((a, b) => a - b)[runs.length >> 1]
  return { heap: middle('heap'), rss: middle('rss') }
}

function table() {
  const kib = (bytes) => `${(bytes / 1024).toFixed(bytes < 102_400 ? 1 : 0)} KiB`
  console.log(`${process.version}, ${path.basename(process.execPath)}, ${process.platform}-${process.arch}\n`)
  console.log('| per session | sessions | heap, offheap | heap, legacy | RSS, offheap | RSS, legacy |')
  console.log('|---|---:|---:|---:|---:|---:|')
  for (const state of Object.keys(STATES)) {
    for (const count of SIZES) {
      const [ours, theirs] = [median('offheap', count, state), median('legacy', count, state)]
      const numbers = [ours.heap, theirs.heap, ours.rss, theirs.rss].map(kib)
      console.log(`| ${STATES[state]} | ${count} | ${numbers.join(' | ')} |`)
    }
  }
}

if (process.argv.length > 2) measure(process.argv[2], Number(process.argv[3]), process.argv[4])
else table()
