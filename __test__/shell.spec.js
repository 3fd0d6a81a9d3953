// What a session knows of its shell, and how one drives it: real shells with the
// package's scripts, and programs that say what they like.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { SessionRegistry } = require('..')
const { eventually } = require('./helpers/proc')
const { FILES, SHELLS, integratedShell } = require('./helpers/shells')
const { PATIENCE } = require('./helpers/patience')

let registry
let folder
let events

const NEWS = [
  'titleChanged',
  'directoryChanged',
  'commandStarted',
  'commandFinished',
  'progressChanged',
  'bell',
  'notification',
]

beforeEach(() => {
  folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-shell-')))
  registry = new SessionRegistry({ maxSessions: 0, spawnsPerMinute: 0 })
  events = []
  for (const name of NEWS) registry.on(name, (event) => events.push({ name, ...event }))
})
afterEach(() => {
  registry.shutdown()
  fs.rmSync(folder, { recursive: true, force: true })
})

const told = (name) => eventually(name, async () => events.find((event) => event.name === name))

/** Starts a shell whose home is the test's folder. */
function start(name, { profile = '', file = FILES[name], args = [], integration = true, ...options } = {}) {
  return registry.create({
    cwd: folder,
    pty: { ...integratedShell(name, folder, profile, file), args, integration },
    ...options,
  })
}

const WAIT = { timeout: PATIENCE }
const run = (session, line) => session.run(line, WAIT)

const testWith = (name) => (SHELLS.includes(name) ? test : test.skip)

describe('programs say', () => {
  test('a title, a directory, progress, a bell and a notification, at once and without a viewer', async () => {
    const session = registry.create()
    expect(session).toMatchObject({
      title: null,
      iconName: null,
      progress: null,
      command: null,
      lastCommand: null,
    })
    session.append('plain output waits\r\n'.repeat(10))
    session.append('\x1b]0;a \x1b')
    session.append('\\\x1b]7;file:///some/where\x07')
    session.append('\x1b]9;4;1;40\x07')
    session.append('text\r\nwith a bell\x07\r\n')
    session.append('\x1b]777;notify;Done;all of it\x07')
    session.append('\x1b]9;no title\x07')
    expect(session).toMatchObject({ title: 'a', iconName: 'a', workingDirectory: '/some/where' })
    expect(session.progress).toEqual({ state: 'normal', value: 40 })
    expect(session.info()).toMatchObject({
      title: 'a',
      workingDirectory: '/some/where',
      progress: { value: 40 },
    })
    await eventually('all of it', async () => events.length >= 6)
    const { id, projectId, incarnation } = session
    const name = { id, projectId, incarnation }
    expect(events).toEqual([
      { name: 'titleChanged', ...name, title: 'a', iconName: 'a' },
      { name: 'directoryChanged', ...name, workingDirectory: '/some/where', remoteDirectory: null },
      { name: 'progressChanged', ...name, progress: { state: 'normal', value: 40 } },
      { name: 'bell', ...name, count: 1 },
      { name: 'notification', ...name, title: 'Done', body: 'all of it' },
      { name: 'notification', ...name, title: null, body: 'no title' },
    ])
  })

  test('what comes from another machine is kept apart', () => {
    const session = registry.create()
    session.append('\x1b]7;file:///here\x07\x1b]7;file://elsewhere.example/there%20too\x07')
    expect(session.workingDirectory).toBe('/here')
    expect(session.remoteDirectory).toEqual({ host: 'elsewhere.example', path: '/there too' })
    session.append(`\x1b]7;file://${os.hostname()}/again\x07`)
    expect(session).toMatchObject({ workingDirectory: '/again', remoteDirectory: null })
  })

  test('commands of any shell that marks them, and its output is where it says', async () => {
    const session = registry.create()
    session.append('\x1b]133;A\x07$ \x1b]133;B\x07make\r\n\x1b]633;E;make\x07\x1b]133;C\x07')
    expect(session.command).toMatchObject({ line: 'make', endedAt: null, exitCode: null, trusted: false })
    session.append('it is made\r\n\x1b]133;D;3\x07')
    const { lastCommand } = session
    expect(session.command).toBeNull()
    expect(lastCommand).toMatchObject({ line: 'make', exitCode: 3, trusted: false })
    expect(lastCommand.endedAt).toBeGreaterThanOrEqual(lastCommand.startedAt)
    const { outputStart, outputEnd } = lastCommand
    expect(session.readFrom(outputStart, outputEnd - outputStart).data.toString()).toBe('it is made\r\n')
    expect((await told('commandFinished')).command).toEqual(lastCommand)
  })

  test('nothing that is too large, and a flood of it is told as what is left of it', async () => {
    const session = registry.create()
    session.append(`\x1b]0;${'x'.repeat(1 << 20)}\x07`)
    expect(session.title).toBeNull()
    session.append(`\x1b]0;${'\u0007'.repeat(0)}${'y'.repeat(5000)}\x07`)
    expect(session.title).toBe('y'.repeat(1024))
    for (let count = 0; count < 20_000; count++) session.append(`\x1b]0;${count}\x07\x07\x1b]133;C\x07`)
    await eventually(
      'the last title',
      async () => events.at(-1)?.title === '19999' || events.some(({ title }) => title === '19999'),
    )
    expect(events.length).toBeLessThan(200)
  })

  test('nothing without a screen', async () => {
    const session = registry.create({ screen: false })
    session.append('\x1b]0;title\x07\x07\x1b]133;B\x07')
    expect(session).toMatchObject({ title: null, command: null })
    await expect(session.waitFor('prompt')).rejects.toMatchObject({ code: 'ERR_SCREEN_DISABLED' })
    const found = session.waitFor(/end: (\w+)/)
    session.append('\x1b[1mend\x1b[m: he\x07re\r\n')
    expect(await found).toEqual({ text: 'end: here', groups: ['here'] })
    expect(events).toEqual([])
  })
})

