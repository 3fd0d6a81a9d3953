// What is known of a shell, and what it has proved to be, across processes: real
// shells with the package's scripts, kept by a keeper.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const readline = require('node:readline')
const { SessionRegistry } = require('..')
const { eventually } = require('./helpers/proc')
const { SHELLS, integratedShell } = require('./helpers/shells')
const { PATIENCE } = require('./helpers/patience')

const run = (session, line) => session.run(line, { timeout: PATIENCE })

// There is no keeper on Windows.
const isKept = process.platform !== 'win32' && SHELLS.length > 0
const describeShells = isKept ? describe.each(SHELLS) : describe.skip.each(['no shell'])
describeShells('%s in the next process', (name) => {
  let root
  let home
  let registries
  let child
  let events
  beforeEach(() => {
    root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-shell-')))
    home = path.join(root, 'home')
    fs.mkdirSync(home)
    registries = []
    child = null
    events = []
  })
  afterEach(async () => {
    child?.kill('SIGKILL')
    for (const registry of registries) registry.shutdown()
    // Whatever is left with a keeper: the next process ends it.
    const last = new SessionRegistry({ journal: { dir: state(), keeper: true } })
    last.restore({ takeover: true })
    last.shutdown()
    const socket = path.join(state(), 'keeper.sock')
    await eventually('the end of the keeper', () => !fs.existsSync(socket), PATIENCE)
    fs.rmSync(root, { recursive: true, force: true })
  })

  const state = () => path.join(root, 'state')
  const session = () => ({ id: 'a', cwd: home, pty: integratedShell(name, home) })

  /** Another process, which has started the shell. */
  const start = () => {
    const script = path.join(__dirname, 'helpers', 'shell-process.js')
    child = spawn(process.execPath, [script, state(), JSON.stringify(session())], {
      stdio: ['pipe', 'pipe', 'inherit'],
    })
    const ended = new Promise((resolve) => child.once('exit', resolve))
    let known = null
    readline.createInterface({ input: child.stdout }).on('line', (line) => {
      known = JSON.parse(line)
    })
    return {
      type: (text) => child.stdin.write(`${JSON.stringify(text)}\n`),
      knows: (what, test) => eventually(what, () => known && test(known) && known, PATIENCE),
      kill: () => {
        child.kill('SIGKILL')
        return ended
      },
    }
  }

  /** The next process, as far as this one can be it: what its events tell is noted. */
  const open = (journal) => {
    const registry = new SessionRegistry({ journal: { dir: state(), keeper: true, ...journal } })
    registries.push(registry)
    for (const event of ['commandStarted', 'commandFinished'])
      registry.on(event, (news) => events.push({ event, ...news }))
    return registry
  }
  const finished = () =>
    eventually(
      'the end of the command',
      () => events.find(({ event }) => event === 'commandFinished'),
      PATIENCE,
    )

  /** A program that says that it is busy, and goes on when a file comes. */
  const job = (folder) => {
    const script = `printf '\\033]2;busy\\007'; while [ ! -e go ]; do sleep 0.02; done; echo over; exit 5`
    fs.writeFileSync(path.join(folder, 'job'), script)
  }
  const go = (folder) => fs.writeFileSync(path.join(folder, 'go'), '')

  test('is where it was, and what it says goes on to count, as nothing else does', async () => {
    const sub = path.join(home, 'a b')
    fs.mkdirSync(sub)
    job(sub)
    const server = start()
    server.type(`cd 'a b'\r`)
    await server.knows('the directory', ({ workingDirectory }) => workingDirectory === sub)
    server.type('sh ./job\r')
    const { pid } = await server.knows(
      'the command',
      ({ command, title }) => command?.line === 'sh ./job' && title === 'busy',
    )
    await server.kill()

    const registry = open()
    const [info] = registry.restore()
    const command = { line: 'sh ./job', trusted: true }
    const known = { pid, title: 'busy', workingDirectory: sub, integration: name, command }
    expect(info).toMatchObject({ status: 'active', ...known })
    expect(registry.get('a')).toMatchObject(known)
    go(sub)
    expect(await finished()).toMatchObject({ command: { ...command, exitCode: 5 } })
    // That it began was told by the process before.
    expect(events.map(({ event }) => event)).toEqual(['commandFinished'])
    expect(await run(registry.get('a'), 'echo again')).toMatchObject({ output: 'again\n', exitCode: 0 })

    const lies = '\\033]133;D;0\\007\\033]633;E;rm;guess\\007\\033]133;A\\007\\033]133;B\\007\\033]133;C\\007'
    fs.writeFileSync(path.join(sub, 'lie'), `printf '${lies}'; printf truth; exit 6`)
    expect(await run(registry.get('a'), 'sh ./lie')).toMatchObject({ output: 'truth', exitCode: 6 })
    expect(registry.get('a').lastCommand).toMatchObject({ line: 'sh ./lie', trusted: true })
  })

  test('has half a line, to which nothing is added', async () => {
    const server = start()
    // What the prompt is called is the shell's own matter; this comes after one.
    server.type('echo fir""st\r')
    await server.knows('the first line', ({ screen, command }) => /^first$/m.test(screen) && !command)
    server.type('half a li')
    await server.knows('half a line', ({ screen }) => screen.includes('half a li'))
    await server.kill()

    const registry = open()
    registry.restore()
    const restored = registry.get('a')
    await expect(run(restored, 'ne')).rejects.toMatchObject({ code: 'ERR_SHELL_BUSY' })
    restored.write('\x03')
    await restored.waitFor('prompt', { timeout: PATIENCE })
    expect(await run(restored, 'echo whole')).toMatchObject({ output: 'whole\n' })
  })

  test('is heard of what it said while nobody listened', async () => {
    job(home)
    const before = open({ drainAfter: 0 })
    const left = before.create(session())
    await left.waitFor('prompt', { timeout: PATIENCE })
    left.write('sh ./job\r')
    await eventually('the command', () => left.command?.line === 'sh ./job', PATIENCE)
    before.leave()
    go(home)
    // The keeper has taken all of it, down to the end of the next prompt.
    const [file] = fs.readdirSync(state()).filter((entry) => entry.endsWith('.journal'))
    const isDrained = () => {
      const text = fs.readFileSync(path.join(state(), file), 'latin1')
      return text.lastIndexOf(']133;B') > text.lastIndexOf('over\r\n')
    }
    await eventually('the prompt', () => isDrained(), PATIENCE)
    events = []
    const registry = open()
    registry.restore()
    expect(await finished()).toMatchObject({ command: { line: 'sh ./job', exitCode: 5, trusted: true } })
    expect(await run(registry.get('a'), 'echo again')).toMatchObject({ output: 'again\n', exitCode: 0 })
  })
})
