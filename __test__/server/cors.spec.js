// Pages of other origins and the HTTP interface: those that ALLOWED_ORIGINS names may call it.

const { startServer } = require('../helpers/server')

const APP = 'http://localhost:4000'
const STRANGER = 'http://localhost:4999'

let host
beforeAll(async () => {
  host = await startServer({ allowedOrigins: [APP], authToken: 'secret' })
})
afterAll(() => host.stop())

function ask(origin, method, more = {}) {
  const headers = { Origin: origin, ...more }
  return fetch(`${host.url}/api/terminal/health`, { method, headers })
}

const preflight = (origin) =>
  ask(origin, 'OPTIONS', {
    'Access-Control-Request-Method': 'DELETE',
    'Access-Control-Request-Headers': 'authorization,content-type',
  })

const allowed = ({ headers }) => headers.get('access-control-allow-origin')

test("a browser's question is answered, without a token", async () => {
  const response = await preflight(APP)
  expect(response.status).toBe(204)
  expect(allowed(response)).toBe(APP)
  expect(response.headers.get('access-control-allow-methods').split(', ')).toEqual(
    expect.arrayContaining(['POST', 'PUT', 'DELETE']),
  )
  expect(response.headers.get('access-control-allow-headers')).toBe('Authorization, Content-Type')
  expect(response.headers.get('access-control-allow-credentials')).toBe('true')
  expect(response.headers.get('vary')).toBe('Origin')
})

test('the page may read the answer, also one that refuses it', async () => {
  const welcome = await ask(APP, 'GET', { Authorization: 'Bearer secret' })
  expect([welcome.status, allowed(welcome)]).toEqual([200, APP])
  const refused = await ask(APP, 'GET')
  expect([refused.status, allowed(refused)]).toEqual([401, APP])
})

test('another origin may neither ask nor read', async () => {
  for (const response of [
    await preflight(STRANGER),
    await ask(STRANGER, 'GET', { Authorization: 'Bearer secret' }),
    await ask(STRANGER, 'OPTIONS'),
  ]) {
    expect([response.status, allowed(response)]).toEqual([403, null])
  }
})

test('the server’s own page and programs need no permission', async () => {
  const own = await ask(new URL(host.url).origin, 'GET', { Authorization: 'Bearer secret' })
  expect([own.status, allowed(own)]).toEqual([200, null])
  const program = await fetch(`${host.url}/api/terminal/health?token=secret`)
  expect([program.status, allowed(program)]).toEqual([200, null])
  expect(program.headers.get('vary')).toBe('Origin')
})

test('the page itself is for its own origin', async () => {
  const response = await fetch(`${host.url}/app.js`, { headers: { Origin: APP } })
  expect(allowed(response)).toBeNull()
})
