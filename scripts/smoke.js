// Uses a built addon once, for platforms and versions of Node on which the
// whole test suite does not run: the buffer, a registry with a viewer, and a
// shell on a terminal. Usage: node scripts/smoke.js [--emulated]
//
// Emulators may lack the ioctls that set a terminal; with --emulated that is
// said, and is no failure.

const assert = require('node:assert/strict')
const { CircularBuffer, SessionRegistry, spawn } = require('..')

const ENOSYS = -38
const emulated = process.argv.includes('--emulated')

function buffer() {
  const ring = new CircularBuffer(8)
  assert.equal(ring.write('0123456789é'), 12)
  assert.equal(ring.toString(), '456789é')
  assert.deepEqual(ring.readFrom(0).missed, 4)
  ring.close()
  assert.throws(() => ring.write('x'), { code: 'ERR_CLOSED' })
}

function registry() {
  const sessions = new SessionRegistry({ maxSessions: 1 })
  const session = sessions.create({ projectId: 'smoke' })
  const viewer = session.openViewer({ from: 0 })
  session.append('bytes')
  assert.equal(viewer.read().toString(), 'bytes')
  assert.throws(() => sessions.create(), { code: 'ERR_SESSION_LIMIT' })
  assert.equal(sessions.closeAll(), 1)
}

async function shell() {
  const pty = spawn('/bin/sh', ['-c', 'read line; echo "said $line"; exit 3'], { cols: 100, rows: 30 })
  let output = ''
  pty.onData((data) => {
    output += data
  })
  pty.resize(120, 40)
  pty.write('hello\r')
  const { exitCode } = await new Promise((resolve) => pty.onExit(resolve))
  assert.match(output, /said hello/)
  assert.equal(exitCode, 3)
}

async function main() {
  buffer()
  registry()
  const parts = await shell().then(
    () => 'buffer, registry and shell work',
    (error) => {
      if (!emulated || error.errno !== ENOSYS) throw error
      return `buffer and registry work; no shell, since the emulator lacks ${error.syscall}`
    },
  )
  console.log(`${process.platform}-${process.arch}, Node ${process.version}: ${parts}`)
}

const late = setTimeout(() => assert.fail('the shell did not end within a minute'), 60_000)
main().finally(() => clearTimeout(late))
