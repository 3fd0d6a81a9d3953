// A process that records a shell and is to be killed while it does, or exits.
//
//   node recording-process.js <folder> [exit | flood]

const fs = require('node:fs')
const { SessionRegistry } = require('../..')

const FLOOD = 'exec seq -f "line %.0f \x1b[32mgrüße\x1b[m 漢字" 1 1000000000'
const FEW = 'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done; echo the last; exec cat'

const [, , dir, how] = process.argv
const registry = new SessionRegistry({ recording: { dir, onSlowDisk: 'pause' } })
const script = how === 'flood' ? FLOOD : FEW
const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', script] } })
const { file } = session.recordings[0]

/** On the way out, what the recorder has not written yet is written. */
const isDue = {
  exit: () => session.history().includes('the last'),
  flood: () => true,
  undefined: () => fs.readFileSync(file, 'utf8').includes('the last\\r'),
}[how]

const timer = setInterval(() => {
  if (!isDue()) return
  clearInterval(timer)
  process.send([file, 'line 199\nthe last\n'], () => how === 'exit' && process.exit(0))
}, 1)
if (how === 'flood') setInterval(() => {}, 60_000)
