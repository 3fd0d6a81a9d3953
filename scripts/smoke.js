// Uses a built addon once, for platforms and versions of Node on which the
// whole test suite does not run: the buffer, a registry with a viewer, a screen,
// a shell on a terminal and one in a session. Usage: node scripts/smoke.js [--emulated]
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

/** A screen, its snapshot, and the screen that the snapshot makes. */
function screen() {
  const sessions = new SessionRegistry()
  const session = sessions.create()
  session.resize(20, 5)
  for (let line = 0; line < 50; line++) session.append(`line ${line}\r\n`)
  session.append('\x1b[31mred\x1b[m 世界\x1b[2;3Hhere\x1b[?2004h')
  assert.equal(session.screenText(), 'line 46\nlihere7\nline 48\nline 49\nred 世界')
  const { data, offset, cols, rows } = session.snapshot()
  assert.deepEqual({ offset, cols, rows }, { offset: session.end, cols: 20, rows: 5 })
  const copy = sessions.create()
  copy.resize(20, 5)
  copy.append(data)
  assert.equal(copy.screenText(), session.screenText())
  assert.deepEqual(copy.snapshot().data, data)
  sessions.closeAll()
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

/** A shell whose output goes into a session's history and screen by itself. */
async function sessionShell() {
  const sessions = new SessionRegistry()
  const args = ['-c', 'read line; stty size; echo "said $line"; exit 4']
  const session = sessions.create({ pty: { file: '/bin/sh', args, cols: 90, rows: 20 } })
  const exited = new Promise((resolve) => sessions.on('sessionExited', resolve))
  session.write('hello\r')
  const { code } = await exited
  assert.equal(code, 4)
  assert.match(session.history().toString(), /20 90\r\nsaid hello\r\n/)
  assert.match(session.screenText(), /20 90\nsaid hello/)
  sessions.shutdown()
}

async function main() {
  buffer()
  registry()
  screen()
  const shells = async () => {
    await shell()
    await sessionShell()
  }
  const parts = await shells().then(
    () => 'buffer, registry, screen and shells work',
    (error) => {
      if (!emulated || error.errno !== ENOSYS) throw error
      return `buffer, registry and screen work; no shell, since the emulator lacks ${error.syscall}`
    },
  )
  console.log(`${process.platform}-${process.arch}, Node ${process.version}: ${parts}`)
}

const late = setTimeout(() => assert.fail('the shell did not end within a minute'), 60_000)
main().finally(() => clearTimeout(late))
