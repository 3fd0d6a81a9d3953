// Recordings: written by real shells, read back, and played by others.

const { execFileSync, fork, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Terminal } = require('@xterm/headless')
const { SessionRegistry, openRecording } = require('..')
const { play } = require('./helpers/asciinema-player')
const { findBrowser } = require('./helpers/browser')
const { PATIENCE } = require('./helpers/patience')

const onUnix = process.platform === 'win32' ? test.skip : test

let dir
let registry
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-recording-'))
  registry = new SessionRegistry({ maxSessions: 0, spawnsPerMinute: 0, exitLinger: 60_000 })
})
afterEach(() => {
  registry.closeAll()
  registry[Symbol.dispose]()
  fs.rmSync(dir, { recursive: true, force: true })
})

const until = async (ready, what, ms = PATIENCE) => {
  const end = Date.now() + ms
  while (!(await ready())) {
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const shell = (script, options = {}, pty = {}) =>
  registry.create({
    recording: { dir },
    ...options,
    pty: { file: '/bin/sh', args: ['-c', script], env: { ...process.env, SHELL: '/bin/sh' }, ...pty },
  })

/** Waits for the shell's exit and the end of its recording; the path of the cast. */
async function recorded(session) {
  const [recording] = session.recordings
  await until(() => recording.ended, 'the end of the recording')
  return recording.file
}

const events = (file) =>
  fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))

const output = (file) =>
  events(file)
    .filter(([, code]) => code === 'o')
    .map(([, , data]) => data)
    .join('')

/** What an xterm.js shows after some writes. */
async function shown({ cols, rows }, writes) {
  const terminal = new Terminal({ cols, rows, allowProposedApi: true })
  for (const data of writes) {
    if (Array.isArray(data)) terminal.resize(...data)
    else await new Promise((resolve) => terminal.write(data, resolve))
  }
  const buffer = terminal.buffer.active
  const lines = []
  for (let row = 0; row < terminal.rows; row += 1) {
    lines.push(buffer.getLine(buffer.baseY + row).translateToString(true))
  }
  terminal.dispose()
  return lines.join('\n').trimEnd()
}

describe('a shell that is recorded', () => {
  onUnix('from its first byte to its exit', async () => {
    const session = shell(
      'printf "\\033[31mhello\\033[m grüße\\n"; exit 3',
      { id: 'a/b' },
      { cols: 90, rows: 20 },
    )
    const file = await recorded(session)
    expect(path.dirname(file)).toBe(dir)
    expect(path.basename(file)).toMatch(/^\d{8}T\d{9}Z-a-b\.cast$/)
    const header = JSON.parse(fs.readFileSync(file, 'utf8').split('\n')[0])
    expect(header).toMatchObject({
      version: 3,
      term: { cols: 90, rows: 20, type: expect.any(String) },
      env: { SHELL: '/bin/sh', TERM: expect.any(String) },
      command: expect.stringContaining('/bin/sh -c'),
    })
    expect(Object.keys(header.env)).toEqual(['SHELL', 'TERM'])
    expect(Math.abs(header.timestamp - Date.now() / 1000)).toBeLessThan(600)
    expect(output(file)).toBe('\x1b[31mhello\x1b[m grüße\r\n')
    expect(events(file).at(-1).slice(1)).toEqual(['x', '3'])
    const reader = await openRecording(file)
    expect(reader.status).toBe('complete')
    expect((await reader.at(reader.duration)).text.trimEnd()).toBe('hello grüße')
    expect(await reader.transcript()).toBe('hello grüße\n')
  })

  onUnix('a signal ends it as shells say it', async () => {
    const file = await recorded(shell('kill -9 $$'))
    expect(events(file).at(-1).slice(1)).toEqual(['x', '137'])
  })

  onUnix('the last bytes before a close are there', async () => {
    const session = shell('echo ready; exec cat')
    await until(() => session.history().includes('ready'), 'the shell')
    session.append('the last words')
    const [recording] = session.recordings
    session.close()
    await until(() => recording.ended, 'the end')
    expect(output(recording.file)).toBe('ready\r\nthe last words')
    expect((await openRecording(recording.file)).status).toBe('complete')
  })

  onUnix('nothing is left of one whose shell does not start', async () => {
    expect(() => registry.create({ recording: { dir }, pty: { file: '/no/such/file' } })).toThrow(
      expect.objectContaining({ code: 'ENOENT' }),
    )
    await until(() => fs.readdirSync(dir).length === 0, 'the files to go')
  })

  onUnix('a flood is complete, and the screen right at any time', async () => {
    const lines = 60_000
    const session = shell(`seq -f 'line %.0f of a flood that is longer than the history' 1 ${lines}`)
    const [recording] = session.recordings
    const file = await recorded(session)
    expect(recording.missed).toBe(0)
    const text = output(file)
    expect(text.split('\r\n')).toHaveLength(lines + 1)
    const reader = await openRecording(file)
    expect(reader.segments().length).toBeGreaterThan(2)
    const all = events(file)
    for (const share of [0.1, 0.5, 0.9, 1]) {
      const time = reader.duration * share
      const moment = await reader.at(time)
      let at = 0
      const writes = []
      for (const [interval, code, data] of all) {
        at += Math.round(interval * 1000)
        if (at > Math.round(time * 1e6) / 1000) break
        if (code === 'o') writes.push(data)
      }
      // The newest lines say it all, and xterm.js takes long for the rest.
      const expected = await shown(moment, [writes.join('').slice(-20_000)])
      expect(moment.text.trimEnd()).toBe(expected)
      expect(await shown(moment, [moment.data])).toBe(expected)
    }
    const [hit] = await reader.search('LINE 31415 OF')
    expect(hit.line).toBe('line 31415 of a flood that is longer than the history')
    expect((await reader.at(hit.time)).text).toBeDefined()
  })
})

