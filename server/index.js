// The entry of `offheap-terminal/server`.

const { Access } = require('./access')
const { projectEnvironment, setVariable, shellEnvironment, variable } = require('./environment')
const { loginArguments } = require('./login-arguments')
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
  loginArguments,
  projectEnvironment,
  refuseUpgrade,
  setVariable,
  shellEnvironment,
  variable,
}
