// The add-on in xterm.js's headless build: which queries are answered, and which effects done.

const { Unicode11Addon } = require('@xterm/addon-unicode11')
const { Terminal } = require('@xterm/headless')
const { OffheapAddon, TerminalClient } = require('../../client/index.js')

/** What xterm.js answers, in its headless build. */
const ANSWERED = [
  '\x1b[c',
  '\x1b[>c',
  '\x1b[5n',
  '\x1b[6n',
  '\x1b[?6n',
  '\x1b[?25$p',
  '\x1b[4$p',
  '\x1bP$q"p\x1b\\',
]
/** What it does not answer there, but may elsewhere or one day. */
const QUERIES = [
  ...ANSWERED,
  '\x1b[=c',
  '\x1b[>q',
  '\x1b[?u',
  '\x1b[14t',
  '\x1b[16t',
  '\x1b[18t',
  '\x1bP+q544e\x1b\\',
  '\x1b]4;1;?\x07',
  '\x1b]10;?\x1b\\',
  '\x1b]11;?\x07',
  '\x1b]12;?\x07',
  '\x1b]10;?;?\x07',
]

class FakeSocket {
  static last = null
  readyState = 1
  sent = []

  constructor(url) {
    FakeSocket.last = this
    this.query = Object.fromEntries(new URL(url).searchParams)
  }
  get input() {
    return Buffer.concat(this.sent.filter((data) => typeof data !== 'string')).toString()
  }
  send(data) {
    this.sent.push(typeof data === 'string' ? data : Buffer.from(data))
  }
  close() {}
  json(message) {
    this.onmessage({ data: JSON.stringify(message) })
  }
  frame(offset, text, snapshot = false) {
    const bytes = Buffer.from(text)
    const buffer = new ArrayBuffer(8 + bytes.length)
    new DataView(buffer).setBigUint64(0, BigInt(offset) | (snapshot ? 1n << 63n : 0n))
    new Uint8Array(buffer).set(bytes, 8)
    this.onmessage({ data: buffer })
  }
}

const opened = []
afterEach(() => {
  for (const { client, terminal } of opened.splice(0)) {
    client.dispose()
    terminal.dispose()
  }
})

function setup(message, options) {
  const terminal = new Terminal({
    allowProposedApi: true,
    windowOptions: {
      getWinSizeChars: true,
      getWinSizePixels: true,
      getCellSizePixels: true,
      pushTitle: true,
      popTitle: true,
    },
  })
  const client = new TerminalClient('ws://127.0.0.1/', { WebSocket: FakeSocket })
  const addon = new OffheapAddon(client, options)
  terminal.loadAddon(addon)
  const said = []
  terminal.onData((data) => said.push(data))
  const events = []
  for (const type of ['bell', 'clipboard', 'notification'])
    addon.addEventListener(type, ({ detail }) => events.push([type, ...Object.values(detail)]))
  client.connect()
  const socket = FakeSocket.last
  socket.json({ type: 'connected', sessionId: 's', cols: 80, rows: 24, ...message })
  opened.push({ client, terminal })
  const parsed = () => new Promise((resolve) => terminal.write('', resolve))
  return { terminal, client, addon, socket, said, events, parsed }
}

const all = QUERIES.join('')

