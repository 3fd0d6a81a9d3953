/** What node-pty promises, and what its users do with it beyond its types. */

const { execFile, spawnSync } = require('node:child_process')
const { EventEmitter, once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { PassThrough } = require('node:stream')
const tty = require('node:tty')
const { promisify } = require('node:util')
const pty = require('../..')
const { isRunning } = require('../helpers/proc')
const { start, until } = require('../helpers/pty')
const { PATIENCE } = require('../helpers/patience')

const { Pty, spawn } = pty
const MODULE = path.join(__dirname, '..', '..')

/** Runs a program in a process of its own, with the package as `pty`. */
const apart = async (program, options) => {
  const source = `const pty = require(${JSON.stringify(MODULE)});${program}`
  return (await promisify(execFile)(process.execPath, ['-e', source], { timeout: PATIENCE, ...options }))
    .stdout
}

/** A shell that prints what it is told to, line by line. */
function teller() {
  const run = { pty: spawn('sh', ['-c', 'stty -echo; echo ready; while read line; do echo "$line"; done']) }
  run.tell = (text) => run.pty.write(`${text}\n`)
  return run
}

/** The first output that contains a text, as one listener got it. */
const listenFor = (text, add, remove) =>
  new Promise((resolve) => {
    let seen = ''
    const listener = (data) => {
      seen += data
      if (!seen.includes(text)) return
      remove(listener)
      resolve(seen)
    }
    add(listener)
  })

describe('listeners that come one after another', () => {
  test('removeListener, then on: what comes next, and nothing again', async () => {
    const run = teller()
    const on = (listener) => run.pty.on('data', listener)
    const off = (listener) => run.pty.removeListener('data', listener)
    expect(await listenFor('ready\r\n', on, off)).toBe('ready\r\n')
    run.tell('one')
    expect(await listenFor('one\r\n', on, off)).toBe('one\r\n')
    run.tell('two')
    expect(await listenFor('two\r\n', on, off)).toBe('two\r\n')
    run.pty.close()
  })

  test('onData().dispose(), then onData', async () => {
    const run = teller()
    let registration
    const add = (listener) => {
      registration = run.pty.onData(listener)
    }
    const remove = () => registration.dispose()
    expect(await listenFor('ready\r\n', add, remove)).toBe('ready\r\n')
    run.tell('one')
    expect(await listenFor('one\r\n', add, remove)).toBe('one\r\n')
    run.pty.close()
  })

  test('once, then on: no byte lies between', async () => {
    const expected = Array.from({ length: 20000 }, (_, index) => `${index + 1}\r\n`).join('')
    const terminal = spawn('seq', ['1', '20000'])
    let text = ''
    // All of it may come at once where this process had no time for long.
    for (let turn = 0; turn < 3 && text.length < expected.length; turn++)
      text += (await once(terminal, 'data'))[0]
    terminal.on('data', (data) => {
      text += data
    })
    await once(terminal, 'exit')
    expect({ length: text.length, same: text === expected }).toEqual({ length: expected.length, same: true })
  })

  test('a character that was torn between two listeners is whole', async () => {
    const terminal = spawn('sh', ['-c', "stty -echo; printf 'a\\303'; read line; printf '\\251b'; read line"])
    expect(await once(terminal, 'data')).toEqual(['a'])
    terminal.write('\n')
    expect(await once(terminal, 'data')).toEqual(['éb'])
    terminal.close()
  })

  test('what nobody listens to is kept as far as the newest 256 KiB', async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-kept-'))
    const marker = path.join(folder, 'through')
    const script = `stty -echo -onlcr; echo ready; read line; seq 1 100000; echo end; : > ${marker}; read line; exit 3`
    const terminal = spawn('sh', ['-c', script])
    await once(terminal, 'data')
    terminal.write('\n')
    // The program runs free: it gets there although nobody listens.
    await until(() => fs.existsSync(marker), 'the program to have printed everything')
    fs.rmSync(folder, { recursive: true })
    let text = ''
    terminal.on('data', (data) => {
      text += data
    })
    await until(() => text.endsWith('end\n'), 'the newest output')
    expect(text.length).toBeLessThanOrEqual(256 * 1024)
    expect(text.endsWith('99999\n100000\nend\n')).toBe(true)
    terminal.write('\n')
    expect(await once(terminal, 'exit')).toEqual([3, 0])
  })
})