describe('while a session runs', () => {
  onUnix('it begins with the screen, goes on with what comes, and stops', async () => {
    const session = shell(
      'printf "\\033[2J\\033[5;10Hbefore"; read x; echo after; read y; echo late; read z',
      {
        recording: false,
      },
    )
    expect(session.recordings).toEqual([])
    await until(() => session.history().includes('before'), 'the screen')
    const recording = session.record({ file: path.join(dir, 'mine.cast'), title: 'Mine' })
    expect(recording.file).toBe(path.join(dir, 'mine.cast'))
    expect(session.recordings).toHaveLength(1)
    session.resize(100, 30)
    session.write('\n')
    await until(() => session.history().includes('after'), 'the output')
    expect(recording.mark('deploy')).toBe(true)
    await recording.stop()
    expect(recording.ended).toBe(true)
    expect(recording.mark('too late')).toBe(false)
    expect(session.recordings.map(({ ended }) => ended)).toEqual([true])
    session.write('\n')
    await until(() => session.history().includes('late'), 'more output')
    const reader = await openRecording(recording.file)
    expect(reader.header).toMatchObject({ version: 3, cols: 80, rows: 24, title: 'Mine' })
    expect((await reader.at(0)).text).toContain('         before')
    const end = await reader.at(reader.duration)
    expect(end).toMatchObject({ cols: 100, rows: 30 })
    expect(end.text).toContain('after')
    expect(end.text).not.toContain('late')
    expect(await reader.markers()).toEqual([{ time: expect.any(Number), label: 'deploy' }])
    await recording.stop()
  })

  onUnix('questions are answered as before: a recording is no viewer', async () => {
    const session = shell('stty raw -echo; printf "\\033[6n"; dd bs=1 count=6 2>/dev/null | od -c; sleep 60')
    await until(() => session.history().includes('R'), 'the answer')
    expect(session.viewers).toBe(0)
    expect(session.history().toString()).toMatch(/033\s+\[\s+1\s+;\s+1\s+R/)
  })

  onUnix('input only on request, and never what is not echoed', async () => {
    const script = 'read a; stty -echo; echo blind; read b; stty echo; echo seeing; read c; exit 0'
    const session = shell(script, { recording: { dir, input: true } })
    await until(() => session.pid, 'the shell')
    session.write('visible\n')
    await until(() => session.history().includes('blind'), 'the prompt')
    session.write('secret\n')
    await until(() => session.history().includes('seeing'), 'the echo')
    session.write('again\n')
    const file = await recorded(session)
    const typed = events(file).filter(([, code]) => code === 'i')
    expect(typed.map(([, , data]) => data)).toEqual(['visible\n', 'again\n'])
    expect(fs.readFileSync(file, 'utf8')).not.toContain('secret')
    const quiet = shell('read a; echo done')
    quiet.write('words\n')
    expect(events(await recorded(quiet)).filter(([, code]) => code === 'i')).toEqual([])
  })

  onUnix('raw bytes are kept beside it', async () => {
    const session = shell("printf 'a\\377\\200b\\303'; sleep 0.2; printf '\\244c'", {
      recording: { dir, raw: true },
    })
    const file = await recorded(session)
    expect(output(file)).toBe('abäc')
    const raw = fs.readFileSync(file.replace(/cast$/, 'raw'))
    expect(raw.equals(Buffer.from([0x61, 0xff, 0x80, 0x62, 0xc3, 0xa4, 0x63]))).toBe(true)
  })
})

describe('the events of a recording', () => {
  onUnix('in pages, from the beginning or any moment on', async () => {
    const session = shell('read x; echo one; read y; echo two', { recording: { dir, input: true } })
    await until(() => session.pid, 'the shell')
    session.write('a\n')
    await until(() => session.history().includes('one'), 'the first line')
    session.resize(100, 30)
    session.recordings[0].mark('between')
    session.write('b\n')
    const file = await recorded(session)
    const reader = await openRecording(file)
    let [time, end] = [0, fs.readFileSync(file, 'utf8').indexOf('\n') + 1]
    const expected = events(file).map(([interval, code, data]) => {
      time += Math.round(interval * 1000)
      return { time: time / 1000, code, data }
    })
    expect(new Set(expected.map(({ code }) => code))).toEqual(new Set(['i', 'o', 'r', 'm', 'x']))
    const whole = await reader.events()
    expect(whole.map(({ end: _, ...event }) => event)).toEqual(expected)
    const text = fs.readFileSync(file)
    for (const event of whole) {
      const line = JSON.parse(text.toString('utf8', end, event.end))
      expect(line.slice(1)).toEqual([event.code, event.data])
      end = event.end
    }
    const pages = []
    for (let page = await reader.events(null, { limit: 2 }); page.length > 0; ) {
      pages.push(page)
      page = await reader.events(page.at(-1).end, { limit: 2 })
    }
    expect(pages.flat()).toEqual(whole)
    expect(pages[0]).toHaveLength(2)
    const marker = whole.find(({ code }) => code === 'm')
    const { position } = await reader.at(marker.time)
    // What happened in the same millisecond is before that place, too.
    expect(await reader.events(position)).toEqual(whole.filter(({ time }) => time > marker.time))
    expect(await reader.events(text.length)).toEqual([])
    const type = expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' })
    const range = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' })
    expect(() => reader.events('0')).toThrow(type)
    for (const start of [-1, 0.5, Number.NaN, 2 ** 60]) expect(() => reader.events(start)).toThrow(range)
    for (const limit of [0, 10_001, 1.5]) expect(() => reader.events(0, { limit })).toThrow(range)
  })
})

describe('a registry that records everything', () => {
  onUnix('records sessions unless they say otherwise', async () => {
    registry[Symbol.dispose]()
    registry = new SessionRegistry({ recording: { dir }, maxSessions: 0, exitLinger: 60_000 })
    const pty = { file: '/bin/sh', args: ['-c', 'echo hi'] }
    const one = registry.create({ id: 'one', pty })
    registry.create({ id: 'two', pty, recording: false })
    const three = registry.create({ id: 'three', pty, recording: { name: 'named' } })
    await recorded(one)
    expect(path.basename(await recorded(three))).toBe('named.cast')
    const casts = fs.readdirSync(dir).filter((name) => name.endsWith('.cast'))
    expect(casts.map((name) => name.replace(/^.*Z-/, '')).sort()).toEqual(['named.cast', 'one.cast'])
  })
})

describe('bad input', () => {
  const type = { code: 'ERR_INVALID_ARG_TYPE' }
  const value = { code: 'ERR_INVALID_ARG_VALUE' }
  const range = { code: 'ERR_OUT_OF_RANGE' }
  const name = { code: 'ERR_RECORDING_NAME' }
  test.each([
    [value, {}],
    [type, { dir: 5 }],
    [value, { dir: '' }],
    [value, { dir: 'a\0b' }],
    [value, { file: '/tmp/x.txt' }],
    [value, { dir: '/tmp', file: '/tmp/x.cast' }],
    [name, { dir: 'DIR', name: '../x' }],
    [name, { dir: 'DIR', name: 'a/b' }],
    [name, { dir: 'DIR', name: '' }],
    [name, { file: 'DIR/.cast.cast' }],
    [type, { dir: 'DIR', input: 1 }],
    [type, { dir: 'DIR', raw: 'yes' }],
    [type, { dir: 'DIR', onSlowDisk: 'stop' }],
    [range, { dir: 'DIR', rotateBytes: 1 }],
    [range, { dir: 'DIR', maxAge: Number.NaN }],
    [range, { dir: 'DIR', maxBytes: 4096.5 }],
    [range, { dir: 'DIR', rotateInterval: -1 }],
    [type, { dir: 'DIR', title: {} }],
  ])('is refused with %p: %p', (expected, options) => {
    const filled = Object.fromEntries(
      Object.entries(options).map(([key, given]) => [
        key,
        typeof given === 'string' ? given.replace('DIR', dir) : given,
      ]),
    )
    const session = registry.create()
    expect(() => session.record(filled)).toThrow(expect.objectContaining(expected))
    expect(() => registry.create({ id: 'x', recording: filled })).toThrow(expect.objectContaining(expected))
    expect(registry.list()).toHaveLength(1)
    expect(session.recordings).toEqual([])
    expect(fs.readdirSync(dir)).toEqual([])
  })

  test('a registry takes no file, a session no folder out of nowhere', () => {
    expect(() => new SessionRegistry({ recording: { dir, name: 'x' } })).toThrow(
      expect.objectContaining(value),
    )
    expect(() => new SessionRegistry({ recording: { file: '/tmp/x.cast' } })).toThrow(
      expect.objectContaining(value),
    )
    expect(() => registry.create().record()).toThrow(expect.objectContaining(value))
    expect(() => registry.create({ recording: true })).toThrow(expect.objectContaining(value))
  })

  test('what exists is never overwritten, and what is closed not recorded', async () => {
    const file = path.join(dir, 'mine.cast')
    fs.writeFileSync(file, 'precious')
    const session = registry.create()
    expect(() => session.record({ file })).toThrow(expect.objectContaining({ code: 'ERR_RECORDING_EXISTS' }))
    expect(fs.readFileSync(file, 'utf8')).toBe('precious')
    session.close()
    expect(() => session.record({ dir })).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    expect(() => registry.create().record({ dir: file })).toThrow(
      expect.objectContaining({ code: expect.stringMatching(/^E(NOTDIR|EXIST)$/) }),
    )
  })

  test('reading', async () => {
    await expect(openRecording(path.join(dir, 'none.cast'))).rejects.toMatchObject({ code: 'ENOENT' })
    fs.writeFileSync(path.join(dir, 'bad.cast'), 'nothing of that kind\n')
    await expect(openRecording(path.join(dir, 'bad.cast'))).rejects.toMatchObject({
      code: 'ERR_RECORDING_INVALID',
      message: expect.any(String),
    })
    expect(() => openRecording(5)).toThrow(expect.objectContaining(type))
    expect(() => openRecording('x', { unicodeVersion: '12' })).toThrow(expect.objectContaining(type))
    const recording = registry.create().record({ dir })
    await recording.stop()
    const reader = await openRecording(recording.file)
    expect(() => reader.at(-1)).toThrow(expect.objectContaining(range))
    expect(() => reader.at(Number.NaN)).toThrow(expect.objectContaining(range))
    expect(() => reader.at('1')).toThrow(expect.objectContaining(type))
    expect(() => reader.search()).toThrow(expect.objectContaining(type))
    expect(() => reader.search('x', { limit: 0 })).toThrow(expect.objectContaining(range))
    await expect(reader.toV2(recording.file)).rejects.toMatchObject({ code: 'ERR_RECORDING_EXISTS' })
    expect((await reader.at(Number.POSITIVE_INFINITY)).text.trim()).toBe('')
    const { Recording, RecordingReader } = require('..')
    for (const Class of [Recording, RecordingReader]) {
      expect(() => new Class()).toThrow(expect.objectContaining({ code: 'ERR_ILLEGAL_CONSTRUCTOR' }))
    }
  })
})

describe('when things go wrong', () => {
  onUnix('a process that is killed leaves what was printed, and the next one marks it', async () => {
    const child = fork(path.join(__dirname, 'helpers', 'recording-process.js'), [dir])
    const [file, printed] = await new Promise((resolve) => child.once('message', resolve))
    child.kill('SIGKILL')
    await new Promise((resolve) => child.once('exit', resolve))
    const reader = await openRecording(file)
    expect(reader.status).toBe('interrupted')
    expect(await reader.transcript()).toContain(printed)
    // A recorder that begins in that folder.
    const recording = registry.create().record({ dir })
    await until(
      async () => (await openRecording(file)).duration >= 0 && events(file).at(-1)[1] === 'm',
      'the marker',
    )
    expect(events(file).at(-1).slice(1)).toEqual(['m', 'interrupted'])
    expect((await openRecording(file)).status).toBe('interrupted')
    await recording.stop()
  })

  onUnix('wherever in a flood a process is killed, all whole events play, and nothing else', async () => {
    const files = []
    for (let turn = 0; turn < 6; turn += 1) {
      const child = fork(path.join(__dirname, 'helpers', 'recording-process.js'), [dir, 'flood'])
      const [file] = await new Promise((resolve) => child.once('message', resolve))
      await until(() => fs.statSync(file).size > 20_000 + turn * 170_000, 'some of the flood')
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
      files.push(file)
      const content = fs.readFileSync(file)
      const lines = content.toString('utf8', 0, content.lastIndexOf('\n')).split('\n').slice(1)
      const text = lines.map((line) => JSON.parse(line)[2]).join('')
      const printed = text.split('\r\n')
      const expected = (number) => `line ${number} \x1b[32mgrüße\x1b[m 漢字`
      expect(printed.slice(0, -1).filter((line, index) => line !== expected(index + 1))).toEqual([])
      // An event may end between the carriage return and the line feed.
      expect(`${expected(printed.length)}\r`.startsWith(printed.at(-1))).toBe(true)
      const reader = await openRecording(file)
      expect(reader.status).toBe('interrupted')
      const last = printed.length > 1 ? printed.length - 1 : 1
      expect((await reader.at(reader.duration)).text).toContain(`line ${last} grüße`)
      reader.close()
    }
    const recording = registry.create().record({ dir })
    const isMarked = (file) => events(file).at(-1).slice(1).join() === 'm,interrupted'
    await until(() => files.every(isMarked), 'the markers')
    await recording.stop()
  })

  onUnix('a process that exits leaves whole recordings', async () => {
    const child = fork(path.join(__dirname, 'helpers', 'recording-process.js'), [dir, 'exit'])
    const [file, printed] = await new Promise((resolve) => child.once('message', resolve))
    await new Promise((resolve) => child.once('exit', resolve))
    const reader = await openRecording(file)
    expect(reader.status).toBe('complete')
    expect(await reader.transcript()).toContain(printed)
  })

  const mayMount = process.platform === 'linux' && process.getuid() === 0 && mounts()
  const onTmpfs = mayMount ? test : test.skip

  function mounts() {
    const probe = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-mount-'))
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', probe]).status === 0
    if (mounted) spawnSync('umount', [probe])
    fs.rmdirSync(probe)
    return mounted
  }

  /** A folder on a disk of 1 MB, of which most is taken until `free()`. */
  async function onSmallDisk(act) {
    const small = path.join(dir, 'small')
    fs.mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
    try {
      const ballast = path.join(small, 'ballast')
      fs.writeFileSync(ballast, Buffer.alloc(850_000))
      await act(small, () => {
        fs.rmSync(ballast)
        execFileSync('mount', ['-o', 'remount,size=64m', small])
      })
    } finally {
      registry.closeAll()
      await until(() => spawnSync('umount', [small]).status === 0, 'the unmount')
    }
  }

  onTmpfs('a folder that may only be read is refused, and none of its recordings need it', async () => {
    await onSmallDisk(async (small) => {
      const session = registry.create({ recording: { dir: small, name: 'here' } })
      session.append('kept')
      const [recording] = session.recordings
      await recording.stop()
      fs.rmSync(path.join(small, 'here.keys'))
      execFileSync('mount', ['-o', 'remount,ro', small])
      const refused = expect.objectContaining({ code: 'EROFS' })
      expect(() => registry.create().record({ dir: small })).toThrow(refused)
      expect(() => registry.create({ recording: { dir: path.join(small, 'new') } })).toThrow(refused)
      const reader = await openRecording(recording.file)
      expect((await reader.at(1)).text.trim()).toBe('kept')
      reader.close()
    })
  })

  onTmpfs('a full disk lets nothing begin, leaves nothing, and can be read from', async () => {
    await onSmallDisk(async (small) => {
      fs.truncateSync(path.join(small, 'ballast'), 0)
      // Long enough for keyframes to be made, which find no place beside it.
      const foreign = path.join(small, 'foreign.cast')
      const line = `${JSON.stringify([0.01, 'o', '\x1b[2Jdrawn'.repeat(100)])}\n`
      fs.writeFileSync(foreign, `{"version":3,"term":{"cols":80,"rows":24}}\n${line.repeat(300)}`)
      const filling = fs.openSync(path.join(small, 'ballast'), 'a')
      expect(() => {
        for (;;) fs.writeSync(filling, Buffer.alloc(4096))
      }).toThrow(expect.objectContaining({ code: 'ENOSPC' }))
      fs.closeSync(filling)
      const before = fs.readdirSync(small)
      const full = expect.objectContaining({ code: 'ENOSPC' })
      expect(() => shell('sleep 60', { recording: { dir: small } })).toThrow(full)
      expect(() => registry.create().record({ dir: small, raw: true })).toThrow(full)
      expect(registry.list().filter(({ pid }) => pid)).toEqual([])
      const reader = await openRecording(foreign)
      expect((await reader.at(1)).text.trim()).toBe('drawn')
      await expect(reader.toV2(path.join(small, 'second.cast'))).rejects.toMatchObject({ code: 'ENOSPC' })
      reader.close()
      expect(fs.readdirSync(small)).toEqual(before)
    })
  })

  onUnix('a folder that is moved or removed under a recording harms no session, and is said', async () => {
    const there = path.join(dir, 'there')
    const session = registry.create({ recording: { dir: there, name: 'mine', rotateBytes: 4096 } })
    const [recording] = session.recordings
    const append = (ready) => () => {
      session.append('x'.repeat(1000))
      return ready()
    }
    // The next file cannot be made: this one goes on, wherever it is now.
    fs.renameSync(there, path.join(dir, 'moved'))
    await until(
      append(() => recording.error?.code === 'ENOENT'),
      'the error',
    )
    const { bytes } = recording
    await until(
      append(() => recording.bytes > bytes + 20_000),
      'more',
    )
    expect(recording.ended).toBe(false)
    fs.renameSync(path.join(dir, 'moved'), there)
    await until(
      append(() => /mine\.[2-9]\.cast$/.test(recording.file)),
      'the next file',
    )
    expect(recording.error).toBe(null)
    fs.rmSync(there, { recursive: true })
    await until(
      append(() => recording.ended),
      'its end',
    )
    expect(recording.error).toMatchObject({ code: 'ENOENT', message: expect.stringContaining('mine.') })
    expect([session.recording, session.closed]).toEqual([false, false])
    await expect(openRecording(recording.file)).rejects.toMatchObject({ code: 'ENOENT' })
    expect(() => session.record({ file: path.join(dir, 'mine.cast') }).stop()).not.toThrow()
  })

  onTmpfs("with onSlowDisk: 'pause' the shell waits for the disk, and nothing is missing", async () => {
    await onSmallDisk(async (small, free) => {
      const lines = 60_000
      const script = `seq -f 'line %.0f of a flood that is longer than history and disk' 1 ${lines}`
      const session = shell(script, { recording: { dir: small, onSlowDisk: 'pause' }, historyBytes: 65_536 })
      const [recording] = session.recordings
      await until(() => recording.error?.code === 'ENOSPC', 'the error')
      const total = lines * 60
      // What the shell could still print fills the history and no more.
      await until(() => session.end > recording.bytes / 2, 'the history to fill')
      expect(session.end).toBeLessThan(total / 2)
      expect(session.exit).toBe(null)
      free()
      const file = await recorded(session)
      expect(recording).toMatchObject({ missed: 0, error: null })
      const printed = output(file).split('\r\n')
      expect(printed).toHaveLength(lines + 1)
      expect(
        printed.every((line, number) => number === lines || line.startsWith(`line ${number + 1} `)),
      ).toBe(true)
      // Closed, so that the disk can go.
      const reader = await openRecording(file)
      expect(await reader.markers()).toEqual([])
      reader.close()
    })
  })

  onTmpfs('a full disk holds up no shell, and the loss is said when there is room', async () => {
    const small = path.join(dir, 'small')
    fs.mkdirSync(small)
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small])
    try {
      const ballast = path.join(small, 'ballast')
      fs.writeFileSync(ballast, Buffer.alloc(700_000))
      const session = registry.create({ recording: { dir: small } })
      const [recording] = session.recordings
      const lines = `${'full disk '.repeat(100)}\r\n`.repeat(50)
      await until(() => {
        session.append(lines)
        return recording.error?.code === 'ENOSPC'
      }, 'the error')
      for (let round = 0; round < 20; round += 1) session.append(lines)
      session.append('\x1b[2J\x1b[HSTILL RUNNING')
      fs.rmSync(ballast)
      await until(() => recording.error === null && recording.missed > 0, 'the recording to go on')
      session.append(' AND ON')
      await recording.stop()
      const reader = await openRecording(recording.file)
      expect(reader.status).toBe('complete')
      expect((await reader.markers()).map(({ label }) => label)).toContainEqual(
        expect.stringMatching(/^\d+ bytes of output are missing$/),
      )
      expect((await reader.at(reader.duration)).text.trim()).toBe('STILL RUNNING AND ON')
      reader.close()
      reader.close()
      expect(() => reader.at(0)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
    } finally {
      registry.closeAll()
      await until(() => spawnSync('umount', [small]).status === 0, 'the unmount')
    }
  })
})

