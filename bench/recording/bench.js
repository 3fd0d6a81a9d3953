/**
 * What recordings cost, and how soon they are read:
 *
 *     npm run bench:recording                  (about 5 minutes, with a recording of 1 GB)
 *     npm run bench:recording -- quick         (about 1 minute: smaller, for a look)
 *     npm run bench:recording -- [quick] flood seek search list      some of it
 *     npm run bench:recording -- --rounds=5    (floods of each kind, off and on; 3 by default)
 *     npm run bench:recording -- --dir=/var/tmp   (where recordings lie; else among temporary files)
 *
 * Needs a release build and a browser. Writes bench/results/recording.json;
 * `npm run bench:recording:report -- --write` puts the tables into docs/benchmarks.md.
 */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { flood } = require('./flood')
const { list } = require('./list')
const { long } = require('./long')
const { RESULTS, tables } = require('./report')

const flag = (name) => process.argv.find((argument) => argument.startsWith(`--${name}=`))?.split('=')[1]
const words = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const isQuick = words.includes('quick')
const wanted = words.filter((word) => word !== 'quick')
const isWanted = (part) => wanted.length === 0 || wanted.includes(part)

const WHERE = flag('dir') ?? os.tmpdir()
const ROUNDS = Number(flag('rounds') ?? (isQuick ? 1 : 3))
const LONG_BYTES = isQuick ? 50e6 : 1e9

async function main() {
  const dir = fs.mkdtempSync(path.join(WHERE, 'offheap-bench-recording-'))
  const note = (what) => console.error('done:', what)
  const results = {
    node: process.version,
    platform: `${os.type()} ${process.arch}`,
    cpus: os.cpus().length,
    where: WHERE,
    rounds: ROUNDS,
  }
  try {
    if (isWanted('flood'))
      results.flood = await flood(dir, { rounds: ROUNDS, share: isQuick ? 0.2 : 1, note })
    const [hasSeeks, hasSearches] = [isWanted('seek'), isWanted('search')]
    if (hasSeeks || hasSearches)
      results.long = await long(dir, { bytes: LONG_BYTES, hasSeeks, hasSearches, note })
    if (isWanted('list')) results.list = await list(dir)
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
  console.log(tables(results))
}

main()
