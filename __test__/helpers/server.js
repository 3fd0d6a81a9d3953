// The migrated server, in this process or in one of its own.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { Client } = require('./client')
const { workspace } = require('./workspace')

const ENTRY = path.join(__dirname, '../../examples/terminal-ws-standalone/terminal-ws-standalone.js')
const HOST_PROCESS = path.join(__dirname, 'server-process.js')

process.env.SHELL = '/bin/bash'

/** The tests' shells have a home of their own, by the `.env` of their workspace. */
const OWN_HOME = ['HOME', 'SHELL']

/**
 * Node's flags for a server whose resident memory is watched. V8 lets its young
 * generation grow with the traffic, to 16 MB in Node 20 and to 72 in Node 24,
 * and keeps it: held to its least, what grows is what is kept.
 */
const STEADY = ['--max-semi-space-size=1']

/**
 * Starts the server within this process. Close it with `stop()`, which also
 * ends the clients that `connect()` made.
 */
async function startServer(config = {}) {
  const { TerminalWebSocketServer } = require(ENTRY)
  const server = new TerminalWebSocketServer({
    port: 0,
    spawnsPerMinute: 0,
    projectEnvAllow: OWN_HOME,
    // What shells print is counted, byte by byte.
    shellIntegration: false,
    ...config,
  })
  await server.listen()
  return withClients({
    server,
    registry: server.registry,
    url: server.url,
    end: () => server.close(),
  })
}

/**
 * Starts the server in a process of its own, where its memory, descriptors
 * and threads are only its own. `ask(name)` calls one of the commands of
 * `server-process.js`. It may run in a control group.
 */
async function startServerProcess(
  config = {},
  { execArgv = [], execPath = process.execPath, group = null } = {},
) {
  const settings = {
    port: 0,
    spawnsPerMinute: 0,
    projectEnvAllow: OWN_HOME,
    shellIntegration: false,
    ...config,
  }
  const start = group ? `${group.joining} && exec "$0" "$@"` : 'exec "$0" "$@"'
  const child = spawn(
    '/bin/sh',
    ['-c', start, execPath, ...execArgv, HOST_PROCESS, JSON.stringify(settings)],
    {
      env: { ...process.env, NODE_OPTIONS: '' },
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    },
  )
  const [{ url }] = await once(child, 'message')
  let next = 0
  const ask = async (command) => {
    const id = (next += 1)
    child.send({ id, command })
    for (;;) {
      const [answer] = await once(child, 'message')
      if (answer.id === id) return answer.value
    }
  }
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return
    child.kill('SIGTERM')
    await once(child, 'exit')
  }
  return withClients({ child, pid: child.pid, url, ask, end })
}

/** Runs the server as a user does, from the command line. */
function runServer(env) {
  const child = spawn(process.execPath, [ENTRY], {
    env: {
      ...process.env,
      NODE_OPTIONS: '',
      PROJECT_ENV_ALLOW: OWN_HOME.join(),
      SHELL_INTEGRATION: '0',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const said = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr']) child[name].on('data', (data) => (said[name] += data))
  const exited = once(child, 'close').then(([code, signal]) => ({ code, signal, ...said }))
  return { child, said, exited }
}

function withClients(started) {
  const clients = []
  const space = workspace()
  return {
    ...started,
    folder: space.folder,
    file: space.file,
    /** Connects in the workspace, where the prompt is known. */
    connect(query = {}, options = {}) {
      const client = new Client(started.url, { path: space.folder, ...query }, options)
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) client.socket.terminate()
      await started.end()
      space.remove()
    },
  }
}

module.exports = { ENTRY, STEADY, runServer, startServer, startServerProcess }