describe('rotation and retention', () => {
  test('a new file begins after so long, with the screen, and goes on there', async () => {
    const session = registry.create({ recording: { dir, name: 'turn', rotateInterval: 1000 } })
    const [recording] = session.recordings
    const first = recording.file
    session.append('before\r\n')
    await until(() => {
      session.append('.')
      return recording.file !== first
    }, 'another file')
    expect(recording.file).toBe(path.join(dir, 'turn.2.cast'))
    session.append('\r\nafter')
    await recording.stop()
    const [one, two] = await Promise.all([first, recording.file].map((file) => openRecording(file)))
    expect([one.status, two.status]).toEqual(['complete', 'complete'])
    expect(one.duration).toBeGreaterThan(0.5)
    expect((await two.at(0)).text).toContain('before')
    expect((await two.at(two.duration)).text).toContain('after')
    expect(output(first)).not.toContain('after')
    expect(recording.bytes).toBe(fs.statSync(first).size + fs.statSync(recording.file).size)
  })

  /** Recordings of one session each, the first the oldest: an hour apart. */
  async function old(...names) {
    for (const [number, name] of names.entries()) {
      const recording = registry.create().record({ dir, name })
      await recording.stop()
      const time = new Date(Date.now() - (names.length - number) * 3_600_000)
      fs.utimesSync(recording.file, time, time)
    }
  }
  const left = () =>
    fs
      .readdirSync(dir)
      .filter((name) => name.endsWith('.cast'))
      .sort()

  test('what is too old goes, with all that is beside it; what others wrote stays', async () => {
    await old('a', 'b', 'c')
    const foreign = path.join(dir, 'foreign.cast')
    fs.copyFileSync(path.join(dir, 'a.cast'), foreign)
    fs.utimesSync(foreign, new Date(0), new Date(0))
    registry.create({ recording: { dir, name: 'new', maxAge: 90 * 60_000 } })
    await until(() => left().length === 3, 'the old ones to go')
    expect(left()).toEqual(['c.cast', 'foreign.cast', 'new.cast'])
    expect(fs.readdirSync(dir).filter((name) => /^[ab]\./.test(name))).toEqual([])
  })

  test('as many of the oldest go as are too much, but none that is being written', async () => {
    await old('a', 'b')
    for (const name of ['a.raw', 'b.raw']) fs.writeFileSync(path.join(dir, name), Buffer.alloc(6000))
    const live = registry.create().record({ dir, name: 'live' })
    fs.utimesSync(live.file, new Date(0), new Date(0))
    const session = registry.create({ recording: { dir, name: 'new', maxBytes: 8192 } })
    await until(() => left().length === 3, 'one to go')
    expect(left()).toEqual(['b.cast', 'live.cast', 'new.cast'])
    fs.appendFileSync(path.join(dir, 'b.raw'), Buffer.alloc(5000))
    await session.recordings[0].stop()
    registry.create({ recording: { dir, name: 'newer', maxBytes: 8192 } })
    await until(() => !left().includes('b.cast'), 'another to go')
    expect(left()).toContain('live.cast')
  })
})

