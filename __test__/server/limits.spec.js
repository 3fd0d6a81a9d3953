// What a client is told when a limit is reached.

const fs = require('node:fs')
const { startServer } = require('../helpers/server')

let host
afterEach(() => host.stop())

async function opened(query) {
  const client = host.connect(query)
  await client.ready()
  return client
}

test('past the sessions in all: 1008, with the words of the app', async () => {
  host = await startServer({ maxSessions: 2 })
  const kept = [await opened({ projectId: 'a' }), await opened({ projectId: 'b' })]
  const refused = host.connect({ projectId: 'c' })
  expect(await refused.message('error')).toEqual({
    type: 'error',
    message: 'Maximum connections reached. Close unused terminals.',
  })
  expect(await refused.isClosed()).toEqual({ code: 1008, reason: 'Connection limit exceeded' })
  for (const client of kept) await client.settled()
})

test("one too many in a project closes the project's oldest, with a code that ends it", async () => {
  host = await startServer({ maxSessionsPerProject: 4 })
  const other = await opened({ projectId: 'q', sessionId: 's' })
  const clients = []
  for (let i = 0; i < 5; i += 1) clients.push(await opened({ projectId: 'p', sessionId: `s${i}` }))
  expect(await clients[0].isClosed()).toEqual({ code: 4001, reason: 'Closed to make room' })
  expect(clients[0].messages.at(-1)).toMatchObject({
    type: 'error',
    message: expect.stringMatching(/room/),
  })
  expect(host.registry.list('p').map(({ id }) => id)).toEqual(['s1', 's2', 's3', 's4'])
  for (const client of [...clients.slice(1), other]) await client.settled()
})

test.each([
  ['a project', { projectId: 'p' }],
  ['an address', {}],
])('new shells a minute of %s', async (_what, query) => {
  host = await startServer({ spawnsPerMinute: 2 })
  await opened({ ...query, sessionId: 'a' })
  await opened({ ...query, sessionId: 'b' })
  const refused = host.connect({ ...query, sessionId: 'c' })
  expect(await refused.message('error')).toEqual({ type: 'error', message: 'Rate limit exceeded' })
  expect(await refused.isClosed()).toEqual({ code: 1008, reason: 'Rate limit exceeded' })
  // A connection to a shell that lives is no new shell.
  expect(await host.connect({ ...query, sessionId: 'a' }).ready()).toMatchObject({ type: 'reconnected' })
})

test('a shell that cannot be started: 4000, and no session stays behind', async () => {
  host = await startServer()
  const { SHELL } = process.env
  const broken = host.file('broken-shell')
  fs.writeFileSync(broken, '#!/does/not/exist\n', { mode: 0o755 })
  process.env.SHELL = broken
  try {
    const client = host.connect({ sessionId: 'doomed' })
    expect(await client.message('error')).toMatchObject({
      type: 'error',
      message: expect.stringMatching(/ENOENT/),
    })
    expect((await client.isClosed()).code).toBe(4000)
    expect(host.registry.list()).toEqual([])
  } finally {
    process.env.SHELL = SHELL
  }
})
