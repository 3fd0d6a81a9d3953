// Where the example's server runs, and what its operator decides.

const { once } = require('node:events')
const fs = require('node:fs')
const http = require('node:http')
const net = require('node:net')
const { WebSocket } = require('ws')
const { Client } = require('../helpers/client')
const { eventually, isRunning } = require('../helpers/proc')
const { runServer, startServer } = require('../helpers/server')
const { PROMPT, workspace } = require('../helpers/workspace')

/** The status and headers of a GET, as it is sent: `fetch` would follow and set others. */
function get(target, headers = {}) {
  return new Promise((resolve, reject) => {
    const request = http.get(target, { headers }, (response) => {
      response.resume()
      resolve({ status: response.statusCode, headers: response.headers })
    })
    request.on('error', reject)
  })
}

describe('under a path prefix', () => {
  let host
  beforeAll(async () => {
    host = await startServer({ basePath: '/tools/term' })
  })
  afterAll(() => host.stop())

  const origin = () => new URL(host.url).origin

  test('the page, its files, the interface and the figures are below it', async () => {
    expect(host.url).toMatch(/:\d+\/tools\/term$/)
    for (const path of ['/', '/app.js', '/vendor/xterm/xterm.css', '/api/terminal/health', '/metrics']) {
      expect((await get(`${host.url}${path}`)).status).toBe(200)
    }
  })

  test('and nowhere else', async () => {
    for (const path of ['/', '/app.js', '/api/terminal/health', '/metrics', '/tools/termite/', '/tools']) {
      expect((await get(`${origin()}${path}`)).status).toBe(404)
    }
    for (const path of ['/', '/mux', '/tools/terms/']) {
      const client = new Client(origin(), {}, { path })
      expect(await client.until('the refusal', () => client.refused)).toBe(404)
    }
  })

  test('without its last slash it leads there, where relative addresses are right', async () => {
    const { status, headers } = await get(`${host.url}?projectId=p`)
    expect(status).toBe(308)
    expect(headers.location).toBe('/tools/term/?projectId=p')
  })

  test('terminals are below it, alone and many over one connection', async () => {
    const client = host.connect({ sessionId: 's' }, { path: '/tools/term/' })
    await client.sees(PROMPT)
    const mux = new WebSocket(`${host.url.replace('http', 'ws')}/mux`, 'offheap.mux.v1')
    await once(mux, 'open')
    mux.terminate()
  })
})

describe('on a Unix socket', () => {
  let space
  let file
  beforeEach(() => {
    space = workspace()
    file = space.file('server.sock')
  })
  afterEach(() => space.remove())

  const health = () =>
    new Promise((resolve, reject) => {
      const request = http.get({ socketPath: file, path: '/api/terminal/health' }, (response) => {
        response.resume()
        resolve(response.statusCode)
      })
      request.on('error', reject)
    })

  test('it serves, takes the place of one that was killed, and leaves nothing behind', async () => {
    const killed = runServer({ SOCKET_PATH: file })
    await eventually('the address', () => killed.said.stdout.includes(`unix:${file}`))
    expect(await health()).toBe(200)
    killed.child.kill('SIGKILL')
    await killed.exited
    expect(fs.existsSync(file)).toBe(true)
    const next = runServer({ SOCKET_PATH: file })
    await eventually('the address', () => next.said.stdout.includes(`unix:${file}`))
    const socket = new WebSocket(`ws+unix:${file}:/?path=${space.folder}`)
    const [data] = await once(socket, 'message')
    expect(JSON.parse(data)).toMatchObject({ type: 'connected', workingDir: space.folder })
    const second = await runServer({ SOCKET_PATH: file }).exited
    expect(second.code).toBe(1)
    expect(second.stderr).toBe(`${file} is in use: set SOCKET_PATH to another, or end what uses it\n`)
    expect(await health()).toBe(200)
    next.child.kill()
    expect(await next.exited).toMatchObject({ code: 0 })
    expect(fs.existsSync(file)).toBe(false)
  })

  test('a file that is no socket is left alone', async () => {
    fs.writeFileSync(file, 'precious')
    const { code, stderr } = await runServer({ SOCKET_PATH: file }).exited
    expect(code).toBe(1)
    expect(stderr).toMatch(/in use/)
    expect(fs.readFileSync(file, 'utf8')).toBe('precious')
  })
})