describe('what is known later', () => {
  onUnix('a recording that begins later says what runs, too', async () => {
    const session = shell('echo ready; exec cat', { recording: null, id: 'late' })
    await until(() => session.history().includes('ready'), 'the shell')
    const changes = []
    registry.on('recordingChanged', ({ id, recording }) => changes.push([id, recording]))
    expect([session.recording, session.info().recording]).toEqual([false, false])
    const recording = session.record({ dir, name: 'late' })
    expect([session.recording, session.info().recording]).toEqual([true, true])
    await recording.stop()
    await until(() => changes.length === 2, 'the events')
    expect(changes).toEqual([
      ['late', true],
      ['late', false],
    ])
    expect(session.recording).toBe(false)
    const { header } = await openRecording(recording.file)
    expect(header).toMatchObject({
      command: '/bin/sh -c echo ready; exec cat',
      env: { SHELL: '/bin/sh', TERM: expect.any(String) },
      term: expect.any(String),
    })
    expect(JSON.parse(fs.readFileSync(path.join(dir, 'late.json'), 'utf8'))).toMatchObject({
      version: 1,
      session: 'late',
      project: null,
      user: null,
      command: header.command,
    })
  })

  test('the package loaded many times listens once for the end of the process', () => {
    const load = `
      const warnings = []
      process.on('warning', (warning) => warnings.push(warning.name))
      const before = process.listenerCount('exit')
      for (let time = 0; time < 12; time += 1) {
        delete require.cache[require.resolve('./main.js')]
        require('./main.js')
      }
      console.log(process.listenerCount('exit') - before)
      setImmediate(() => console.log(warnings.join()))`
    const said = execFileSync(process.execPath, ['-e', load], {
      cwd: path.join(__dirname, '..'),
      encoding: 'utf8',
    })
    expect(said).toBe('1\n\n')
  })
})

describe('others play it', () => {
  const inBrowser = process.platform !== 'win32' && findBrowser() ? test : test.skip

  inBrowser('asciinema-player, and our version 2', async () => {
    const session = shell('printf "\\033[1mone\\033[m\\n"; read x; echo two grüße')
    await until(() => session.history().includes('one'), 'the first line')
    session.resize(100, 30)
    session.recordings[0].mark('between')
    session.write('\n')
    const file = await recorded(session)
    const second = path.join(dir, 'second.cast')
    const reader = await openRecording(file)
    await reader.toV2(second)
    expect(JSON.parse(fs.readFileSync(second, 'utf8').split('\n')[0])).toMatchObject({
      version: 2,
      width: 80,
    })
    for (const { duration, text } of await play([file, second])) {
      // Version 2 has no exit, which may come a little after the last output.
      expect(duration).toBeGreaterThan(0)
      expect(duration).toBeLessThanOrEqual(reader.duration + 0.001)
      expect(text).toContain('one')
      expect(text).toContain('two grüße')
    }
  })
})
