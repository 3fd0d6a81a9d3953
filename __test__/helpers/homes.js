// Before and after all specs: a folder for the homes that setup.js makes. A
// worker that jest ends by force removes nothing, so this does.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

module.exports = function makeHomes() {
  process.env.OFFHEAP_TEST_HOMES = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-homes-'))
}
