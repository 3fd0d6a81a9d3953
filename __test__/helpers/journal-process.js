// A process whose sessions' histories are journaled, for tests that end it.
// `node journal-process.js <directory> <sessions> <how it ends>`
//
// Says on each line of its output how far the sessions have come.

const path = require('node:path')
const { SessionRegistry } = require('../..')

const [dir, count, ending] = process.argv.slice(2)
const registry = new SessionRegistry({ journal: dir, historyBytes: 65_536, maxSessionsPerProject: 0 })
const counter = path.join(__dirname, 'counter.js')

const sessions = Array.from({ length: Number(count) }, (_, number) =>
  registry.create({
    projectId: 'p',
    id: `s${number}`,
    userId: 'u',
    metadata: { number },
    // Some are slow and some as fast as can be.
    pty: { file: process.execPath, args: [counter, '100000000', '8', String(number % 3)] },
  }),
)

const endings = {
  exit: () => process.exit(0),
  throw: () => {
    throw new Error('as planned')
  },
  leave: () => process.exit(registry.leave() === sessions.length ? 0 : 1),
  shutdown: () => process.exit(registry.shutdown() ? 0 : 1),
}

setInterval(() => {
  const ends = sessions.map((session) => session.end)
  process.stdout.write(`${JSON.stringify(ends)}\n`)
  if (Math.min(...ends) > 20_000) endings[ending]?.()
}, 5)
