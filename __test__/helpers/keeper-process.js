// A process whose shells outlive it, for tests that end it.
// `node keeper-process.js <directory> <options as JSON>`
//
// Restores what there is, or starts shells that count, and says on each line of
// its output how they are. Ends by itself when it is told to leave.

const path = require('node:path')
const { SessionRegistry } = require('../..')

const [dir, text] = process.argv.slice(2)
const { shells, takeover, recording, create, ...journal } = JSON.parse(text)
const registry = new SessionRegistry({
  journal: { dir, keeper: true, ...journal },
  historyBytes: 65_536,
  maxSessions: 0,
  maxSessionsPerProject: 0,
  spawnsPerMinute: 0,
  recording,
})
const say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const counter = path.join(__dirname, 'counter.js')

registry.on('sessionExited', ({ id, code, signal }) =>
  say({ exited: id, code, signal, end: registry.get(id).end }),
)
registry.on('sessionClosed', ({ id, reason }) => say({ closed: id, reason }))
registry.on('journalError', (fault) => say({ fault }))

try {
  const began = performance.now()
  const restored = registry.restore({ takeover })
  const ms = performance.now() - began
  for (let number = restored.length; number < shells; number += 1)
    registry.create({
      id: `s${number}`,
      projectId: 'p',
      metadata: { number },
      ...create,
      pty: { file: process.execPath, args: [counter, '100000000', '8', String(number % 3)] },
    })
  say({ restored: restored.length, ms })
} catch (error) {
  say({ failed: error.code, message: error.message })
  process.exit(1)
}

const report = setInterval(() => {
  if (registry.closed) return clearInterval(report)
  say({ sessions: registry.list().map(({ id, pid, status, end }) => ({ id, pid, status, end })) })
}, 20)

process.on('SIGTERM', () => {
  say({ left: registry.leave() })
})