const hasIPv6 = () =>
  new Promise((resolve) => {
    const probe = net.createServer()
    probe.once('error', () => resolve(false))
    probe.listen(0, '::1', () => probe.close(() => resolve(true)))
  })

test.each(['::1', '[::1]'])('on IPv6: HOST=%s', async (HOST) => {
  if (!(await hasIPv6())) return
  const { child, said, exited } = runServer({ HOST, PORT: '0' })
  const [url] = await eventually('the address', () => /http:\S+/.exec(said.stdout))
  expect(url).toMatch(/^http:\/\/\[::1\]:\d+$/)
  expect((await get(`${url}/api/terminal/health`)).status).toBe(200)
  const client = new Client(url, {}, { headers: { Origin: url } })
  await client.ready()
  client.socket.terminate()
  child.kill()
  expect(await exited).toMatchObject({ code: 0 })
})

describe('behind a proxy with TLS', () => {
  const forwarded = {
    'X-Forwarded-For': '192.0.2.1',
    'X-Forwarded-Host': 'terminal.example',
    'X-Forwarded-Proto': 'https',
    Origin: 'https://terminal.example',
  }

  test.each([
    ['that was named, its pages are the server’s own', ['loopback'], 200],
    ['that was not named, they are foreign', [], 403],
  ])('%s', async (_what, trustProxy, status) => {
    const host = await startServer({ authToken: 's3cret', host: '0.0.0.0', trustProxy })
    try {
      const url = host.url.replace('0.0.0.0', '127.0.0.1')
      const headers = { ...forwarded, Authorization: 'Bearer s3cret' }
      expect((await get(`${url}/api/terminal/health`, headers)).status).toBe(status)
      const client = new Client(url, {}, { headers })
      await client.until('an answer', () => client.refused ?? client.messages[0])
      expect(client.refused).toBe(status === 200 ? null : 403)
      client.socket.terminate()
    } finally {
      await host.stop()
    }
  })

  test('new shells are counted for the address that it names, which nobody else can', async () => {
    const host = await startServer({ trustProxy: ['loopback'], spawnsPerMinute: 1 })
    try {
      const from = (address) => host.connect({}, { headers: { 'X-Forwarded-For': address } })
      await from('192.0.2.1').ready()
      await from('192.0.2.2').ready()
      expect((await from('192.0.2.1').isClosed()).reason).toBe('Rate limit exceeded')
      // What a client writes there is before what its proxy adds.
      expect((await from('192.0.2.9, 192.0.2.2').isClosed()).reason).toBe('Rate limit exceeded')
    } finally {
      await host.stop()
    }
  })
})

describe('how long shells live', () => {
  async function started(config) {
    const host = await startServer(config)
    const client = host.connect({ sessionId: 's' })
    await client.sees(PROMPT)
    return { host, client, session: host.registry.get('s') }
  }

  test('is said by close code', async () => {
    const { host, client, session } = await started({ keepAlive: { 1000: 0, 1001: 60_000 } })
    const ended = new Promise((resolve) => host.registry.on('sessionClosed', resolve))
    await client.close(1000)
    expect(await ended).toMatchObject({ id: 's', reason: 'inactive' })
    expect(session.closed).toBe(true)
    await host.stop()
  })

  test('without a say of the code, by the time-out', async () => {
    const { host, client } = await started({ inactiveTimeout: 500 })
    const ended = new Promise((resolve) => host.registry.on('sessionClosed', resolve))
    await client.cut()
    expect(await ended).toMatchObject({ id: 's', reason: 'inactive' })
    await host.stop()
  })

  test('a job that prints is kept where output counts', async () => {
    const { host, client, session } = await started({ inactiveTimeout: 1000, outputKeepsAlive: 40 })
    client.type('while true; do echo tick; sleep 0.04; done\r')
    await client.sees('tick\r\n')
    await client.cut()
    const { end } = session
    await eventually('many ticks', () => session.closed || session.end > end + 6 * 60)
    expect(session.closed).toBe(false)
    expect(isRunning(session.pid)).toBe(true)
    await host.stop()
  })
})

