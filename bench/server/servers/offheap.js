/** The migrated server of this package, with its limits out of the way. */

const { TerminalWebSocketServer } = require('../../../examples/terminal-ws-standalone/terminal-ws-standalone')

module.exports = async function serve(onListening, screen = true, recordingDir = '') {
  process.env.SHELL = '/bin/sh'
  const server = new TerminalWebSocketServer({
    port: 0,
    maxSessions: 0,
    maxSessionsPerProject: 0,
    spawnsPerMinute: 0,
    screen,
    recordingDir,
    // The peers ping nobody: a stalled viewer stays, here as there.
    pingInterval: 2 ** 30,
  })
  const { port } = await server.listen()
  onListening(port)
}