describe.each(SHELLS)('%s', (name) => {
  test('tells its commands, and runs them', async () => {
    const session = start(name)
    expect(session.integration).toBe(name)
    const hello = await run(session, 'echo hello; printf "no end"')
    expect(hello).toMatchObject({ output: 'hello\nno end', exitCode: 0, truncated: false })
    expect(hello.duration).toBeGreaterThanOrEqual(0)
    expect(await run(session, "sh -c 'echo fail >&2; exit 3'")).toMatchObject({
      output: 'fail\n',
      exitCode: 3,
    })
    expect(await run(session, 'echo')).toMatchObject({ output: '\n', exitCode: 0 })
    expect(session.lastCommand).toMatchObject({ line: 'echo', exitCode: 0, trusted: true })
    const lines = events
      .filter((event) => event.name === 'commandFinished')
      .map(({ command }) => command.line)
    expect(lines).toEqual(['echo hello; printf "no end"', "sh -c 'echo fail >&2; exit 3'", 'echo'])
  })

  test('tells its directory, whatever that is called', async () => {
    const odd = path.join(folder, 'a b;c\\d%41é')
    fs.mkdirSync(odd)
    const session = start(name)
    await session.waitFor('prompt', WAIT)
    expect(session.workingDirectory).toBe(folder)
    await run(session, `cd '${odd.replace(/\\/g, name === 'fish' ? '\\\\' : '\\')}'`)
    await eventually('the directory', async () => session.workingDirectory === odd)
    expect(session.remoteDirectory).toBeNull()
  })

  test('is not fooled by what programs print', async () => {
    const session = start(name)
    const lies = '\\033]133;D;0\\007\\033]633;E;rm;guess\\007\\033]133;A\\007\\033]133;B\\007\\033]133;C\\007'
    fs.writeFileSync(path.join(folder, 'lie'), `printf '${lies}'; printf truth; exit 5`)
    expect(await run(session, 'sh ./lie')).toMatchObject({ output: 'truth', exitCode: 5 })
    expect(session.lastCommand).toMatchObject({ line: 'sh ./lie', trusted: true })
    expect(await run(session, 'env')).toMatchObject({ output: expect.not.stringContaining('OFFHEAP') })
  })

  test('is busy while it runs something, and says so', async () => {
    const session = start(name)
    await session.waitFor('prompt', WAIT)
    const first = run(session, 'cat')
    await eventually('the command', async () => session.command?.line === 'cat')
    await expect(run(session, 'echo')).rejects.toMatchObject({ code: 'ERR_SHELL_BUSY' })
    session.write('\x04')
    expect(await first).toMatchObject({ exitCode: 0 })
    await session.waitFor('prompt', WAIT)
    session.write('half a li')
    await session.waitFor('half a li', WAIT)
    await expect(run(session, 'ne')).rejects.toMatchObject({ code: 'ERR_SHELL_BUSY' })
    session.write('\x03')
    await session.waitFor('prompt', WAIT)
    expect(await run(session, 'echo whole')).toMatchObject({ output: 'whole\n' })
  })

  test('ends a wait when it ends', async () => {
    const session = start(name)
    const outcome = await run(session, 'exit 7').catch((error) => error)
    // fish tells the end of the command before its own.
    expect(outcome).toMatchObject(name === 'fish' ? { exitCode: 7 } : { code: 'ERR_SHELL_EXITED' })
    await eventually('the exit', async () => session.exit)
    expect(session.exit).toEqual({ code: 7, signal: 0 })
    expect(session.command).toBeNull()
    expect(session.lastCommand).toMatchObject({ line: 'exit 7', exitCode: name === 'fish' ? 7 : null })
  })
})

