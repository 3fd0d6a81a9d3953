// A slow viewer harms nobody. The server has a process of its own, whose
// memory is watched; the peers are real sockets under real back-pressure.

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const { FLOOD, expectWhole } = require('../helpers/flood')
const { eventually, rss } = require('../helpers/proc')
const { STEADY, startServerProcess } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

const MIB = 1024 * 1024
const RING = 256 * 1024

let host
afterEach(() => host.stop())

async function shell(query, options) {
  const client = host.connect(query, options)
  await client.ready()
  await client.sees(PROMPT)
  return client
}

/** Takes no more from now on than it is sent, and keeps none of it. */
function countOnly(client) {
  client.keep = false
  client.output = ''
  client.frames = []
}

describe.each([
  ['offheap.v1', true],
  ['JSON', false],
])('a viewer that stops reading, while its shell prints without end (%s)', (_name, stream) => {
  test('costs the ring and 8 MB; others go on; when it reads again it is told its gap', async () => {
    host = await startServerProcess({ historyBytes: RING, screen: false }, { execArgv: STEADY })
    const other = await shell({ sessionId: 'other' })
    const stalled = await shell({ sessionId: 'flood' }, { stream })
    const second = await shell({ sessionId: 'flood' }, { stream: true })
    countOnly(second)
    // The prompt may come in two frames.
    second.last = Buffer.alloc(0)
    second.onFrame = ({ data }) => (second.last = Buffer.concat([second.last, data]).subarray(-256))
    await warmUp(other)
    stalled.type(`${FLOOD}\r`)
    await eventually('the flood', () => second.bytes > 4 * MIB)
    // On a busy machine it may not have come to the command's echo yet, which is no flood.
    await stalled.until('its flood', () => stalled.bytes > MIB)
    stalled.stopReading()
    const before = rss(host.pid)
    const { bytes } = second
    let most = 0
    for (let i = 0; i < 60; i += 1) {
      await sleep(100)
      most = Math.max(most, rss(host.pid))
      if (i % 10 === 0) await echo(other, i)
    }
    expect(most - before).toBeLessThan(RING + 8 * MIB)
    await second.until('10 MB more', () => second.bytes - bytes > 10 * MIB)

    const messages = stalled.messages.length
    const frames = stalled.frames.length
    stalled.resumeReading()
    const gap = await stalled.until('the gap', () =>
      stalled.messages.slice(messages).find(({ type }) => type === 'gap'),
    )
    const wanted = stalled.bytes + MIB
    await stalled.until('more', () => stalled.bytes > wanted)
    stalled.keep = false
    const gaps = stalled.messages.slice(messages).filter(({ type }) => type === 'gap')
    expect(gaps[0]).toEqual(gap)
    expect(expectWhole(stalled.frames.slice(frames), gaps)).toBeGreaterThan(0)

    stalled.send({ type: 'ctrl', key: 'c' })
    // Where it cuts the flood right behind an ESC, the echo `^C` makes of that the beginning of a
    // string, which is held back with the prompt in it. The next ESC ends the string.
    stalled.type("printf '\\e[m'\r")
    await second.until('the prompt', () => second.last.includes(PROMPT))
    other.type('echo al""ive\r')
    await other.sees('alive\r\n')
  })
})

async function warmUp(client) {
  for (let i = 0; i < 3; i += 1) await echo(client, `warm${i}`)
}

async function echo(client, word) {
  const { length } = client.output
  client.type(`echo e""cho-${word}\r`)
  await client.sees(`echo-${word}\r\n`, length)
}

test('Ctrl-C on `yes` is back at the prompt, and little of what was printed comes before that', async () => {
  host = await startServerProcess()
  const client = await shell({}, { stream: true })
  client.type('yes\r')
  await client.until('the flood', () => client.bytes > 2 * MIB)
  const [from, { bytes }] = [client.output.length, client]
  client.type('\x03')
  await client.sees(PROMPT, from)
  // What lay on the way, and what came until the server had the key.
  expect(client.bytes - bytes).toBeLessThan(32 * MIB)
})

test('a stalled viewer is waited for no longer than a second, alone on its session', async () => {
  host = await startServerProcess({ historyBytes: RING })
  const stalled = await shell({ sessionId: 'alone' })
  stalled.type('yes\r')
  await stalled.until('the flood', () => stalled.bytes > MIB)
  stalled.stopReading()
  const printed = async () => (await host.ask('stats')).bytesOut
  // The sockets' own buffers fill first.
  await eventually('the stall', async () => (await host.ask('stats')).stalls > 0)
  const then = await printed()
  await eventually('the shell prints on', async () => (await printed()) > then + 4 * MIB)
})

test('a viewer that leaves while its shell waits for it leaves the shell running', async () => {
  host = await startServerProcess({ historyBytes: RING })
  const stalled = await shell({ sessionId: 'left' })
  stalled.type('yes\r')
  await stalled.until('the flood', () => stalled.bytes > MIB)
  stalled.stopReading()
  stalled.socket.terminate()
  await eventually('the viewer is gone', async () => (await host.ask('stats')).viewers === 0)
  const printed = async () => (await host.ask('stats')).bytesOut
  const then = await printed()
  await eventually('the shell prints on', async () => (await printed()) > then + 4 * MIB)
})

