// The addon is loaded in worker threads, twice in one process, and again after
// a reset of the module registry; it leaves nothing behind when it goes.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Worker } = require('node:worker_threads')
const { PATIENCE } = require('./helpers/patience')

const root = path.join(__dirname, '..')
const manifest = require('../package.json')
const onLinux = process.platform === 'linux' ? test : test.skip
const onUnix = process.platform === 'win32' ? test.skip : test

/** Runs a program in a worker thread that has loaded the package as `addon`. */
function worker(program) {
  const source = `
    const { parentPort } = require('node:worker_threads')
    const addon = require(${JSON.stringify(root)})
    ${program}`
  const thread = new Worker(source, { eval: true })
  const ended = new Promise((resolve, reject) => thread.once('error', reject).once('exit', resolve))
  return { thread, ended }
}

const message = (thread) => new Promise((resolve) => thread.once('message', resolve))

/** Waits until a condition holds, for PATIENCE at most. */
async function until(condition) {
  const deadline = Date.now() + PATIENCE
  while (!condition() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 20))
  return condition()
}

function exists(pid) {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}

const count = (folder) => fs.readdirSync(folder).length

/** A copy of the package in a folder of its own, as a second version would be. */
function copy() {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-copy-'))
  const binaries = fs.readdirSync(root).filter((name) => name.endsWith('.node'))
  for (const file of [
    ...manifest.files.filter((name) => /^[\w-]+\.js$/.test(name)),
    'package.json',
    ...binaries,
  ]) {
    fs.copyFileSync(path.join(root, file), path.join(folder, file))
  }
  return folder
}

/** What a shell on a terminal of this addon says. */
function shellSays(addon) {
  const shell = process.platform === 'win32' ? 'cmd.exe' : '/bin/sh'
  const command = process.platform === 'win32' ? ['/c', 'echo said'] : ['-c', 'echo said']
  const pty = addon.spawn(shell, command)
  let output = ''
  pty.onData((data) => {
    output += data
  })
  return new Promise((resolve) => pty.onExit(() => resolve(output)))
}

const useAll = `
  const ring = new addon.CircularBuffer(65536)
  ring.write('x'.repeat(100_000))
  const registry = new addon.SessionRegistry()
  const session = registry.create({ projectId: 'p' })
  session.openViewer().onReadable(() => {})
  session.append('output')`

describe('worker threads', () => {
  onUnix('a hundred load the addon, use it and end', async () => {
    const turn = () => Promise.all(Array.from({ length: 4 }, () => worker(useAll).ended))
    await turn()
    const descriptors = process.platform === 'linux' ? count('/proc/self/fd') : 0
    const threads = process.platform === 'linux' ? count('/proc/self/task') : 0
    for (let turns = 1; turns < 25; turns++) expect(await turn()).toEqual([0, 0, 0, 0])
    if (process.platform !== 'linux') return
    expect(await until(() => count('/proc/self/fd') <= descriptors)).toBe(true)
    expect(await until(() => count('/proc/self/task') <= threads)).toBe(true)
  })

  test('the main thread uses it while one does, and after', async () => {
    const addon = require('..')
    const ring = new addon.CircularBuffer(1024)
    const { ended } = worker(useAll)
    ring.write('mine')
    await ended
    expect(ring.toString()).toBe('mine')
  })

  onUnix('one that is terminated while its shell floods takes the shell with it', async () => {
    const { thread, ended } = worker(`
      const session = new addon.SessionRegistry().create({ pty: { file: '/bin/sh', args: ['-c', 'while :; do echo flood; done'] } })
      const viewer = session.openViewer()
      viewer.onReadable(() => { while (viewer.read()) viewer.release() })
      parentPort.postMessage(session.pid)`)
    const pid = await message(thread)
    await new Promise((resolve) => setTimeout(resolve, 100))
    await thread.terminate()
    await ended
    expect(await until(() => !exists(pid))).toBe(true)
    expect(await shellSays(require('..'))).toContain('said')
  })

  onLinux('terminated ones leave no descriptor', async () => {
    const busy = `
      const ptys = Array.from({ length: 4 }, () => addon.spawn('/bin/sh', ['-c', 'while :; do echo flood; done']))
      ptys.forEach((pty) => pty.onData(() => {}))
      parentPort.postMessage('running')
      setInterval(() => ptys.forEach((pty) => pty.write('x')), 1)`
    const terminals = () =>
      fs.readdirSync('/proc/self/fd').filter((fd) => {
        try {
          return fs.readlinkSync(`/proc/self/fd/${fd}`).includes('ptmx')
        } catch {
          return false
        }
      }).length
    const stop = async () => {
      const { thread, ended } = worker(busy)
      await message(thread)
      await thread.terminate()
      await ended
    }
    await stop()
    for (let turns = 0; turns < 10; turns++) await stop()
    expect(await until(() => terminals() === 0)).toBe(true)
  })
})

// A binary that is named by its path is the same for both.
const withCopies = process.env.NAPI_RS_NATIVE_LIBRARY_PATH ? describe.skip : describe