describe('what is the user’s stays', () => {
  const BASH = `
PS1='mine> '
PS0='[zero]'
trap 'seen=$BASH_COMMAND' DEBUG
trap 'echo good''bye' EXIT
set -u
`
  testWith('bash').each([
    ['a string', `PROMPT_COMMAND='echo "before:$?"'`],
    ['a string that ends oddly', `PROMPT_COMMAND='echo "before:$?" ; '`],
    ['an exported string', `export PROMPT_COMMAND='echo "before:$?"'`],
    ['an array', `PROMPT_COMMAND=('echo "before:$?"' 'PS1="again> "')`],
  ])('of bash: prompts, traps and PROMPT_COMMAND as %s', async (_what, commands) => {
    const session = start('bash', { profile: `${BASH}${commands}\n` })
    expect(await run(session, '(exit 4)')).toMatchObject({ exitCode: 4 })
    await session.waitFor('prompt', WAIT)
    expect(session.screenText()).toMatch(/before:4\n(mine|again)> $|before:4\n(mine|again)>$/m)
    expect(session.screenText()).toContain('[zero]')
    expect(await run(session, 'printenv PROMPT_COMMAND PS0')).toMatchObject({ exitCode: 1 })
    const { output } = await run(session, 'trap -p DEBUG EXIT; echo "$seen"')
    expect(output).toMatch(/trap -- 'seen=\$BASH_COMMAND' DEBUG/)
    expect(output).toMatch(/goodbye|good''bye|good'\\'''\\''bye/)
    session.write('exit\r')
    await session.waitFor('goodbye', { ...WAIT, in: 'output', from: 0 })
  })

  testWith('bash')('of a bash that is a login shell: its files, its history and its mode', async () => {
    fs.writeFileSync(path.join(folder, '.bash_logout'), 'echo logged out\n')
    const profile = `PS1='login> '; FROM_PROFILE=1\n`
    const session = start('bash', { profile, file: '.bash_profile', args: ['-l'] })
    const { output } = await run(
      session,
      'shopt login_shell; echo "$FROM_PROFILE $POSIXLY_CORRECT."; set -o | grep posix',
    )
    expect(output).toMatch(/login_shell\s+on\n1 \.\nposix\s+off\n/)
    expect(await run(session, 'printenv ENV')).toMatchObject({ output: '', exitCode: 1 })
    session.write('logout\r')
    await session.waitFor('logged out', { ...WAIT, in: 'output', from: 0 })
  })

  testWith('bash')('of bash: lines that it keeps out of its history are not taken for others', async () => {
    const session = start('bash', { profile: 'HISTCONTROL=ignoreboth\n' })
    await run(session, 'echo shown')
    await run(session, ' echo hidden')
    expect(session.lastCommand.line).toBeNull()
  })

  testWith('zsh')('of zsh: files, hooks and prompts that are made anew', async () => {
    const own = path.join(folder, 'own')
    fs.mkdirSync(own)
    fs.writeFileSync(path.join(folder, '.zshenv'), `ZDOTDIR=${own}\n`)
    const profile = `
precmd() { echo "mine:$?"; PS1='anew> ' }
preexec() { echo "runs:$1" }
TRAPEXIT() { echo 'good''bye' }
`
    const session = start('zsh', { profile, file: 'own/.zshrc' })
    expect(await run(session, '(exit 4)')).toMatchObject({ exitCode: 4 })
    await session.waitFor('prompt', WAIT)
    expect(session.screenText()).toMatch(/runs:\(exit 4\)[\s\S]*mine:4\nanew>/)
    expect(await run(session, 'echo $ZDOTDIR')).toMatchObject({ output: expect.stringContaining(`${own}\n`) })
    session.write('exit\r')
    await session.waitFor('goodbye', { ...WAIT, in: 'output', from: 0 })
  })

  testWith('fish')('of fish: prompts and events', async () => {
    const profile = `
function fish_prompt; echo 'mine> '; end
function on_end --on-event fish_postexec; echo "ended:$status"; end
`
    const session = start('fish', { profile })
    expect(await run(session, 'false')).toMatchObject({ exitCode: 1 })
    await session.waitFor('prompt', WAIT)
    expect(session.screenText()).toContain('mine>')
    expect(session.screenText()).toContain('ended:1')
  })
})

