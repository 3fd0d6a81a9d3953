// Screens on their way to clients: in pieces of a frame, whole, and not without end.

const { once } = require('node:events')
const { SessionRegistry } = require('offheap-terminal')
const { MuxClient } = require('../helpers/mux-client')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const MAX_FRAME = 64 * 1024

let host
afterEach(() => host.stop())

/** A session whose screen takes some megabytes. */
function colourful(id, projectId) {
  const session = host.registry.create({ id, projectId, pty: { file: '/bin/cat', cols: 400, rows: 200 } })
  let text = ''
  for (let n = 0; n < 400 * 200; n += 1) text += `\x1b[38;2;${n % 256};${(n >> 8) % 256};7mx`
  session.append(text)
  return session
}

/** A JSON client that notes the lengths of its frames, too. */
function measured(query) {
  const client = host.connect(query)
  client.lengths = []
  client.socket.prependListener('message', (data) => client.lengths.push(data.length))
  return client
}

const pastOf = (client, type) => client.frames.filter((frame) => frame.type === type).map(({ data }) => data)

describe.each([
  ['as history', {}, 'history'],
  ['as stream', { history: 'stream' }, 'stream'],
])('to JSON clients, %s', (_how, query, type) => {
  test.each([
    ['streamed', true],
    ['without the focus', false],
  ])('of a session that is %s', async (_what, focused) => {
    host = await startTerminals()
    const session = colourful('large', 'p')
    if (!focused) host.registry.blur('large', 'p')
    const { data, offset } = session.snapshot()
    const client = measured({ sessionId: 'large', projectId: 'p', ...query })
    await client.until('the last piece', () => client.end === offset)
    expect(Math.max(...client.lengths)).toBeLessThanOrEqual(MAX_FRAME)
    expect(client.lengths.length).toBeGreaterThan(10)
    expect(pastOf(client, type).join('')).toBe(data.toString())
    session.append('and more')
    await client.settled()
    expect(client.output.endsWith('and more')).toBe(focused)
  })
})

test('to a client with a window, which counts what comes after the screen', async () => {
  host = await startTerminals()
  const session = colourful('large')
  const { data, offset } = session.snapshot()
  const client = host.connect({ sessionId: 'large', window: 65_536 }, { stream: true })
  await client.until('the last piece', () => client.bytes >= data.length)
  expect(client.output).toBe(data.toString())
  session.append('y'.repeat(100_000))
  await client.until('what the window holds', () => client.end > offset)
  await client.settled()
  expect(client.end - offset).toBeLessThanOrEqual(65_536)
  client.send({ type: 'ack', offset: client.end })
  await client.until('more', () => client.end > offset + 65_536)
})

test('after a gap, too', async () => {
  host = await startTerminals({}, { historyBytes: 4096 })
  const session = colourful('large')
  const client = measured({ sessionId: 'large' })
  await client.until('the screen', () => client.end === session.end)
  client.stopReading()
  // More than the network holds and the history keeps: then the client has lost bytes.
  for (let round = 0; round < 20; round += 1) {
    for (let n = 0; n < 200; n += 1) session.append('y'.repeat(4000))
    await new Promise(setImmediate)
  }
  client.resumeReading()
  await client.message('gap')
  await client.until('the end', () => client.end === session.end)
  expect(Math.max(...client.lengths)).toBeLessThanOrEqual(MAX_FRAME)
  expect(client.output.endsWith(session.snapshot().data.toString())).toBe(true)
})

