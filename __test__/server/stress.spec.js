// The owner's own stress tests, with assertions on counts, limits and bytes.

const { createSessions } = require('../../examples/terminal-ws-standalone/stress/create-sessions')
const { openConnections } = require('../../examples/terminal-ws-standalone/stress/open-connections')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

let host
afterEach(() => host.stop())

const stats = () => host.registry.stats()

test('fifty sessions by POST: six are left in the project, and they hold next to nothing', async () => {
  host = await startServer()
  expect(await createSessions(host.url, 50)).toEqual({ 200: 50 })
  expect(stats()).toMatchObject({ sessions: 6, created: 50, closed: { limit: 44 }, nativeBytes: 0 })
  expect(host.registry.list('test-project')).toHaveLength(6)
})

test('fifty sessions of fifty projects: twenty are taken, the others are told to wait', async () => {
  host = await startServer()
  const answers = []
  for (let index = 0; index < 50; index += 1) {
    const response = await fetch(`${host.url}/api/terminal/create`, {
      method: 'POST',
      body: JSON.stringify({ projectId: `p${index}`, projectPath: '/tmp' }),
    })
    answers.push(response.status)
  }
  expect(answers).toEqual([...Array(20).fill(200), ...Array(30).fill(429)])
  expect(stats()).toMatchObject({ sessions: 20, limits: { sessions: 30 } })
})

test('a hundred connections: twenty shells, eighty refused with 1008, and nothing is left of any', async () => {
  host = await startServer()
  const { outcomes, sockets } = await openConnections(host.url, 100)
  expect(outcomes).toEqual({ connected: 20, 'closed 1008': 80 })
  expect(stats()).toMatchObject({ sessions: 20, connections: 20, viewers: 20 })
  // Twenty shells with what they printed: far below the 50 MB that ten were allowed.
  expect(stats().nativeBytes).toBeLessThan(20 * 512 * 1024)
  for (const socket of sockets) socket.terminate()
  await eventually('the viewers to go', () => stats().viewers === 0)
  host.registry.closeAll()
  expect(stats()).toMatchObject({ sessions: 0, connections: 0, nativeBytes: 0 })
})
