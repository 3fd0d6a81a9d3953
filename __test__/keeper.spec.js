// The keeper: shells outlive their process, and go on in the next one.

const { SessionRegistry } = require('..')
const { execFileSync, spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')
const { PATIENCE } = require('./helpers/patience')

const onWindows = process.platform === 'win32'
const onLinux = process.platform === 'linux' ? test : test.skip
const keeperPath = path.join(__dirname, '..', 'offheap-keeper')

const LINE = 16
/** What helpers/counter.js has printed on a terminal between two offsets. */
const counted = (from, to) => {
  let text = ''
  for (let line = Math.floor(from / LINE); line * LINE < to; line += 1)
    text += `${String(line).padStart(LINE - 2, '0')}\r\n`
  return text.slice(from % LINE, (from % LINE) + to - from)
}

const until = async (ready, what, ms = PATIENCE) => {
  const end = Date.now() + ms
  for (;;) {
    const found = ready()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const code = (act) => {
  try {
    act()
    return undefined
  } catch (error) {
    return error.code
  }
}

/** Whether there is such a process. One that is not waited for yet, or just now (X), is none. */
const lives = (pid) => {
  const state = execFileSync('sh', ['-c', `ps -o stat= -p ${pid} || true`], { encoding: 'utf8' })
  return state.trim() !== '' && !/^[ZX]/.test(state.trim())
}

if (onWindows) {
  test('is refused on Windows', () => {
    const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-keeper-'))
    expect(code(() => new SessionRegistry({ journal: { dir, keeper: true } }))).toBe('ERR_NOT_SUPPORTED')
    fs.rmSync(dir, { recursive: true })
  })
} else {
  tests()
}

function tests() {
  let dir
  let registries
  let children
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-keeper-'))
    registries = []
    children = []
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const registry of registries) registry.shutdown()
    // Whatever a test has left: the next server ends it.
    const last = new SessionRegistry({ journal: { dir, keeper: true } })
    last.restore({ takeover: true })
    last.shutdown()
    await until(() => !fs.existsSync(path.join(dir, 'keeper.sock')), 'the end of the keeper')
    fs.rmSync(dir, { recursive: true, force: true })
  })

  const open = (journal, options) => {
    const registry = new SessionRegistry({ journal: { dir, keeper: true, ...journal }, ...options })
    registries.push(registry)
    return registry
  }
  const shell = (script) => ({ file: '/bin/sh', args: ['-c', script], cols: 80, rows: 24 })
  const text = (session) => session.readFrom(session.start).data.toString('latin1')
  const prints = (session, what) => until(() => text(session).includes(what), JSON.stringify(what))

  /** Starts a process of its own; what it has said, newest last. */
  const start = async (options = {}) => {
    const script = path.join(__dirname, 'helpers', 'keeper-process.js')
    const child = spawn(process.execPath, [script, dir, JSON.stringify(options)], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    children.push(child)
    const said = []
    const started = {
      child,
      said,
      ended: new Promise((resolve) => child.once('exit', resolve)),
      with: (key) => until(() => said.findLast((message) => key in message), key),
      kill: () => {
        child.kill('SIGKILL')
        return started.ended
      },
    }
    readline.createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
    await until(() => said.length > 0, 'its first words')
    return started
  }

  describe('a process that dies', () => {
    test('has its shells go on in the next one, with every byte once', async () => {
      const shells = 4
      let server = await start({ shells })
      let pids
      const ends = new Map()
      for (let kill = 0; kill < 8; kill += 1) {
        const { sessions } = await server.with('sessions')
        await until(() => {
          const now = server.said.findLast((message) => message.sessions).sessions
          return now.every(({ id, end }) => end > (ends.get(id) ?? 0) + 20_000)
        }, 'more output')
        pids ??= sessions.map(({ pid }) => pid)
        const last = server.said.findLast((message) => message.sessions).sessions
        for (const { id, end } of last) ends.set(id, end)
        await new Promise((resolve) => setTimeout(resolve, (kill * 37) % 100))
        await server.kill()
        server = await start({ shells })
        expect(server.said[0]).toMatchObject({ restored: shells })
        const next = (await server.with('sessions')).sessions
        expect(next.map(({ pid }) => pid)).toEqual(pids)
        expect(next.map(({ status }) => status)).toEqual(Array(shells).fill('active'))
      }
      await server.kill()
      const registry = open()
      for (const { id, pid } of registry.restore()) {
        expect(pids).toContain(pid)
        const session = registry.get(id, 'p')
        // It goes on meanwhile: what is compared is one piece of it.
        const { start, data } = session.readFrom(session.start)
        expect(start + data.length).toBeGreaterThanOrEqual(ends.get(id))
        expect(data.toString('latin1') === counted(start, start + data.length)).toBe(true)
      }
      registry.shutdown()
      await until(() => !pids.some(lives), 'the shells to end')
    })

    test('misses no exit, and is told of it after the last byte', async () => {
      const go = path.join(dir, 'go')
      const server = await start({ shells: 0 })
      await server.kill()
      const before = open()
      const wait = `while [ ! -e ${go} ]; do sleep 0.02; done`
      before.create({ id: 'a', pty: shell(`${wait}; echo last words; exit 7`) })
      const { pid } = before.create({ id: 'b', pty: shell('kill -KILL $$') })
      await until(() => before.get('b').status === 'exited', 'an exit')
      expect(before.get('b').exit).toEqual({ code: 0, signal: 9 })
      before.close('b')
      expect(lives(pid)).toBe(false)
      const ended = before.get('a').pid
      before.leave()
      fs.writeFileSync(go, '')
      await until(() => !lives(ended), 'the end of the shell')
      const registry = open({}, { exitLinger: 60_000 })
      const exits = []
      registry.on('sessionExited', ({ id, code, signal }) =>
        exits.push([id, code, signal, text(registry.get(id))]),
      )
      registry.restore()
      await until(() => exits.length > 0, 'the exit')
      expect(exits).toEqual([['a', 7, 0, 'last words\r\n']])
    })

    test('leaves output to the keeper, which writes it down', async () => {
      const before = open({ drainAfter: 0 })
      const go = path.join(dir, 'go')
      const next = path.join(dir, 'next')
      const script = `while [ ! -e ${go} ]; do sleep 0.02; done; seq 1 9000; : > ${next}; exec cat`
      before.create({ id: 'a', pty: shell(script) })
      before.leave()
      fs.writeFileSync(go, '')
      // More than a terminal takes: the program goes on because somebody reads.
      await until(() => fs.existsSync(next), 'the program to go on')
      const registry = open()
      expect(registry.restore()).toMatchObject([{ id: 'a', status: 'active' }])
      const session = registry.get('a')
      await prints(session, '9000\r\n')
      expect(text(session)).toBe(Array.from({ length: 9000 }, (_, at) => `${at + 1}\r\n`).join(''))
      expect(session.screenText()).toContain('9000')
      session.write('typed\r')
      await prints(session, 'typed\r\n')
    })

    test('has its shells hung up on when nobody comes', async () => {
      const before = open({ orphanTimeout: 100, drainAfter: 0 })
      const { pid } = before.create({ id: 'a', pty: shell('echo here; exec sleep 1000') })
      await prints(before.get('a'), 'here')
      before.leave()
      await until(() => !lives(pid), 'the end of the shell')
      await until(() => !fs.existsSync(path.join(dir, 'keeper.sock')), 'the end of the keeper')
      const registry = open()
      expect(registry.restore()).toMatchObject([{ status: 'exited', exit: { code: 0, signal: 1 } }])
      expect(text(registry.get('a'))).toBe('here\r\n')
    })
  })

  describe('a process that leaves', () => {
    test('hands over to the next registry, also in the same process', async () => {
      const before = open()
      const session = before.create({ id: 'a', pty: shell('stty -echo; echo ready; exec cat') })
      await prints(session, 'ready')
      const { pid } = session
      session.resize(101, 37)
      expect(before.leave()).toBe(1)
      expect(session.closed).toBe(true)
      const registry = open()
      const told = []
      registry.on('sessionRestored', (event) => told.push(event))
      const [info] = registry.restore()
      expect(info).toMatchObject({ id: 'a', pid, status: 'active', cols: 101, rows: 37 })
      expect(told).toMatchObject([{ id: 'a', alive: true }])
      const after = registry.get('a')
      after.write('more\n')
      await prints(after, 'more\r\n')
      expect(text(after)).toBe('ready\r\nmore\r\n')
      // Nothing is restored twice.
      expect(registry.restore()).toEqual([])
      after.kill('SIGTERM')
      await until(() => after.exit, 'the exit')
      expect(after.exit).toEqual({ code: 0, signal: 15 })
    })

    test('by SIGTERM ends by itself, and says what it has left', async () => {
      const server = await start({ shells: 2 })
      const { sessions } = await server.with('sessions')
      server.child.kill('SIGTERM')
      expect(await server.with('left')).toEqual({ left: 2 })
      expect(await server.ended).toBe(0)
      expect(server.said.filter(({ closed }) => closed).map(({ reason }) => reason)).toEqual(['left', 'left'])
      const registry = open()
      expect(registry.restore().map(({ pid }) => pid)).toEqual(sessions.map(({ pid }) => pid))
    })
  })

  describe('a second process', () => {
    test('is refused, and told who is there', async () => {
      const server = await start({ shells: 1 })
      await server.with('sessions')
      const registry = open()
      expect(() => registry.restore()).toThrow(`process ${server.child.pid}`)
      expect(code(() => registry.restore())).toBe('ERR_KEEPER_BUSY')
      expect(code(() => registry.create({ pty: shell('exec cat') }))).toMatch(/^ERR_(KEEPER|JOURNAL)_BUSY$/)
      // The first has noticed nothing.
      const { sessions } = await server.with('sessions')
      const [{ end }] = sessions
      await until(
        () => server.said.findLast((message) => message.sessions).sessions[0].end > end,
        'more output',
      )
    })

    test('takes over from a flood, with every byte once', async () => {
      const server = await start({ shells: 3 })
      await until(
        () => server.said.findLast((message) => message.sessions)?.sessions.every(({ end }) => end > 20_000),
        'output',
      )
      const registry = open({}, { maxSessions: 0, maxSessionsPerProject: 0 })
      const restored = registry.restore({ takeover: true })
      expect(restored.map(({ status }) => status)).toEqual(['active', 'active', 'active'])
      // A server that does not get to it in time is ended.
      await server.ended
      const { sessions } = await server.with('sessions')
      for (const { id, end } of sessions) {
        const session = registry.get(id, 'p')
        await until(() => session.end > end + 20_000, 'more output')
        const { start, data } = session.readFrom(session.start)
        expect(data.toString('latin1') === counted(start, start + data.length)).toBe(true)
      }
    })
  })

  describe('a keeper', () => {
    const keeper = () => {
      const list = execFileSync('ps', ['-eo', 'pid=,args='], { encoding: 'utf8' })
      const line = list.split('\n').find((each) => each.includes('offheap-keeper') && each.includes(dir))
      return line && Number(line.trim().split(' ')[0])
    }

    test('that is killed ends no shell, and is followed by another', async () => {
      const registry = open()
      const session = registry.create({ id: 'a', pty: shell('stty -echo; echo ready; exec cat') })
      await prints(session, 'ready')
      const first = keeper()
      process.kill(first, 'SIGKILL')
      await until(() => keeper() !== first && keeper(), 'another keeper')
      session.write('still here\n')
      await prints(session, 'still here\r\n')
      const { pid } = session
      const other = registry.create({ id: 'b', pty: shell('exec cat') })
      expect(lives(other.pid)).toBe(true)
      // The one that starts it has ended by now.
      const second = keeper()
      registry.leave()
      const next = open()
      expect(next.restore().map(({ id, pid, status }) => [id, pid, status])).toEqual([
        ['a', pid, 'active'],
        ['b', other.pid, 'active'],
      ])
      expect(keeper()).toBe(second)
    })

    test('gives a program the name that it is to see as its own', async () => {
      const registry = open()
      const script = 'echo "$0"; shopt -q login_shell && echo login; read line'
      const pty = { file: 'bash', args: ['--noprofile', '--norc', '-c', script], argv0: '-bash' }
      const session = registry.create({ pty })
      await prints(session, 'login\r\n')
      expect(text(session)).toBe('-bash\r\nlogin\r\n')
    })

    test('that is stopped blocks nobody for long, and ends nothing', async () => {
      const registry = open()
      const session = registry.create({ id: 'a', pty: shell('stty -echo; echo ready; exec cat') })
      await prints(session, 'ready')
      process.kill(keeper(), 'SIGSTOP')
      try {
        expect(code(() => registry.create({ id: 'b', pty: shell('exec cat') }))).toBe('ERR_KEEPER_TIMEOUT')
        expect(code(() => registry.create({ id: 'c', pty: shell('exec cat') }))).toBe('ERR_KEEPER_TIMEOUT')
        session.write('still here\n')
        await prints(session, 'still here\r\n')
      } finally {
        process.kill(keeper(), 'SIGCONT')
      }
      const made = await until(() => {
        try {
          return registry.create({ id: 'd', pty: shell('exec cat') })
        } catch {
          return undefined
        }
      }, 'a keeper that answers')
      expect(lives(made.pid)).toBe(true)
      expect(registry.list().map(({ id }) => id)).toEqual(['a', 'd'])
    })

    test('ends with the last shell and its process', async () => {
      const registry = open()
      const { pid } = registry.create({ id: 'a', pty: shell('trap "" HUP; echo on; exec sleep 1000') })
      await prints(registry.get('a'), 'on')
      expect(keeper()).toBeTruthy()
      registry.shutdown()
      expect(fs.readdirSync(dir).filter((name) => name.endsWith('.journal'))).toEqual([])
      await until(() => !lives(pid), 'the end of what ignores the hang-up')
      await until(() => !keeper(), 'the end of the keeper')
    })

    onLinux('has one thread and little memory', () => {
      const registry = open()
      registry.create({ pty: shell('exec cat') })
      const status = fs.readFileSync(`/proc/${keeper()}/status`, 'utf8')
      expect(status).toMatch(/^Threads:\s+1$/m)
      const rollup = fs.readFileSync(`/proc/${keeper()}/smaps_rollup`, 'utf8')
      expect(Number(rollup.match(/^Private_Dirty:\s+(\d+)/m)[1])).toBeLessThan(4096)
    })
  })

  test('options are checked', () => {
    const wrong = (journal) => code(() => open(journal))
    expect(wrong({ keeper: 'yes' })).toBe('ERR_INVALID_ARG_TYPE')
    expect(wrong({ keeperPath: 5 })).toBe('ERR_INVALID_ARG_TYPE')
    for (const name of ['drainAfter', 'orphanTimeout']) {
      expect(wrong({ [name]: '5' })).toBe('ERR_INVALID_ARG_TYPE')
      for (const value of [-1, 1.5, NaN, Infinity]) expect(wrong({ [name]: value })).toBe('ERR_OUT_OF_RANGE')
    }
    expect(code(() => open().restore({ takeover: 'yes' }))).toBe('ERR_INVALID_ARG_TYPE')
    const nowhere = open({ keeperPath: '/no/such/keeper' })
    expect(() => nowhere.restore()).toThrow('/no/such/keeper')
    expect(code(() => nowhere.create({ pty: shell('exec cat') }))).toBe('ERR_KEEPER_START')
    expect(nowhere.list()).toEqual([])
    nowhere.shutdown()
    expect(fs.existsSync(keeperPath)).toBe(true)
  })
}