describe('queries', () => {
  test.each([undefined, 'viewer'])('where the server says %s, this terminal answers', async (answers) => {
    const { socket, parsed, said } = setup({ answers })
    socket.frame(0, all)
    await parsed()
    expect(said.length).toBeGreaterThanOrEqual(ANSWERED.length)
    expect(socket.input).toBe(said.join(''))
  })

  test.each(['server', 'none'])('where the server says %s, it answers none', async (answers) => {
    const { socket, parsed, said } = setup({ answers })
    socket.frame(0, all)
    await parsed()
    expect(said).toEqual([])
    expect(socket.input).toBe('')
  })

  test('a reader answers none', async () => {
    const { socket, parsed, said } = setup({ type: 'reconnected', access: 'read', answers: 'viewer' })
    socket.frame(0, all)
    await parsed()
    expect(said).toEqual([])
  })

  test.each(QUERIES)('old output is not answered: %j', async (query) => {
    const { socket, parsed, said } = setup({ type: 'reconnected' })
    socket.json({ type: 'replay', from: 0, to: 50 })
    socket.frame(0, query.padEnd(50, '.'))
    await parsed()
    expect(said).toEqual([])
    if (!ANSWERED.includes(query)) return
    socket.frame(50, query)
    await parsed()
    expect(said).toHaveLength(1)
    expect(socket.input).toBe(said[0])
  })

  test('a query that ends past the replay is answered', async () => {
    const { socket, parsed } = setup({ type: 'reconnected' })
    socket.json({ type: 'replay', from: 0, to: 5 })
    socket.frame(0, 'abc\x1b[6n')
    await parsed()
    expect(socket.input).toBe('\x1b[1;4R')
  })

  test('a snapshot is not answered', async () => {
    const { socket, parsed } = setup({ type: 'reconnected' })
    socket.json({ type: 'snapshot', offset: 9, cols: 80, rows: 24, length: all.length })
    socket.frame(9, all, true)
    await parsed()
    expect(socket.input).toBe('')
  })

  test('what else these sequences do is done', async () => {
    const { terminal, socket, parsed } = setup({ answers: 'server' })
    const titles = []
    terminal.onTitleChange((title) => titles.push(title))
    socket.frame(
      0,
      '\x1b]2;one\x07\x1b[22t\x1b]2;two\x07\x1b[23t\x1b[?2004h\x1b[3 qabc\x1b[s\x1b[5;5H\x1b[ux',
    )
    await parsed()
    expect(titles).toEqual(['one', 'two', 'one'])
    expect(terminal.modes.bracketedPasteMode).toBe(true)
    expect(terminal.buffer.active.getLine(0).translateToString(true)).toBe('abcx')
  })

  test('what a person types passes at any time, whatever it looks like', async () => {
    const { terminal, socket, parsed } = setup({ answers: 'server' })
    const typed = ['ls\r', '\x1b[1;2R', '\x1b[?1;2c', '\x1b[<0;3;4M', '\x1b]10;rgb:0000/0000/0000\x1b\\']
    socket.frame(0, `${all}${'x'.repeat(100)}`)
    for (const data of typed) terminal.input(data)
    await parsed()
    for (const data of typed) terminal.input(data)
    expect(socket.input).toBe(typed.join('').repeat(2))
  })

  test('a disposed add-on leaves the terminal as it was', async () => {
    const { addon, terminal, client, parsed, said } = setup({ answers: 'server' })
    addon.dispose()
    expect(client.state).toBe('closed')
    terminal.write('\x1b[c')
    await parsed()
    expect(said).toHaveLength(1)
  })
})

describe('effects', () => {
  const effects = '\x07\x1b]52;c;Z3LDvMOfZQ==\x07\x1b]9;done\x07\x1b]777;notify;Build;ok;really\x1b\\'
  const done = [
    ['bell'],
    ['clipboard', 'c', 'grüße'],
    ['notification', '', 'done'],
    ['notification', 'Build', 'ok;really'],
  ]

  test('are done when output is first shown', async () => {
    const { socket, parsed, events } = setup({ answers: 'server' })
    socket.frame(0, effects)
    await parsed()
    expect(events).toEqual(done)
  })

  test('are not done again by a history', async () => {
    const { socket, parsed, events } = setup({ type: 'reconnected' })
    socket.json({ type: 'replay', from: 0, to: Buffer.byteLength(effects) })
    socket.frame(0, effects)
    await parsed()
    expect(events).toEqual([])
  })

  test('nor by a snapshot', async () => {
    const { socket, parsed, events } = setup({ type: 'reconnected' })
    socket.json({ type: 'snapshot', offset: 0, cols: 80, rows: 24, length: Buffer.byteLength(effects) })
    socket.frame(0, effects, true)
    await parsed()
    expect(events).toEqual([])
  })

  test('a program gets nothing of the clipboard, and writes no more than 1 MiB to it', async () => {
    const { socket, parsed, events } = setup()
    socket.frame(0, '\x1b]52;c;?\x07\x1b]52;c;%%%\x07\x1b]52\x07')
    socket.frame(100, `\x1b]52;c;${'A'.repeat(1_500_000)}\x07`)
    await parsed()
    expect(events).toEqual([])
    expect(socket.input).toBe('')
  })

  test('progress, which shares its number with notifications, is none', async () => {
    const { socket, parsed, events } = setup()
    socket.frame(0, '\x1b]9;4;1;50\x07')
    await parsed()
    expect(events).toEqual([])
  })
})

