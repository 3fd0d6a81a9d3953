// A process with an integrated shell that outlives it, for tests that end it.
// `node shell-process.js <directory> <options of the registry's create() as JSON>`
//
// Types what comes as JSON on each line of its input, and says on each line of its
// output what is known of the shell.

const readline = require('node:readline')
const { SessionRegistry } = require('../..')

const [dir, options] = process.argv.slice(2)
const registry = new SessionRegistry({ journal: { dir, keeper: true } })
const session = registry.create(JSON.parse(options))

readline.createInterface({ input: process.stdin }).on('line', (line) => session.write(JSON.parse(line)))

setInterval(() => {
  const { title, workingDirectory, command, pid } = session
  const known = { title, workingDirectory, command, pid, screen: session.screenText() }
  process.stdout.write(`${JSON.stringify(known)}\n`)
}, 20)
