// The example's server is restarted: its shells go on, its clients come back.

const fs = require('node:fs')
const path = require('node:path')
const { Client } = require('../helpers/client')
const { eventually, isRunning } = require('../helpers/proc')
const { runServer } = require('../helpers/server')
const { PROMPT, workspace } = require('../helpers/workspace')

const onUnix = process.platform === 'win32' ? describe.skip : describe

onUnix('a server with KEEP_SHELLS', () => {
  let space
  let servers
  beforeEach(() => {
    space = workspace()
    servers = []
  })
  afterEach(async () => {
    // An interrupt ends shells, and with them the keeper.
    for (const { child, exited } of servers) {
      child.kill('SIGINT')
      await exited
    }
    await eventually('the keeper to end', () => !fs.existsSync(path.join(state(), 'keeper.sock')))
    space.remove()
  })

  const state = () => path.join(space.folder, 'state')
  const serve = async (env = {}) => {
    const server = runServer({ PORT: '0', STATE_DIR: state(), KEEP_SHELLS: '1', ...env })
    servers.push(server)
    const [url] = await eventually('the address', () => /http:\S+/.exec(server.said.stdout))
    return { ...server, url }
  }
  const connect = (url, query) =>
    new Client(url, { sessionId: 's', path: space.folder, ...query }, { stream: true })
  /** The shell's process id, as it says itself. */
  const pidOf = async (client) => {
    client.type('echo "pid $$ ."\r')
    const [, pid] = await client.until('the process id', () => client.output.match(/pid (\d+) \./))
    return Number(pid)
  }

  /** Prints each number once, whatever happens meanwhile. */
  const COUNT = 'for i in $(seq 1 100); do echo "line $i."; sleep 0.03; done; echo "all $((1+1))"\r'

  test.each([
    ['SIGTERM', 1012],
    ['SIGKILL', 1006],
  ])('by %s: a client resumes at the next byte of the same shell', async (signal, code) => {
    const first = await serve()
    const client = connect(first.url)
    await client.sees(PROMPT)
    const pid = await pidOf(client)
    client.type(COUNT)
    await client.sees('line 9.')
    first.child.kill(signal)
    await first.exited
    await client.until('the close', () => client.closed)
    expect(client.closed.code).toBe(code)
    expect(isRunning(pid)).toBe(true)

    const second = await serve()
    const next = connect(second.url, { offset: client.end })
    await next.sees('all 2')
    const numbers = [...(client.output + next.output).matchAll(/line (\d+)\./g)].map(([, number]) =>
      Number(number),
    )
    // What was typed is echoed, too, and has no number.
    expect(numbers).toEqual(Array.from({ length: 100 }, (_, at) => at + 1))
    expect(await pidOf(next)).toBe(pid)
    next.socket.terminate()
  })

  test('by SIGINT ends its shells', async () => {
    const server = await serve()
    const client = connect(server.url)
    await client.sees(PROMPT)
    const pid = await pidOf(client)
    server.child.kill('SIGINT')
    expect(await server.exited).toMatchObject({ code: 0 })
    expect(isRunning(pid)).toBe(false)
    expect(fs.readdirSync(state()).filter((name) => name.endsWith('.journal'))).toEqual([])
  })

  test('is told where to keep them, and refused while another has them', async () => {
    const server = await serve()
    const client = connect(server.url)
    await client.sees(PROMPT)
    const nowhere = await runServer({ PORT: '0', KEEP_SHELLS: '1' }).exited
    expect(nowhere).toMatchObject({ code: 1 })
    expect(nowhere.stderr).toContain('STATE_DIR')
    const second = await runServer({ PORT: '0', STATE_DIR: state(), KEEP_SHELLS: '1' }).exited
    expect(second).toMatchObject({ code: 1 })
    expect(second.stderr).toContain(`process ${server.child.pid}`)
    client.socket.terminate()
  })
})
