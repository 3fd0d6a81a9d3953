/** Behaviour 10, and what `spawn` promises beside node-pty. */

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { promisify } = require('node:util')
const { shell, start, until } = require('../helpers/pty')
const { spawn } = require('../..')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-spawn-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

function file(name, text, mode) {
  const made = path.join(folder, name)
  fs.writeFileSync(made, text)
  fs.chmodSync(made, mode)
  return made
}

const caught = (act) => {
  try {
    act()
  } catch (error) {
    return { code: error.code, syscall: error.syscall, path: error.path, errno: error.errno }
  }
  throw new Error('nothing was thrown')
}

test('a missing program', () => {
  expect(caught(() => spawn('no-such-program', []))).toEqual({
    code: 'ENOENT',
    syscall: 'spawn',
    path: 'no-such-program',
    errno: -2,
  })
  expect(caught(() => spawn('/no/such', [])).code).toBe('ENOENT')
})

test('a program that may not be run', () => {
  const denied = file('denied', '#!/bin/sh\n', 0o644)
  expect(caught(() => spawn(denied, []))).toEqual({
    code: 'EACCES',
    syscall: 'spawn',
    path: denied,
    errno: -13,
  })
  expect(caught(() => spawn(folder, [])).code).toBe('EACCES')
})

test('an interpreter that is not there', () => {
  const script = file('orphan', '#!/no/such/interpreter\n', 0o755)
  expect(caught(() => spawn(script, []))).toEqual({
    code: 'ENOENT',
    syscall: 'spawn',
    path: script,
    errno: -2,
  })
  expect(() => spawn(script, [])).toThrow(/interpreter/)
})

test('a working directory that is none', () => {
  const plain = file('plain', '', 0o644)
  expect(caught(() => spawn('sh', [], { cwd: '/no/such' }))).toEqual({
    code: 'ENOENT',
    syscall: 'chdir',
    path: '/no/such',
    errno: -2,
  })
  expect(caught(() => spawn('sh', [], { cwd: plain })).code).toBe('ENOTDIR')
})

test('a script without a first line is run by the shell, as execvp does', async () => {
  const script = file('bare', 'echo "bare $1"\n', 0o755)
  const run = start(script, ['argument'])
  await run.exited
  expect(run.text()).toBe('bare argument\r\n')
})

test('a name is looked up in the PATH of the child', async () => {
  file('only-here', '#!/bin/sh\necho found\n', 0o755)
  const run = start('only-here', [], { env: { PATH: `/nowhere:${folder}:/usr/bin:/bin` } })
  await run.exited
  expect(run.text()).toBe('found\r\n')
})

test('arguments that are wrong are refused with a code', () => {
  expect(() => spawn(1, [])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => spawn('sh', 'a string')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => spawn('sh', ['a\0b'])).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }))
  expect(() => spawn('sh', [], { cols: -1 })).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
  expect(() => spawn('sh', [], { encoding: 'nonsense' })).toThrow(
    expect.objectContaining({ code: 'ERR_UNKNOWN_ENCODING' }),
  )
})

test('size, name, directory and environment reach the program', async () => {
  const run = await shell('stty size; echo "$TERM $PWD $ONE"; pwd', {
    name: 'vt100',
    cols: 101,
    rows: 37,
    cwd: folder,
    env: { ONE: '1', GONE: undefined },
  })
  expect(run.text()).toMatch(new RegExp(`^37 101\r\nvt100 ${folder} 1\r\n${folder}\r\n`))
})

test('the environment is that of process.env, without what describes another terminal', async () => {
  // In a process of its own: jest gives its tests a copy of process.env.
  const program = `
    const { spawn } = require(${JSON.stringify(path.join(__dirname, '..', '..'))})
    process.env.OFFHEAP_TEST = 'seen'
    process.env.TMUX = 'other'
    for (const options of [{}, { env: process.env }, { env: { ...process.env } }]) {
      spawn('sh', ['-c', 'echo "$OFFHEAP_TEST-$TMUX"'], options).onData((data) => process.stdout.write(data))
    }`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', program])
  expect(stdout.split('\r\n').sort()).toEqual(['', 'seen-', 'seen-', 'seen-other'])
})

