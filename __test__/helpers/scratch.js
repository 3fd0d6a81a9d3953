// Before all specs: a folder for whatever they put into the temporary one, the
// homes of setup.js included. It is removed as a whole, so that nothing stays
// behind of a spec that fails, nor of a run that is ended by force.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const removeScratch = require('./remove-scratch')

/** What names the temporary folder. */
const VARIABLES = process.platform === 'win32' ? ['TEMP', 'TMP'] : ['TMPDIR']

module.exports = function makeScratch() {
  // A short name: sockets lie deep in it, and their paths are bounded.
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'offheap-'))
  for (const name of [...VARIABLES, 'OFFHEAP_TEST_FOLDER']) process.env[name] = folder
  for (const signal of ['SIGHUP', 'SIGINT', 'SIGTERM']) process.once(signal, endBy)
}

/** Ends jest by the signal, as it would have without this. */
function endBy(signal) {
  removeScratch()
  process.kill(process.pid, signal)
}
