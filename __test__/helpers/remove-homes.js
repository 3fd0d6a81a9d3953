const fs = require('node:fs')

module.exports = function removeHomes() {
  fs.rmSync(process.env.OFFHEAP_TEST_HOMES, { recursive: true, force: true, maxRetries: 5 })
}