test('the program has a clean set of signals, a UTF-8 line discipline and a terminal of its own', async () => {
  const run = await shell(
    'grep -E "Sig(Blk|Ign)" /proc/self/status; stty -a | grep -o "[-]*iutf8"; ps -o tpgid=,pgid=,sid= -p $$; tty',
  )
  expect(run.text()).toMatch(/SigBlk:\s0{16}\s+SigIgn:\s0{16}\s+iutf8/)
  expect(
    run
      .text()
      .match(/(\d+) +(\d+) +(\d+)\r/)
      .slice(1),
  ).toEqual(Array(3).fill(String(run.pty.pid)))
  expect(run.text()).toMatch(/\/dev\/pts\/\d+/)
})

const asRoot = process.getuid?.() === 0 ? test : test.skip

asRoot("uid and gid drop the supplementary groups too, and the terminal is the user's", async () => {
  const run = await shell(
    'id -u; id -g; id -G; test -w $(tty) && echo writable; grep CapEff /proc/self/status',
    { uid: 65534, gid: 65534, cwd: '/' },
  )
  expect(run.text()).toMatch(/^65534\r\n65534\r\n65534\r\nwritable\r\nCapEff:\s0{16}\r\n$/)
  // The threads of this process are who they were.
  for (const task of fs.readdirSync('/proc/self/task')) {
    expect(fs.readFileSync(`/proc/self/task/${task}/status`, 'utf8')).toMatch(/^Uid:\t0\t0/m)
  }
})

test('the foreground process is named', async () => {
  const run = start('bash', ['--norc', '-i'])
  await until(() => run.pty.process === 'bash', 'bash in front')
  run.pty.write('sleep 1000\n')
  await until(() => run.pty.process === 'sleep', 'sleep in front')
  run.pty.close()
  await run.exited
  expect(run.pty.process).toBe('bash')
})

test('on, once, off and disposables', async () => {
  const run = start('sh', ['-c', 'read a; echo one; read a; echo two; read a; exit 3'])
  const seen = { disposed: 0, once: 0, removed: 0 }
  const disposable = run.pty.onData(() => seen.disposed++)
  const removed = () => seen.removed++
  expect(run.pty.on('data', removed)).toBe(run.pty)
  run.pty.once('data', () => seen.once++)
  const told = new Promise((resolve) => run.pty.on('exit', (...event) => resolve(event)))
  run.pty.write('\n')
  await run.prints('one')
  disposable.dispose()
  disposable.dispose()
  run.pty.off('data', removed)
  const before = { ...seen }
  run.pty.write('\n')
  await run.prints('two')
  run.pty.write('\n')
  expect(await told).toEqual([3, 0])
  expect(seen).toEqual({ ...before, once: 1 })
})

test('an event may be handed on by itself, as in node-pty', async () => {
  const { onData, onExit } = spawn('echo', ['alone'])
  let text = ''
  onData((data) => {
    text += data
  })
  expect(await new Promise((resolve) => onExit(resolve))).toEqual({ exitCode: 0, signal: 0 })
  expect(text).toBe('alone\r\n')
  expect(() => onData('no function')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  expect(() => onData()).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
})

test('flow control takes its words out of the input', async () => {
  const run = start('cat', [], {
    handleFlowControl: true,
    flowControlPause: 'PAUSE',
    flowControlResume: 'RESUME',
  })
  expect(run.pty.handleFlowControl).toBe(true)
  run.pty.write('PAUSE')
  run.pty.write('hello\n')
  await new Promise((resolve) => setTimeout(resolve, 200))
  expect(run.text()).toBe('')
  run.pty.write('RESUME')
  await run.prints('hello\r\nhello\r\n')
  run.pty.handleFlowControl = false
  run.pty.write('PAUSE\n')
  await run.prints('PAUSE')
  run.pty.close()
})

test('a terminal without a listener runs free and tells its exit', async () => {
  const pty = spawn('sh', ['-c', 'head -c 5000000 /dev/zero; exit 9'])
  const event = await new Promise((resolve) => pty.onExit(resolve))
  expect(event).toEqual({ exitCode: 9, signal: 0 })
})

test('Symbol.dispose closes', async () => {
  const run = start('cat')
  run.pty[Symbol.dispose]()
  expect(run.pty.closed).toBe(true)
  expect((await run.exited).signal).toBe(1)
})
