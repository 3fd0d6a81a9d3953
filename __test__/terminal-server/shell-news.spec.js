// What clients are told of a session's shell, in each of the protocols.

const { defaultShell } = require('offheap-terminal/server')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { shellIn, startTerminals } = require('../helpers/terminals')
const { PATIENCE } = require('../helpers/patience')

let host
beforeEach(async () => {
  host = await startTerminals({
    shell: (...asked) => ({ ...shellIn(host, defaultShell(...asked)), integration: true }),
  })
})
afterEach(() => host.stop())

const NOTHING = { title: null, iconName: null, remoteDirectory: null, progress: null, command: null }

/** Has the shell run something that says all there is, and fails. */
async function speak(session) {
  const says =
    '\\033]2;a title\\007\\033]7;file:///some/where\\007\\033]9;4;1;50\\007\\007\\033]777;notify;t;b\\007'
  const ran = session.run(`printf '${says}'; read line; false`, { timeout: PATIENCE })
  await eventually('progress', () => session.progress)
  session.write('\r')
  expect(await ran).toMatchObject({ exitCode: 1 })
}

/** What came of it, by type. */
async function heard(messages) {
  const last = (type) => messages.findLast((message) => message.type === type)
  await eventually('all of it', () =>
    ['title', 'directory', 'progress', 'bell', 'notification', 'command'].every(last),
  )
  expect(last('title')).toMatchObject({ title: 'a title' })
  expect(messages).toContainEqual(
    expect.objectContaining({ type: 'directory', workingDirectory: '/some/where' }),
  )
  expect(messages).toContainEqual(
    expect.objectContaining({ type: 'progress', progress: { state: 'normal', value: 50 } }),
  )
  expect(last('bell')).toMatchObject({ count: 1 })
  expect(last('notification')).toMatchObject({ title: 't', body: 'b' })
  const commands = () => messages.filter(({ type }) => type === 'command').map(({ command }) => command)
  await eventually('the end of the command', () => commands().at(-1).endedAt !== null)
  const line = expect.stringContaining('; false')
  expect(commands()).toMatchObject([
    { line, exitCode: null, endedAt: null, trusted: true },
    { line, exitCode: 1, endedAt: expect.any(Number) },
  ])
}

test.each([
  ['JSON', {}],
  ['offheap.v1', { stream: true }],
])('over %s', async (_name, options) => {
  const client = host.connect({ sessionId: 's' }, options)
  await client.ready()
  expect(await client.message('shell')).toMatchObject({ ...NOTHING, lastCommand: null, integration: 'bash' })
  const session = host.registry.get('s')
  await speak(session)
  await heard(client.messages)
  await session.waitFor('prompt', { timeout: PATIENCE })
  const late = host.connect({ sessionId: 's' }, options)
  const { lastCommand, ...known } = await late.message('shell')
  expect(known).toMatchObject({ title: 'a title', command: null, progress: null })
  expect(lastCommand).toMatchObject({ exitCode: 1 })
  expect(host.errors).toEqual([])
})

test('over offheap.mux.v1', async () => {
  const client = new MuxClient(host.url, { path: host.folder })
  await new Promise((resolve) => client.ws.on('open', resolve))
  await client.open(7, { sessionId: 's', path: host.folder })
  await client.until(({ type }) => type === 'shell', 7)
  await speak(host.registry.get('s'))
  await heard(client.messages)
  expect(client.messages.every(({ channel }) => channel === 7)).toBe(true)
  client.ws.terminate()
})
