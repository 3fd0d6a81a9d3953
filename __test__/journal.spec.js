// Journals: what outlives a process, however it ended.

const { SessionRegistry } = require('..')
const { spawn, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')
const { PATIENCE } = require('./helpers/patience')

const onUnix = process.platform === 'win32' ? test.skip : test
const isRoot = process.getuid?.() === 0

const LINE = 16
/** What helpers/counter.js has printed on a terminal between two offsets. */
const counted = (from, to) => {
  let text = ''
  for (let line = Math.floor(from / LINE); line * LINE < to; line += 1)
    text += `${String(line).padStart(LINE - 2, '0')}\r\n`
  return text.slice(from % LINE, (from % LINE) + to - from)
}

let root
let registries
let children
beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-journal-'))
  registries = []
  children = []
})
afterEach(() => {
  for (const registry of registries) registry.shutdown()
  for (const child of children) child.kill('SIGKILL')
  fs.rmSync(root, { recursive: true, force: true })
})

const open = (options) => {
  const registry = new SessionRegistry({ journal: path.join(root, 'j'), ...options })
  registries.push(registry)
  return registry
}
const dir = () => path.join(root, 'j')
const journals = (at = dir()) => fs.readdirSync(at).filter((name) => name.endsWith('.journal'))
const code = (act) => {
  try {
    act()
    return undefined
  } catch (error) {
    return error.code
  }
}
const until = async (ready, what, ms = PATIENCE) => {
  const end = Date.now() + ms
  while (!ready()) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

/** Starts a process with journaled sessions; `ends` is how far they have come. */
const start = async (sessions, ending = '') => {
  const script = path.join(__dirname, 'helpers', 'journal-process.js')
  const child = spawn(process.execPath, [script, dir(), String(sessions), ending], {
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  children.push(child)
  const started = { child, ends: null }
  started.ended = new Promise((resolve) => child.once('exit', resolve))
  readline.createInterface({ input: child.stdout }).on('line', (line) => {
    started.ends = JSON.parse(line)
  })
  await until(() => started.ends, 'its first words')
  return started
}

/** The text of a session's whole history. */
const text = (session) => session.readFrom(session.start).data.toString('latin1')

/** The screen of a session that was never interrupted. */
const screenOf = (end) => {
  const plain = new SessionRegistry()
  const session = plain.create({})
  session.append(counted(0, end))
  const screen = session.screenText()
  plain.shutdown()
  return screen
}

const check = (registry, info) => {
  const session = registry.get(info.id, 'p')
  expect(text(session) === counted(session.start, session.end)).toBe(true)
  return session
}

/** The offset at which a piece of the counter's output was printed, by the number in its first whole line. */
const placeOf = (piece) => {
  const line = piece.indexOf('\n') + 1
  return Number(piece.slice(line, line + LINE - 2)) * LINE - line
}

/** Up to where a copy has come. Its offsets are new ones: something may be missing. */
const checkCopy = (registry, info) => {
  const session = registry.get(info.id, 'p')
  const piece = text(session)
  expect(session.start).toBeGreaterThan(2 ** 40)
  if (piece.length < 2 * LINE) return 0
  const start = placeOf(piece)
  expect(piece === counted(start, start + piece.length)).toBe(true)
  return start + piece.length
}

describe('a process that dies', () => {
  test('leaves every byte, and the screen as it was', async () => {
    for (let kill = 0; kill < 8; kill += 1) {
      const { child, ended, ...said } = await start(4)
      await new Promise((resolve) => setTimeout(resolve, 30 + ((kill * 97) % 300)))
      child.kill('SIGKILL')
      await ended
      const registry = open()
      const restored = registry.restore()
      expect(restored.map((info) => info.id)).toEqual(['s0', 's1', 's2', 's3'])
      for (const [number, info] of restored.entries()) {
        expect(info).toMatchObject({
          projectId: 'p',
          userId: 'u',
          metadata: { number },
          status: 'lost',
          pid: null,
          exit: null,
        })
        expect(info.end).toBeGreaterThanOrEqual(said.ends[number])
        expect(info.start).toBe(Math.max(0, info.end - 65_536))
        expect(check(registry, info).screenText()).toBe(screenOf(info.end))
      }
      registry.shutdown()
      expect(journals()).toEqual([])
    }
  })

  /** Copies all files as they are, and what comes of the copies. */
  const restoreCopy = (moment) => {
    const copy = path.join(root, `copy${moment}`)
    fs.mkdirSync(copy, { mode: 0o700 })
    for (const name of journals()) fs.copyFileSync(path.join(dir(), name), path.join(copy, name))
    return () => {
      const registry = open({ journal: copy })
      const faults = []
      registry.on('journalError', (fault) => faults.push(fault))
      const ends = registry.restore().map((info) => checkCopy(registry, info))
      registry.shutdown()
      fs.rmSync(copy, { recursive: true })
      return { ends, faults }
    }
  }

  // Whether a process stands still is read from /proc.
  const linuxTest = process.platform === 'linux' ? test : test.skip
  linuxTest('has files that are right at any moment, as a machine that stops would leave them', async () => {
    const started = await start(3)
    await until(() => Math.min(...started.ends) > 100_000, 'more than a history')
    const tasks = `/proc/${started.child.pid}/task`
    const stands = (task) =>
      / T /.test(fs.readFileSync(`${tasks}/${task}/stat`, 'utf8').replace(/\(.*\)/, ''))
    for (let moment = 0; moment < 8; moment += 1) {
      await new Promise((resolve) => setTimeout(resolve, 5 + ((moment * 31) % 60)))
      // A copy takes time; what it holds is to be of one moment.
      started.child.kill('SIGSTOP')
      await until(() => fs.readdirSync(tasks).every(stands), 'the stop of every thread')
      const restored = restoreCopy(moment)
      started.child.kill('SIGCONT')
      const { ends, faults } = restored()
      expect(faults).toEqual([])
      expect(ends.filter((end) => end > 100_000)).toHaveLength(3)
    }
  })

  test('has files that may be copied while it writes: what comes of the copies was printed', async () => {
    const started = await start(3)
    await until(() => Math.min(...started.ends) > 100_000, 'more than a history')
    let restored = 0
    for (let moment = 0; moment < 25; moment += 1) {
      await new Promise((resolve) => setTimeout(resolve, (moment * 7) % 20))
      const { ends, faults } = restoreCopy(moment)()
      restored += ends.length
      // Both of a session's records may have been torn.
      for (const { code } of faults) expect(code).toBe('ERR_JOURNAL_DAMAGED')
    }
    expect(restored).toBeGreaterThan(0)
  })

  test.each([
    ['exit', 0, 3],
    ['throw', 1, 3],
    ['leave', 0, 3],
    ['shutdown', 0, 0],
  ])('by %s leaves what it should', async (ending, status, kept) => {
    const { ended } = await start(3, ending)
    expect(await ended).toBe(status)
    expect(journals()).toHaveLength(kept)
    const registry = open()
    const restored = registry.restore()
    expect(restored).toHaveLength(kept)
    for (const info of restored) check(registry, info)
  })
})

describe('a restored session', () => {
  const leave = (options, prepare) => {
    const registry = open()
    const session = registry.create({ projectId: 'p', id: 'a', ...options })
    prepare?.(session, registry)
    expect(registry.leave()).toBe(1)
    return session
  }

  test('is told of, is found, and is resumed by offset', () => {
    const left = leave({}, (session) => session.append('one\r\ntwo\r\n'))
    expect(left.closed).toBe(true)
    const registry = open()
    const told = []
    registry.on('sessionRestored', (event) => told.push(event))
    const [info] = registry.restore()
    expect(told).toEqual([{ id: 'a', projectId: 'p', incarnation: info.incarnation, alive: false }])
    const session = registry.get('a', 'p')
    // Both are whole milliseconds, counted by the clocks of two registries.
    expect(Math.abs(session.createdAt - left.createdAt)).toBeLessThanOrEqual(1)
    const viewer = session.openViewer({ from: 5 })
    expect(viewer.read().toString()).toBe('two\r\n')
    expect(registry.restore()).toEqual([])
    expect(registry.stats().sessions).toBe(1)
  })

  onUnix('gets a new shell when the app says so, and goes on at the next byte', async () => {
    leave({}, (session) => session.append('before\r\n'))
    const registry = open()
    registry.restore()
    const session = registry.get('a', 'p')
    expect(session.status).toBe('lost')
    session.spawn({ file: '/bin/sh', args: ['-c', 'echo after; exec cat'], cols: 90, rows: 20 })
    expect(session.status).toBe('active')
    await until(() => session.end >= 15, 'the new shell')
    expect(text(session)).toBe('before\r\nafter\r\n')
    expect(code(() => session.spawn({ file: '/bin/sh' }))).toBe('ERR_SESSION_STARTED')
    const { end } = session
    registry.leave()
    const restored = open().restore()
    expect(restored).toMatchObject([{ status: 'lost', cols: 90, rows: 20, end }])
  })

  onUnix('counts for the limits only with a shell', () => {
    const before = open()
    for (const id of ['a', 'b', 'c']) before.create({ projectId: 'p', id })
    before.leave()
    const registry = open({ maxSessions: 1 })
    expect(registry.restore()).toHaveLength(3)
    const shell = { file: '/bin/sh', args: ['-c', 'exec cat'] }
    registry.get('a', 'p').spawn(shell)
    expect(code(() => registry.get('b', 'p').spawn(shell))).toBe('ERR_SESSION_LIMIT')
    expect(registry.get('b', 'p').status).toBe('lost')
    registry.close('a', 'p')
    registry.get('b', 'p').spawn(shell)
    expect(code(() => registry.create({}))).toBe('ERR_SESSION_LIMIT')
  })

  onUnix('knows how its shell ended', async () => {
    const before = open({ exitLinger: 60_000 })
    const session = before.create({ id: 'a', pty: { file: '/bin/sh', args: ['-c', 'exit 7'] } })
    await until(() => session.status === 'exited', 'the exit')
    before.leave()
    const registry = open({ exitLinger: 0 })
    expect(registry.restore()).toMatchObject([{ status: 'exited', exit: { code: 7, signal: 0 } }])
    expect(registry.get('a').exit).toEqual({ code: 7, signal: 0 })
    registry.get('a').spawn({ file: '/bin/sh', args: ['-c', 'exec cat'] })
    expect(registry.get('a').exit).toBeNull()
  })

  test('says what the app said last', () => {
    leave({ metadata: { v: 1 }, mode: 'x' }, (session) => session.update({ metadata: { v: 2 } }))
    expect(open().restore()).toMatchObject([{ metadata: { v: 2 }, mode: 'x' }])
  })

  test('is closed like any other, with its file', async () => {
    leave()
    const registry = open({ inactiveTimeout: 500 })
    const reasons = []
    registry.on('sessionClosed', (event) => reasons.push(event.reason))
    registry.restore()
    expect(journals()).toHaveLength(1)
    await until(() => reasons.length > 0, 'the close')
    expect(reasons).toEqual(['inactive'])
    expect(journals()).toEqual([])
  })

  test('whose name is taken stays in its file', () => {
    leave()
    const registry = open()
    const faults = []
    registry.on('journalError', (fault) => faults.push(fault))
    registry.create({ projectId: 'p', id: 'a' })
    expect(registry.restore()).toEqual([])
    expect(faults).toMatchObject([{ code: 'ERR_SESSION_EXISTS' }])
    expect(fs.existsSync(faults[0].path)).toBe(true)
    registry.close('a', 'p')
    expect(registry.restore()).toHaveLength(1)
  })
})

describe('a directory', () => {
  test('is used by one registry at a time', async () => {
    const registry = open()
    expect(code(() => open())).toBe('ERR_JOURNAL_BUSY')
    registry.shutdown()
    const { child, ended } = await start(1)
    expect(code(() => open())).toBe('ERR_JOURNAL_BUSY')
    child.kill('SIGKILL')
    await ended
    expect(open().restore()).toHaveLength(1)
  })

  test('is named by a path, or by an object', () => {
    for (const journal of [5, [], () => {}, { dir: 5 }, {}])
      expect(code(() => open({ journal }))).toBe('ERR_INVALID_ARG_TYPE')
    for (const journal of ['', 'a\0b', { dir: '' }])
      expect(code(() => open({ journal }))).toBe('ERR_INVALID_ARG_VALUE')
    for (const maxBytes of [0, -1, 1.5, NaN, Infinity])
      expect(code(() => open({ journal: { dir: dir(), maxBytes } }))).toBe('ERR_OUT_OF_RANGE')
    expect(code(() => open({ journal: path.join(root, 'a', 'b') }))).toBe('ERR_JOURNAL_SYSTEM')
    expect(code(() => open({ journal: null }).restore())).toBe('ERR_JOURNAL_DISABLED')
    expect(open({ journal: null }).leave()).toBe(0)
  })

  test('has a limit for all files together', () => {
    const registry = open({ journal: { dir: dir(), maxBytes: 3 << 20 } })
    const made = []
    const refused = code(() => {
      for (;;) made.push(registry.create({}))
    })
    expect(refused).toBe('ERR_JOURNAL_FULL')
    expect(made.length).toBeGreaterThan(0)
    expect(journals()).toHaveLength(made.length)
    expect(registry.stats().sessions).toBe(made.length)
    made[0].close()
    expect(journals()).toHaveLength(made.length - 1)
    registry.create({})
  })

  test('does not take texts without end', () => {
    const registry = open()
    const metadata = { text: 'x'.repeat(300_000) }
    expect(code(() => registry.create({ metadata }))).toBe('ERR_JOURNAL_TOO_LARGE')
    const session = registry.create({ metadata: { a: 1 } })
    expect(code(() => session.update({ metadata }))).toBe('ERR_JOURNAL_TOO_LARGE')
    expect(session.metadata).toEqual({ a: 1 })
    expect(journals()).toHaveLength(1)
  })

  test('keeps no file of a session whose shell does not start', () => {
    const registry = open()
    expect(code(() => registry.create({ pty: { file: '/no/such/shell' } }))).toBeTruthy()
    expect(journals()).toEqual([])
  })

  onUnix('is private, with all files in it', () => {
    open().create({})
    expect(fs.statSync(dir()).mode & 0o777).toBe(0o700)
    for (const name of fs.readdirSync(dir()))
      expect(fs.statSync(path.join(dir(), name)).mode & 0o777).toBe(0o600)
  })

  onUnix('that others can use is refused, and so is a symbolic link', () => {
    fs.mkdirSync(dir(), { mode: 0o700 })
    fs.chmodSync(dir(), 0o750)
    expect(code(() => open())).toBe('ERR_JOURNAL_ACCESS')
    fs.chmodSync(dir(), 0o700)
    const link = path.join(root, 'link')
    fs.symlinkSync(dir(), link)
    expect(code(() => open({ journal: link }))).toBe('ERR_JOURNAL_ACCESS')
    fs.writeFileSync(path.join(root, 'file'), '')
    expect(code(() => open({ journal: path.join(root, 'file') }))).toBe('ERR_JOURNAL_ACCESS')
  })

  ;(isRoot ? test : test.skip)("that is another user's is refused", () => {
    fs.mkdirSync(dir(), { mode: 0o700 })
    fs.chownSync(dir(), 12_345, 12_345)
    expect(code(() => open())).toBe('ERR_JOURNAL_ACCESS')
  })

  const mounts = () => {
    const at = path.join(root, 'probe')
    fs.mkdirSync(at)
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=4k', 'tmpfs', at]).status === 0
    if (mounted) spawnSync('umount', ['-l', at])
    return mounted
  }

  onUnix('on a full disk refuses the session, and the others go on', () => {
    if (!mounts()) return console.warn('SKIPPED: no file system may be mounted here')
    const disk = path.join(root, 'disk')
    fs.mkdirSync(disk)
    spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=3m,mode=0700', 'tmpfs', disk])
    try {
      const registry = open({ journal: disk })
      const made = []
      const refused = code(() => {
        for (;;) made.push(registry.create({}))
      })
      expect(refused).toBe('ERR_JOURNAL_FULL')
      expect(made.length).toBeGreaterThan(0)
      for (const session of made) session.append(counted(0, 600_000))
      for (const session of made) expect(text(session)).toBe(counted(session.start, 600_000))
      registry.shutdown()
    } finally {
      // The directory may be open until the registry is collected.
      spawnSync('umount', ['-l', disk])
    }
  })
})

describe('a file that cannot be restored', () => {
  const prepare = (count) => {
    const registry = open()
    for (let number = 0; number < count; number += 1)
      registry.create({ id: `s${number}` }).append(`session ${number}`)
    registry.leave()
    return journals().sort()
  }
  const restore = () => {
    const registry = open()
    const faults = []
    registry.on('journalError', (fault) => faults.push(fault))
    const ids = registry.restore().map((info) => info.id)
    return { registry, faults, ids }
  }

  test('costs its own session, and stays where it is', () => {
    const [cut, empty, version, noise, good] = prepare(5).map((name) => path.join(dir(), name))
    fs.truncateSync(cut, 5000)
    fs.truncateSync(empty, 0)
    const bytes = fs.readFileSync(version)
    bytes.writeUInt32LE(99, 8)
    fs.writeFileSync(version, bytes)
    fs.writeFileSync(noise, Buffer.alloc(100_000, 'noise'))
    const { faults, ids } = restore()
    expect(ids).toEqual(['s4'])
    const damaged = 'ERR_JOURNAL_DAMAGED'
    expect(faults.map(({ code, path }) => [path, code])).toEqual([
      [cut, damaged],
      [empty, damaged],
      [version, 'ERR_JOURNAL_VERSION'],
      [noise, damaged],
    ])
    for (const fault of faults) {
      expect(fault.message).toContain(fault.path)
      expect(fs.existsSync(fault.path)).toBe(true)
    }
    expect(fs.existsSync(good)).toBe(true)
  })

  test('may have any byte changed, and nothing is made up', () => {
    const [name] = prepare(1)
    const file = path.join(dir(), name)
    const whole = fs.readFileSync(file)
    for (let round = 0; round < 60; round += 1) {
      const bytes = Buffer.from(whole)
      bytes[(round * 7919) % 16_384] ^= 0x55
      fs.writeFileSync(file, bytes)
      const { registry, faults, ids } = restore()
      if (faults.length === 0) {
        const session = registry.get(ids[0])
        const start = session.start
        expect('session 0'.slice(start)).toContain(text(session).slice(0, 9 - start))
      }
      registry.leave()
      if (faults.length > 0) expect(faults[0].code).toMatch(/^ERR_JOURNAL_(DAMAGED|VERSION)$/)
    }
  })

  onUnix('may be a link, a pipe, or readable for others', () => {
    const [link, pipe, open] = prepare(3).map((name) => path.join(dir(), name))
    const elsewhere = path.join(root, 'elsewhere')
    fs.renameSync(link, elsewhere)
    fs.symlinkSync(elsewhere, link)
    fs.rmSync(pipe)
    expect(spawnSync('mkfifo', ['-m600', pipe]).status).toBe(0)
    fs.chmodSync(open, 0o644)
    const { faults, ids } = restore()
    expect(ids).toEqual([])
    expect(faults.map((fault) => fault.code)).toEqual(Array(3).fill('ERR_JOURNAL_ACCESS'))
  })
})
