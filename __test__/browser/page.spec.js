// The page in a real browser, over a wire that can be cut.

const crypto = require('node:crypto')
const http = require('node:http')
const { findBrowser, launchBrowser, wire } = require('../helpers/browser')
const { COUNTER, LINE, FIRST_LINE, counterBytes } = require('../helpers/counter')
const { eventually, isRunning } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const browserTest = findBrowser() ? test : test.skip
if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')

let host
let line
let browser
let page
let errors

beforeAll(async () => {
  if (!findBrowser()) return
  browser = await launchBrowser()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  if (!findBrowser()) return
  host = await startServer({ historyBytes: 32 * 1024 * 1024, maxSessions: 0, maxSessionsPerProject: 0 })
  line = await wire(host.url)
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, colorScheme: 'light' })
  page = await context.newPage()
  errors = []
  page.on('pageerror', (error) => errors.push(error.stack))
  page.on('console', (message) => {
    // The browser itself reports connections that fail: some of these tests cut them.
    if (message.type() === 'error' && !/WebSocket|Failed to load resource/.test(message.text())) {
      errors.push(message.text())
    }
  })
  await page.addInitScript(tapTerminals)
})
afterEach(async () => {
  if (!findBrowser()) return
  await page.context().close()
  line.close()
  await host.stop()
  expect(errors).toEqual([])
})

/** Runs in the page: keeps its sockets, and what each terminal is given to write, from its first byte on. */
function tapTerminals() {
  window.sockets = []
  window.WebSocket = class extends WebSocket {
    constructor(...args) {
      super(...args)
      window.sockets.push(this)
    }
  }
  window.tapped = new Map()
  let found
  Object.defineProperty(window, 'offheap', {
    configurable: true,
    get: () => found,
    set(value) {
      found = value
      const { set } = value.terminals
      value.terminals.set = function (id, pane) {
        const chunks = []
        window.tapped.set(id, chunks)
        const write = pane.terminal.write.bind(pane.terminal)
        pane.terminal.write = (data, callback) => {
          chunks.push(data.slice())
          return write(data, callback)
        }
        return set.call(this, id, pane)
      }
    },
  })
}

async function open(query = '') {
  await page.goto(`${line.url}/?path=${encodeURIComponent(host.folder)}&renderer=dom${query}`)
  await live(1)
}

function live(count) {
  return page.waitForFunction(
    (n) => document.querySelectorAll('.pane[data-state="live"]').length === n,
    count,
  )
}

/** The text of a terminal's buffer, scrollback included. */
function screen(index = 0) {
  return page.evaluate((at) => {
    const buffer = [...window.offheap.terminals.values()][at].terminal.buffer.active
    return Array.from({ length: buffer.length }, (_, i) => buffer.getLine(i).translateToString(true)).join(
      '\n',
    )
  }, index)
}

function sees(text, index = 0) {
  return eventually(JSON.stringify(text), async () => (await screen(index)).includes(text))
}