describe('listeners that come late', () => {
  const ended = async (script) => {
    const terminal = spawn('sh', ['-c', script])
    await until(() => terminal.closed, 'the end of the program')
    return terminal
  }

  test('output of a program that has ended, then its exit', async () => {
    const terminal = await ended('echo early; exit 7')
    expect(isRunning(terminal.pid)).toBe(false)
    const told = []
    await new Promise((resolve) => {
      terminal.onExit((event) => resolve(told.push(event)))
      terminal.onData((data) => told.push(data))
      terminal.on('end', () => told.push('end'))
      terminal.on('close', () => told.push('close'))
    })
    expect(told).toEqual(['early\r\n', 'end', 'close', { exitCode: 7, signal: 0 }])
  })

  test('an exit is told to each that asks, once', async () => {
    const terminal = await ended('exit 5')
    const first = []
    terminal.on('exit', (...exit) => first.push(exit))
    expect(await once(terminal, 'exit')).toEqual([5, 0])
    expect(await new Promise((resolve) => terminal.onExit(resolve))).toEqual({ exitCode: 5, signal: 0 })
    expect(first).toEqual([[5, 0]])
  })

  test('the newest 256 KiB wait', async () => {
    const terminal = await ended('seq 1 100000')
    let text = ''
    terminal.onData((data) => {
      text += data
    })
    await once(terminal, 'exit')
    expect(text.length).toBeGreaterThan(250 * 1024)
    expect(text.endsWith('99999\r\n100000\r\n')).toBe(true)
  })

  test('a process does not end before it has told them', async () => {
    const program = `
      const t = pty.spawn('sh', ['-c', 'echo out; exit 4'])
      setTimeout(() => {
        t.onExit((exit) => console.log('exit', exit.exitCode))
        t.onData((data) => console.log('data', data.trim()))
      }, 500)`
    expect(await apart(program)).toBe('data out\nexit 4\n')
  })
})

