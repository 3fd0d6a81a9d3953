// docs/moving.md, taken at its word: a small server on strings and Maps is
// moved over by the printed code, block by block, and run.

const { spawn } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { once } = require('node:events')
const { Client } = require('../helpers/client')
const { eventually, isRunning } = require('../helpers/proc')
const { PROMPT, workspace } = require('../helpers/workspace')

const ROOT = path.join(__dirname, '../..')
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8')

/** The code blocks of a text, as printed. */
const blocksOf = (text) => [...text.matchAll(/^```js\n(.*?)^```$/gms)].map(([, code]) => code)

/** The steps of the guide: what is there before each, and what after. */
function steps() {
  const blocks = blocksOf(read('docs/moving.md'))
  const of = (kind, block) => {
    expect(block.startsWith(`// ${kind}\n`)).toBe(true)
    return block.slice(kind.length + 4)
  }
  const pairs = []
  for (let at = 0; at < blocks.length; at += 2) {
    pairs.push([of('before', blocks[at]), of('after', blocks[at + 1] ?? '')])
  }
  return pairs
}

/** Takes steps one after the other: what each replaces is in the code exactly once. */
function moved(count = Number.POSITIVE_INFINITY) {
  let code = read('__test__/moving/strings-and-maps.js')
  for (const [before, after] of steps().slice(0, count)) {
    expect(code.split(before)).toHaveLength(2)
    code = code.replace(before, () => after)
  }
  return code
}

let space
let child
let exited
let url
let clients