describe('pasting', () => {
  const asked = []
  const withAnswer = (answer) => ({
    confirmPaste: (what) => {
      asked.push(what)
      return answer
    },
  })
  beforeEach(() => asked.splice(0))

  test('takes out what would act as keys, and types the rest', async () => {
    const { addon, socket } = setup()
    expect(await addon.paste('a\x00b\x1b[201~c\x03\td\x9be\x7f\r\nf\ng\u0085')).toBe(true)
    expect(socket.input).toBe('abc\tde\rf\rg')
  })

  test('is between brackets where the program wants them, and cannot end them', async () => {
    const { addon, socket, parsed } = setup()
    socket.frame(0, '\x1b[?2004h')
    await parsed()
    await addon.paste('a\x1b[20\x1b[201~1~b\x9b201~\nc')
    expect(socket.input).toBe('\x1b[200~a[201~b\rc\x1b[201~')
  })

  test('of many lines is asked about where they would be run', async () => {
    const { addon, socket } = setup({}, withAnswer(false))
    expect(await addon.paste('1\n2\n3\n4\n5\n')).toBe(false)
    expect(asked).toEqual([{ text: '1\n2\n3\n4\n5\n', lines: 5 }])
    expect(socket.input).toBe('')
    expect(await addon.paste('1\n2\n3\n4\n')).toBe(true)
    expect(asked).toHaveLength(1)
  })

  test.each([
    ['true', true, true],
    ['a promise', Promise.resolve(true), true],
    ['anything else', 'yes', false],
  ])('%s as an answer', async (_what, answer, pastes) => {
    const { addon, socket } = setup({}, { ...withAnswer(answer), confirmLines: 2 })
    expect(await addon.paste('a\nb')).toBe(pastes)
    expect(socket.input).toBe(pastes ? 'a\rb' : '')
  })

  test('is not asked about where the program takes it as one', async () => {
    const { addon, socket, parsed } = setup({}, withAnswer(false))
    socket.frame(0, '\x1b[?2004h')
    await parsed()
    expect(await addon.paste('x\n'.repeat(50))).toBe(true)
    expect(asked).toEqual([])
  })

  test('of something else than text, or with a question that fails, is an error and nothing else', async () => {
    const failing = () => {
      throw new Error('no dialog')
    }
    const { addon, socket } = setup({}, { confirmPaste: failing, confirmLines: 1 })
    await expect(addon.paste(7)).rejects.toMatchObject({ code: 'ERR_INVALID_ARG_TYPE' })
    await expect(addon.paste('ls')).rejects.toThrow('no dialog')
    expect(socket.input).toBe('')
  })

  test('goes out in pieces that a server takes', async () => {
    const { addon, socket } = setup()
    await addon.paste('0123456789'.repeat(300_000))
    expect(socket.input).toBe('0123456789'.repeat(300_000))
    expect(Math.max(...socket.sent.map(({ length }) => length))).toBeLessThan(1024 * 1024)
  })
})

