// Sessions that have come back without their shells: they stay readable, and get
// a new shell where somebody asks for one.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { Terminal } = require('@xterm/headless')
const { SessionRegistry } = require('offheap-terminal')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const onUnix = process.platform === 'win32' ? describe.skip : describe

onUnix('a restored session', () => {
  let dir
  let host
  beforeEach(() => {
    dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-restored-'))
  })
  afterEach(async () => {
    await host?.stop()
    fs.rmSync(dir, { recursive: true, force: true })
  })

  /** What an earlier server has left: `prepare` makes its sessions. */
  const restart = async (prepare, options) => {
    const before = new SessionRegistry({ journal: dir, exitLinger: 60_000 })
    await prepare(before)
    before.leave()
    host = await startTerminals(options, { journal: dir })
    return host.registry.restore()
  }
  const lose = (options) =>
    // A full-screen program was running, in colours, with the mouse.
    restart(
      (registry) =>
        registry.create({ id: 'a' }).append('before\r\n\x1b[?1049h\x1b[?1000h\x1b[31mfull screen'),
      options,
    )
  /** What a terminal shows of the output. */
  const shown = async (output) => {
    const terminal = new Terminal({ cols: 80, rows: 30, allowProposedApi: true })
    await new Promise((resolve) => terminal.write(output, resolve))
    const { active } = terminal.buffer
    const lines = Array.from({ length: active.length }, (_, row) =>
      active.getLine(row).translateToString(true),
    )
    return { lines, mouse: terminal.modes.mouseTrackingMode, buffer: active.type }
  }

  test.each([
    ['offheap.v1', { stream: true }],
    ['JSON', {}],
  ])('says so and gets a new shell on a message (%s)', async (_protocol, protocol) => {
    await lose()
    const [first, second] = [0, 1].map(() => host.connect({ sessionId: 'a' }, protocol))
    for (const client of [first, second]) {
      expect(await client.ready()).toMatchObject({ type: 'reconnected', lost: true })
      await client.sees('full screen')
    }
    // Nothing is started by itself, and what is typed goes nowhere.
    first.type('echo typed\r')
    await first.settled()
    expect(host.registry.get('a')).toMatchObject({ status: 'lost', pid: null })

    first.send({ type: 'spawn' })
    for (const client of [first, second]) {
      await client.message('spawned')
      await client.sees(PROMPT)
    }
    const { lines, mouse, buffer } = await shown(second.output)
    expect([lines[0], buffer, mouse]).toEqual(['before', 'normal', 'none'])
    expect(lines.filter(Boolean)).toEqual(['before', PROMPT])
    first.type('echo $((6*7))\r')
    await second.sees('42')
    first.send({ type: 'spawn' })
    expect(await first.message('error')).toMatchObject({ code: 'ERR_SESSION_STARTED' })
  })

  test('that had exited keeps its past when its client wants a new shell', async () => {
    await restart(async (registry) => {
      const session = registry.create({
        id: 'a',
        pty: { file: '/bin/sh', args: ['-c', 'echo before; exit 7'] },
      })
      await new Promise((resolve) => registry.on('sessionExited', resolve))
      expect(session.exit).toEqual({ code: 7, signal: 0 })
    })
    const reader = host.connect({ sessionId: 'a' }, { stream: true })
    expect(await reader.message('exit')).toMatchObject({ code: 7 })
    expect(reader.output).toContain('before')
    expect(await reader.isClosed()).toMatchObject({ code: 1000 })
    const next = host.connect({ sessionId: 'a' }, { stream: true })
    expect(await next.ready()).toMatchObject({ type: 'connected', lost: false })
    await next.sees(PROMPT)
    expect(next.output).toMatch(/^before/)
    next.type('exit 3\r')
    expect(await next.message('exit')).toMatchObject({ code: 3 })
  })

  test('starts nothing for who may only read, or came by a share', async () => {
    await lose({ authorize: ({ url }) => ({ access: url.includes('reader') ? 'read' : 'write' }) })
    const reader = host.connect({ sessionId: 'a', reader: 1 })
    await reader.ready()
    reader.send({ type: 'spawn' })
    expect(await reader.message('error')).toMatchObject({ code: 'ERR_READ_ONLY' })
    const share = host.terminals.share(host.registry.get('a'), { access: 'write' })
    const guest = host.connect({ share })
    await guest.ready()
    guest.send({ type: 'spawn' })
    expect(await guest.message('error')).toMatchObject({ code: 'ERR_FORBIDDEN' })
    expect(host.registry.get('a').status).toBe('lost')
  })

  test("gets the application's shell, by the application's word alone where it opens sessions itself", async () => {
    await lose({ open: () => host.registry.get('a'), shell: null })
    const client = host.connect()
    await client.ready()
    client.send({ type: 'spawn' })
    expect(await client.message('error')).toMatchObject({ code: 'ERR_NOT_SUPPORTED' })
    host.terminals.newShell(host.registry.get('a'))
    await client.message('spawned')
    expect(() => host.terminals.newShell(host.registry.get('a'))).toThrow(
      expect.objectContaining({ code: 'ERR_SESSION_STARTED' }),
    )
    expect(() => host.terminals.newShell(null)).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })
})