async function type(text) {
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

/** What the terminal was given to write. */
async function written() {
  const base64 = await page.evaluate(async () => {
    const [chunks] = window.tapped.values()
    const url = await new Promise((resolve) => {
      const reader = new FileReader()
      reader.onload = () => resolve(reader.result)
      reader.readAsDataURL(new Blob(chunks))
    })
    return url.slice(url.indexOf(',') + 1)
  })
  return Buffer.from(base64, 'base64')
}

function sha256(data) {
  return crypto.createHash('sha256').update(data).digest('hex')
}

browserTest('a command is typed, and its output read from the screen', async () => {
  await open()
  await sees('ready>')
  await type('echo $((6*7))-typed')
  await sees('\n42-typed\n')
  await type("printf '%s\\n' 'grüße 日本 🎉'")
  await sees('\ngrüße 日本 🎉\n')
})

browserTest('a browser that keeps nothing for the site has a working page', async () => {
  await page.addInitScript(() => {
    for (const name of ['localStorage', 'sessionStorage'])
      Object.defineProperty(window, name, {
        get() {
          throw new DOMException('The operation is insecure.', 'SecurityError')
        },
      })
  })
  await open()
  await sees('ready>')
  await page.keyboard.press('Alt+Shift+L')
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark')
  await page.keyboard.press('Alt+Shift+G')
  expect(await page.evaluate(() => document.querySelector('button[data-layout="tabs"]').ariaPressed)).toBe(
    'true',
  )
  await type('echo works-$((6*7))')
  await sees('works-42')
})

browserTest('with the connection killed in full flow, every byte comes exactly once', async () => {
  const lines = 300_000
  await open()
  await sees('ready>')
  await page.evaluate(() => {
    window.gaps = []
    const [pane] = window.offheap.terminals.values()
    pane.client.addEventListener('gap', ({ detail }) => window.gaps.push(detail))
  })
  await type(`stty -echo; node ${COUNTER} ${lines} 128 1; echo fin''ished`)
  const state = () =>
    page.evaluate(() => {
      const [pane] = window.offheap.terminals.values()
      return { offset: pane.client.offset, state: pane.state }
    })
  // The page may have lost its socket, by the last cut, since it was asked.
  const close = () =>
    page.evaluate(() => {
      const socket = window.sockets.find(({ readyState }) => readyState === WebSocket.OPEN)
      socket?.close()
      return socket !== undefined
    })
  let cuts = 0
  let at = 0
  await eventually('eight cuts', async () => {
    const now = await state()
    if (now.state === 'waiting')
      await page.evaluate(() => [...window.offheap.terminals.values()][0].reconnect())
    if (now.state !== 'live' || now.offset < at + 100_000) return false
    if (cuts % 2 === 0) line.cut()
    else if (!(await close())) return false
    at = now.offset
    cuts += 1
    return cuts === 8
  })
  expect(at).toBeLessThan(lines * LINE)
  await eventually('the end', async () => (await screen()).includes('\nfinished\nready>'))

  expect(await page.evaluate(() => window.gaps)).toEqual([])
  const all = await written()
  const start = all.indexOf(FIRST_LINE)
  const stream = all.subarray(start, start + lines * LINE)
  expect(sha256(stream)).toBe(sha256(counterBytes(0, lines * LINE)))
  expect(all.subarray(start + stream.length).toString()).toBe('finished\r\nready> ')
  // And what is on the screen is the end of it, line after line.
  const shown = (await screen())
    .split('\n')
    .filter((text) => /^\d{14}$/.test(text))
    .map(Number)
  expect(shown.length).toBeGreaterThan(1000)
  expect(shown).toEqual(Array.from({ length: shown.length }, (_, i) => lines - shown.length + i))
})

browserTest('a reload finds the session where it was, and answers no old questions', async () => {
  await open()
  await sees('ready>')
  await type("echo on''ce; printf '\\033[c\\033[6n'; read -rs -t 1 -d R x; echo re''ad")
  await sees('\nread\n')
  const session = host.registry.list()[0]
  const typed = host.registry.stats().bytesIn
  await page.reload()
  await live(1)
  await sees('\nread\n')
  expect((await screen()).split('\nonce').length).toBe(2)
  expect(host.registry.list().map(({ pid }) => pid)).toEqual([session.pid])
  await type('echo go""es on')
  await sees('\ngoes on\n')
  expect(host.registry.stats().bytesIn - typed).toBe('echo go""es on\r'.length)
})

browserTest('several terminals, in a grid and in tabs, each with its own shell', async () => {
  await open()
  await sees('ready>')
  await page.click('#new')
  await live(2)
  await sees('ready>', 1)
  await type('echo se""cond')
  await sees('\nsecond\n', 1)
  expect(await screen(0)).not.toContain('second')
  await page.click('button[data-layout="tabs"]')
  expect(await page.evaluate(() => document.body.dataset.layout)).toBe('tabs')
  expect(await page.locator('.pane:visible').count()).toBe(1)
  await page.keyboard.press('Alt+Shift+Digit1')
  expect(await page.getAttribute('.tab >> nth=0 >> [role=tab]', 'aria-selected')).toBe('true')
  await type('echo fi""rst')
  await sees('\nfirst\n', 0)
  expect(await screen(1)).not.toContain('first')
  expect(host.registry.list()).toHaveLength(2)
})

browserTest('a terminal that is closed ends its shell', async () => {
  await open()
  await sees('ready>')
  const [{ pid }] = host.registry.list()
  await page.evaluate(() => window.offheap.close([...window.offheap.terminals.keys()][0], { now: true }))
  await eventually('no session', () => host.registry.list().length === 0)
  await eventually('no shell', () => !isRunning(pid))
  expect(await page.locator('.pane').count()).toBe(0)
  expect(await page.isVisible('#empty')).toBe(true)
})

browserTest('a shell that exits says so; Enter starts another', async () => {
  await open()
  await sees('ready>')
  await type('exit 3')
  await page.waitForSelector('.pane[data-state="exited"]')
  expect(await page.textContent('.pane .status')).toMatch('exited 3')
  await page.keyboard.press('Enter')
  await live(1)
  await type('echo an""other')
  await sees('\nanother\n')
})

browserTest('light and dark, by the system and by the button', async () => {
  await open()
  const look = () =>
    page.evaluate(() => {
      const [pane] = window.offheap.terminals.values()
      return [getComputedStyle(document.body).backgroundColor, pane.terminal.options.theme.background]
    })
  const brightness = ([css]) =>
    css
      .match(/\d+/g)
      .slice(0, 3)
      .reduce((sum, part) => sum + Number(part), 0)
  const light = await look()
  expect(brightness(light)).toBeGreaterThan(550)
  await page.emulateMedia({ colorScheme: 'dark' })
  await eventually('the dark', async () => brightness(await look()) < 200)
  const dark = await look()
  expect(dark[1]).not.toBe(light[1])
  await page.click('#toggle-theme')
  await eventually('the light again', async () => JSON.stringify(await look()) === JSON.stringify(light))
})

browserTest('a server with a token is asked for it, and the token stays out of addresses', async () => {
  const asking = await startServer({ authToken: 's3cret & more' })
  try {
    const addresses = []
    page.on('request', (request) => addresses.push(request.url()))
    await page.goto(`${asking.url}/?renderer=dom`)
    await page.waitForSelector('#access[open]')
    await page.fill('#access-token', 'wrong')
    await page.keyboard.press('Enter')
    await page.waitForSelector('#access[open] >> text=not the right one')
    await page.fill('#access-token', 's3cret & more')
    await page.keyboard.press('Enter')
    await live(1)
    expect(await page.isVisible('#access')).toBe(false)
    await eventually('figures', async () => /\d/.test(await page.textContent('#stats')))
    expect(addresses.filter((address) => /s3cret/.test(new URL(address).search))).toEqual([])
    await page.click('.pane [aria-label="Close"]')
    await page.click('.toast [aria-label="Dismiss"]')
    await eventually('no session', () => asking.registry.list().length === 0)
  } finally {
    await page.goto('about:blank')
    await asking.stop()
  }
})

browserTest('what the page says at its lower edge covers no button there', async () => {
  await open()
  await page.click('#new')
  await live(2)
  await page.click('.pane >> nth=1 >> [aria-label="Close"]')
  await type('exit')
  await page.waitForSelector('.pane[data-state="exited"]')
  expect(await page.isVisible('.toast')).toBe(true)
  await page.click('.notice button:visible')
  await live(1)
})

browserTest('a new terminal is brought into view where the grid is longer than the page', async () => {
  await page.setViewportSize({ width: 390, height: 700 })
  await open()
  for (let count = 2; count <= 4; count += 1) {
    await page.click('#new')
    await live(count)
  }
  const [pane, stage] = await page.evaluate(() =>
    [[...document.querySelectorAll('.pane')].at(-1), document.getElementById('stage')].map((node) => {
      const { top, bottom } = node.getBoundingClientRect()
      return { top, bottom }
    }),
  )
  expect(pane.bottom).toBeLessThanOrEqual(stage.bottom + 1)
})

browserTest('the live panel shows figures of the server', async () => {
  await open()
  await eventually('figures', async () => /\d/.test(await page.textContent('#stats')))
})

browserTest("a foreign page cannot reach the server's shells", async () => {
  const foreign = http.createServer((_request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/html' })
    response.end('<!doctype html><title>foreign</title>')
  })
  await new Promise((resolve) => foreign.listen(0, '127.0.0.1', resolve))
  try {
    await page.goto(`http://127.0.0.1:${foreign.address().port}/`)
    const outcome = await page.evaluate(async (url) => {
      const socket = new WebSocket(url.replace('http', 'ws'), ['offheap.v1'])
      const opened = await new Promise((resolve) => {
        socket.onopen = () => resolve(true)
        socket.onclose = () => resolve(false)
      })
      const read = await fetch(`${url}/api/terminal/health`).then(
        () => true,
        () => false,
      )
      const body = JSON.stringify({ projectId: 'p', projectPath: '/' })
      // What it may not even see as opaque fails; what counts is that nothing was done.
      await fetch(`${url}/api/terminal/create`, { method: 'POST', mode: 'no-cors', body }).catch(() => {})
      return { opened, read }
    }, host.url)
    expect(outcome).toEqual({ opened: false, read: false })
    expect(host.registry.stats().created).toBe(0)
    // Its CORS refusal is the browser's word on it, not the page's error.
    errors = errors.filter((text) => !/CORS/.test(text))
  } finally {
    foreign.close()
  }
})
