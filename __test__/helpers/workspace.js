'use strict'

// A folder for a test's shells. Its `.env` gives them a home of their own, so
// that the prompt is known and the developer's own profile stays out.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const PROMPT = 'ready> '

const PROFILE = `PS1='${PROMPT}'
unset PROMPT_COMMAND HISTFILE
bind 'set enable-bracketed-paste off' 2>/dev/null
`

/** Makes the folder; `remove()` takes it away. */
function workspace() {
  const folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-test-')))
  const home = path.join(folder, 'home')
  fs.mkdirSync(home)
  fs.writeFileSync(path.join(home, '.bash_profile'), PROFILE)
  fs.writeFileSync(path.join(folder, '.env'), `HOME=${home}\nSHELL=/bin/bash\n`)
  return {
    folder,
    file: (name) => path.join(folder, name),
    remove: () => fs.rmSync(folder, { recursive: true, force: true }),
  }
}

module.exports = { PROMPT, workspace }