test('a large one is made in pieces: one client is served between those of another', async () => {
  host = await startTerminals()
  const session = host.registry.create({ id: 'large', pty: { file: '/bin/cat', cols: 1000, rows: 500 } })
  for (let row = 0; row < 500; row += 1) {
    let text = ''
    for (let col = 0; col < 1000; col += 1)
      text += `\x1b[38;2;${col % 256};${row % 256};${(col * row) % 256}mx`
    session.append(text)
  }
  const other = host.connect({ sessionId: 'other' })
  await other.sees(PROMPT)
  let answers = 0
  other.socket.on('message', (data) => {
    if (!data.includes('"pong"')) return
    answers += 1
    other.send({ type: 'ping' })
  })
  other.send({ type: 'ping' })
  const expected = session.snapshot()
  const viewer = session.openViewer({ from: 'snapshot' })
  const begun = answers
  let turns = 0
  const count = () => {
    turns += 1
    counter = setImmediate(count)
  }
  let counter = setImmediate(count)
  let calls = 0
  const first = await new Promise((resolve) => {
    const read = () => {
      calls += 1
      const frame = viewer.read()
      if (frame) resolve(frame)
      else expect(viewer.screenDue).toBe(true)
    }
    viewer.onReadable(read)
    read()
    // What is printed meanwhile comes after it.
    session.append('\x1b[Hmeanwhile')
  })
  viewer.onReadable(() => {})
  const waited = { turns, answers: answers - begun }
  clearImmediate(counter)
  // A piece has 384 KiB and what its last row takes; two can be made in a turn.
  const pieces = Math.floor(expected.data.length / (424 * 1024))
  expect(pieces).toBeGreaterThan(15)
  expect(calls).toBeGreaterThanOrEqual(pieces)
  expect(waited.turns).toBeGreaterThanOrEqual(Math.floor(pieces / 2))
  expect(waited.answers).toBeGreaterThan(3)
  expect(viewer.takeSnapshot()).toMatchObject({ length: expected.data.length, cols: 1000, rows: 500 })
  const parts = [first]
  while (viewer.screenDue) parts.push(viewer.read())
  // Not by toEqual(), whose message would hold megabytes.
  expect(Buffer.concat(parts).equals(expected.data)).toBe(true)
  expect(viewer.read().toString()).toBe('\x1b[Hmeanwhile')
})

test('the exit of a shell waits for the screen that is on its way', async () => {
  host = await startTerminals()
  const session = colourful('large')
  const { data } = session.snapshot()
  const client = measured({ sessionId: 'large' })
  await client.ready()
  session.kill('SIGKILL')
  await client.message('exit')
  expect(pastOf(client, 'history').join('')).toBe(data.toString())
})

test('a connection that opens channel after channel is refused more, and serves on', async () => {
  host = await startTerminals()
  const plain = host.connect({ sessionId: 's' })
  await plain.sees(PROMPT)
  const mux = new MuxClient(host.url)
  await once(mux.ws, 'open')
  for (let n = 0; n < 3; n += 1) {
    for (let channel = 0; channel < 60; channel += 1) {
      mux.send({ type: 'open', channel, sessionId: 's' })
      mux.send({ type: 'close', channel })
    }
  }
  mux.send({ type: 'ping' })
  await eventually('the answer', () => mux.messages.some(({ type }) => type === 'pong'))
  const refused = mux.messages.filter(({ code }) => code === 'ERR_OPEN_RATE')
  expect(refused.length).toBeGreaterThan(20)
  expect(refused.length).toBeLessThanOrEqual(52)
  expect(mux.messages.filter(({ type, code }) => type === 'closed' && code === 1013)).toHaveLength(
    refused.length,
  )
  // In a moment another one may be opened.
  await eventually('another channel', async () => {
    mux.messages = []
    mux.send({ type: 'open', channel: 99, sessionId: 's' })
    await eventually('an answer', () => mux.messages.some(({ channel }) => channel === 99))
    return mux.messages.some(({ type, channel }) => channel === 99 && type === 'reconnected')
  })
  mux.ws.terminate()
})

test('a viewer gets four screens at once, and is told when the next one can be had', async () => {
  host = await startTerminals()
  const registry = new SessionRegistry({ historyBytes: 4096 })
  const session = registry.create({ id: 's' })
  session.append('first')
  const viewer = session.openViewer({ from: 'snapshot' })
  const overtaken = () => session.append(`\x1b[2J${'x'.repeat(5000)}\r\n`)
  /** Reads all that there is; the snapshots among it. */
  const readAll = () => {
    let snapshots = 0
    for (let frame = viewer.read(); frame; frame = viewer.read()) {
      if (viewer.takeSnapshot()) snapshots += 1
      viewer.release()
    }
    return snapshots
  }
  expect(viewer.screenDue).toBe(true)
  expect(readAll()).toBe(1)
  expect(viewer.screenDue).toBe(false)
  let got = 1
  while (!viewer.screenDue) {
    overtaken()
    got += readAll()
    expect(got).toBeLessThan(1000)
  }
  expect(got).toBeGreaterThanOrEqual(4)
  // It waits for its turn, and comes without being asked for.
  await new Promise((resolve) => {
    viewer.onReadable(() => {
      if (readAll() > 0) resolve()
    })
  })
  expect(viewer.screenDue).toBe(false)
  expect(viewer.offset).toBe(session.end)
  registry.shutdown()
})