describe('the surface of an EventEmitter', () => {
  test('any event may be listened to', async () => {
    const terminal = spawn('cat', [])
    expect(terminal).toBeInstanceOf(EventEmitter)
    const listener = () => {}
    for (const event of ['error', 'close', 'end', 'pause', 'resume', 'foo', Symbol('any')]) {
      expect(terminal.on(event, listener)).toBe(terminal)
      expect(terminal.listeners(event)).toEqual([listener])
      expect(terminal.removeListener(event, listener).listenerCount(event)).toBe(0)
    }
    terminal.close()
    await once(terminal, 'exit')
  })

  test('end and close come before the exit, and nothing comes after it', async () => {
    const terminal = spawn('sh', ['-c', 'printf one; exit 3'])
    const told = []
    for (const event of ['data', 'end', 'close', 'exit', 'error']) {
      terminal.on(event, (...args) => told.push([event, ...args]))
    }
    await once(terminal, 'exit')
    expect(told).toEqual([['data', 'one'], ['end'], ['close'], ['exit', 3, 0]])
  })

  test('listeners run in their order, those of onData first, on their terminal', async () => {
    const terminal = spawn('printf', ['x'])
    const order = []
    terminal.addListener('data', function second() {
      order.push(['second', this === terminal])
    })
    terminal.prependListener('data', () => order.push(['first', true]))
    terminal.prependOnceListener('data', () => order.push(['zeroth', true]))
    terminal.onData(() => order.push(['onData', true]))
    await once(terminal, 'exit')
    expect(order.map(([name]) => name)).toEqual(['onData', 'zeroth', 'first', 'second'])
    expect(order.every(([, right]) => right)).toBe(true)
  })

  test('emit reaches listeners of both kinds', () => {
    const terminal = spawn('cat', [])
    const told = []
    terminal.on('data', (data) => told.push(data))
    terminal.onData((data) => told.push(data))
    terminal.onExit((exit) => told.push(exit))
    expect(terminal.emit('data', 'injected')).toBe(true)
    expect(terminal.emit('exit', 9, 0)).toBe(true)
    expect(terminal.emit('nobody')).toBe(false)
    expect(told).toEqual(['injected', 'injected', { exitCode: 9, signal: 0 }])
    terminal.close()
  })

  test('removeAllListeners removes all, and those that are added later are told', async () => {
    const run = teller()
    const never = () => {
      throw new Error('a removed listener was called')
    }
    run.pty.on('data', never)
    const registration = run.pty.onData(never)
    run.pty.on('exit', never)
    run.pty.removeAllListeners('data')
    registration.dispose()
    run.pty.removeAllListeners()
    let text = ''
    run.pty.on('data', (data) => {
      text += data
    })
    await until(() => text.includes('ready'), 'output')
    run.pty.kill()
    expect(await once(run.pty, 'exit')).toEqual([0, os.constants.signals.SIGHUP])
  })

  test('pause and resume are told', async () => {
    const terminal = spawn('cat', [], { handleFlowControl: true })
    const told = []
    terminal.on('pause', () => told.push('pause'))
    terminal.on('resume', () => told.push('resume'))
    terminal.pause()
    terminal.pause()
    terminal.resume()
    await once(terminal, 'resume')
    terminal.write('\x13')
    terminal.write(Buffer.from('\x11'))
    await once(terminal, 'resume')
    expect(told).toEqual(['pause', 'resume', 'pause', 'resume'])
    terminal.close()
  })

  test('a Proxy of a terminal works', async () => {
    const terminal = new Proxy(spawn('sh', ['-c', 'read line; echo "got $line"; stty size; exit 2']), {})
    let text = ''
    terminal.onData((data) => {
      text += data
    })
    terminal.resize(91, 31)
    expect([terminal.cols, terminal.rows, terminal.pid > 0]).toEqual([91, 31, true])
    terminal.write('word\n')
    expect(await once(terminal, 'exit')).toEqual([2, 0])
    expect(text).toBe('word\r\ngot word\r\n31 91\r\n')
  })
})