test('with one viewer stalled, one that reads loses nothing', async () => {
  host = await startServerProcess({ historyBytes: RING })
  const stalled = await shell({ sessionId: 'pair' })
  const reader = await shell({ sessionId: 'pair' }, { stream: true })
  const { end } = reader
  let at = end
  let torn = null
  let last = Buffer.alloc(0)
  // It keeps nothing: looking through all that came would make it slow itself.
  countOnly(reader)
  reader.onFrame = ({ type, offset, data }) => {
    if (type === 'snapshot') return
    if (offset !== at) torn ??= { offset, at }
    at = offset + data.length
    last = Buffer.concat([last, data]).subarray(-256)
  }
  stalled.stopReading()
  reader.type("stty -echo; seq 1000000; echo la''st\r")
  await reader.until('the last line', () => last.includes('\nlast\r\n'))
  expect(torn).toBeNull()
  expect(reader.messages.filter(({ type }) => type === 'gap')).toEqual([])
})

describe('a peer that vanishes without a word', () => {
  const PING = 600

  beforeEach(async () => {
    host = await startServerProcess({ pingInterval: PING })
  })

  /** Acts on a client in a process of its own that has typed its input. */
  async function withPeer(input, act) {
    const script = path.join(__dirname, '../helpers/peer-process.js')
    const peer = fork(script, [host.url, host.folder, 'vanishing', ...input])
    try {
      await once(peer, 'message')
      await act(peer)
    } finally {
      peer.kill('SIGKILL')
    }
  }

  const stat = async (name) => (await host.ask('stats'))[name]

  test('is gone, with its viewer; one that answers stays', async () => {
    const answering = await shell({ sessionId: 'answering' })
    let pings = 0
    answering.socket.on('ping', () => (pings += 1))
    await withPeer([], async (peer) => {
      expect(await stat('viewers')).toBe(2)
      peer.kill('SIGSTOP')
      await eventually('it is gone', async () => (await stat('viewers')) === 1)
      const sessions = await host.ask('sessions')
      expect(sessions.find(({ id }) => id === 'vanishing')).toMatchObject({ connections: 0, viewers: 0 })
      const before = pings
      await eventually('three rounds', () => answering.closed || pings > before + 2)
      expect(answering.closed).toBeNull()
    })
  })

  test('even while its shell prints without end', () =>
    withPeer(['yes\r'], async (peer) => {
      await eventually('the flood', async () => (await stat('bytesOut')) > 4 * MIB)
      peer.kill('SIGSTOP')
      await eventually('it is gone', async () => (await stat('viewers')) === 0)
    }))

  test('even while its input waits for a program that does not read', () =>
    withPeer(["stty raw -echo; echo go''on; sleep 1000\r"], async (peer) => {
      peer.send('paste')
      await eventually('input waits', async () => (await stat('inputBytes')) > 0)
      peer.kill('SIGSTOP')
      await eventually('it is gone', async () => (await stat('connections')) === 0)
    }))
})

describe('a peer whose input waits for a slow program', () => {
  const MEGABYTES = 10
  const paste = (client) => {
    for (let i = 0; i < MEGABYTES * 16; i += 1) client.send(Buffer.alloc(64 * 1024, 'x'))
  }

  test.each([
    ['offheap.v1', true],
    ['JSON', false],
  ])('is not taken for a dead one, and loses nothing (%s)', async (_name, stream) => {
    const PING = 1000
    host = await startServerProcess({ pingInterval: PING })
    const client = await shell({ sessionId: 'slow' }, { stream })
    const bytes = MEGABYTES * MIB
    const command = `sleep ${(5 * PING) / 1000}; head -c ${bytes} | wc -c; echo al''l`
    client.type(`stty raw -echo; echo go''on; ${command}\r`)
    await client.sees('goon')
    if (stream) paste(client)
    else for (let i = 0; i < MEGABYTES * 4; i += 1) client.type('x'.repeat(256 * 1024))
    await eventually('input waits', async () => (await host.ask('stats')).inputBytes > 0)
    await client.sees('all')
    expect(client.output).toContain(`${bytes}\nall`)
    expect(client.closed).toBeNull()
  })

  test('is believed for forty rounds, not longer, when its pong cannot be read', async () => {
    host = await startServerProcess({ pingInterval: 300 })
    const client = await shell({ sessionId: 'deaf' }, { stream: true })
    client.type("stty raw -echo; echo go''on; sleep 1000\r")
    await client.sees('goon')
    for (let i = 0; i < 3; i += 1) paste(client)
    await eventually('the bound', async () => (await host.ask('stats')).inputBytes >= 8 * MIB)
    expect((await host.ask('stats')).inputBytes).toBeLessThan(10 * MIB)
    await eventually('the end', async () => (await host.ask('stats')).connections === 0)
  })
})
