/** Behaviour 9: environments and processes end with live terminals in them. */

const { execFile } = require('node:child_process')
const path = require('node:path')
const { isRunning } = require('../helpers/proc')
const { batches, until } = require('../helpers/pty')
const { PATIENCE } = require('../helpers/patience')

const ADDON = JSON.stringify(path.join(__dirname, '..', '..'))

/** Runs a program in a Node process of its own. */
function node(program) {
  return new Promise((resolve) => {
    execFile(process.execPath, ['-e', program], { timeout: 4 * PATIENCE }, (error, stdout, stderr) => {
      resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr })
    })
  })
}

const pids = (text) => (text.match(/\d+/g) ?? []).map(Number)
const gone = (list) => until(() => !list.some(isRunning), 'the programs to end')

test('100 workers that are terminated with live terminals', async () => {
  const worker = `
    const { parentPort } = require('node:worker_threads')
    const { spawn } = require(${ADDON})
    const idle = spawn('cat', [])
    const busy = spawn('yes', [])
    idle.onData(() => {})
    busy.onData(() => {})
    busy.onExit(() => {})
    parentPort.postMessage([idle.pid, busy.pid])`
  const program = `
    const { Worker } = require('node:worker_threads')
    async function turn() {
      const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
      const pids = await new Promise((resolve) => worker.once('message', resolve))
      await worker.terminate()
      console.log(pids.join(' '))
    }
    (async () => { for (let at = 0; at < 50; at++) await Promise.all([turn(), turn()]) })()`
  const { status, stdout, stderr } = await node(program)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(pids(stdout)).toHaveLength(200)
  await gone(pids(stdout))
})

test('a terminated worker does not disturb the terminals of others', async () => {
  const worker = `require(${ADDON}).spawn('yes', []).onData(() => {}); require('node:worker_threads').parentPort.postMessage(0)`
  const program = `
    const { Worker } = require('node:worker_threads')
    const { spawn } = require(${ADDON})
    const own = spawn('sh', ['-c', 'read line; echo got $line'])
    own.onData((data) => process.stdout.write(data))
    const worker = new Worker(${JSON.stringify(worker)}, { eval: true })
    worker.once('message', async () => { await worker.terminate(); own.write('hello\\n') })`
  const { status, stdout, stderr } = await node(program)
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('got hello')
})

test('100 times process.exit with live terminals', async () => {
  const program = `
    const { spawn } = require(${ADDON})
    const list = [spawn('cat', []), spawn('yes', []), spawn('bash', ['--norc', '-i'])]
    for (const pty of list) { pty.onData(() => {}); pty.onExit(() => {}) }
    console.log(list.map((pty) => pty.pid).join(' '))
    setTimeout(() => process.exit(0), 20)`
  const all = []
  await batches(100, 4, async () => {
    const { status, stdout, stderr } = await node(program)
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(pids(stdout)).toHaveLength(3)
    all.push(...pids(stdout))
  })
  await gone(all)
})

test('an unreferenced terminal lets the process exit, a referenced one does not', async () => {
  const quick = await node(
    `const pty = require(${ADDON}).spawn('cat', []); pty.onData(() => {}); pty.unref(); console.log(pty.pid)`,
  )
  expect({ status: quick.status, stderr: quick.stderr }).toEqual({ status: 0, stderr: '' })
  await gone(pids(quick.stdout))
  const held = await node(
    `const pty = require(${ADDON}).spawn('sh', ['-c', 'sleep 0.3; exit 3']); pty.unref(); pty.ref(); pty.onExit((event) => console.log(JSON.stringify(event)))`,
  )
  expect(held.stdout.trim()).toBe('{"exitCode":3,"signal":0}')
})

test('a closed terminal does not keep the process', async () => {
  const { status, stderr } = await node(
    `const pty = require(${ADDON}).spawn('cat', []); pty.pause(); pty.close()`,
  )
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})

test('closing in a listener is fine', async () => {
  const program = `
    const pty = require(${ADDON}).spawn('yes', [])
    pty.onData(() => pty.close())
    pty.onExit((event) => { pty.close(); console.log(event.signal) })`
  const { status, stdout, stderr } = await node(program)
  expect({ status, stdout: stdout.trim(), stderr }).toEqual({ status: 0, stdout: '1', stderr: '' })
})

test('what a listener throws is an uncaught exception of the program', async () => {
  const program = `
    process.on('uncaughtException', (error) => console.log(error.message))
    const pty = require(${ADDON}).spawn('echo', ['x'])
    pty.onData(() => { throw new Error('from a listener') })
    pty.onExit(() => console.log('exit'))`
  const { stdout } = await node(program)
  expect(stdout).toBe('from a listener\nexit\n')
})