describe('streams', () => {
  const numbers = (last) => Array.from({ length: last }, (_, index) => `${index + 1}\r\n`).join('')
  const textOf = async (stream) => {
    let text = ''
    for await (const chunk of stream) text += chunk
    return text
  }
  const small = () => new PassThrough({ highWaterMark: 16 })

  test('pipe writes all output at the pace of the stream, and ends it', async () => {
    const slow = new PassThrough({ highWaterMark: 1024 })
    const terminal = spawn('seq', ['1', '20000'])
    expect(terminal.pipe(slow)).toBe(slow)
    let text = ''
    for await (const chunk of slow) {
      text += chunk
      await new Promise(setImmediate)
    }
    const expected = numbers(20000)
    expect({ length: text.length, same: text === expected }).toEqual({ length: expected.length, same: true })
  })

  test('pipe leaves a stream open that is not to be ended', async () => {
    const stream = new PassThrough()
    const terminal = spawn('echo', ['x'])
    terminal.pipe(stream, { end: false })
    await once(terminal, 'exit')
    expect(stream.writableEnded).toBe(false)
    expect(String(stream.read())).toBe('x\r\n')
  })

  test('a stream that goes away does not hold the terminal', async () => {
    const terminal = spawn('sh', ['-c', 'seq 1 100000; exit 6'])
    const stream = new PassThrough({ highWaterMark: 16 })
    terminal.pipe(stream)
    await once(terminal, 'pause')
    stream.destroy()
    expect(await once(terminal, 'exit')).toEqual([6, 0])
  })

  test('a stream that has room again does not resume a terminal that was paused', async () => {
    const terminal = spawn('seq', ['1', '20000'])
    const resumed = jest.fn()
    terminal.on('resume', resumed)
    const stream = small()
    terminal.pipe(stream)
    await once(terminal, 'pause')
    terminal.pause()
    const drained = once(stream, 'drain')
    const text = textOf(stream)
    await drained
    await new Promise(setImmediate)
    expect(resumed).not.toHaveBeenCalled()
    terminal.resume()
    expect((await text) === numbers(20000)).toBe(true)
  })

  test('nor does resume() one whose stream is full', async () => {
    const terminal = spawn('seq', ['1', '20000'])
    const stream = small()
    terminal.pipe(stream)
    await once(terminal, 'pause')
    const resumed = jest.fn()
    terminal.on('resume', resumed)
    terminal.pause()
    terminal.resume()
    await new Promise(setImmediate)
    expect(resumed).not.toHaveBeenCalled()
    expect((await textOf(stream)) === numbers(20000)).toBe(true)
  })

  test('of two streams the slower one sets the pace, and both get everything', async () => {
    const terminal = spawn('seq', ['1', '20000'])
    const [fast, slow] = [small(), small()]
    terminal.pipe(fast)
    terminal.pipe(slow)
    await once(terminal, 'pause')
    const resumed = jest.fn()
    terminal.on('resume', resumed)
    const drained = once(fast, 'drain')
    const texts = [textOf(fast)]
    await drained
    await new Promise(setImmediate)
    expect([resumed.mock.calls.length, slow.writableNeedDrain]).toEqual([0, true])
    texts.push(textOf(slow))
    expect((await Promise.all(texts)).map((text) => text === numbers(20000))).toEqual([true, true])
  })

  test('setEncoding changes what output is, and tears no character', async () => {
    const terminal = spawn('sh', [
      '-c',
      "stty -echo; printf 'a\\303'; read line; printf '\\251'; read line; printf hex; read line",
    ])
    expect(await once(terminal, 'data')).toEqual(['a'])
    terminal.setEncoding(null)
    terminal.write('\n')
    expect(await once(terminal, 'data')).toEqual([Buffer.from('é')])
    terminal.setEncoding('hex')
    terminal.write('\n')
    expect(await once(terminal, 'data')).toEqual([Buffer.from('hex').toString('hex')])
    expect(() => terminal.setEncoding('nonsense')).toThrow(
      expect.objectContaining({ code: 'ERR_UNKNOWN_ENCODING' }),
    )
    terminal.close()
  })

  test('end writes what it is given', async () => {
    const run = start('sh', ['-c', 'read line; echo "got $line"'])
    run.pty.end('last\n')
    run.pty.end()
    await run.exited
    expect(run.text()).toContain('got last')
  })
})