describe('integration is off', () => {
  testWith('bash')('where nobody asks for it, the shell is unknown or runs a script', async () => {
    const session = start('bash', { integration: false })
    expect(session.integration).toBeNull()
    await expect(session.run('echo')).rejects.toMatchObject({ code: 'ERR_NOT_INTEGRATED' })
    const sh = registry.create({ pty: { file: '/bin/sh', integration: true } })
    expect(sh.integration).toBeNull()
    const script = registry.create({ pty: { file: 'bash', args: ['-c', 'echo $0 $#'], integration: true } })
    expect(script.integration).toBeNull()
    await script.waitFor('bash 0', { ...WAIT, in: 'output', from: 0 })
    expect(() => registry.create({ pty: { file: 'bash', integration: 'yes' } })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })

  testWith('bash')('and the directory is that of the process in the foreground', async () => {
    const session = start('bash', { integration: false })
    fs.mkdirSync(path.join(folder, 'below'))
    session.write('cd below; echo there\r')
    await session.waitFor(/^there/m, WAIT)
    const onLinux = process.platform === 'linux' || process.platform === 'darwin'
    expect(session.workingDirectory).toBe(onLinux ? path.join(folder, 'below') : null)
    fs.rmdirSync(path.join(folder, 'below'))
    expect(session.workingDirectory).toBeNull()
  })
})

describe('waiting', () => {
  test('for a text on the screen, in the output, and for silence', async () => {
    const session = registry.create()
    const screen = session.waitFor('a.c', WAIT)
    const output = session.waitFor(/(B+) (D)?/i, { ...WAIT, in: 'output' })
    session.append('abc')
    session.append('\x1b[Ha.c bb')
    session.append('b x')
    expect(await screen).toEqual({ text: 'a.c', groups: [] })
    expect(await output).toEqual({ text: 'bbb ', groups: ['bbb', null] })
    expect(await session.waitFor('a.c')).toEqual({ text: 'a.c', groups: [] })
    expect(await session.waitFor(/^abca/, { in: 'output', from: 0 })).toMatchObject({ text: 'abca' })
    expect(await session.waitFor('idle', { quiet: 20 })).toEqual({ text: null, groups: [] })
  })

  test('ends in time, by a signal, or with the session', async () => {
    const session = registry.create()
    await expect(session.waitFor('never', { timeout: 1 })).rejects.toMatchObject({ code: 'ERR_TIMED_OUT' })
    const controller = new AbortController()
    const aborted = session.waitFor('never', { signal: controller.signal })
    controller.abort(new Error('enough'))
    await expect(aborted).rejects.toThrow('enough')
    await expect(session.waitFor('never', { signal: controller.signal })).rejects.toThrow('enough')
    const many = Array.from({ length: 16 }, () => session.waitFor('never', { timeout: 0 }))
    const outcomes = Promise.allSettled(many)
    await expect(session.waitFor('never')).rejects.toMatchObject({ code: 'ERR_TOO_MANY_WAITS' })
    session.close()
    expect((await outcomes).map(({ reason }) => reason.code)).toEqual(Array(16).fill('ERR_CLOSED'))
    await expect(session.waitFor('idle')).rejects.toMatchObject({ code: 'ERR_CLOSED' })
  })

  test.each([
    ['no pattern', (session) => session.waitFor(), 'ERR_INVALID_ARG_TYPE'],
    ['an empty one', (session) => session.waitFor(''), 'ERR_INVALID_ARG_TYPE'],
    ['one that nobody can search for', (session) => session.waitFor(/(?=a)/), 'ERR_INVALID_ARG_VALUE'],
    ['a place that is none', (session) => session.waitFor('a', { in: 'air' }), 'ERR_INVALID_ARG_VALUE'],
    ['a time that is none', (session) => session.waitFor('a', { timeout: NaN }), 'ERR_OUT_OF_RANGE'],
    ['a signal that is none', (session) => session.waitFor('a', { signal: {} }), 'ERR_INVALID_ARG_TYPE'],
    ['no line', (session) => session.run(), 'ERR_INVALID_ARG_TYPE'],
    ['two lines', (session) => session.run('a\nb'), 'ERR_INVALID_ARG_VALUE'],
    ['blanks', (session) => session.run('  '), 'ERR_INVALID_ARG_VALUE'],
    ['a long line', (session) => session.run('x'.repeat(40_000)), 'ERR_INVALID_ARG_VALUE'],
    ['a size that is none', (session) => session.run('a', { maxOutput: 0 }), 'ERR_OUT_OF_RANGE'],
  ])('is refused with %s', async (_what, wait, code) => {
    await expect(wait(registry.create())).rejects.toMatchObject({ code })
  })

  testWith('bash')(
    'a command is cut where there is more than is wanted or kept, and runs on after the time is over',
    async () => {
      const session = start('bash')
      const cut = await session.run('seq 1000', { ...WAIT, maxOutput: 64 })
      expect(cut).toMatchObject({ truncated: true, exitCode: 0 })
      expect(cut.output).toMatch(/^9\d\d\n(\d+\n)*1000\n$/)
      const lost = await run(session, 'seq 100000')
      expect(lost.truncated).toBe(true)
      expect(lost.output).toMatch(/^\d+\n[\s\S]*\n100000\n$/)
      await expect(session.run('read answer', { timeout: 500 })).rejects.toMatchObject({
        code: 'ERR_TIMED_OUT',
      })
      expect(session.command.line).toBe('read answer')
      session.write('yes\r')
      await session.waitFor('prompt', WAIT)
      expect(await run(session, 'echo $answer')).toMatchObject({ output: 'yes\n' })
      expect(await run(session, '# nothing')).toMatchObject({ output: '' })
      expect(await run(session, 'if then')).toMatchObject({
        exitCode: 2,
        output: expect.stringContaining('syntax error'),
      })
    },
  )
})

test('what is known outlives the process', async () => {
  const journal = path.join(folder, 'journal')
  registry.shutdown()
  registry = new SessionRegistry({ journal, inactiveTimeout: 0 })
  const session = registry.create({ id: 'kept' })
  session.append('\x1b]2;a title\x07\x1b]7;file:///some/where\x07\x1b]133;C\x07\x1b]133;D;9\x07')
  session.append('\x1b]633;E;tail -f\x07\x1b]133;C\x07')
  const { command, lastCommand } = session
  registry.leave()
  registry = new SessionRegistry({ journal, inactiveTimeout: 0 })
  const [info] = registry.restore()
  const known = { title: 'a title', workingDirectory: '/some/where', command, lastCommand }
  expect(info).toMatchObject({ id: 'kept', ...known })
  const restored = registry.get('kept')
  restored.snapshot()
  expect(restored).toMatchObject(known)
})
