const fs = require('node:fs')

/** After all specs. Programs of theirs that are just ending may still write. */
module.exports = function removeScratch() {
  fs.rmSync(process.env.OFFHEAP_TEST_FOLDER, { recursive: true, force: true, maxRetries: 5 })
}
