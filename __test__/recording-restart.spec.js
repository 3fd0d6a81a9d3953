// Recordings across restarts of the process: one recording, one timeline.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')
const { SessionRegistry, openRecording } = require('..')
const { counterBytes } = require('./helpers/counter')
const { PATIENCE } = require('./helpers/patience')

const onUnix = process.platform === 'win32' ? describe.skip : describe
const SEAM = 'the server restarted'

const until = async (ready, what, ms = PATIENCE) => {
  const end = Date.now() + ms
  for (;;) {
    const found = await ready()
    if (found) return found
    if (Date.now() > end) throw new Error(`waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 10))
  }
}

const eventsOf = (file) =>
  fs
    .readFileSync(file, 'utf8')
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))
const textOf = (events) =>
  events
    .filter(([, code]) => code === 'o')
    .map(([, , data]) => data)
    .join('')
const markersOf = (events) => events.filter(([, code]) => code === 'm').map(([, , label]) => label)

onUnix('recordings go on in the next process', () => {
  let dir
  let recordings
  let registries
  let children
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-restart-'))
    recordings = path.join(dir, 'recordings')
    registries = []
    children = []
  })
  afterEach(async () => {
    for (const child of children) child.kill('SIGKILL')
    for (const registry of registries) registry.shutdown()
    // Whatever a test has left with a keeper: the next server ends it.
    const last = new SessionRegistry({ journal: { dir: path.join(dir, 'state'), keeper: true } })
    last.restore({ takeover: true })
    last.shutdown()
    await until(() => !fs.existsSync(path.join(dir, 'state', 'keeper.sock')), 'the end of the keeper')
    fs.rmSync(dir, { recursive: true, force: true })
  })

  /** A process whose shells count; see the helper. */
  const start = async (options) => {
    const script = path.join(__dirname, 'helpers', 'keeper-process.js')
    const args = [
      script,
      path.join(dir, 'state'),
      JSON.stringify({ recording: { dir: recordings, onSlowDisk: 'pause' }, ...options }),
    ]
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] })
    children.push(child)
    const said = []
    readline.createInterface({ input: child.stdout }).on('line', (line) => said.push(JSON.parse(line)))
    const ended = new Promise((resolve) => child.once('exit', resolve))
    await until(() => said.find((message) => 'restored' in message), 'its first words')
    return {
      said,
      end: (signal) => {
        child.kill(signal)
        return ended
      },
    }
  }
  const restore = (options = {}) => {
    const journal = { dir: path.join(dir, 'state'), keeper: true }
    const registry = new SessionRegistry({ journal, maxSessionsPerProject: 0, ...options })
    registries.push(registry)
    registry.on('journalError', (fault) => registry.faults.push(fault))
    registry.faults = []
    registry.restore()
    return registry
  }
  const casts = () => fs.readdirSync(recordings).filter((name) => name.endsWith('.cast'))
  const grown = (bytes) =>
    until(() => {
      const [name] = fs.existsSync(recordings) ? casts() : []
      return name && fs.statSync(path.join(recordings, name)).size > bytes
    }, `${bytes} bytes of recording`)

  test('after kill -9, with every byte once, and after a leave', async () => {
    for (const [number, signal] of ['SIGKILL', 'SIGKILL', 'SIGTERM'].entries()) {
      const server = await start({ shells: 1 })
      expect(server.said[0].restored).toBe(number === 0 ? 0 : 1)
      await grown(300_000 * (number + 1))
      await server.end(signal)
    }
    const registry = restore()
    expect(registry.faults).toEqual([])
    const session = registry.get('s0', 'p')
    const [recording] = session.recordings
    expect(session.recording).toBe(true)
    session.resize(100, 30)
    await grown(1_200_000)
    await recording.stop()
    expect(recording.missed).toBe(0)
    expect(casts()).toEqual([path.basename(recording.file)])
    const events = eventsOf(recording.file)
    expect(markersOf(events)).toEqual([SEAM, SEAM, SEAM])
    const text = textOf(events)
    expect(text === counterBytes(0, text.length).toString('latin1')).toBe(true)
    expect(events.every(([interval]) => interval >= 0)).toBe(true)
    const reader = await openRecording(recording.file)
    expect(reader.status).toBe('complete')
    expect(reader.segments().length).toBeGreaterThan(1)
    // As long as it has been, the times without a process included.
    const card = JSON.parse(fs.readFileSync(recording.file.replace(/cast$/, 'json'), 'utf8'))
    expect(card).toMatchObject({ session: 's0', project: 'p', user: null })
    expect(reader.duration * 1000).toBeLessThanOrEqual(Date.now() - card.started + 1000)
    const last = await reader.at(reader.duration)
    expect(last).toMatchObject({ cols: 100, rows: 30 })
    expect(last.text.trimEnd().split('\n').at(-1)).toBe(text.trimEnd().split('\r\n').at(-1))
    expect(fs.readdirSync(recordings).filter((name) => name.endsWith('.resume'))).toEqual([])
  })

  test('a session that was not recorded follows the registry, unless it said no', async () => {
    const first = restore()
    const pty = { file: '/bin/sh', args: ['-c', 'echo shown before; exec cat'] }
    for (const [id, options] of Object.entries({ plain: {}, never: { recording: false }, once: {} }))
      first.create({ id, pty, ...options })
    await until(() => first.get('plain').history().includes('shown before'), 'the output')
    const stopped = first.get('once').record({ dir: recordings, name: 'once' })
    await stopped.stop()
    expect(first.leave()).toBe(3)
    const second = restore({ recording: { dir: recordings } })
    expect(second.faults).toEqual([])
    expect(
      second
        .list()
        .map(({ id, recording }) => [id, recording])
        .sort(),
    ).toEqual([
      ['never', false],
      ['once', false],
      ['plain', true],
    ])
    const [recording] = second.get('plain').recordings
    second.get('plain').write('and after\n')
    await until(() => second.get('plain').history().includes('after\r\nand after'), 'the echo')
    second.close('plain')
    await until(() => recording.ended, 'the end')
    const reader = await openRecording(recording.file)
    expect((await reader.at(0)).text).toContain('shown before')
    expect((await reader.at(reader.duration)).text).toContain('and after')
  })

  test('without a keeper it goes on, too, and one whose files are gone begins anew', async () => {
    const journal = path.join(dir, 'plain')
    const options = { journal, recording: { dir: recordings }, maxSessionsPerProject: 0 }
    const first = new SessionRegistry(options)
    registries.push(first)
    for (const id of ['kept', 'lost']) first.create({ id, recording: { name: id } })
    first.get('kept').append('one\r\n')
    first.get('lost').append('two\r\n')
    first.leave()
    fs.rmSync(path.join(recordings, 'lost.cast'))
    const second = new SessionRegistry(options)
    registries.push(second)
    const faults = []
    const changes = []
    second.on('journalError', (fault) => faults.push(fault))
    second.on('recordingChanged', ({ id, recording }) => changes.push([id, recording]))
    second.restore()
    expect(faults).toEqual([
      { code: 'ENOENT', message: expect.any(String), path: path.join(recordings, 'lost.cast') },
    ])
    expect(changes.sort()).toEqual([
      ['kept', true],
      ['lost', true],
    ])
    second.get('kept').append('three\r\n')
    const files = second.list().map(({ id }) => second.get(id).recordings[0])
    second.closeAll()
    await until(() => files.every(({ ended }) => ended), 'the end')
    const kept = eventsOf(path.join(recordings, 'kept.cast'))
    expect(textOf(kept)).toBe('one\r\nthree\r\n')
    expect(markersOf(kept)).toEqual([SEAM])
    const anew = files.map(({ file }) => file).find((file) => !file.endsWith('kept.cast'))
    expect(textOf(eventsOf(anew))).toContain('two')
  })
})
