// An exited session stays for a second, for who has not had its last output
// yet. Who has had it, and asks again, gets a new shell.

const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

describe.each([
  ['the example', startServer],
  ['TerminalServer', startTerminals],
])('%s', (_server, start) => {
  let host
  beforeEach(async () => {
    host = await start()
  })
  afterEach(() => host.stop())

  async function shell(query = {}, options = {}) {
    const client = host.connect({ sessionId: 'again', ...query }, options)
    await client.ready()
    return client
  }

  async function started(options) {
    const client = await shell({}, options)
    await client.sees(PROMPT)
    return client
  }

  test('a shell under the id of one whose last viewer was slow survives a reload', async () => {
    const slow = await started({ stream: true })
    slow.stopReading()
    slow.type('head -c 8000000 /dev/zero | tr "\\0" x; exit\r')
    await eventually('the end of the session', () => !host.registry.get('again'))
    slow.resumeReading()
    await exitOf(slow)
    const next = await started({ stream: true })
    const { pid } = host.registry.get('again')
    await next.cut()
    await eventually('the end of the connection', () => host.registry.get('again').connections === 0)
    const back = await shell({}, { stream: true })
    expect(isNew(back)).toBe(false)
    expect(host.registry.get('again').pid).toBe(pid)
  })

  const isNew = ({ messages }) => messages.some(({ type }) => type === 'connected')
  const exitOf = (client) => client.message('exit').then(({ code }) => code)

  describe.each([
    ['offheap.v1', { stream: true }],
    ['JSON', {}],
  ])('%s', (_name, options) => {
    test('who was told the exit and comes back at once gets a new shell', async () => {
      const first = await started(options)
      first.type('exit 3\r')
      expect(await exitOf(first)).toBe(3)
      const second = await started(options)
      expect(isNew(second)).toBe(true)
      expect(second.output).not.toContain('exit 3')
      expect(host.registry.list()).toHaveLength(1)
      second.type('exit 4\r')
      expect(await exitOf(second)).toBe(4)
    })

    test('who asks for the rest of the output gets that, and the exit again', async () => {
      const first = await started(options)
      const { end } = first
      first.type('echo la""st; exit 3\r')
      expect(await exitOf(first)).toBe(3)
      const second = await shell({ offset: end }, options)
      expect(await exitOf(second)).toBe(3)
      expect(isNew(second)).toBe(false)
      expect(second.output).toContain('last\r\n')
    })

    test('who comes first after the exit is told it', async () => {
      const first = await started(options)
      const exited = new Promise((resolve) => host.registry.on('sessionExited', resolve))
      first.type('sleep 0.2; echo la""st; exit 3\r')
      await first.sees('exit 3')
      await first.cut()
      await exited
      const second = await shell({}, options)
      expect(isNew(second)).toBe(false)
      expect(await exitOf(second)).toBe(3)
      expect(second.output).toContain('last')
    })

    test('a viewer that has not had the last output yet does not lose it to a new shell', async () => {
      const first = await started({ stream: true })
      first.keep = false
      const slow = await shell({}, options)
      slow.stopReading()
      first.type('seq 3000000; exit 3\r')
      await first.until('the exit', () => first.messages.some(({ type }) => type === 'exit'))
      const second = await shell({}, options)
      expect(await exitOf(second)).toBe(3)
      slow.keep = false
      slow.resumeReading()
      expect(await exitOf(slow)).toBe(3)
    })
  })
})