test('a project may set what it likes in its shells, but for what decides which code runs', async () => {
  const host = await startServer({ projectEnvAllow: ['HOME', 'LD_LIBRARY_PATH'] })
  try {
    fs.appendFileSync(
      host.file('.env'),
      'LD_PRELOAD=/evil.so\nPROMPT_COMMAND=evil\nLD_LIBRARY_PATH=/lib\nPORT=3000\n',
    )
    const client = host.connect()
    await client.sees(PROMPT)
    client.type('echo "<$LD_PRELOAD|$PROMPT_COMMAND|$LD_LIBRARY_PATH|$PORT>"\r')
    await client.sees('<||/lib|3000>')
  } finally {
    await host.stop()
  }
})

describe('sharing a terminal', () => {
  let host
  beforeAll(async () => {
    host = await startServer({ authToken: 's3cret' })
  })
  afterAll(() => host.stop())

  async function call(method, path, body, token = 's3cret') {
    const response = await fetch(`${host.url}/api/terminal/${path}`, {
      method,
      headers: { Authorization: `Bearer ${token}` },
      body: body && JSON.stringify(body),
    })
    return { status: response.status, body: await response.json() }
  }

  test('makes a link for whoever has it, until it is taken back', async () => {
    const owner = host.connect({ token: 's3cret', sessionId: 's', projectId: 'p' })
    await owner.sees(PROMPT)
    const { status, body } = await call('POST', 'share', {
      sessionId: 's',
      projectId: 'p',
      expiresIn: 60_000,
    })
    expect(status).toBe(200)
    expect(body).toEqual({
      success: true,
      sessionId: 's',
      access: 'read',
      share: expect.stringMatching(/^[\w-]{32}$/),
      url: `./#share=${body.share}`,
      expiresAt: expect.any(Number),
    })
    const visitor = host.connect({ share: body.share })
    expect(await visitor.ready()).toMatchObject({ sessionId: 's', access: 'read' })
    // It is for the terminal, and for nothing else.
    expect((await call('GET', 'list?projectId=p', undefined, body.share)).status).toBe(401)
    expect((await call('DELETE', `share?share=${body.share}`)).body).toEqual({ success: true })
    expect((await visitor.isClosed()).code).toBe(4403)
    expect((await call('DELETE', `share?share=${body.share}`)).status).toBe(404)
  })

  test.each([
    [{}, 400],
    [{ sessionId: 'none' }, 404],
    [{ sessionId: 's', projectId: 'p', access: 'admin' }, 400],
    [{ sessionId: 's', projectId: 'p', expiresIn: -1 }, 400],
    [{ sessionId: 's', projectId: 'p', expiresIn: 'never' }, 400],
    [{ sessionId: 's', projectId: {} }, 400],
  ])('%j is refused with %i', async (body, status) => {
    expect((await call('POST', 'share', body)).status).toBe(status)
  })

  test('needs the server’s token', async () => {
    expect((await call('POST', 'share', { sessionId: 's', projectId: 'p' }, 'wrong')).status).toBe(401)
  })
})

test("for the app's own clients: HISTORY_AS=stream, UNKNOWN_MESSAGES=ignore", async () => {
  const space = workspace()
  const { child, said, exited } = runServer({
    PORT: '0',
    HISTORY_AS: 'stream',
    UNKNOWN_MESSAGES: 'ignore',
  })
  const [url] = await eventually('the address', () => /http:\S+/.exec(said.stdout))
  const query = { sessionId: 's', path: space.folder }
  const first = new Client(url, query)
  await first.sees(PROMPT)
  await first.cut()
  const second = new Client(url, query)
  await second.sees(PROMPT)
  second.send({ type: 'terminal-theme-v1' })
  await second.settled()
  expect(second.frames.map(({ type }) => type)).toEqual(['stream'])
  expect(second.messages.filter(({ type }) => type === 'error')).toEqual([])
  second.socket.terminate()
  child.kill()
  expect(await exited).toMatchObject({ code: 0 })
  space.remove()
})
