// The shells that are installed here and that the package's scripts know.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** Each with a file of the user's that says how it prompts. */
const FILES = { bash: '.bashrc', zsh: '.zshrc', fish: '.config/fish/config.fish' }

const find = (name) =>
  (process.env.PATH ?? '')
    .split(path.delimiter)
    .map((dir) => path.join(dir, name))
    .find((file) => fs.existsSync(file))

/** Apple's bash is older than what tells when a command begins. */
const isNew = (name) =>
  name !== 'bash' ||
  execFileSync(find(name), ['-c', 'echo $((BASH_VERSINFO[0] * 100 + BASH_VERSINFO[1]))']) >= 404

const SHELLS = Object.keys(FILES).filter((name) => find(name) && isNew(name))
const missing = Object.keys(FILES).filter((name) => !SHELLS.includes(name))
if (missing.length > 0) console.warn(`Not installed, and so not tested: ${missing.join(', ')}`)

/** A terminal with a shell whose home is a folder, and whose file there says `profile`. */
function integratedShell(name, home, profile = '', file = FILES[name]) {
  const target = path.join(home, file)
  fs.mkdirSync(path.dirname(target), { recursive: true })
  fs.writeFileSync(target, profile)
  const { PATH } = process.env
  const env = { PATH, HOME: home, LANG: 'C.UTF-8', HISTFILE: '/dev/null' }
  return { file: find(name), args: [], env, integration: true }
}

module.exports = { FILES, SHELLS, integratedShell }
