// What a caller, or whoever is behind it, may hand over by mistake or in bad
// faith: each is an error with a code, or works, and nothing else is disturbed.

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { CircularBuffer, Session, SessionRegistry, Viewer, spawn } = require('..')
const { PATIENCE } = require('./helpers/patience')

const ADDON = JSON.stringify(path.join(__dirname, '..'))

let registry
beforeEach(() => {
  registry = new SessionRegistry({ maxSessions: 0, spawnsPerMinute: 0 })
})
afterEach(() => registry.shutdown())

const turns = async (count) => {
  for (let turn = 0; turn < count; turn += 1) await new Promise(setImmediate)
}
const thrown = (code) => expect.objectContaining({ code, message: expect.stringMatching(/\w/) })

/** Runs a program in a Node process of its own; what it wrote. */
function node(program, flags = []) {
  return execFileSync(process.execPath, [...flags, '-e', program], {
    encoding: 'utf8',
    timeout: 4 * PATIENCE,
  })
}

describe('a listener that acts on what called it', () => {
  test('sets another listener of its viewer', async () => {
    const session = registry.create()
    const viewer = session.openViewer()
    const calls = []
    viewer.onReadable(() => {
      calls.push('first')
      viewer.onReadable(() => calls.push('second'))
    })
    session.append('x')
    await turns(5)
    expect(calls[0]).toBe('first')
    expect(calls).toContain('second')
  })

  test('closes its viewer, its session and its registry', async () => {
    for (const close of [
      ({ viewer }) => viewer.close(),
      ({ session }) => session.close(),
      () => registry.shutdown(),
    ]) {
      const session = registry.create()
      const viewer = session.openViewer()
      let calls = 0
      viewer.onReadable(() => {
        calls += 1
        close({ viewer, session })
        expect(viewer.closed).toBe(true)
        expect(viewer.read()).toBeNull()
        expect(() => viewer.release()).not.toThrow()
      })
      session.append('x')
      await turns(5)
      expect(calls).toBeGreaterThan(0)
    }
  })
})

test('an array that only says that it is long is refused, and the process lives', () => {
  const program = `
    const { spawn } = require(${ADDON})
    try { spawn('true', new Array(2 ** 32 - 1)) } catch (error) { console.log(error.code) }`
  expect(node(program)).toBe('ERR_INVALID_ARG_TYPE\n')
})

test.each([
  ['a symbol', Symbol('x')],
  ['an object', {}],
  ['an object without a prototype', Object.create(null)],
  ['a function', () => {}],
])('%s in an environment', (_name, value) => {
  const env = { PATH: process.env.PATH, BAD: value }
  expect(() => spawn('true', [], { env })).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  expect(() => registry.create({ pty: { file: 'true', env } })).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  expect(registry.list()).toEqual([])
})

test('metadata that JSON cannot say', () => {
  const circular = {}
  circular.self = circular
  const cause = new Error('mine')
  const throwing = {
    toJSON() {
      throw cause
    },
  }
  for (const metadata of [circular, { big: 1n }, throwing]) {
    expect(() => registry.create({ metadata })).toThrow(thrown('ERR_INVALID_ARG_VALUE'))
  }
  expect(() => registry.create({ metadata: throwing })).toThrow(expect.objectContaining({ cause }))
  expect(registry.list()).toEqual([])
})

