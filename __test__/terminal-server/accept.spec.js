// WebSockets of the application's own, and what its handlers know of viewers.

const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')

let host
afterEach(() => host.stop())

/** A server of terminals whose path `/own` leads to the application. */
async function start(options = {}) {
  const accepted = []
  host = await startTerminals({ token: 'secret', ...options })
  const { server, terminals } = host
  server.removeAllListeners('upgrade')
  server.on('upgrade', (request, socket, head) => {
    if (!request.url.startsWith('/own')) terminals.upgrade(request, socket, head)
    else terminals.accept(request, socket, head, (ws, grant, query) => accepted.push({ ws, grant, query }))
  })
  return accepted
}

const own = (query) => host.connect({ path: undefined, ...query }, { path: '/own' })

test('are authorized as terminals are', async () => {
  const accepted = await start()
  const welcome = own({ token: 'secret', about: 'news' })
  await eventually('the connection', () => accepted.length === 1)
  expect(accepted[0].grant).toMatchObject({ access: 'write', address: '127.0.0.1' })
  expect(accepted[0].query).toMatchObject({ about: 'news' })
  accepted[0].ws.send('{"type":"hello"}')
  await welcome.message('hello')
  const session = host.registry.create({ id: 's' })
  for (const [query, status] of [
    [{}, 401],
    [{ token: 'wrong' }, 401],
    [{ share: host.terminals.share(session, { access: 'write' }) }, 403],
  ]) {
    const refused = own(query)
    expect(await refused.until('the refusal', () => refused.refused)).toBe(status)
  }
  expect(accepted).toHaveLength(1)
})

test('are bounded, pinged, and closed with the server', async () => {
  const accepted = await start({ pingInterval: 100, maxPayload: 1024 })
  const [loud, silent, orderly] = [1, 2, 3].map(() => own({ token: 'secret' }))
  await eventually('the connections', () => accepted.length === 3)
  loud.send('x'.repeat(2000))
  expect(await loud.isClosed()).toMatchObject({ code: 1009 })
  silent.stopReading()
  await eventually('the end of the silent one', () => accepted.some(({ ws }) => ws.readyState === ws.CLOSED))
  await host.terminals.close()
  expect(await orderly.isClosed()).toMatchObject({ code: 1001 })
})

test('a handler’s viewer is the same each time, and says when it is gone', async () => {
  const heard = []
  const sent = []
  const note = ({ word }, viewer) => {
    heard.push(viewer)
    viewer.send({ type: 'noted', word }, () => sent.push(word))
  }
  await start({ messages: { note } })
  const client = host.connect({ token: 'secret', sessionId: 's' })
  await client.ready()
  for (const word of ['one', 'two']) client.send({ type: 'note', word })
  await client.message('noted', ({ word }) => word === 'two')
  await eventually('both to be out', () => sent.length === 2)
  expect(heard[1]).toBe(heard[0])
  expect(heard[0]).toMatchObject({ shared: false, grant: { access: 'write' } })
  expect(heard[0].session.id).toBe('s')
  const guest = host.connect({ share: host.terminals.share(heard[0].session, { access: 'write' }) })
  await guest.ready()
  guest.send({ type: 'note', word: 'three' })
  await guest.message('noted')
  expect(heard[2].shared).toBe(true)
  expect(heard.map(({ signal }) => signal.aborted)).toEqual([false, false, false])
  await client.cut()
  await eventually('the end', () => heard[0].signal.aborted)
  expect(heard[2].signal.aborted).toBe(false)
  heard[0].send({ type: 'late' }, () => sent.push('late'))
  expect(sent).not.toContain('late')
})

test('a channel’s viewer is gone with its channel', async () => {
  const heard = []
  await start({
    messages: { note: (_message, viewer) => viewer.send({ type: 'noted' }, () => heard.push(viewer)) },
  })
  const client = new MuxClient(host.url, { token: 'secret' })
  await eventually('the connection', () => client.ws.readyState === 1)
  client.ws.send(JSON.stringify({ type: 'open', channel: 7, sessionId: 'm' }))
  client.ws.send(JSON.stringify({ type: 'note', channel: 7 }))
  await eventually('the answer to be out', () => heard.length === 1)
  const noted = () => client.messages.find(({ type }) => type === 'noted')
  expect(await eventually('the answer', noted)).toMatchObject({ channel: 7 })
  client.ws.send(JSON.stringify({ type: 'close', channel: 7 }))
  await eventually('its end', () => heard[0].signal.aborted)
  client.ws.terminate()
})
