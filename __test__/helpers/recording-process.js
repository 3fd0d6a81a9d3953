// A process that records a shell and is to be killed while it does, or exits.
//
//   node recording-process.js <folder> [exit]

const fs = require('node:fs')
const { SessionRegistry } = require('../..')

const [, , dir, exit] = process.argv
const registry = new SessionRegistry({ recording: { dir } })
const script = 'i=0; while [ $i -lt 200 ]; do echo "line $i"; i=$((i+1)); done; echo the last; exec cat'
const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', script] } })
const { file } = session.recordings[0]

/** On the way out, what the recorder has not written yet is written. */
const isDue = exit
  ? () => session.history().includes('the last')
  : () => fs.readFileSync(file, 'utf8').includes('the last\\r')

const timer = setInterval(() => {
  if (!isDue()) return
  clearInterval(timer)
  process.send([file, 'line 199\nthe last\n'], () => exit && process.exit(0))
}, 1)