describe('what a terminal is called', () => {
  test('ptsName and fd are those of the terminal', async () => {
    const run = start('sh', ['-c', 'tty; read line'])
    expect(run.pty.ptsName).toMatch(process.platform === 'darwin' ? /^\/dev\/tty/ : /^\/dev\/pts\/\d+$/)
    expect(tty.isatty(run.pty.fd)).toBe(true)
    await run.prints(`${run.pty.ptsName}\r\n`)
    const name = run.pty.ptsName
    run.pty.write('\n')
    await run.exited
    expect([run.pty.ptsName, run.pty.fd]).toEqual([name, -1])
  })

  test('a program keeps the name that it was started by', async () => {
    const run = start('/bin/sh', ['-c', 'echo "$0"; read line', '/bin/sh'])
    await run.prints('/bin/sh')
    expect(run.pty.process).toBe('/bin/sh')
    run.pty.close()
  })

  test('argv0 makes a shell a login shell', async () => {
    const run = start(
      'bash',
      ['--noprofile', '--norc', '-c', 'echo "$0"; shopt -q login_shell && echo login; read line'],
      {
        argv0: '-bash',
      },
    )
    await run.prints('-bash\r\nlogin')
    expect(run.pty.process).toBe('-bash')
    run.pty.close()
    expect(() => spawn('sh', [], { argv0: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
    expect(() => spawn('sh', [], { argv0: 'a\0' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
  })
})

describe('sizes', () => {
  const sizeOf = async (options) => {
    const run = start('stty', ['size'], options)
    await run.exited
    return [run.text().trim(), run.pty.cols, run.pty.rows]
  }

  test.each([
    [{ cols: 0, rows: Number.NaN }, ['24 80', 80, 24]],
    [{ cols: null, rows: undefined }, ['24 80', 80, 24]],
    [{ cols: 100.9, rows: 30.5 }, ['30 100', 100, 30]],
    [{ cols: 0.5, rows: 1 }, ['1 1', 1, 1]],
  ])('spawn with %p', async (options, expected) => {
    expect(await sizeOf(options)).toEqual(expected)
  })

  test('null is as good as nothing, in every option', async () => {
    const names = ['name', 'cols', 'rows', 'cwd', 'env', 'handleFlowControl', 'flowControlPause']
    const more = ['flowControlResume', 'uid', 'gid', 'useConpty', 'useConptyDll', 'conptyInheritCursor']
    const ours = ['maxInputBytes', 'drainTimeout', 'killGrace', 'argv0', 'spawnErrors']
    const options = Object.fromEntries([...names, ...more, ...ours].map((name) => [name, null]))
    const run = start('sh', ['-c', 'echo $0 $TERM; stty size'], options)
    await run.exited
    const { TERM = 'xterm-256color' } = process.env
    expect(run.text()).toBe(`sh ${TERM}\r\n24 80\r\n`)
    run.pty.close()
  })

  test('resize cuts a fraction off, and refuses what is no size as node-pty does', () => {
    const terminal = spawn('cat', [])
    terminal.resize(90.9, 30.1)
    expect([terminal.cols, terminal.rows]).toEqual([90, 30])
    for (const size of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, 65536]) {
      expect(() => terminal.resize(size, 10)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
      expect(() => terminal.resize(10, size)).toThrow(expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }))
    }
    expect([terminal.cols, terminal.rows]).toEqual([90, 30])
    terminal.close()
  })
})

describe('a start that fails', () => {
  const printed = async (file, options) => {
    const run = start(file, [], { spawnErrors: 'print', ...options })
    return { exit: await run.exited, text: run.text() }
  }

  test("node-pty's way: a message in the terminal and the exit code 1", async () => {
    expect(await printed('/no/such')).toEqual({
      exit: { exitCode: 1, signal: 0 },
      text: 'execvp(3) failed.: No such file or directory\r\n',
    })
    expect(await printed('sh', { cwd: '/no/such' })).toEqual({
      exit: { exitCode: 1, signal: 0 },
      text: 'chdir(2) failed.: No such file or directory\r\n',
    })
    expect((await printed('/etc/passwd')).text).toBe('execvp(3) failed.: Permission denied\r\n')
  })

  const asRoot = process.platform === 'linux' && process.getuid() === 0 ? test : test.skip
  /** -1 as an unsigned number, which is no user and no group. */
  const NOBODY_AT_ALL = 0xffff_ffff

  asRoot.each([
    ['uid', 'setuid(2) failed.: Invalid argument\r\n'],
    ['gid', 'setgid(2) failed.: Invalid argument\r\n'],
  ])("node-pty's way, where %s cannot be taken", async (name, text) => {
    expect(await printed('true', { [name]: NOBODY_AT_ALL })).toEqual({
      exit: { exitCode: 1, signal: 0 },
      text,
    })
    const syscall = text.slice(0, text.indexOf('('))
    expect(() => spawn('true', [], { [name]: NOBODY_AT_ALL })).toThrow(
      expect.objectContaining({ code: 'EINVAL', syscall }),
    )
  })

  const tried = (options) => `
    const terminal = pty.spawn('true', [], { ...${JSON.stringify(options)}, spawnErrors: 'print' })
    terminal.onData((data) => process.stdout.write(data))
    terminal.onExit(({ exitCode }) => console.log(exitCode))`

  asRoot.each(['uid', 'gid'])("node-pty's way, where who asks may not change its %s", async (name) => {
    const program = `process.setgroups([]); process.setgid(65534); process.setuid(65534); ${tried({ [name]: 0 })}`
    expect(await apart(program)).toBe(`set${name}(2) failed.: Operation not permitted\r\n1\n`)
  })

  // In a user namespace with one user in it, groups stay as they are.
  const namespace = ['--user', '--map-root-user', process.execPath]
  const canBeRoot = spawnSync('unshare', [...namespace, '-e', '0']).status === 0
  ;(canBeRoot ? test : test.skip)("node-pty's way, where groups cannot be dropped", () => {
    const source = `const pty = require(${JSON.stringify(MODULE)});${tried({ uid: 0 })}`
    const { stdout } = spawnSync('unshare', [...namespace, '-e', source], { encoding: 'utf8' })
    expect(stdout).toBe('setgroups(2) failed.: Operation not permitted\r\n1\n')
  })

  test('is an error by default', () => {
    for (const options of [undefined, {}, { spawnErrors: 'throw' }, { spawnErrors: null }]) {
      expect(() => spawn('/no/such', [], options)).toThrow(expect.objectContaining({ code: 'ENOENT' }))
    }
    expect(() => spawn('sh', [], { spawnErrors: 'ignore' })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
    const print = { spawnErrors: 'print' }
    expect(() => spawn('sh', ['a\0b'], print)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
  })
})

describe('the working directory', () => {
  const folder = fs.mkdtempSync(path.join(fs.realpathSync(os.tmpdir()), 'offheap-cwd-'))
  const [inner, link, gone] = ['inner', 'link', 'gone'].map((name) => path.join(folder, name))
  fs.mkdirSync(path.join(inner, 'deep'), { recursive: true })
  fs.symlinkSync(path.join(inner, 'deep'), link)
  afterAll(() => fs.rmSync(folder, { recursive: true }))

  const seen = (cwd, where) =>
    apart(
      `pty.spawn('sh', ['-c', 'echo "$PWD"; pwd -P'], { cwd: ${JSON.stringify(cwd)} }).onData((data) => process.stdout.write(data))`,
      {
        cwd: where,
      },
    )

  test.each([
    ['..', () => inner, () => [folder, folder]],
    ['./deep/../deep/..', () => inner, () => [inner, inner]],
    ['../link/..', () => inner, () => [inner, inner]],
    ['../link', () => inner, () => [path.join(inner, 'deep'), path.join(inner, 'deep')]],
    ['link', () => folder, () => [link, path.join(inner, 'deep')]],
  ])('%s', async (cwd, where, expected) => {
    expect((await seen(cwd, where())).split('\r\n').slice(0, 2)).toEqual(expected())
  })

  test('one that was removed is an error, whichever way it is named', async () => {
    const program = `
      const fs = require('node:fs')
      fs.mkdirSync(${JSON.stringify(gone)})
      process.chdir(${JSON.stringify(gone)})
      fs.rmdirSync(${JSON.stringify(gone)})
      for (const cwd of [undefined, '.', '..', 'below', ${JSON.stringify(gone)}]) {
        try {
          pty.spawn('pwd', [], { cwd })
          console.log('started')
        } catch (error) {
          console.log(error.code)
        }
      }`
    expect(await apart(program)).toBe('ENOENT\n'.repeat(5))
  })
})

describe('open', () => {
  test('both sides are streams, and the line between them is a terminal', async () => {
    const terminal = pty.open({ cols: 90, rows: 30 })
    const { master, slave } = terminal
    let [above, below] = ['', '']
    master.on('data', (data) => {
      above += data
    })
    slave.on('data', (data) => {
      below += data
    })
    slave.write('from slave\n')
    master.write('from master\n')
    await until(() => above === 'from slave\r\nfrom master\r\n' && below === 'from master\n', 'both')
    expect(terminal.ptsName).toMatch(/^\/dev\//)
    expect([terminal.pid, tty.isatty(terminal.fd), slave.isTTY]).toEqual([-1, true, true])
    terminal.resize(100, 40)
    const size = spawnSync('stty', [process.platform === 'linux' ? '-F' : '-f', terminal.ptsName, 'size'])
    expect(String(size.stdout)).toBe('40 100\n')
    const refused = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' })
    expect(() => terminal.resize(4096, 4097)).toThrow(refused)
    expect(() => pty.open({ cols: 4096, rows: 4097 })).toThrow(refused)
    terminal.write('more\n')
    await until(() => below.endsWith('more\n'), 'input')
    terminal.destroy()
    await until(() => master.destroyed && slave.destroyed, 'the end of both')
    expect(terminal.fd).toBe(-1)
  })

  test('native has the functions behind it', () => {
    const made = pty.native.open(80, 24)
    expect(made.pty).toMatch(/^\/dev\//)
    pty.native.resize(made.master, 101, 41)
    const size = spawnSync('stty', ['size'], { stdio: [made.slave, 'pipe', 'ignore'] })
    expect(String(size.stdout)).toBe('41 101\n')
    fs.closeSync(made.slave)
    fs.closeSync(made.master)
    expect(() => pty.native.resize(-1, 80, 24)).toThrow(expect.objectContaining({ code: 'EBADF' }))
    expect(pty.native.process(-1)).toBeUndefined()
  })
})

describe('names and defaults', () => {
  test('the older names are spawn, and the class is what they make', async () => {
    for (const make of [spawn, pty.fork, pty.createTerminal, (...args) => new Pty(...args)]) {
      const terminal = make('true', [])
      expect(terminal).toBeInstanceOf(Pty)
      await once(terminal, 'exit')
    }
  })

  test('named imports of a module', async () => {
    const source = `import { spawn, fork, createTerminal, open, native, Pty } from ${JSON.stringify(path.join(MODULE, 'main.js'))}
      console.log(typeof spawn, fork === spawn, createTerminal === spawn, typeof open, typeof native, typeof Pty)`
    const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '-e', source])
    expect(stdout).toBe('function true true function object function\n')
  })

  test('without a program there is a shell; arguments as a string are for Windows', async () => {
    const run = start(undefined, ['-c', 'echo "$0"'])
    await run.exited
    expect(run.text()).toBe('sh\r\n')
    expect(() => spawn('sh', '-c true')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
    expect(() => spawn('a', [], { name: {} })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })

  test('other encodings', async () => {
    const run = start(undefined, ['-c', 'echo "test æ!"'], { encoding: 'base64' })
    await run.exited
    expect(Buffer.from(run.text(), 'base64').toString()).toBe('test æ!\r\n')
  })
})

describe('signals', () => {
  /** A terminal in a process that has a handler for SIGINT; both are interrupted. */
  const interrupted = (child) =>
    apart(`
      process.on('SIGINT', () => { console.log('SIGINT in parent'); clearInterval(idle) })
      const idle = setInterval(() => {}, 1000)
      const t = pty.spawn(process.execPath, ['-e', ${JSON.stringify(child)}])
      let text = ''
      t.on('data', (data) => {
        text += data
        if (!text.includes('ready') || t.sent) return
        t.sent = true
        process.kill(t.pid, 'SIGINT')
        process.kill(process.pid, 'SIGINT')
      })
      t.on('exit', (code, signal) => console.log(text.trim().split('\\r\\n').join(), code, signal))`)

  test('SIGINT with a handler in both', async () => {
    const child =
      "process.on('SIGINT', () => { console.log('SIGINT in child'); process.exit(3) }); setInterval(() => {}, 1000); console.log('ready')"
    const lines = (await interrupted(child)).trim().split('\n').sort()
    expect(lines).toEqual(['SIGINT in parent', 'ready,SIGINT in child 3 0'])
  })

  test("SIGINT with the parent's handler alone ends the child", async () => {
    const lines = (await interrupted("setInterval(() => {}, 1000); console.log('ready')"))
      .trim()
      .split('\n')
      .sort()
    expect(lines).toEqual(['SIGINT in parent', 'ready 0 2'])
  })

  test('SIGUSR1 reaches the child and not the parent', async () => {
    const child =
      "process.on('SIGUSR1', () => { console.log('child'); process.exit(0) }); setInterval(() => {}, 1000); console.log('ready')"
    const run = start(process.execPath, ['-e', child])
    let here = 0
    const count = () => here++
    process.on('SIGUSR1', count)
    await run.prints('ready')
    run.pty.kill('SIGUSR1')
    expect(await run.exited).toEqual({ exitCode: 0, signal: 0 })
    process.off('SIGUSR1', count)
    expect([run.text(), here]).toEqual(['ready\r\nchild\r\n', 0])
  })

  test('destroy hangs up', async () => {
    const terminal = spawn(process.execPath, [])
    terminal.destroy()
    expect(await once(terminal, 'exit')).toEqual([0, os.constants.signals.SIGHUP])
  })
})
