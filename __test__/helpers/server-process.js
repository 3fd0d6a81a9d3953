'use strict'

// A process that runs the server for a test and answers its questions.

const { TerminalWebSocketServer } = require('../../examples/terminal-ws-standalone/terminal-ws-standalone')

const COMMANDS = {
  memory() {
    // Twice: what the first round finalizes, the second one frees.
    globalThis.gc?.()
    globalThis.gc?.()
    return process.memoryUsage()
  },
  stats() {
    return server.registry.stats()
  },
  sessions() {
    return server.registry.list()
  },
}

const server = new TerminalWebSocketServer(JSON.parse(process.argv[2]))

process.on('message', async ({ id, command }) => process.send({ id, value: await COMMANDS[command]() }))
process.once('disconnect', () => process.exit(1))
process.once('SIGTERM', () => server.close().then(() => process.exit(0)))

server.listen().then(() => process.send({ url: server.url }))