describe('the theme', () => {
  test.each([
    [undefined, { foreground: '#ffffff', background: '#000000', cursor: '#ffffff' }],
    [
      { foreground: '#ABC', background: '#12345678', cursor: '#A0b0C0' },
      { foreground: '#aabbcc', background: '#123456', cursor: '#a0b0c0' },
    ],
    [
      { foreground: '#abcd', background: 'no colour', cursor: 7 },
      { foreground: '#aabbcc', background: '#000000', cursor: '#ffffff' },
    ],
  ])('%j', async (theme, expected) => {
    const terminal = new Terminal({ allowProposedApi: true, theme })
    const client = new TerminalClient('ws://127.0.0.1/', { WebSocket: FakeSocket })
    terminal.loadAddon(new OffheapAddon(client))
    opened.push({ client, terminal })
    client.connect()
    FakeSocket.last.json({ type: 'connected', sessionId: 's', cols: 80, rows: 24 })
    const messages = FakeSocket.last.sent.map((text) => JSON.parse(text))
    expect(messages).toContainEqual({ type: 'theme', ...expected })
  })
})

test.each([
  [{ confirmPaste: 'yes' }, 'ERR_INVALID_ARG_TYPE'],
  [{ confirmLines: Number.NaN }, 'ERR_OUT_OF_RANGE'],
  [{ confirmLines: 0 }, 'ERR_OUT_OF_RANGE'],
])('the options %j are refused', (options, code) => {
  const client = new TerminalClient('ws://127.0.0.1/')
  expect(() => new OffheapAddon(client, options)).toThrow(expect.objectContaining({ code }))
})

describe('what the terminal is', () => {
  const TERMINALS = { '6.0': Terminal, 6.1: require('xterm-headless-beta').Terminal }

  function query(version, options, prepare = () => {}, more = {}) {
    const terminal = new TERMINALS[version]({ allowProposedApi: true, ...options })
    const client = new TerminalClient('ws://127.0.0.1/', { WebSocket: FakeSocket, ...more })
    terminal.loadAddon(new OffheapAddon(client))
    opened.push({ client, terminal })
    prepare(terminal)
    client.connect()
    return FakeSocket.last.query
  }

  test.each(['6.0', '6.1'])('xterm.js %s as it comes', (version) => {
    const said = { xterm: version, unicode: '6', xtermOptions: 'none', tabStopWidth: '8' }
    expect(query(version, {})).toMatchObject(said)
  })

  test.each(['6.0', '6.1'])('xterm.js %s with add-ons and options', (version) => {
    const options = {
      convertEol: true,
      reflowCursorLine: true,
      tabStopWidth: 4,
      windowOptions: { pushTitle: true, getWinSizeChars: true },
    }
    const said = query(version, options, (terminal) => {
      terminal.loadAddon(new Unicode11Addon())
      terminal.unicode.activeVersion = '11'
      // A program does this, too.
      terminal.options.convertEol = false
    })
    expect(said).toMatchObject({
      xterm: version,
      unicode: '11',
      xtermOptions: 'reflowCursorLine,convertEol,pushTitle',
      tabStopWidth: '4',
    })
  })

  test('the image add-on cannot be seen, and has to be said', () => {
    for (const [images, xtermOptions] of [
      [true, 'images'],
      [{ showPlaceholder: false }, 'images'],
      [{ sixelSupport: false }, 'iipSupport,kittySupport'],
      [{ sixelSupport: false, iipSupport: false, kittySupport: false }, 'none'],
    ]) {
      const terminal = new Terminal({ allowProposedApi: true })
      const client = new TerminalClient('ws://127.0.0.1/', { WebSocket: FakeSocket })
      terminal.loadAddon(new OffheapAddon(client, { images }))
      opened.push({ client, terminal })
      client.connect()
      expect(FakeSocket.last.query).toMatchObject({ xtermOptions })
    }
    expect(() => new OffheapAddon(opened.at(-1).client, { images: 1 })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_TYPE' }),
    )
  })

  test('the page has the last word', () => {
    expect(query('6.0', {}, undefined, { query: { unicode: '11' } })).toMatchObject({ unicode: '11' })
  })
})