/** Runs code as a project has it that installed the package. */
async function run(code) {
  const modules = space.file('node_modules')
  fs.mkdirSync(modules)
  fs.symlinkSync(ROOT, path.join(modules, 'offheap-terminal'))
  fs.symlinkSync(path.join(ROOT, 'node_modules/ws'), path.join(modules, 'ws'))
  fs.writeFileSync(space.file('server.js'), code)
  const env = { ...process.env, PORT: '0', NODE_OPTIONS: '', HOME: space.file('home') }
  child = spawn(process.execPath, [space.file('server.js')], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  exited = once(child, 'exit')
  let said = ''
  child.stdout.on('data', (data) => (said += data))
  ;[url] = await eventually('the address', () => /http:\S+/.exec(said))
}

function connect(sessionId, query = {}) {
  const client = new Client(url, { projectId: 'p', path: space.folder, sessionId, ...query })
  clients.push(client)
  return client
}

async function shell(sessionId) {
  const client = connect(sessionId)
  expect(await client.ready()).toMatchObject({ type: 'connected', sessionId, workingDir: space.folder })
  await client.sees(PROMPT)
  return client
}

const ask = async (method, target) => (await fetch(`${url}${target}`, { method })).json()

beforeEach(() => {
  space = workspace()
  clients = []
})
afterEach(async () => {
  for (const { socket } of clients) socket.terminate()
  if (child.exitCode === null && child.signalCode === null) {
    child.kill('SIGKILL')
    await exited
  }
  space.remove()
})

/** The same code with a time to live, in ms, that a test can wait for. */
function withTime(code, time) {
  expect(code.split('1001: 120_000')).toHaveLength(2)
  return code.replace('1001: 120_000', `1001: ${time}`)
}

const list = () => ask('GET', '/sessions?projectId=p')

// What the app's own code did, and the package does.
describe.each([
  ['after the first step', 1],
  ['after all steps', Number.POSITIVE_INFINITY],
])('%s', (_when, count) => {
  test('what is not looked at is not streamed, and comes when it is', async () => {
    await run(moved(count))
    const client = await shell('s')
    expect(await list()).toEqual({ success: true, sessions: ['s'], focused: ['s'] })
    client.send({ type: 'blur' })
    const blurred = await client.message('focusUpdate', ({ focused }) => !focused)
    expect(blurred.allFocused).toEqual([])
    client.type('echo hid""den; touch printed\r')
    await eventually('the command', () => fs.existsSync(space.file('printed')))
    await client.settled()
    expect(client.output).not.toContain('hidden')
    expect(await ask('PUT', '/sessions/s?projectId=p')).toMatchObject({ focused: ['s'] })
    await client.sees('hidden\r\n')
    expect(client.of('buffered')).toContain('hidden\r\n')
    expect(client.of('stream')).not.toContain('hidden')
  })

  test('a suspended project keeps its output until it is resumed', async () => {
    await run(moved(count))
    const both = [await shell('a'), await shell('b')]
    await ask('POST', '/suspend?projectId=p')
    for (const client of both) await client.message('suspended')
    for (const [at, client] of both.entries()) {
      client.type(`echo wai""ted; touch printed-${at}\r`)
      await eventually('the command', () => fs.existsSync(space.file(`printed-${at}`)))
      await client.settled()
      expect(client.output).not.toContain('waited')
    }
    both[0].send({ type: 'resume' })
    for (const client of both) {
      await client.message('resumed')
      await client.sees('waited\r\n')
      expect(client.of('buffered')).toContain('waited\r\n')
      expect(client.output.split('waited\r\n')).toHaveLength(2)
    }
  })

  test('the close code says how long a shell lives on', async () => {
    await run(withTime(moved(count), 200))
    const [reloaded, cut] = [await shell('a'), await shell('b')]
    await cut.cut()
    await reloaded.close(1001)
    await eventually('the end of the session', async () => (await list()).sessions.length === 1)
    expect(await list()).toMatchObject({ sessions: ['b'] })
  })
})

test('after its first step the server runs as it did', async () => {
  await run(moved(1))
  const client = await shell('s')
  client.type('echo $APP; echo on""ce\r')
  await client.sees('demo\r\nonce\r\n')
  await client.cut()
  const second = connect('s')
  await second.sees('once\r\n')
  expect(await list()).toMatchObject({ success: true, sessions: ['s'] })
})

describe('after all of them', () => {
  beforeEach(() => run(moved()))

  test('nothing of the old way is left', () => {
    expect(moved()).not.toMatch(/node-pty|new Map|new Set|\+=|setTimeout|WebSocketServer\(/)
  })

  test('the past comes once, as stream, to the page that stays as it is', async () => {
    const client = await shell('s')
    client.type('echo $APP; echo on""ce\r')
    await client.sees(`demo\r\nonce\r\n${PROMPT}`)
    await client.cut()
    const second = connect('s')
    expect(await second.ready()).toMatchObject({ type: 'reconnected', workingDir: space.folder })
    await second.sees('once\r\n')
    second.type('echo and""more\r')
    await second.sees('andmore\r\n')
    expect(new Set(second.frames.map(({ type }) => type))).toEqual(new Set(['stream']))
    expect(second.output.split('once\r\n')).toHaveLength(2)
    second.send({ type: 'of another time' })
    await second.settled()
    expect(second.messages.filter(({ type }) => type === 'error')).toEqual([])
  })

  test('the exit comes after the last byte, and the session is gone', async () => {
    const client = await shell('s')
    client.type("stty -echo; seq 20000; echo la''st; exit 3\r")
    expect(await client.message('exit')).toMatchObject({ code: 3 })
    expect(client.output).toContain('19999\r\n20000\r\nlast\r\n')
    expect((await client.isClosed()).code).toBe(1000)
    await eventually('the end of the session', async () => (await list()).sessions.length === 0)
  })

  test('a session that is closed takes its shell with it', async () => {
    const client = await shell('s')
    client.type('echo pid=$$.\r')
    const pid = Number(await client.until('the pid', () => /pid=(\d+)\./.exec(client.output)?.[1]))
    const gone = { success: true, sessions: [], focused: [] }
    expect(await ask('DELETE', '/sessions/s?projectId=p')).toEqual(gone)
    expect((await client.isClosed()).code).toBe(1000)
    await eventually('the end of the shell', () => !isRunning(pid))
    expect(await ask('DELETE', '/sessions/s?projectId=p')).toEqual(gone)
  })

  test('one session too many closes the oldest, for good', async () => {
    const ids = ['1', '2', '3', '4', '5', '6', '7']
    const open = []
    for (const id of ids) open.push(await shell(id))
    expect((await open[0].isClosed()).code).toBe(4001)
    for (const client of open.slice(1)) await client.settled()
    expect((await list()).sessions).toEqual(ids.slice(1))
  })

  test('it ends in order', async () => {
    const client = await shell('s')
    child.kill('SIGTERM')
    expect((await client.isClosed()).code).toBe(1001)
    expect(await exited).toEqual([0, null])
  })
})

test("README's short version is the guide's code", async () => {
  const section = /^## Moving an app over$.*?(?=^## )/ms.exec(read('README.md'))[0]
  const printed = blocksOf(section)
  expect(printed.length).toBeGreaterThan(0)
  const results = steps().map(([, after]) => after)
  for (const block of printed) {
    const parts = block.trimEnd().split('\n\n')
    for (const part of parts) expect(results.map((code) => code.trimEnd())).toContain(part)
  }
})
