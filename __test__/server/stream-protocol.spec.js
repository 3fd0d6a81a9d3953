// offheap.v1: binary frames with offsets, exact resumption, gaps, flow control.

const crypto = require('node:crypto')
const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { COUNTER, LINE } = require('../helpers/counter')
const { CounterReader } = require('../helpers/counter-reader')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

const CUTS = 1000

let host
afterEach(() => host.stop())

async function shell(query = {}, options = {}) {
  const client = host.connect(query, { stream: true, ...options })
  await client.ready()
  if (client.keep) await client.sees(PROMPT)
  return client
}

describe('frames', () => {
  beforeEach(async () => {
    host = await startServer()
  })

  test('output comes as binary frames, each with the offset of its first byte', async () => {
    const client = await shell()
    expect(client.socket.protocol).toBe('offheap.v1')
    expect(client.messages[0]).toMatchObject({
      type: 'connected',
      workingDir: host.folder,
      cols: 80,
      rows: 30,
    })
    client.type('stty -echo; seq 50000\r')
    await client.sees('50000\r\n')
    let at = 0
    for (const frame of client.frames) {
      expect(frame).toMatchObject({ type: 'binary', offset: at })
      expect(frame.data.length).toBeGreaterThan(0)
      expect(frame.data.length).toBeLessThanOrEqual(64 * 1024 - 8)
      at += frame.data.length
    }
    expect(client.messages.filter(({ type }) => type === 'gap')).toEqual([])
  })

  test('bytes that are no text come through untouched', async () => {
    const bytes = crypto.randomBytes(100_000)
    fs.writeFileSync(host.file('random'), bytes)
    const client = await shell()
    client.type("stty raw -echo; printf be''gin; cat random; printf e''nd; stty sane\r")
    const all = () => Buffer.concat(client.frames.map(({ data }) => data))
    await client.until('the end', () => all().includes('end'))
    const start = all().indexOf('begin') + 5
    expect(
      all()
        .subarray(start, start + bytes.length)
        .equals(bytes),
    ).toBe(true)
  })

  test('exit comes after the last byte', async () => {
    const client = await shell()
    client.type("stty -echo; seq 100000; printf 'la''st'; exit 3\r")
    expect(await client.message('exit')).toEqual({ type: 'exit', code: 3, signal: 0 })
    expect(client.output).toMatch(/100000\r\nlast(logout\r\n)?$/)
    expect((await client.isClosed()).code).toBe(1000)
  })

  test('a text frame that is no JSON is an error frame', async () => {
    const client = await shell()
    client.send('ls\r')
    expect(await client.message('error')).toMatchObject({ code: 'ERR_INVALID_JSON' })
    await client.settled()
  })
})

describe('input', () => {
  beforeEach(async () => {
    host = await startServer()
  })

  test('a binary frame is typed as it is', async () => {
    const client = await shell()
    client.send(Buffer.from('echo ra""w\r'))
    await client.sees('raw\r\n')
  })

  test('a megabyte of any bytes arrives whole and in order', async () => {
    const client = await shell()
    client.type("stty raw -echo; echo go''on; head -c 1048576 > pasted; stty sane; echo do''ne\r")
    await client.sees('goon')
    const paste = crypto.randomBytes(1024 * 1024)
    for (let at = 0; at < paste.length; at += 65_536) client.send(paste.subarray(at, at + 65_536))
    await client.sees('done')
    expect(fs.readFileSync(host.file('pasted')).equals(paste)).toBe(true)
  })

  test('a megabyte of lines is taken by `cat > file`', async () => {
    const client = await shell()
    client.type("stty -echo; echo go''on; cat > pasted; echo do''ne\r")
    await client.sees('goon')
    const paste = 'a line of a paste, as long as such lines are\n'.repeat(23_302)
    for (let at = 0; at < paste.length; at += 65_536) client.send(Buffer.from(paste.slice(at, at + 65_536)))
    client.send(Buffer.from('\x04'))
    await client.sees('done')
    expect(fs.readFileSync(host.file('pasted'), 'latin1')).toBe(paste)
  })
})

