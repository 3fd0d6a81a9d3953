// Snapshots through the addon, judged by xterm.js itself.

const { Terminal } = require('@xterm/headless')
const { SessionRegistry } = require('..')
const { Comparison } = require('../bench/screen/compare.cjs')
const { open, state, write: feed } = require('../bench/screen/state.cjs')
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
  ['screen.xtermVersion', { screen: { xtermVersion: '7.0' } }],
  ['screen.windowOptions', { screen: { windowOptions: true } }],
  ['screen.windowOptions.pushTitle', { screen: { windowOptions: { pushTitle: 1 } } }],
  ['screen.convertEol', { screen: { convertEol: 'yes' } }],
  ['screen.tabStopWidth', { screen: { tabStopWidth: 0 } }],
])('a bad %s is refused', (_name, options) => {
  expect(() => registry.create(options)).toThrow(
    expect.objectContaining({ code: expect.stringMatching(/^ERR_/) }),
  )
})

// A character of two columns in one table and of one in the other, and where the cursor ends up.
const EMOJI = '😀\x1b[1;4Hx'

test('the client is an xterm.js as it comes, unless something else is said', () => {
  const shown = (screen) => {
    const session = registry.create({ screen })
    session.append(`\x1b]0;one\x07\x1b[22;0t\x1b]0;two\x07\x1b[23;0t😀y`)
    return session.screenText().split('\n')[0] + session.snapshot().data.toString().includes('one')
  }
  const six = registry.create({})
  six.append('😀\x1b[3Gy')
  expect(six.screenText().split('\n')[0]).toBe('😀 y')
  expect(shown(true)).toBe('😀yfalse')
  expect(shown({ windowOptions: { pushTitle: true, popTitle: true } })).toBe('😀ytrue')
  const eleven = registry.create({ screen: { unicodeVersion: '11' } })
  eleven.append('😀\x1b[3Gy')
  expect(eleven.screenText().split('\n')[0]).toBe('😀y')
})

test('setClient changes the terminal, and null goes back to the own one', () => {
  const session = registry.create({ screen: { unicodeVersion: '11', tabStopWidth: 4 } })
  const row = () => session.screenText().split('\n')[0]
  session.append(EMOJI)
  expect(row()).toBe('😀 x')
  session.setClient({ unicodeVersion: '6' })
  session.append(`\r\x1b[2K${EMOJI}\ty`)
  expect(row()).toBe('😀  x    y')
  session.setClient({ tabStopWidth: 2 })
  session.append(`\r\x1b[2K${EMOJI}\ty`)
  expect(row()).toBe('😀 x  y')
  session.setClient(null)
  session.append(`\r\x1b[2K\ty`)
  expect(row()).toBe('    y')
  expect(() => session.setClient({ unicodeVersion: '7' })).toThrow(
    expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
  )
  expect(() => session.setClient({ tabStopWidth: 0 })).toThrow(
    expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' }),
  )
  expect(() => session.setClient('6')).toThrow(expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }))
  session.close()
  expect(() => session.setClient(null)).toThrow(expect.objectContaining({ code: 'ERR_CLOSED' }))
})

