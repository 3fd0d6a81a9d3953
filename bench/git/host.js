/** A process that is measured: the server, or the app's old way. It answers one question at a time. */

const { execFile } = require('node:child_process')
const { promisify } = require('node:util')

const run = promisify(execFile)
/** How often the app asked. */
const OLD_INTERVAL = 5000

/** The migrated server, as it is. */
async function serve() {
  const {
    TerminalWebSocketServer,
  } = require('../../examples/terminal-ws-standalone/terminal-ws-standalone.js')
  const server = new TerminalWebSocketServer({ port: 0, maxConnections: 0 })
  await server.listen()
  process.on('message', () => process.send({ stats: server.gitStats() }))
  process.send({ url: server.url })
}

/** What the app did for each project: three runs of git every five seconds. */
async function poll(cwd) {
  let last = ''
  const ask = async () => {
    const commands = [
      ['status', '--porcelain'],
      ['rev-parse', '--abbrev-ref', 'HEAD'],
      ['branch', '-vv'],
    ]
    const options = { cwd, maxBuffer: 64 * 1024 * 1024 }
    const answers = await Promise.all(commands.map((args) => run('git', args, options)))
    const text = answers.map(({ stdout }) => stdout).join('\n')
    if (text !== last) process.send({ text })
    last = text
  }
  await ask()
  setInterval(ask, OLD_INTERVAL)
}

const [way, folder] = process.argv.slice(2)
process.once('disconnect', () => process.exit(0))
if (way === 'old') poll(folder)
else serve()
