// Where a spec runs: Node's environment, in a process that ends with the run. A
// worker of jest's whose run was killed would go on, and so would its servers.

const { TestEnvironment } = require('jest-environment-node')
const removeScratch = require('./remove-scratch')

// In a worker only: where jest runs specs itself there is no parent to lose. A
// listener would keep the worker from ending when it is to.
if (process.connected) {
  setInterval(() => {
    if (process.connected) return
    removeScratch()
    process.exit(1)
  }, 500).unref()
}

module.exports = TestEnvironment
