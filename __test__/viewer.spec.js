// Viewer, through the package's public entry, on sessions that are fed by hand.

const crypto = require('node:crypto')
const { SessionRegistry } = require('..')

let registry
beforeEach(() => {
  registry = new SessionRegistry({ maxSessions: 0 })
})
afterEach(() => registry.shutdown())

function feed(data, historyBytes = 65_536, screen = true) {
  const session = registry.create({ historyBytes, screen })
  if (data !== undefined) session.append(data)
  return session
}

/** All frames that are there now. */
function drain(viewer) {
  const frames = []
  for (let frame = viewer.read(); frame !== null; frame = viewer.read()) {
    frames.push(Buffer.from(frame))
    viewer.release()
  }
  return frames
}

function text(viewer) {
  return Buffer.concat(drain(viewer)).toString()
}

function json(viewer) {
  return drain(viewer).map((frame) => JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(frame)))
}

function readable(viewer) {
  return new Promise((resolve) => viewer.onReadable(resolve))
}

const turn = () => new Promise(setImmediate)
const thrown = (code) => expect.objectContaining({ code, message: expect.stringMatching(/\w/) })

describe('where it begins', () => {
  test.each([
    [undefined, '0123456789', 0],
    [{ from: 'tail' }, '0123456789', 0],
    [{ from: 'now' }, '', 10],
    [{ from: 0 }, '0123456789', 0],
    [{ from: 4 }, '456789', 4],
    [{ from: 10 }, '', 10],
    [{ from: 1000 }, '', 10],
  ])('%j', (options, expected, offset) => {
    const viewer = feed('0123456789').openViewer(options)
    expect(viewer.offset).toBe(offset)
    expect(viewer.lag).toBe(expected.length)
    expect(text(viewer)).toBe(expected)
    expect(viewer).toMatchObject({ offset: 10, lag: 0, missed: 0, closed: false })
    expect(viewer.takeGap()).toBeNull()
  })

  test('at an offset that is gone: the gap is said, once, with the frame that follows it', () => {
    const session = feed('x'.repeat(5000) + 'y'.repeat(4096), 4096)
    const viewer = session.openViewer({ from: 100 })
    expect(viewer.takeGap()).toBeNull()
    const frame = viewer.read()
    expect(frame.toString()).toBe('y'.repeat(4096))
    expect(viewer.takeGap()).toEqual({ from: 100, to: 5000 })
    expect(viewer.takeGap()).toBeNull()
    expect(viewer.missed).toBe(4900)
  })

  test("'tail' begins with the oldest byte kept, at a safe boundary, and misses nothing", () => {
    const unit = 'é\x1b[31m日🎉'
    const session = feed(unit.repeat(1000), 4096)
    const viewer = session.openViewer({ from: 'tail' })
    const shown = text(viewer)
    expect(unit.repeat(1000).endsWith(shown)).toBe(true)
    expect(shown).toMatch(/^(é|\x1b|日|🎉)/u)
    expect(viewer.missed).toBe(0)
  })
})

