// A program that does not read what is typed: bounded memory, a coded error,
// and nobody else notices. The server has a process of its own.

const { eventually } = require('../helpers/proc')
const { startServerProcess } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1024 * 1024

let host
beforeEach(async () => {
  host = await startServerProcess()
})
afterEach(() => host.stop())

async function shell(sessionId) {
  const client = host.connect({ sessionId }, { stream: true })
  await client.ready()
  await client.sees(PROMPT)
  return client
}

async function deafShell() {
  const client = await shell('deaf')
  client.type("stty raw -echo; echo go''on; sleep 1000\r")
  await client.sees('goon')
  return client
}

async function expectEcho(sessionId) {
  const client = await shell(sessionId)
  client.type('echo un""harmed\r')
  await client.sees('unharmed\r\n')
}

test('a paste of 10 MB is held back at the socket, in bounded memory', async () => {
  const client = await deafShell()
  const block = Buffer.alloc(64 * 1024, 'x')
  for (let i = 0; i < 160; i += 1) client.send(block)
  await eventually('the socket is held back', async () => (await host.ask('stats')).inputBytes > 0)
  await expectEcho('other')
  expect((await host.ask('stats')).inputBytes).toBeLessThan(2 * MIB)
  expect(client.messages.filter(({ type }) => type === 'error')).toEqual([])
})

test('past the bound there is a coded error, and others are unharmed', async () => {
  const clients = [await deafShell()]
  for (let i = 0; i < 20; i += 1) clients.push(await attached())
  for (const client of clients) client.send(Buffer.alloc(MIB, 'x'))
  const full = () => clients.some(({ messages }) => messages.some(({ code }) => code === 'ERR_INPUT_QUEUE_FULL'))
  await eventually('the error', full)
  expect((await host.ask('stats')).inputBytes).toBeLessThanOrEqual(16 * MIB)
  await expectEcho('other')
})

test.each([
  ['is closed', async () => fetch(`${host.url}/api/terminal/close/deaf`, { method: 'DELETE' })],
  ['is killed', async () => process.kill(-(await host.ask('sessions'))[0].pid, 'SIGKILL')],
])('input that waits is dropped when its session %s, and others are unharmed', async (_how, end) => {
  const client = await deafShell()
  for (let i = 0; i < 16; i += 1) client.send(Buffer.alloc(64 * 1024, 'x'))
  await eventually('input waits', async () => (await host.ask('stats')).inputBytes > 0)
  await end()
  await eventually('the end', async () => (await host.ask('stats')).inputBytes === 0)
  await expectEcho('other')
})

async function attached() {
  const client = host.connect({ sessionId: 'deaf' }, { stream: true })
  await client.ready()
  return client
}