describe('resumption', () => {
  test('the past comes marked as replay; what follows does not', async () => {
    host = await startServer({ screen: false })
    const first = await shell({ sessionId: 'past' })
    await first.cut()
    const second = await shell({ sessionId: 'past' })
    expect(second.messages[0]).toMatchObject({ type: 'reconnected', sessionId: 'past' })
    expect(second.messages.filter(({ type }) => type === 'replay')).toEqual([
      { type: 'replay', from: 0, to: first.end },
    ])
    const third = host.connect({ sessionId: 'past', offset: 3 }, { stream: true })
    expect(await third.message('replay')).toEqual({ type: 'replay', from: 3, to: first.end })
    await third.until('the rest', () => third.end === first.end)
    expect(third.output).toBe(first.output.slice(3))
    expect(third.frames[0].offset).toBe(3)
  })

  test('a client that has everything is sent nothing again', async () => {
    host = await startServer({ screen: false })
    const first = await shell({ sessionId: 'current' })
    await first.cut()
    const second = host.connect({ sessionId: 'current', offset: first.end }, { stream: true })
    await second.ready()
    second.type('echo ne""w\r')
    await second.sees('new\r\n')
    expect(second.frames[0].offset).toBe(first.end)
    expect(second.messages.filter(({ type }) => type === 'replay' || type === 'gap')).toEqual([])
  })

  test('an offset that is too old: the gap, and the bytes from its end on', async () => {
    host = await startServer({ historyBytes: 4096, screen: false })
    const first = await shell({ sessionId: 'old' })
    first.type('stty -echo; seq 10000; echo la""st\r')
    await first.sees('last\r\n')
    const session = host.registry.get('old')
    await eventually('quiet', () => session.end === first.end)
    const second = host.connect({ sessionId: 'old', offset: 100 }, { stream: true })
    const gap = await second.message('gap')
    await second.until('the rest', () => second.end === session.end)
    expect(gap).toEqual({ type: 'gap', from: 100, to: second.frames[0].offset })
    expect(gap.to).toBeGreaterThanOrEqual(session.start)
    expect(String(session.history()).endsWith(second.output)).toBe(true)
    expect(second.output.length).toBeGreaterThan(4000)
  })

  test('an offset that the session has not reached is a gap backwards', async () => {
    host = await startServer({ screen: false })
    const first = await shell({ sessionId: 'young' })
    const { end } = first
    const second = host.connect({ sessionId: 'young', offset: 10 ** 12 }, { stream: true })
    expect(await second.message('gap')).toEqual({ type: 'gap', from: 10 ** 12, to: end })
    second.type('echo ne""w\r')
    await second.sees('new\r\n')
    expect(second.frames[0].offset).toBe(end)
  })

  test.each(['-1', '1.5', 'NaN', '1e3', '99999999999999999', 'x', ''])(
    'the offset %j counts as none',
    async (offset) => {
      host = await startServer({ screen: false })
      const first = await shell({ sessionId: 'odd' })
      const second = await shell({ sessionId: 'odd', offset })
      expect(second.output.startsWith(first.output)).toBe(true)
    },
  )

  test.each([
    ['offheap.v1', true],
    ['JSON', false],
  ])(
    `over ${CUTS} random cuts of a stream in full flow, every byte exactly once (%s)`,
    async (_name, stream) => {
      // Everything fits into the history, so nothing may be missing. About as
      // much is taken between two cuts as is printed meanwhile.
      const lines = 2_000_000
      host = await startServer({ historyBytes: 64 * 1024 * 1024 })
      const reader = await begin(stream, `${lines} 1024 3`)
      const total = lines * LINE
      let cuts = 0
      while (reader.at < reader.base + total) {
        const most = cuts < CUTS ? crypto.randomInt(1, (2 * total * 0.9) / CUTS) : Infinity
        await life(reader, stream, Math.min(most, reader.base + total - reader.at))
        cuts += 1
      }
      expect(cuts).toBeGreaterThanOrEqual(CUTS)
      expect(reader.gaps).toEqual([])
      expect(reader.received).toBe(total)
    },
  )

  test.each([
    ['offheap.v1', true],
    ['JSON', false],
  ])('with a history that is too short for the pause, the gaps are exact (%s)', async (_name, stream) => {
    host = await startServer({ historyBytes: 64 * 1024, screen: false })
    const reader = await begin(stream, '1000000000 1024 0')
    // On a busy machine less is printed in a pause.
    for (let i = 0; i < 100 || reader.gaps.length < 6; i += 1) {
      await life(reader, stream, crypto.randomInt(1, 200_000))
      await sleep(crypto.randomInt(0, 12))
    }
    const lost = reader.gaps.reduce((sum, { from, to }) => sum + to - from, 0)
    expect(reader.received + lost).toBe(reader.at - reader.base)
  })

  /** Starts the counter in a shell, and finds the stream's first byte. */
  async function begin(stream, args) {
    const reader = new CounterReader()
    const client = host.connect({ sessionId: 'counter' }, { stream })
    await client.ready()
    await client.sees(PROMPT)
    const { end } = client
    client.type(`node ${COUNTER} ${args}\r`)
    await client.until('the stream', () => reader.begin(client.output.slice(end), end))
    await client.cut()
    return reader
  }

  /** One connection's life: takes so many bytes from where the reader is, and is cut. */
  async function life(reader, stream, most) {
    const client = host.connect(
      { sessionId: 'counter', offset: reader.at },
      { stream, keep: false, perMessageDeflate: false },
    )
    let left = most
    let failure = null
    const told = []
    client.onFrame = (frame, end) => {
      if (left === 0 || failure) return
      try {
        while (told.length < gapsOf(client).length) {
          const gap = gapsOf(client)[told.length]
          told.push(gap)
          reader.gap(gap)
        }
        const data = typeof frame.data === 'string' ? Buffer.from(frame.data) : frame.data
        left -= reader.take(frame.offset ?? end - data.length, data, left)
      } catch (error) {
        failure = error
      }
    }
    await client.until('the bytes', () => left === 0 || failure)
    await client.cut()
    if (failure) throw failure
  }

  function gapsOf(client) {
    return client.messages.filter(({ type }) => type === 'gap')
  }
})

