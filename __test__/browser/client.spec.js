// The client in a real browser, with the xterm.js that is current and the one
// to come: real shells, and a server that says what no real one does.

const crypto = require('node:crypto')
const { findBrowser, launchBrowser, wire } = require('../helpers/browser')
const { COUNTER, LINE } = require('../helpers/counter')
const { startLab, startStage } = require('../helpers/lab')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')
const everyVersion = findBrowser() ? describe.each : describe.skip.each

/** Runs in the page: counts the lines of numbers that the terminal is given, and those that are not the next one. */
function countLines() {
  window.counted = { lines: 0, wrong: 0 }
  const { terminal, counted } = window
  const decoder = new TextDecoder()
  const write = terminal.write.bind(terminal)
  let rest = ''
  terminal.write = (data, parsed) => {
    const lines = (rest + decoder.decode(data, { stream: true })).split('\r\n')
    rest = lines.pop()
    for (const line of lines.filter((text) => /^\d{14}$/.test(text))) {
      if (Number(line) !== counted.lines) counted.wrong += 1
      counted.lines += 1
    }
    write(data, parsed)
  }
}

everyVersion([['@xterm/xterm'], ['xterm-beta']])('%s', (xterm) => {
  let browser
  let lab
  let page
  let errors

  beforeAll(async () => {
    browser = await launchBrowser()
    lab = await startLab({ xterm })
  })
  afterAll(async () => {
    lab.close()
    await browser.close()
  })
  beforeEach(async () => {
    page = await browser.newPage({ viewport: { width: 1000, height: 900 } })
    errors = []
    page.on('pageerror', (error) => errors.push(error.stack))
    await page.goto(lab.url)
    await page.waitForFunction(() => window.add)
  })
  afterEach(async () => {
    await page.close()
    expect(errors).toEqual([])
  })

  const events = (type) =>
    page.evaluate((name) => window.events.filter(({ event }) => !name || event === name), type)
  const until = (what, check, arg) => eventually(what, () => page.evaluate(check, arg))
  const sees = (text) => until(JSON.stringify(text), (wanted) => window.shown().includes(wanted), text)
  const live = () => until('a live session', () => window.client.state === 'live')

  describe('real shells', () => {
    let host
    let line

    beforeEach(async () => {
      host = await startServer({ allowedOrigins: [lab.url], historyBytes: 32 * 1024 * 1024 })
      line = await wire(host.url)
    })
    afterEach(async () => {
      await page.goto('about:blank')
      line.close()
      await host.stop()
    })

    async function open({ mux = false, ...options } = {}) {
      await page.evaluate(
        ({ url, path, mux, options }) => {
          const target = mux ? new window.TerminalMux(new URL('mux', url)) : url
          window.add(target, { path, ...options }, {})
          window.client.connect()
        },
        { url: `${line.url}/`, path: host.folder, mux, options },
      )
      await live()
      await sees('ready>')
    }

    async function type(text) {
      await page.evaluate(() => window.terminal.focus())
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }

    test.each([false, true])('a command is typed and its output shown (mux: %s)', async (mux) => {
      await open({ mux })
      await type("echo $((6*7))-typed; printf '%s\\n' 'grüße 日本'")
      await sees('\n42-typed\ngrüße 日本\n')
    })

    test('two sessions over one connection, each with its own shell', async () => {
      await page.evaluate(
        ({ url, path }) => {
          const mux = new window.TerminalMux(url)
          window.all = ['a', 'b'].map((sessionId) => ({ ...window.add(mux, { sessionId, path }) }))
          window.all = window.all.map(({ client, terminal }) => ({ client, terminal }))
          for (const { client } of window.all) client.connect()
        },
        { url: `${line.url}/mux`, path: host.folder },
      )
      await until('both', () =>
        window.all.every(
          ({ client, terminal }) => client.state === 'live' && window.shown(terminal).includes('ready>'),
        ),
      )
      await page.evaluate(() => {
        for (const [i, { client }] of window.all.entries()) client.input(`echo I am num""ber ${i}\r`)
      })
      await until('each its own', () =>
        window.all.every(({ terminal }, i) => {
          const text = window.shown(terminal)
          return text.includes(`\nI am number ${i}\n`) && !text.includes(`I am number ${1 - i}\n`)
        }),
      )
      expect(host.registry.list()).toHaveLength(2)
    })

    test('a connection that is cut in full flow costs no line', async () => {
      const lines = 300_000
      await open()
      await page.evaluate(countLines)
      await type(`stty -echo; node ${COUNTER} ${lines} 128 1; echo fin''ished`)
      for (let cuts = 1; cuts <= 4; cuts += 1) {
        const seen = await page.evaluate(() => window.client.offset)
        await until('more', (offset) => window.client.offset > offset + 50_000, seen)
        line.cut()
        await until('the loss', () => window.client.state !== 'live')
        await page.evaluate(() => window.client.connect())
        await live()
      }
      expect(await page.evaluate(() => window.client.offset)).toBeLessThan(lines * LINE)
      await sees('\nfinished\n')
      expect(await page.evaluate(() => window.counted)).toEqual({ lines, wrong: 0 })
      expect(await events('gap')).toEqual([])
    })

    test('the session has the size of the terminal', async () => {
      await open()
      await page.evaluate(() => window.terminal.resize(91, 17))
      await until('the size', () => window.events.some(({ event, cols }) => event === 'size' && cols === 91))
      await type('stty size')
      await sees('\n17 91\n')
    })

    test.each([false, true])(
      'three megabytes are pasted whole, in frames that the server takes (mux: %s)',
      async (mux) => {
        const text = 'all work and no play makes a long paste '.repeat(75_000)
        await open({ mux })
        await type(`stty raw -echo; echo st""arted; head -c ${text.length} | sha256sum; stty sane`)
        await sees('started')
        await page.evaluate((pasted) => {
          const data = new DataTransfer()
          data.setData('text/plain', pasted)
          const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
          window.terminal.textarea.dispatchEvent(event)
        }, text)
        await sees(crypto.createHash('sha256').update(text).digest('hex'))
        expect(await events('inputdropped')).toEqual([])
        expect((await events('state')).map(({ state }) => state)).toEqual(['connecting', 'live'])
      },
    )

    test('an ended shell is told, with its code; the next connection has a new one', async () => {
      await open()
      await type('exit 3')
      await until('the exit', () => window.client.state === 'exited')
      expect(await events('exit')).toMatchObject([{ code: 3 }])
      await page.evaluate(() => window.client.connect())
      await live()
      await type('echo an""other')
      await sees('\nanother\n')
    })
  })

  describe('a server that says anything', () => {
    let stage
    beforeEach(async () => {
      stage = await startStage()
    })
    afterEach(() => stage.close())

    const connection = (at = 0) => eventually('a connection', () => stage.connections[at])
    async function open({ options = {}, terminal = {}, ready = {} } = {}) {
      const before = stage.connections.length
      await page.evaluate(
        ([url, options, terminal]) => {
          window.add(url, options, terminal)
          window.client.connect()
        },
        [stage.url, options, terminal],
      )
      const it = await connection(before)
      it.ready(ready)
      await live()
      return it
    }

    const QUERIES = [
      '\x1b[c',
      '\x1b[>c',
      '\x1b[=c',
      '\x1b[5n',
      '\x1b[6n',
      '\x1b[?6n',
      '\x1b[?996n',
      '\x1b[?25$p',
      '\x1b[4$p',
      '\x1bP$qm\x1b\\',
      '\x1b[>q',
      '\x1b[?u',
      '\x1b]4;1;?\x1b\\',
      '\x1b]10;?\x1b\\',
      '\x1b]11;?\x07',
      '\x1b]12;?\x07',
      '\x1b]10;?;?;?\x07',
      '\x1b[14t',
      '\x1b[16t',
      '\x1b[18t',
    ]
    const REPORTS = {
      windowOptions: { getWinSizePixels: true, getCellSizePixels: true, getWinSizeChars: true },
      vtExtensions: { kittyKeyboard: true },
    }
    const parsed = (end) => until('all parsed', (offset) => window.client.parsed === offset, end)

    test('where the server answers, the terminal answers nothing', async () => {
      const viewer = await open({ terminal: REPORTS, ready: { answers: 'viewer' } })
      const all = QUERIES.join('')
      viewer.frame(0, all)
      // What this xterm.js answers when it may: the test would else prove nothing.
      await eventually('answers', () => viewer.input.split('\x1b').length > 14)
      const silent = await open({ terminal: REPORTS, ready: { answers: 'server' } })
      const mixed = `${all}\x1b]4;1;#123456;2;?\x1b\\\x1b]10;#aabbcc;?\x07`
      silent.frame(0, mixed)
      await parsed(mixed.length)
      await page.evaluate(() => window.terminal.input('typed'))
      await eventually('what was typed', () => silent.input.includes('typed'))
      expect(silent.input).toBe('typed')
    })

    test('a sequence that sets a colour and asks for another sets it', async () => {
      const it = await open({ ready: { answers: 'server' } })
      const sequence = '\x1b]11;#102030;?\x07'
      it.frame(0, sequence)
      await parsed(sequence.length)
      const colour = () =>
        page.evaluate(() => {
          const behind = [...document.querySelectorAll('.terminal *')].map(
            (node) => getComputedStyle(node).backgroundColor,
          )
          return behind.includes('rgb(16, 32, 48)')
        })
      await eventually('the colour', colour)
      expect(it.input).toBe('')
    })

    test('the query has the size, in cells and pixels; so has each resize', async () => {
      const it = await open()
      const size = () =>
        page.evaluate(() => {
          const { clientWidth, clientHeight } = document.querySelector('.xterm-screen')
          return {
            cols: window.terminal.cols,
            rows: window.terminal.rows,
            width: clientWidth,
            height: clientHeight,
          }
        })
      const asked = Object.fromEntries(
        ['cols', 'rows', 'width', 'height'].map((name) => [name, Number(it.query[name])]),
      )
      expect(asked).toEqual(await size())
      expect(asked.width).toBeGreaterThan(300)
      await page.evaluate(() => window.terminal.resize(100, 30))
      const resized = await eventually('a resize', () => it.messages.find(({ type }) => type === 'resize'))
      expect(resized).toMatchObject({ cols: 100, rows: 30 })
      const drawn = await eventually('the drawing', async () => {
        const now = await size()
        return Math.abs(now.width - resized.width) <= 1 && now
      })
      expect(Math.abs(drawn.height - resized.height)).toBeLessThanOrEqual(1)
    })

    test('the theme is told, and again when the page changes it', async () => {
      const it = await open({ terminal: { theme: { background: 'rebeccapurple', cursor: 'rgb(1 2 3)' } } })
      const themes = () => it.messages.filter(({ type }) => type === 'theme')
      await eventually('the first', () => themes().length === 1)
      await page.evaluate(() => {
        window.terminal.options.theme = {
          background: '#FEDCBA',
          foreground: '#000',
          cursor: 'hsl(120 100% 50%)',
        }
      })
      await eventually('the second', () => themes().length === 2)
      expect(themes()).toEqual([
        { type: 'theme', foreground: '#ffffff', background: '#663399', cursor: '#010203' },
        { type: 'theme', foreground: '#000000', background: '#fedcba', cursor: '#00ff00' },
      ])
    })

    test('a reader’s keys, mouse and pastes stay here', async () => {
      const it = await open({ ready: { type: 'reconnected', access: 'read' } })
      it.frame(0, '\x1b[?1000h\x1b[?1006h\x1b[c')
      await parsed(19)
      await page.evaluate(() => window.terminal.focus())
      await page.keyboard.type('rm')
      await page.mouse.click(100, 100)
      await page.evaluate(() => window.addon.paste('x'))
      await until(
        'a word on it',
        () => window.events.filter(({ reason }) => reason === 'read-only').length >= 4,
      )
      expect(it.input).toBe('')
      expect(it.messages.filter(({ type }) => type !== 'ack' && type !== 'ping')).toEqual([])
    })

    test('focus reports: one for a program that asks, none for what is old', async () => {
      const it = await open({ ready: { type: 'reconnected', answers: 'server' } })
      await page.evaluate(() => window.terminal.blur())
      it.frame(0, '\x1b[?1004h')
      await parsed(8)
      await page.evaluate(() => window.terminal.focus())
      await eventually('the report', () => it.input !== '')
      expect(it.input).toBe('\x1b[I')
    })

    test('the bell and the clipboard are for what is new', async () => {
      const effects = '\x07\x1b]52;c;aGk=\x07\x1b]9;done\x07'
      const it = await open({ ready: { type: 'reconnected' } })
      it.json({ type: 'replay', from: 0, to: effects.length })
      it.frame(0, effects.repeat(2))
      await parsed(2 * effects.length)
      const all = await events()
      expect(all.map(({ event }) => event).filter((event) => /bell|clip|notif/.test(event))).toEqual([
        'bell',
        'clipboard',
        'notification',
      ])
    })

    test('sizes beyond reason are ignored, and said', async () => {
      const it = await open()
      for (const [cols, rows] of [
        [1001, 24],
        [80, 501],
        [0, 0],
        [2 ** 40, 2 ** 40],
      ])
        it.json({ type: 'size', cols, rows })
      it.json({ type: 'size', cols: 'NaN', rows: null })
      it.json({ type: 'size', cols: 90, rows: 20 })
      await until('the good one', () => window.terminal.cols === 90)
      expect((await events('error')).map(({ code }) => code).sort()).toEqual([
        'ERR_FRAME',
        ...Array(4).fill('ERR_SIZE'),
      ])
    })

    test('a flood is cut off, and its connection resumed where the terminal is', async () => {
      const first = await open()
      // A terminal that is stuck: an add-on's handler takes its time.
      await page.evaluate(() => {
        const stuck = new Promise((resolve) => Object.assign(window, { release: resolve }))
        window.terminal.parser.registerCsiHandler({ final: '~' }, () => stuck)
      })
      first.frame(0, '\x1b[7~')
      const frame = Buffer.alloc(1024 * 1024, 'x')
      for (let at = 0; at < 64; at += 1) first.frame(4 + at * frame.length, frame)
      await eventually('the end of it', () => first.closed === 4003)
      expect((await events('error')).map(({ code }) => code)).toEqual(['ERR_FLOOD'])
      const second = await connection(1)
      second.ready({ type: 'reconnected' })
      const offset = Number(second.query.offset)
      expect(offset % frame.length).toBe(4)
      expect(offset).toBeLessThan(40 * frame.length)
      await page.evaluate(() => window.release(true))
      second.frame(offset, 'AFTER')
      await sees('AFTER')
    })

    test('two thousand frames of noise: events, and a page that lives', async () => {
      await page.evaluate((url) => {
        window.add(url, { backoff: { min: 1, max: 2, failures: 1000 } })
        window.client.connect()
      }, stage.url)
      let seed = 12_345
      const random = (below) => {
        seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0
        return Math.floor((seed / 2 ** 32) * below)
      }
      const types = [
        'connected',
        'reconnected',
        'replay',
        'gap',
        'snapshot',
        'size',
        'exit',
        'viewers',
        'error',
        'x',
      ]
      const values = [0, 1, 24, 80, 1e9, -1, 1.5, '7', null, {}, [], true, 2 ** 53, '\x1b[c']
      const value = () => values[random(values.length)]
      const noise = [
        (it) => it.ws.send(crypto.randomBytes(random(40))),
        (it) => it.frame(random(50), crypto.randomBytes(random(200)), random(3) === 0),
        (it) => it.ws.send('{"type":'.slice(0, random(9))),
        (it) => {
          const names = [
            'offset',
            'length',
            'from',
            'to',
            'cols',
            'rows',
            'code',
            'count',
            'sessionId',
            'message',
          ]
          const rest = Object.fromEntries(names.map((name) => [name, value()]))
          it.json({ type: types[random(types.length)], ...rest })
        },
      ]
      let sent = 0
      while (sent < 2000) {
        const it = await eventually('a connection', async () => {
          const last = stage.connections.at(-1)
          if (last?.ws.readyState === 1) return last
          await page.evaluate(() => window.client.connect())
          return null
        })
        it.ready()
        for (let i = 0; i < 20; i += 1, sent += 1) noise[random(noise.length)](it)
        await page.evaluate(() => 0)
      }
      await page.evaluate(() => {
        window.client.close()
        window.client.connect()
      })
      const last = await eventually('a last connection', () => {
        const it = stage.connections.at(-1)
        return it.ws.readyState === 1 && it.messages.length === 0 && it
      })
      last.ready()
      await live()
      const { offset } = last.query
      last.json({ type: 'snapshot', offset: 5, cols: 80, rows: 24, length: 4 })
      last.frame(5, 'GOOD', true)
      await sees('GOOD')
      expect(offset === undefined || /^\d+$/.test(offset)).toBe(true)
    })
  })
})
