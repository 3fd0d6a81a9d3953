// A server of the package's own class, as an application has one, without the example.

const { once } = require('node:events')
const http = require('node:http')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer, defaultShell } = require('offheap-terminal/server')
const { Client } = require('./client')
const { workspace } = require('./workspace')

/**
 * Starts it on a port of loopback. `stop()` ends it, its sessions, and the
 * clients that `connect()` made.
 *
 * @param {object} [options] of the `TerminalServer`
 * @param {object} [limits] of the `SessionRegistry`
 */
async function startTerminals(options = {}, limits = {}) {
  const space = workspace()
  const registry = new SessionRegistry({ spawnsPerMinute: 0, ...limits })
  const errors = []
  const terminals = new TerminalServer({
    registry,
    shell: (...asked) => shellIn(space, defaultShell(...asked)),
    onError: (error) => errors.push(error),
    ...options,
  })
  const server = http.createServer((_request, response) => response.writeHead(404).end())
  server.on('upgrade', terminals.upgrade)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const url = `http://127.0.0.1:${server.address().port}`
  const clients = []
  return {
    registry,
    terminals,
    server,
    url,
    /** What was reported to `onError`. */
    errors,
    folder: space.folder,
    file: space.file,
    connect(query = {}, more = {}) {
      const client = new Client(url, { path: space.folder, ...query }, more)
      clients.push(client)
      return client
    },
    async stop() {
      for (const client of clients) client.socket.terminate()
      await terminals.close()
      registry.shutdown()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      space.remove()
    },
  }
}

/** A shell whose prompt is known. */
function shellIn(space, shell) {
  return { ...shell, file: '/bin/bash', env: { ...shell.env, HOME: space.file('home') } }
}

module.exports = { shellIn, startTerminals }