describe('frames', () => {
  test('bytes: as they were printed', () => {
    const bytes = crypto.randomBytes(50_000)
    const session = feed(Buffer.concat([bytes, Buffer.from('end')]))
    expect(Buffer.concat(drain(session.openViewer())).subarray(0, bytes.length).equals(bytes)).toBe(true)
  })

  test('framed: the offset of the first byte, then the bytes', () => {
    const viewer = feed('a'.repeat(3000)).openViewer({ from: 10, format: 'framed', maxFrameBytes: 1024 })
    let at = 10
    for (const frame of drain(viewer)) {
      expect(Number(frame.readBigUInt64BE())).toBe(at)
      expect(frame.length).toBeLessThanOrEqual(1024)
      at += frame.length - 8
    }
    expect(at).toBe(3000)
  })

  test('json: ready to be sent, with the offset past the data', () => {
    const viewer = feed('a"b\\c\r\n\x1b[m\u0000é🎉').openViewer({ format: 'json' })
    expect(json(viewer)).toEqual([{ type: 'stream', data: 'a"b\\c\r\n\x1b[m\u0000é🎉', offset: 17 }])
  })

  test.each(['bytes', 'framed', 'json'])('%s frames keep within maxFrameBytes', (format) => {
    const session = feed('\x00\x01"\\é日🎉\x7f'.repeat(4000), 262_144)
    for (const maxFrameBytes of [1024, 1025, 4096, 65_536]) {
      const frames = drain(session.openViewer({ format, maxFrameBytes }))
      expect(Math.max(...frames.map(({ length }) => length))).toBeLessThanOrEqual(maxFrameBytes)
    }
  })

  test('json frames say a gap themselves', () => {
    const viewer = feed('x'.repeat(5000) + 'y'.repeat(4096), 4096).openViewer({ from: 100, format: 'json' })
    expect(json(viewer)).toEqual([
      { type: 'gap', from: 100, to: 5000 },
      { type: 'stream', data: 'y'.repeat(4096), offset: 9096 },
    ])
    expect(viewer.takeGap()).toBeNull()
  })

  test('json frames of any bytes at all are what TextDecoder makes of them', () => {
    for (let i = 0; i < 3000; i += 1) {
      const parts = randomParts()
      // A screen would keep queries from the viewer.
      const session = feed(undefined, 262_144, false)
      const viewer = session.openViewer({ format: 'json', maxFrameBytes: [1024, 2048, 65_536][i % 3] })
      const messages = []
      for (const part of parts) {
        session.append(part)
        messages.push(...json(viewer))
      }
      // What is left is an unfinished character or sequence: this ends both.
      session.append('\x18 end')
      messages.push(...json(viewer))
      const bytes = Buffer.concat([...parts, Buffer.from('\x18 end')])
      const expected = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      expect(messages.map(({ data }) => data).join('')).toBe(expected)
      expect(messages.at(-1).offset).toBe(bytes.length)
      session.close()
    }
  })

  test('no frame tears a character or an escape sequence, wherever the output is cut', () => {
    const unit = 'aé日🎉\x1b[38;5;196m\x1b]0;title\x07\x1bP1$r0m\x1b\\\x1b7\x1b(B\r\n'
    const bytes = Buffer.from(unit.repeat(3))
    const safe = boundaries(unit.repeat(3))
    for (let first = 1; first < bytes.length; first += 1) {
      const session = feed()
      const viewer = session.openViewer()
      session.append(bytes.subarray(0, first))
      drain(viewer)
      expect(safe).toContain(viewer.offset)
      expect(first - viewer.offset).toBeLessThan(16)
      session.append(bytes.subarray(first))
      drain(viewer)
      expect(viewer.offset).toBe(bytes.length)
      session.close()
    }
  })

  test('full frames end at a boundary too', () => {
    const unit = 'aé日🎉\x1b[38;5;196m\x1b]0;title\x07\r\n'
    const all = unit.repeat(500)
    const safe = new Set(boundaries(all))
    for (const format of ['bytes', 'json']) {
      const viewer = feed(all).openViewer({ format, maxFrameBytes: 1024 })
      let frames = 0
      for (let frame = viewer.read(); frame !== null; frame = viewer.read()) {
        expect(safe.has(viewer.offset)).toBe(true)
        viewer.release()
        frames += 1
      }
      expect(frames).toBeGreaterThan(10)
      expect(viewer.offset).toBe(Buffer.byteLength(all))
    }
  })

  test('a sequence that never ends is not waited for without end', () => {
    const viewer = feed(`\x1b]0;${'x'.repeat(60_000)}`).openViewer()
    expect(text(viewer).length).toBeGreaterThan(50_000)
  })

  /** Offsets where a character or sequence of the text begins, and its end. */
  function boundaries(all) {
    const parts = all.match(/\x1b\[[\d;]*m|\x1b\][^\x07]*\x07|\x1bP[^\x1b]*\x1b\\|\x1b7|\x1b\(B|[\s\S]/gu)
    let at = 0
    return [0, ...parts.map((part) => (at += Buffer.byteLength(part)))]
  }

  /** Random bytes, text and escape sequences, cut anywhere. */
  function randomParts() {
    const kinds = [
      () => crypto.randomBytes(crypto.randomInt(0, 40)),
      () => Buffer.from('plain text, '.repeat(crypto.randomInt(1, 100))),
      () => Buffer.from('é日🎉\ufeff\u2028"\\\b\f\n\r\t\x7f\x00'),
      () => Buffer.from('\x1b[1;31mred\x1b[0m\x1b]0;t\x07\x1b7'),
      () => Buffer.from([0xf0, 0x9f, 0x8e]),
      () => Buffer.from([0xed, 0xa0, 0x80, 0xc0, 0x80, 0xf5, 0xff]),
    ]
    const pieces = Array.from({ length: crypto.randomInt(1, 8) }, () =>
      kinds[crypto.randomInt(kinds.length)](),
    )
    const bytes = Buffer.concat(pieces)
    const cuts = Array.from({ length: crypto.randomInt(0, 4) }, () => crypto.randomInt(0, bytes.length + 1))
    const edges = [0, ...cuts.sort((a, b) => a - b), bytes.length]
    return edges.slice(1).map((edge, i) => bytes.subarray(edges[i], edge))
  }
})

describe('read, release, onReadable', () => {
  test('a frame that is not released stays as it is', () => {
    const session = feed('first')
    const viewer = session.openViewer()
    const first = viewer.read()
    session.append('second')
    const second = viewer.read()
    session.append('third')
    viewer.read()
    expect([first.toString(), second.toString()]).toEqual(['first', 'second'])
  })

  test('a frame that is read before the one before it is out is not overwritten by the release of that', () => {
    const session = feed('first')
    const [viewer, other] = [session.openViewer(), feed('other').openViewer()]
    const frames = [viewer.read()]
    session.append('second')
    frames.push(viewer.read())
    // The first is out, the second is still being sent.
    viewer.release()
    const others = []
    for (let frame = other.read(); frame !== null; frame = other.read()) others.push(frame)
    session.append('third')
    frames.push(viewer.read())
    expect(frames.map(String)).toEqual(['first', 'second', 'third'])
    expect(others.map(String)).toEqual(['other'])
    for (let i = 0; i < 2; i += 1) viewer.release()
  })

  test('with all frames released, the memory of the next is used again', () => {
    const session = feed('first')
    const viewer = session.openViewer()
    viewer.read()
    session.append('second')
    viewer.read()
    viewer.release()
    viewer.release()
    session.append('a third')
    const third = viewer.read()
    viewer.release()
    session.append('fourth')
    expect(viewer.read().buffer).toBe(third.buffer)
  })

  test('release more often than read, or after the close, does nothing', () => {
    const viewer = feed('x').openViewer()
    viewer.release()
    viewer.read()
    viewer.release()
    viewer.release()
    viewer.close()
    viewer.release()
  })

  test('the listener is called when there is something now', async () => {
    const viewer = feed('x').openViewer()
    await readable(viewer)
    expect(text(viewer)).toBe('x')
  })

  test('and after that once, each time that more has come', async () => {
    const session = feed()
    const viewer = session.openViewer()
    let calls = 0
    viewer.onReadable(() => (calls += 1))
    expect(viewer.read()).toBeNull()
    for (let i = 1; i <= 3; i += 1) {
      session.append('a')
      session.append('b')
      for (let j = 0; j < 50 && calls < i; j += 1) await turn()
      await turn()
      expect(calls).toBe(i)
      expect(text(viewer)).toBe('ab')
    }
  })

  test('only the last listener is called', async () => {
    const session = feed('x')
    const viewer = session.openViewer()
    const wrong = jest.fn()
    viewer.onReadable(wrong)
    await readable(viewer)
    expect(wrong).not.toHaveBeenCalled()
  })

  test('a last call tells of the end of the session', async () => {
    const session = feed()
    const viewer = session.openViewer()
    expect(viewer.read()).toBeNull()
    const told = readable(viewer)
    session.close()
    await told
    expect(viewer.closed).toBe(true)
    expect(viewer.read()).toBeNull()
  })

  test('a closed viewer is told nothing', async () => {
    const session = feed('x')
    const viewer = session.openViewer()
    const listener = jest.fn()
    viewer.onReadable(listener)
    viewer.close()
    session.append('y')
    for (let i = 0; i < 20; i += 1) await turn()
    expect(listener).not.toHaveBeenCalled()
  })
})

describe('gaps', () => {
  test('a viewer that the ring has overtaken is told, and goes on at a safe boundary', () => {
    const unit = 'é\x1b[31m日🎉'
    const session = feed(unit, 4096)
    const viewer = session.openViewer()
    expect(text(viewer)).toBe(unit)
    const from = viewer.offset
    session.append(unit.repeat(1000))
    const frame = viewer.read().toString()
    const gap = viewer.takeGap()
    expect(gap).toEqual({ from, to: viewer.offset - Buffer.byteLength(frame) })
    expect(viewer.missed).toBe(gap.to - from)
    expect(frame).toMatch(/^(é|\x1b|日|🎉)/u)
    expect(frame).not.toContain('\ufffd')
  })

  test('a gap that nobody asks for is not said later', () => {
    const session = feed('x'.repeat(10_000), 4096)
    const viewer = session.openViewer({ from: 0 })
    viewer.read()
    session.append('y')
    viewer.read()
    expect(viewer.takeGap()).toBeNull()
  })

  test('each viewer has its own', () => {
    const session = feed('a'.repeat(100), 4096)
    const slow = session.openViewer()
    const fast = session.openViewer()
    for (let i = 0; i < 10; i += 1) {
      session.append('b'.repeat(1000))
      drain(fast)
    }
    expect(fast.missed).toBe(0)
    drain(slow)
    expect(slow.missed).toBeGreaterThan(5000)
    expect(session.viewers).toBe(2)
  })
})

describe('replays', () => {
  const queries = [
    '\x1b[c',
    '\x1b[0c',
    '\x1b[>c',
    '\x1b[=c',
    '\x1b[5n',
    '\x1b[6n',
    '\x1b[?6n',
    '\x1b[?25$p',
    '\x1b[4$p',
    '\x1bP$qm\x1b\\',
    '\x1b]10;?\x07',
    '\x1b]11;?\x1b\\',
    '\x1b]4;1;?\x07',
    '\x1b[>q',
    '\x1b[?u',
  ]

  test.each(queries.map((query) => [JSON.stringify(query), query]))(
    '%s is no question when it is history, nor where a screen answers',
    (_name, query) => {
      const session = feed(`before${query}after`, 65_536, false)
      const viewer = session.openViewer({ format: 'json' })
      expect(viewer.replayAs('history')).toBe(session.end)
      expect(json(viewer)).toEqual([{ type: 'history', data: 'beforeafter', offset: session.end }])
      const live = session.openViewer({ format: 'json' })
      expect(json(live)[0]).toMatchObject({ type: 'stream', data: `before${query}after` })
      const answered = feed(`before${query}after`).openViewer({ format: 'json' })
      expect(json(answered)[0]).toMatchObject({ type: 'stream', data: 'beforeafter' })
    },
  )

  test('resumed output is a stream without questions; buffered output keeps them without a screen', () => {
    const session = feed('before\x1b[6nafter', 65_536, false)
    const resumed = session.openViewer({ format: 'json' })
    resumed.replayAs('resumed')
    expect(json(resumed)).toEqual([{ type: 'stream', data: 'beforeafter', offset: session.end }])
    const buffered = session.openViewer({ format: 'json' })
    buffered.replayAs('buffered')
    expect(json(buffered)).toEqual([{ type: 'buffered', data: 'before\x1b[6nafter', offset: session.end }])
    const answered = feed('before\x1b[6nafter').openViewer({ format: 'json' })
    answered.replayAs('buffered')
    expect(json(answered)).toEqual([{ type: 'buffered', data: 'beforeafter', offset: session.end }])
  })

  test('what comes after the replay is live, in frames of its own', () => {
    const session = feed('old')
    const viewer = session.openViewer({ format: 'json' })
    viewer.replayAs('history')
    session.append('new')
    expect(json(viewer)).toEqual([
      { type: 'history', data: 'old', offset: 3 },
      { type: 'stream', data: 'new', offset: 6 },
    ])
  })

  test('bytes are never changed', () => {
    const viewer = feed('before\x1b[6nafter').openViewer()
    viewer.replayAs('history')
    expect(text(viewer)).toBe('before\x1b[6nafter')
  })
})

describe('its end', () => {
  test('close is idempotent; its last position stays readable', () => {
    const session = feed('0123456789')
    const viewer = session.openViewer({ from: 4 })
    viewer.read()
    session.append('more')
    viewer.close()
    viewer.close()
    expect(viewer).toMatchObject({ closed: true, offset: 10, lag: 0, missed: 0 })
    expect(viewer.read()).toBeNull()
    expect(viewer.takeGap()).toBeNull()
    expect(session.viewers).toBe(0)
  })

  test('Symbol.dispose closes', () => {
    const session = feed()
    const viewer = session.openViewer()
    viewer[Symbol.dispose]()
    expect(viewer.closed).toBe(true)
    expect(session.viewers).toBe(0)
  })

  test('a closed session opens no viewer', () => {
    const session = feed()
    session.close()
    expect(() => session.openViewer()).toThrow(thrown('ERR_CLOSED'))
  })

  test('no viewer outlives its registry', () => {
    const viewer = feed('x').openViewer()
    registry.shutdown()
    expect(viewer.closed).toBe(true)
    expect(viewer.read()).toBeNull()
  })
})

describe('bad input', () => {
  test.each([
    [{ from: -1 }, 'ERR_OUT_OF_RANGE'],
    [{ from: 1.5 }, 'ERR_OUT_OF_RANGE'],
    [{ from: Number.NaN }, 'ERR_OUT_OF_RANGE'],
    [{ from: 2 ** 53 }, 'ERR_OUT_OF_RANGE'],
    [{ from: Infinity }, 'ERR_OUT_OF_RANGE'],
    [{ from: 'end' }, 'ERR_INVALID_ARG_TYPE'],
    [{ from: {} }, 'ERR_INVALID_ARG_TYPE'],
    [{ format: 'xml' }, 'ERR_INVALID_ARG_TYPE'],
    [{ format: 7 }, 'ERR_INVALID_ARG_TYPE'],
    [{ maxFrameBytes: 1023 }, 'ERR_OUT_OF_RANGE'],
    [{ maxFrameBytes: 65_537 }, 'ERR_OUT_OF_RANGE'],
    [{ maxFrameBytes: 2048.5 }, 'ERR_OUT_OF_RANGE'],
    [{ maxFrameBytes: '2048' }, 'ERR_INVALID_ARG_TYPE'],
    [7, 'ERR_INVALID_ARG_TYPE'],
    ['tail', 'ERR_INVALID_ARG_TYPE'],
  ])('openViewer(%p)', (options, code) => {
    const session = feed('x')
    expect(() => session.openViewer(options)).toThrow(thrown(code))
    expect(session.viewers).toBe(0)
  })

  test.each([undefined, null, 'x', {}, 7])('onReadable(%p)', (listener) => {
    expect(() => feed().openViewer().onReadable(listener)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  })

  test.each([undefined, null, 'stream', {}, 7])('replayAs(%p)', (type) => {
    expect(() => feed().openViewer().replayAs(type)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  })
})