withCopies('two copies in one process', () => {
  let folder
  beforeAll(() => {
    folder = copy()
  })
  // Windows does not let go of a loaded library's file.
  afterAll(() => process.platform === 'win32' || fs.rmSync(folder, { recursive: true }))

  test('both run shells and keep their sessions apart', async () => {
    const [one, two] = [require('..'), require(folder)]
    expect(two.CircularBuffer).not.toBe(one.CircularBuffer)
    const [mine, theirs] = [new one.SessionRegistry(), new two.SessionRegistry()]
    mine.create({ id: 'same' }).append('mine')
    theirs.create({ id: 'same' }).append('theirs')
    expect(mine.get('same').history().toString()).toBe('mine')
    expect(theirs.get('same').history().toString()).toBe('theirs')
    const said = await Promise.all([shellSays(one), shellSays(two)])
    expect(said).toEqual([expect.stringContaining('said'), expect.stringContaining('said')])
  })

  test("one's method refuses the other's object", () => {
    const [one, two] = [require('..'), require(folder)]
    const ring = new one.CircularBuffer(64)
    ring.write('kept')
    const { write, read } = two.CircularBuffer.prototype
    expect(() => write.call(ring, 'x')).toThrow()
    expect(() => read.call(ring)).toThrow()
    expect(ring.toString()).toBe('kept')
  })
})

describe("jest's module registry", () => {
  test('a reset loads the package again, and objects of before still work', async () => {
    const before = require('..')
    const ring = new before.CircularBuffer(64)
    ring.write('kept')
    for (let turn = 0; turn < 20; turn++) {
      jest.resetModules()
      const again = require('..')
      const fresh = new again.CircularBuffer(64)
      fresh.write('new')
      expect(fresh.toString()).toBe('new')
    }
    expect(ring.toString()).toBe('kept')
    expect(await shellSays(require('..'))).toContain('said')
  })

  test('isolated modules work side by side', () => {
    const rings = []
    for (const text of ['a', 'b']) {
      jest.isolateModules(() => {
        const ring = new (require('..').CircularBuffer)(64)
        ring.write(text)
        rings.push(ring)
      })
    }
    expect(rings.map(String)).toEqual(['a', 'b'])
  })
})

describe("Electron's rule", () => {
  // Electron refuses buffers over memory that V8 does not own, so the binding
  // makes none: it copies out, or lends V8's own memory to Rust.
  const sources = path.join(root, 'src')

  test('the binding makes no external buffers', () => {
    const makers =
      /napi_create_external_(?:array)?buffer|napi_create_external_string|from_external|from_data|Buffer::from\(|BufferSlice::from/
    for (const file of fs.readdirSync(sources, { recursive: true }).filter((name) => name.endsWith('.rs'))) {
      expect([file, fs.readFileSync(path.join(sources, file), 'utf8').match(makers)]).toEqual([file, null])
    }
  })

  // Electron answers those calls with an error; a Node that has no such calls
  // at all is stricter. Their names are overwritten in a copy of this one.
  const withNode =
    process.platform === 'linux' &&
    !process.env.NAPI_RS_NATIVE_LIBRARY_PATH &&
    !process.config.variables.node_shared
  const onNode = withNode ? test : test.skip
  const binary = path.join(os.tmpdir(), `offheap-node-${process.pid}`)
  afterEach(() => fs.rmSync(binary, { force: true }))

  /** Runs the smoke test on a Node that lacks some calls. */
  function smokeWithout(...calls) {
    const node = fs.readFileSync(process.execPath)
    for (const call of calls) {
      const name = Buffer.from(`\0${call}\0`)
      expect(node.includes(name)).toBe(true)
      for (let at = node.indexOf(name); at >= 0; at = node.indexOf(name, at))
        node.write('_', at + call.length)
    }
    fs.writeFileSync(binary, node, { mode: 0o755 })
    const smoke = path.join(root, 'scripts', 'smoke.js')
    return spawnSync(binary, [smoke], { encoding: 'utf8', timeout: PATIENCE })
  }

  onNode('everything works where there are no external buffers', () => {
    const { status, stdout, stderr } = smokeWithout(
      'napi_create_external_buffer',
      'napi_create_external_arraybuffer',
    )
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
    expect(stdout).toContain('buffer, registry, screen and shells work')
  })

  onNode('and such a Node would tell: without a call that is used, it does', () => {
    const { status, stderr } = smokeWithout('napi_create_buffer_copy')
    expect(status).not.toBe(0)
    expect(stderr).toContain('napi_create_buffer_copy has not been loaded')
  })

  test('what it returns is a copy: writing to it changes nothing else', () => {
    const { CircularBuffer, SessionRegistry } = require('..')
    const ring = new CircularBuffer(64)
    ring.write('kept')
    ring.read().fill(0)
    ring.tail(4).fill(0)
    ring.readFrom(0).data.fill(0)
    expect(ring.toString()).toBe('kept')
    const session = new SessionRegistry().create()
    session.append('kept')
    session.history().fill(0)
    expect(session.history().toString()).toBe('kept')
  })
})
