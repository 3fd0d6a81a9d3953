// Snapshots through the addon, judged by xterm.js itself.

const { Terminal } = require('@xterm/headless')
const { SessionRegistry } = require('..')
const { eventually } = require('./helpers/proc')

const COLS = 80
const ROWS = 24

let registry
beforeEach(() => {
  registry = new SessionRegistry({ spawnsPerMinute: 0 })
})
afterEach(() => registry.shutdown())

function terminal(cols = COLS, rows = ROWS) {
  return new Terminal({ cols, rows, scrollback: 1000, allowProposedApi: true })
}

const write = (target, data) => new Promise((resolve) => target.write(data, resolve))

/** What a person sees, and where the cursor is. */
function view(target) {
  const { active, normal } = target.buffer
  const lines = Array.from({ length: active.length }, (_, y) => active.getLine(y).translateToString(true))
  return {
    kind: active.type,
    lines,
    x: active.cursorX,
    y: active.cursorY,
    normal: normal.length,
    modes: target.modes,
  }
}

/** Output with what a screen is made of. */
const STREAM = [
  'plain text\r\n\x1b[1;31mbold red\x1b[0m \x1b[38;5;200mindexed\x1b[38;2;1;2;3mtrue\x1b[m\r\n',
  ...Array.from({ length: 60 }, (_, line) => `line ${line} \x1b[3${line % 8}mcolour\x1b[m\r\n`),
  'wide 世界 and 🌊 and e\u0301\r\n\x1b[5;10r\x1b[?6h\x1b[2;3Hin a region\x1b[?6l\x1b[r',
  '\x1b7\x1b[?1049h\x1b[2J\x1b[3;4Halternate\x1b[?25l\x1b[?2004h\x1b[?1000h\x1b[?1006h',
  '\x1b[10;1H\x1b[7mstatus line\x1b[m\x1b[H\x1b[?1h\x1b=',
  '\x1b[?1049l\x1b[?25h back again\r\n\x1b]0;a title\x07\x1b[4mhalf an esc\x1b[3',
  '1mape\x1b[0m end',
]

test('a snapshot makes a fresh terminal what one is that has seen it all, at every step', async () => {
  const session = registry.create({})
  session.resize(COLS, ROWS)
  const seen = terminal()
  for (const piece of STREAM) {
    session.append(piece)
    await write(seen, piece)
    const { data, offset, cols, rows } = session.snapshot()
    expect({ offset, cols, rows }).toEqual({ offset: session.end, cols: COLS, rows: ROWS })
    const fresh = terminal()
    await write(fresh, data)
    expect(view(fresh)).toEqual(view(seen))
  }
})

test('a snapshot and the output from its offset on equal having watched', async () => {
  const text = Buffer.from(STREAM.join('').repeat(3))
  const seen = terminal()
  await write(seen, text)
  for (let cut = 0; cut < text.length; cut += 97) {
    const joined = registry.create({ historyBytes: 1 << 20 })
    joined.resize(COLS, ROWS)
    joined.append(text.subarray(0, cut))
    const { data, offset } = joined.snapshot()
    joined.append(text.subarray(cut))
    const fresh = terminal()
    await write(fresh, data)
    await write(fresh, joined.readFrom(offset).data)
    expect(view(fresh)).toEqual(view(seen))
    joined.close()
  }
})

test('as JSON it is a history frame, whole text whatever the output ends in', () => {
  const session = registry.create({})
  session.append(Buffer.from([0x61, 0xe2, 0x82]))
  const { data, offset } = session.snapshot({ format: 'json' })
  const frame = JSON.parse(data)
  expect(frame).toMatchObject({ type: 'history', offset: 1 })
  expect(offset).toBe(1)
  expect(frame.data).toContain('a')
  expect(frame.data).not.toContain('\ufffd')
})

test('scrollback is bounded by what is asked for', async () => {
  const session = registry.create({})
  for (let line = 0; line < 500; line += 1) session.append(`line ${line}\r\n`)
  for (const scrollback of [0, 10, 400]) {
    const fresh = terminal()
    await write(fresh, session.snapshot({ scrollback }).data)
    expect(fresh.buffer.active.length).toBe(ROWS + scrollback)
  }
})

test('a snapshot asks nothing and does nothing', () => {
  const session = registry.create({})
  session.append('\x1b[c\x1b[6n\x1b[?2026$p\x1b]11;?\x07\x1b]52;c;aGk=\x07\x07bell\x05')
  const text = session.snapshot().data.toString()
  expect(text).not.toMatch(/\x1b\[\??>?[\d;]*[cn]|\$p|\?\x07|\]52|\x07|\x05/)
})

test('screenText is what is visible', () => {
  const session = registry.create({})
  session.append('one\r\n\x1b[31mtwo\x1b[m   \r\n')
  expect(session.screenText().split('\n').slice(0, 3)).toEqual(['one', 'two', ''])
})

test('without a screen there is none, and it costs nothing', () => {
  const session = registry.create({ screen: false })
  session.append('text')
  expect(session.screen).toBe(false)
  expect(() => session.snapshot()).toThrow(expect.objectContaining({ code: 'ERR_SCREEN_DISABLED' }))
  expect(() => session.screenText()).toThrow(expect.objectContaining({ code: 'ERR_SCREEN_DISABLED' }))
  expect(registry.stats().screenBytes).toBe(0)
})

test.each([
  ['screen', { screen: 5 }],
  ['screen.scrollbackLines', { screen: { scrollbackLines: -1 } }],
  ['screen.unicodeVersion', { screen: { unicodeVersion: '7' } }],
])('a bad %s is refused', (_name, options) => {
  expect(() => registry.create(options)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
  )
})

test('its memory is counted, and given back', () => {
  const session = registry.create({})
  session.append('text')
  session.snapshot()
  expect(registry.stats().screenBytes).toBeGreaterThan(0)
  expect(registry.stats().screenBytes).toBeLessThan(20 * 1024)
  session.close()
  expect(registry.stats().screenBytes).toBe(0)
})

// Reads the answer to a question to the terminal, and prints it readably.
const ASK = "stty raw -echo min 0 time 20; printf '\\033[6n'; dd bs=1 count=6 2>/dev/null | od -An -c"

test('with nobody attached a program gets its answers from the screen', async () => {
  const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', ASK] } })
  await eventually('the answer', () => session.screenText().includes('R'))
  expect(session.screenText().replace(/\s+/g, '')).toContain('033[1;1R')
})

test('with a viewer attached its terminal answers, not ours', async () => {
  const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', `sleep 0.3; ${ASK}; echo done`] } })
  const viewer = session.openViewer()
  viewer.onReadable(() => viewer.read() && viewer.release())
  await eventually('the end', () => session.screenText().includes('done'))
  expect(session.screenText()).not.toContain('R')
})