describe('flow control', () => {
  test('no more than the window is sent ahead of the last ack', async () => {
    host = await startServer({ historyBytes: 8 * 1024 * 1024 })
    const window = 128 * 1024
    const client = await shell({ window, sessionId: 'flow' })
    client.type('stty -echo; seq 300000; echo la""st\r')
    const session = host.registry.get('flow')
    await eventually('all output', () => session.history(100).includes('last'))
    for (let acks = 0; !client.output.includes('last\r\n'); acks += 1) {
      const acked = acks === 0 ? 0 : client.end
      if (acks > 0) client.send({ type: 'ack', offset: acked })
      await client.settled()
      await client.settled()
      expect(client.end - acked).toBeLessThanOrEqual(window)
      expect(acks).toBeLessThan(200)
    }
    expect(client.frames.reduce((sum, { data }) => sum + data.length, 0)).toBe(client.end)
  })

  test('a client that acks nothing is no burden: its shell runs on', async () => {
    host = await startServer({ historyBytes: 64 * 1024 })
    const client = await shell({ window: 65_536, sessionId: 'silent' })
    client.type('stty -echo; seq 500000; touch finished\r')
    await eventually('the command', () => fs.existsSync(host.file('finished')))
    expect(client.bytes).toBeLessThanOrEqual(65_536)
    client.onFrame = (_frame, end) => client.send({ type: 'ack', offset: end })
    client.send({ type: 'ack', offset: client.end })
    await client.sees(PROMPT, client.output.length)
    expect(client.messages.find(({ type }) => type === 'gap')).toMatchObject({ to: expect.any(Number) })
  })

  test('an ack that goes backwards, or is nonsense, changes nothing', async () => {
    host = await startServer()
    const client = await shell({ window: 65_536 })
    client.send({ type: 'ack', offset: 0 })
    for (const offset of [-1, 1.5, '7', null, 2 ** 60]) client.send({ type: 'ack', offset })
    await client.settled()
    expect(client.messages.filter(({ code }) => code === 'ERR_OUT_OF_RANGE')).toHaveLength(5)
    client.type('echo st""ill\r')
    await client.sees('still\r\n')
  })

  test('suspended, nothing is streamed; on resume it goes on where it was', async () => {
    host = await startServer()
    const client = await shell({ projectId: 'p', sessionId: 's' })
    client.send({ type: 'suspend' })
    await client.message('suspended')
    const { end } = client
    client.type('echo hid""den\r')
    const session = host.registry.get('s', 'p')
    await eventually('the output', () => session.history().includes('hidden\r\n'))
    await client.settled()
    expect(client.end).toBe(end)
    client.send({ type: 'resume' })
    await client.sees('hidden\r\n')
    expect(client.frames.find(({ offset }) => offset === end)).toBeDefined()
  })
})

describe('with a screen', () => {
  beforeEach(async () => {
    host = await startServer({ historyBytes: 4096 })
  })

  test('a client without an offset gets the screen, and then what follows it', async () => {
    const first = await shell({ sessionId: 's' })
    first.type('echo sh""own\r')
    await first.sees(`shown\r\n${PROMPT}`)
    const { end } = first
    const second = host.connect({ sessionId: 's' }, { stream: true })
    await second.sees('shown')
    expect(second.messages.slice(0, 3)).toMatchObject([
      { type: 'reconnected' },
      { type: 'shell' },
      { type: 'snapshot', offset: end, cols: 80, rows: 30 },
    ])
    await expectPicture(second)
    second.type('echo li""ve\r')
    await second.sees('live\r\n')
    expect(second.frames.find(({ type }) => type === 'binary').offset).toBe(end)
  })

  test('a client that is too far behind is told its gap, and gets the screen', async () => {
    const first = await shell({ sessionId: 's' })
    first.type('stty -echo; seq 10000; echo la""st\r')
    await first.sees('last')
    // With so little history it may be behind itself, and get the prompt with a screen.
    await first.sees(PROMPT, first.output.indexOf('last'))
    const { end } = first
    const second = host.connect({ sessionId: 's', offset: 100 }, { stream: true })
    await second.sees('last')
    expect(second.messages.slice(1, 4)).toMatchObject([
      { type: 'shell' },
      { type: 'gap', from: 100, to: end },
      { type: 'snapshot', offset: end },
    ])
    await expectPicture(second)
  })

  /** As many bytes as were announced have come, and nothing of the stream before them. */
  async function expectPicture(client) {
    const { length } = await client.message('snapshot')
    const pictures = () => client.frames.filter(({ type }) => type === 'snapshot')
    await client.until(
      'the picture',
      () => pictures().reduce((sum, { data }) => sum + data.length, 0) === length,
    )
    expect(client.frames[0].type).toBe('snapshot')
  }
})