test.each([undefined, null, 0, 1, 'true', {}])('%p is no boolean', (value) => {
  const session = registry.create()
  expect(() => session.setSuspended(value)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  const pty = spawn('true', [])
  expect(() => {
    pty.handleFlowControl = value
  }).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  expect(pty.handleFlowControl).toBe(false)
  pty.close()
})

test.each([
  ['Session', Session],
  ['Viewer', Viewer],
])('new %s()', (_name, Class) => {
  expect(() => new Class()).toThrow(thrown('ERR_ILLEGAL_CONSTRUCTOR'))
})

test('text longer than a string can be', () => {
  const buffer = new CircularBuffer(2 ** 30)
  const part = Buffer.alloc(2 ** 26, 'a')
  for (let count = 0; count < 8; count += 1) buffer.write(part)
  expect(() => buffer.toString()).toThrow(thrown('ERR_STRING_TOO_LONG'))
  expect(buffer.toString(3)).toBe('aaa')
  expect(buffer.length).toBe(2 ** 29)
  buffer.close()
})

test('a shell that does not start leaves its session as it was', () => {
  const session = registry.create()
  session.append('a line that is longer than five columns')
  const before = session.screenText()
  expect(() => session.spawn({ file: '/nowhere/at/all', cols: 5, rows: 2 })).toThrow(thrown('ENOENT'))
  expect(session).toMatchObject({ cols: 80, rows: 24, pid: null })
  expect(session.screenText()).toBe(before)
})

test('signal 0 is none', async () => {
  const pty = spawn('cat', [])
  const session = registry.create({ pty: { file: 'cat' } })
  session.kill(0)
  await turns(5)
  expect(session.exit).toBeNull()
  pty.close()
})

test('input of nothing, or byte by byte, to a program that does not read takes no more than is counted', () => {
  const program = `
    const { SessionRegistry } = require(${ADDON})
    const registry = new SessionRegistry({ maxInputBytes: 1024 * 1024 })
    const session = registry.create({ pty: { file: 'sh', args: ['-c', 'stty raw -echo; echo; sleep 60'] } })
    const viewer = session.openViewer()
    viewer.onReadable(() => {
      if (viewer.read() === null) return
      while (session.write('x'.repeat(4096)));
      const nothing = (times) => { for (let count = 0; count < times; count += 1) session.write('') }
      const bytes = (times) => { for (let count = 0; count < times; count += 1) session.write('y') }
      // What the engine takes for the loops is not counted.
      nothing(1e5)
      bytes(1e4)
      const before = process.memoryUsage.rss()
      nothing(1.25e6)
      const queued = session.writableLength
      bytes(1.25e5)
      console.log(JSON.stringify({
        grown: process.memoryUsage.rss() - before, queued: session.writableLength - queued,
      }))
      registry.shutdown()
    })`
  const { grown, queued } = JSON.parse(node(program, ['--max-semi-space-size=1']))
  // The terminal may take a little more of what waits at any time.
  expect(queued).toBeGreaterThan(0.75e5)
  expect(queued).toBeLessThanOrEqual(1.25e5)
  // Less than 7 bytes for each of nothing, and 67 for each byte.
  expect(grown).toBeLessThan(8 * 1024 * 1024)
})

test('memory that another thread writes', async () => {
  const shared = new SharedArrayBuffer(64 * 1024)
  const scribbler = new Worker(
    `const { workerData, parentPort } = require('node:worker_threads')
     const bytes = new Uint8Array(workerData)
     const text = new TextEncoder().encode('\\x1b[31mä€😀\\r\\n')
     parentPort.postMessage(0)
     for (let at = 0; ; at = (at + 1) % bytes.length) bytes[at] = text[(Math.random() * text.length) | 0]`,
    { eval: true, workerData: shared },
  )
  await new Promise((resolve) => scribbler.once('message', resolve))
  const bytes = new Uint8Array(shared)
  const session = registry.create()
  const buffer = new CircularBuffer(128 * 1024)
  const pty = spawn('sh', ['-c', 'stty raw -echo; cat > /dev/null'])
  for (let round = 1; round <= 50; round += 1) {
    expect(session.append(bytes)).toBe(round * bytes.length)
    expect(buffer.write(bytes)).toBe(round * bytes.length)
    expect(buffer.readInto(bytes, buffer.start)).toBe(bytes.length)
    if (round < 10) pty.write(bytes)
    session.snapshot()
  }
  await scribbler.terminate()
  pty.close()
  buffer.clear()
  const start = buffer.write('what was written')
  expect(buffer.readInto(bytes, start - 16)).toBe(16)
  expect(Buffer.from(bytes.slice(0, 16)).toString()).toBe('what was written')
})

test('listeners that hold what they listen to are let go of when nothing more can come', () => {
  const program = `
    const { SessionRegistry, spawn } = require(${ADDON})
    const { setTimeout: sleep } = require('node:timers/promises')
    const registry = new SessionRegistry()
    const kept = {}
    function viewer() {
      const session = registry.create()
      const viewer = session.openViewer()
      viewer.onReadable(() => viewer.offset)
      kept.viewer = new WeakRef(viewer)
      session.append('x')
      session.close()
    }
    function late() {
      const session = registry.create()
      const viewer = session.openViewer()
      session.close()
      viewer.onReadable(() => viewer.offset)
      kept.late = new WeakRef(viewer)
    }
    function terminal(name, file, act) {
      const pty = spawn(file, [])
      pty.onData(() => pty.pid)
      pty.onExit(() => pty.pid)
      pty.on('exit', () => pty.pid)
      kept[name] = new WeakRef(pty)
      act?.(pty)
    }
    viewer()
    late()
    terminal('ended', 'true')
    terminal('closed', 'cat', (pty) => pty.close())
    ;(async () => {
      const held = () => Object.keys(kept).filter((name) => kept[name].deref())
      for (let round = 0; round < 200 && held().length > 0; round += 1) {
        // What was asked after lives on until the turn is over.
        await sleep(20)
        global.gc()
        await sleep(1)
      }
      console.log(JSON.stringify(held()))
      registry.shutdown()
    })()`
  expect(node(program, ['--expose-gc'])).toBe('[]\n')
})
