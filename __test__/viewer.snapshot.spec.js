// Viewers that begin with the screen, or get it after a gap.

const { SessionRegistry } = require('..')

let registry
beforeEach(() => {
  registry = new SessionRegistry({ maxSessions: 0 })
})
afterEach(() => registry[Symbol.dispose]())

const FRAME = 1024

/** A session whose screen is full of colours. */
function colourful() {
  const session = registry.create({ historyBytes: 65_536 })
  for (let cell = 0; cell < 24 * 80; cell += 1) session.append(`\x1b[38;2;${cell >> 8};${cell & 255};7mx`)
  return session
}

/** Frames of `offheap.v1`, parsed: pieces of snapshots and output. */
function framed(viewer) {
  const parts = []
  for (let frame = viewer.read(); frame !== null; frame = viewer.read()) {
    expect(frame.length).toBeLessThanOrEqual(FRAME)
    const position = frame.readBigUInt64BE()
    parts.push({
      snapshot: position >> 63n === 1n,
      offset: Number(position & ((1n << 63n) - 1n)),
      head: viewer.takeSnapshot(),
      gap: viewer.takeGap(),
      data: Buffer.from(frame.subarray(8)),
    })
    viewer.release()
  }
  return parts
}

test('the screen comes in frames of the usual size, then the output that follows it', () => {
  const session = colourful()
  const expected = session.snapshot()
  const viewer = session.openViewer({ from: 'snapshot', format: 'framed', maxFrameBytes: FRAME })
  const parts = framed(viewer)
  const { offset, cols, rows, data } = expected
  expect(parts[0].head).toEqual({ offset, cols, rows, length: data.length })
  expect(parts.slice(1).every((part) => part.head === null)).toBe(true)
  expect(parts.every((part) => part.snapshot && part.offset === offset)).toBe(true)
  expect(parts.length).toBe(Math.ceil(data.length / (FRAME - 8)))
  expect(Buffer.concat(parts.map((part) => part.data))).toEqual(data)
  session.append('more')
  expect(framed(viewer)).toEqual([
    { snapshot: false, offset, head: null, gap: null, data: Buffer.from('more') },
  ])
})

test('a viewer that lost bytes is told the gap and gets the screen', () => {
  const session = colourful()
  const viewer = session.openViewer({
    from: 'now',
    onGap: 'snapshot',
    format: 'framed',
    maxFrameBytes: FRAME,
  })
  const from = session.end
  session.append('line of text\r\n'.repeat(10_000))
  const [first, ...rest] = framed(viewer)
  expect(first.gap).toEqual({ from, to: expect.any(Number) })
  expect(first.head.offset).toBe(session.end)
  expect(Buffer.concat([first, ...rest].map((part) => part.data))).toEqual(session.snapshot().data)
  expect(viewer.missed).toBe(first.gap.to - from)
})

test('by default only a viewer that began with the screen gets it after a gap', () => {
  const session = colourful()
  const viewers = [{ from: 'snapshot' }, { from: 'tail' }, { from: 'snapshot', onGap: 'skip' }].map(
    (options) => session.openViewer({ format: 'framed', maxFrameBytes: FRAME, ...options }),
  )
  for (const viewer of viewers) framed(viewer)
  session.append('line of text\r\n'.repeat(10_000))
  expect(viewers.map((viewer) => framed(viewer)[0].snapshot)).toEqual([true, false, false])
})

test('as JSON it is history frames, the last of which says where the output goes on', () => {
  const session = colourful()
  const viewer = session.openViewer({ from: 'snapshot', format: 'json', maxFrameBytes: FRAME })
  const frames = []
  for (let frame = viewer.read(); frame !== null; frame = viewer.read())
    frames.push(JSON.parse(frame.toString()))
  expect(frames.every(({ type }) => type === 'history')).toBe(true)
  expect(frames.filter((frame) => 'offset' in frame)).toEqual([frames.at(-1)])
  expect(frames.at(-1).offset).toBe(session.end)
  expect(frames.map(({ data }) => data).join('')).toBe(session.snapshot().data.toString())
})

test('so many lines of scrollback as are asked for', () => {
  const session = registry.create()
  session.append('line\r\n'.repeat(500))
  const [few, all] = [{ scrollback: 10 }, {}].map((options) => {
    const viewer = session.openViewer({ from: 'snapshot', ...options })
    return viewer.read().toString().split('line').length - 1
  })
  expect([few, all]).toEqual([33, 500])
})

test('without a screen the oldest bytes kept come in its place', () => {
  const session = registry.create({ screen: false })
  session.append('text')
  const viewer = session.openViewer({ from: 'snapshot' })
  expect(viewer.read().toString()).toBe('text')
  expect(viewer.takeSnapshot()).toBeNull()
})

test('the listener is called for each further piece, and a session that closes ends it', async () => {
  const session = colourful()
  const viewer = session.openViewer({ from: 'snapshot', format: 'framed', maxFrameBytes: FRAME })
  const { length } = session.snapshot().data
  let bytes = 0
  await new Promise((resolve) => {
    viewer.onReadable(() => {
      const frame = viewer.read()
      if (frame) bytes += frame.length - 8
      viewer.release()
      if (bytes === length) resolve()
    })
  })
  const other = session.openViewer({ from: 'snapshot', format: 'framed', maxFrameBytes: FRAME })
  other.read()
  session.close()
  expect(other.read()).toBeNull()
})

test.each([
  [{ from: 'screen' }, 'ERR_INVALID_ARG_TYPE'],
  [{ onGap: 'never' }, 'ERR_INVALID_ARG_TYPE'],
  [{ onGap: 1 }, 'ERR_INVALID_ARG_TYPE'],
  [{ scrollback: -1 }, 'ERR_OUT_OF_RANGE'],
  [{ scrollback: 1.5 }, 'ERR_OUT_OF_RANGE'],
  [{ scrollback: '10' }, 'ERR_INVALID_ARG_TYPE'],
])('%j is refused', (options, code) => {
  const session = registry.create()
  expect(() => session.openViewer(options)).toThrow(expect.objectContaining({ code }))
  expect(session.viewers).toBe(0)
})
