// The entry of `offheap-terminal/server`.

const { Access } = require('./access')
const { projectEnvironment, shellEnvironment } = require('./environment')
const { isLoopback } = require('./names')
const { RecordingServer } = require('./recording-server')
const { refuseUpgrade } = require('./refusal')
const { defaultShell } = require('./shell')
const { TerminalServer } = require('./terminal-server')

module.exports = {
  Access,
  RecordingServer,
  TerminalServer,
  defaultShell,
  isLoopback,
  projectEnvironment,
  refuseUpgrade,
  shellEnvironment,
}