test('a session without a screen ignores the client', () => {
  const session = registry.create({ screen: false })
  session.setClient({ unicodeVersion: '11' })
  expect(session.screen).toBe(false)
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

// Asks twice: had the first question more than one answer, the second would get the rest of it.
const ASK_TWICE = `${ASK}; printf '\\033[5n'; dd bs=1 count=4 2>/dev/null | od -An -c; echo done`

test('with viewers attached a program gets one answer, from the screen', async () => {
  const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', ASK_TWICE] } })
  const frames = []
  for (let count = 0; count < 3; count += 1) {
    const viewer = session.openViewer({ format: 'json' })
    viewer.onReadable(() => {
      for (let frame = viewer.read(); frame; frame = viewer.read()) {
        frames.push(JSON.parse(frame.toString()))
        viewer.release()
      }
    })
  }
  await eventually('the end', () => session.screenText().includes('done'))
  const text = session.screenText().replace(/\s+/g, '')
  expect(text).toContain('033[1;1R')
  expect(text).toContain('033[0n')
  expect(frames.map(({ data }) => data).join('')).not.toMatch(/\x1b\[[56]n/)
})

test('JSON viewers are asked nothing where a screen answers, and everything where none does', () => {
  const read = (session) => {
    const viewer = session.openViewer({ format: 'json' })
    session.append('a\x1b[31mb\x07\x1b[6n\x1b]11;?\x07c\r\n')
    return JSON.parse(viewer.read().toString()).data
  }
  expect(read(registry.create({}))).toBe('a\x1b[31mb\x07c\r\n')
  expect(read(registry.create({ screen: false }))).toBe('a\x1b[31mb\x07\x1b[6n\x1b]11;?\x07c\r\n')
})

test('what is sent again does not ring, notify or copy', () => {
  const session = registry.create({})
  session.append('a\x07\x1b]52;c;aGk=\x07\x1b]9;done\x07\x1b]0;t\x07b')
  const viewer = session.openViewer({ format: 'json' })
  viewer.replayAs('history')
  expect(JSON.parse(viewer.read().toString())).toMatchObject({ type: 'history', data: 'a\x1b]0;t\x07b' })
})

// What a program is told of colours and pixels, through a real terminal.
const ASK_LOOK =
  "stty raw -echo; printf '\\033]11;?\\033\\\\\\033[14t\\033[16t\\033[18t'; dd bs=1 count=56 2>/dev/null | od -An -c; echo done"

test('a program that asks is told the colours and sizes of the client', async () => {
  const session = registry.create({ pty: { file: '/bin/sh', args: ['-c', `read go; ${ASK_LOOK}`] } })
  session.setTheme({ background: '#123', foreground: '#abcdef' })
  session.resize(80, 24, { width: 720, height: 408 })
  session.write('go\n')
  await eventually('the end', () => session.screenText().includes('done'))
  const text = session.screenText().replace(/\s+/g, '')
  expect(text).toContain('033]11;rgb:1111/2222/3333033\\')
  expect(text).toContain('033[4;408;720t033[6;17;9t033[8;24;80t')
})

test.each([
  [undefined, 'ERR_INVALID_ARG_TYPE'],
  [{ foreground: 7 }, 'ERR_INVALID_ARG_TYPE'],
  [{ foreground: 'white' }, 'ERR_INVALID_ARG_VALUE'],
  [{ cursor: '#12345' }, 'ERR_INVALID_ARG_VALUE'],
  [{ background: '#éé' }, 'ERR_INVALID_ARG_VALUE'],
])('the theme %p is refused', (theme, code) => {
  const session = registry.create({})
  expect(() => session.setTheme(theme)).toThrow(expect.objectContaining({ code }))
  expect(() => session.setTheme({ foreground: null, background: '#FFF' })).not.toThrow()
})

test('a large screen is exact, and one that is too large is refused without a change', async () => {
  const session = registry.create({})
  session.resize(1400, 24)
  session.append('\x1b[5;1200HX')
  const seen = terminal(1400, 24)
  await write(seen, '\x1b[5;1200HX')
  const { data, cols, rows } = session.snapshot()
  expect({ cols, rows }).toEqual({ cols: 1400, rows: 24 })
  const fresh = terminal(1400, 24)
  await write(fresh, data)
  expect(view(fresh)).toEqual(view(seen))
  const refused = expect.objectContaining({ code: 'ERR_OUT_OF_RANGE' })
  expect(() => session.resize(4096, 4097)).toThrow(refused)
  expect(() => session.resize(80, 24, { width: -1, height: 5 })).toThrow(refused)
  expect(() => session.resize(80, 24, { width: 1.5, height: 5 })).toThrow(refused)
  expect(() => session.resize(Number.POSITIVE_INFINITY, 24)).toThrow(/Received Infinity$/)
  const pty = { file: '/bin/sh', cols: 65_535, rows: 65_535 }
  expect(() => registry.create({ pty })).toThrow(refused)
  expect(session.snapshot()).toMatchObject({ cols: 1400, rows: 24 })
  session.resize(4096, 4096)
  expect(session.snapshot()).toMatchObject({ cols: 4096, rows: 4096 })
})

test('a screen that was resized before any output is what a client is that was', async () => {
  const session = registry.create({ pty: { file: '/bin/cat', cols: 10, rows: 4 } })
  const seen = terminal(10, 4)
  const step = async (cols, rows, text) => {
    session.resize(cols, rows)
    seen.resize(cols, rows)
    session.append(text)
    await write(seen, text)
  }
  await step(10, 3, '\x1b[?1049h1\r\n2\r\n3\r\n4')
  await step(10, 4, '')
  const text = seen.buffer.active
  const lines = [0, 1, 2, 3].map((y) => text.getLine(text.viewportY + y).translateToString(true))
  expect(session.screenText().split('\n')).toEqual(lines)
})

test('a screen without output is as many empty lines as it has rows', () => {
  const session = registry.create({})
  session.resize(80, 5)
  expect(session.screenText()).toBe('\n\n\n\n')
})

test('a row that ends in the gap before a wide character is joined without a space', async () => {
  const session = registry.create({})
  session.resize(9, 3)
  session.append('\x1b[7m中文中文中文\x1b[m\r\n')
  const fresh = terminal(9, 3)
  await write(fresh, session.snapshot().data)
  fresh.resize(30, 3)
  expect(fresh.buffer.active.getLine(0).translateToString(true)).toBe('中文中文中文')
})

test.each(['6.0', '6.1'])('what DECALN leaves of an underline is restored, in xterm.js %s', (xterm) => {
  const size = { cols: 10, rows: 3, unicode: '6', xterm }
  for (const underline of ['4', '4:3', '21']) {
    const [seen, fresh] = [open(size), open(size)]
    const session = registry.create({ screen: { xtermVersion: xterm } })
    session.resize(10, 3)
    const text = `\x1b[${underline}m\x1b#8`
    session.append(text)
    feed(seen, Buffer.from(text))
    feed(fresh, session.snapshot().data)
    expect(new Comparison().differences(state(seen), state(fresh))).toEqual([])
    for (const each of [seen, fresh]) feed(each, Buffer.from('\r\nx'))
    expect(new Comparison().differences(state(seen), state(fresh))).toEqual([])
  }
})

test('hundreds of marks on a character are kept', async () => {
  const marks = Array.from({ length: 300 }, (_, at) => String.fromCodePoint(0x300 + (at % 0x60))).join('')
  const session = registry.create({})
  session.append(`a${marks}b`)
  const fresh = terminal()
  await write(fresh, session.snapshot().data)
  expect(fresh.buffer.active.getLine(0).translateToString(true)).toBe(`a${marks}b`)
})
