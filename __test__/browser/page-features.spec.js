// What the page does with what programs and other viewers say, and where it
// can be served.

const fs = require('node:fs')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startProxy } = require('../helpers/proxy')
const { startServer } = require('../helpers/server')

const browserTest = findBrowser() ? test : test.skip
if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')

let host
let browser
let context
let page
let errors

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  host = await startServer()
  if (!browser) return
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await newPage()
})
afterEach(async () => {
  await context?.close()
  await host.stop()
  expect(errors).toEqual([])
})

async function newPage() {
  const fresh = await context.newPage()
  errors = []
  fresh.on('pageerror', (error) => errors.push(error.stack))
  return fresh
}

async function open(base = host.url, query = '') {
  await page.goto(`${base}/?path=${encodeURIComponent(host.folder)}&renderer=dom${query}`)
  await page.waitForSelector('.pane[data-state="live"]')
  await sees('ready>')
}

const screen = (index = 0) =>
  page.evaluate((at) => {
    const buffer = [...window.offheap.terminals.values()][at].terminal.buffer.active
    return Array.from({ length: buffer.length }, (_, i) => buffer.getLine(i).translateToString(true)).join(
      '\n',
    )
  }, index)
const sees = (text, index = 0) =>
  eventually(JSON.stringify(text), async () => (await screen(index)).includes(text))
const says = (selector, text) =>
  eventually(`${selector}: ${text}`, async () => (await page.textContent(selector))?.includes(text))

async function type(text) {
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

/** Prints what a program would, from a file: typed, it would be seen twice. */
async function print(bytes) {
  fs.writeFileSync(host.file('printed'), bytes)
  await type('cat printed')
}

browserTest.each(['', '&mux'])('under a path prefix everything works%s', async (query) => {
  const prefix = '/tools/terminals'
  const site = await startProxy((url) =>
    url.startsWith(`${prefix}/`) ? { url: host.url, path: url.slice(prefix.length) } : null,
  )
  try {
    await open(site.url + prefix, query)
    await type('echo $((6*7))-typed')
    await sees('\n42-typed\n')
    await eventually('figures', async () => /\d/.test(await page.textContent('#stats')))
    await page.click('.pane [aria-label="Close"]')
    await page.click('.toast [aria-label="Dismiss"]')
    await eventually('no session', () => host.registry.list().length === 0)
    expect(site.lost).toEqual([])
  } finally {
    await page.goto('about:blank')
    site.close()
  }
})

browserTest('a program’s title is on the tab, until the reader gives another', async () => {
  await open()
  await print('\x1b]2;build: 3 of 7\u202e\x07')
  await says('.tab-title', 'build: 3 of 7')
  expect(await page.title()).toBe('build: 3 of 7 · offheap-terminal')
  await page.keyboard.press('Alt+Shift+R')
  await page.keyboard.type('mine')
  await page.keyboard.press('Enter')
  await print('\x1b]2;build: 4 of 7\x07')
  await says('.pane-subtitle', 'build: 4 of 7')
  expect(await page.textContent('.tab-title')).toBe('mine')
  await page.reload()
  await page.waitForSelector('.pane[data-state="live"]')
  expect(await page.textContent('.tab-title')).toBe('mine')
})

describe('the clipboard', () => {
  const copies = (text) => `\x1b]52;c;${Buffer.from(text).toString('base64')}\x07`
  const clipboard = () => page.evaluate(() => navigator.clipboard.readText())
  beforeEach(async () => {
    await context?.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: host.url })
  })

  browserTest('is written where the reader has just pressed a key, and that is seen', async () => {
    await open()
    await print(copies('grüße'))
    await says('.chip', 'Copied 5 characters')
    expect(await clipboard()).toBe('grüße')
    const typed = host.registry.stats().bytesIn
    await print('\x1b]52;c;?\x07never read')
    await sees('never read')
    expect(host.registry.stats().bytesIn - typed).toBe('cat printed\r'.length)
  })

  browserTest('is not written by a terminal in the background, unless the reader says so', async () => {
    await open()
    fs.writeFileSync(host.file('printed'), copies('from behind'))
    await page.evaluate(() => navigator.clipboard.writeText('before'))
    await type(`until [ -e ${host.file('go')} ]; do sleep 0.05; done; cat printed`)
    await page.click('#new')
    await page.waitForFunction(() => document.querySelectorAll('.pane[data-state="live"]').length === 2)
    await page.keyboard.press('a')
    fs.writeFileSync(host.file('go'), '')
    await says('.toast', 'wants to write 11 characters')
    expect(await clipboard()).toBe('before')
    await page.click('.toast >> text=Copy')
    await eventually('the copy', async () => (await clipboard()) === 'from behind')
  })

  browserTest('is not written again by a reload', async () => {
    await open()
    await print(copies('once'))
    await says('.chip', 'Copied')
    await page.evaluate(() => navigator.clipboard.writeText('mine'))
    await page.reload()
    await page.waitForSelector('.pane[data-state="live"]')
    await sees('cat printed')
    await type('echo af""ter')
    await sees('\nafter\n')
    expect(await clipboard()).toBe('mine')
  })
})

describe('links', () => {
  const link = (address, text) => `\x1b]8;;${address}\x1b\\${text}\x1b]8;;\x1b\\\n`
  /** Points at the beginning of a line, some cells in. */
  async function pointAt(text) {
    const [x, y] = await page.evaluate((wanted) => {
      const { buffer, rows, cols } = [...window.offheap.terminals.values()][0].terminal
      const { active } = buffer
      const lines = Array.from({ length: rows }, (_, i) =>
        active.getLine(active.viewportY + i).translateToString(true),
      )
      const row = lines.findIndex((line) => line.startsWith(wanted))
      const { left, top, width, height } = document.querySelector('.xterm-screen').getBoundingClientRect()
      return [left + (width / cols) * 2.5, top + (height / rows) * (row + 0.5)]
    }, text)
    await page.mouse.move(x - 1, y)
    await page.mouse.move(x, y)
  }

  browserTest('say where they lead, and open outside', async () => {
    await context.route('http://example.test/**', (route) => route.fulfill({ body: 'there' }))
    await open()
    await print(`\n${link('http://example.test/elsewhere?a=1', 'https://bank.example/')}`)
    await sees('bank.example')
    await pointAt('https://bank')
    await says('.chip', 'http://example.test/elsewhere?a=1')
    const opened = context.waitForEvent('page')
    await page.mouse.down()
    await page.mouse.up()
    const other = await opened
    await other.waitForURL('http://example.test/elsewhere?a=1')
    expect(await other.evaluate(() => window.opener)).toBe(null)
  })

  browserTest.each([
    'javascript:alert(1)',
    'file:///etc/passwd',
    'data:text/html,hi',
    'ssh://host',
    'no address',
  ])('%s is not opened', async (address) => {
    await open()
    await print(`\n${link(address, 'click here')}`)
    await sees('click here')
    await pointAt('click here')
    await says('.chip', `Not opened: ${address}`)
    await page.mouse.down()
    await page.mouse.up()
    await type('echo af""ter')
    await sees('\nafter\n')
    expect(context.pages()).toHaveLength(1)
  })
})

describe('pasting', () => {
  const paste = (text) =>
    page.evaluate((pasted) => {
      const data = new DataTransfer()
      data.setData('text/plain', pasted)
      const event = new ClipboardEvent('paste', { clipboardData: data, bubbles: true, cancelable: true })
      document.activeElement.dispatchEvent(event)
    }, text)
  const LINES = Array.from({ length: 6 }, (_, i) => `echo li""ne-${i}\n`).join('')

  browserTest('many lines are asked about, and shown', async () => {
    await open()
    await paste(LINES)
    await page.waitForSelector('#paste[open]')
    expect(await page.textContent('#paste-title')).toBe('Paste 6 lines?')
    expect(await page.textContent('#paste-text')).toBe(LINES)
    await page.keyboard.press('Escape')
    await type('echo not""hing')
    await sees('\nnothing\n')
    expect(await screen()).not.toContain('line-0')
    await paste(LINES)
    await page.click('#paste[open] >> text="Paste"')
    await sees('\nline-5\n')
  })

  browserTest('a few are not', async () => {
    await open()
    await paste('echo one-$((1+1))\necho two\x1b[201~-$((1+2))\n')
    await sees('\none-2\n')
    await sees('\ntwo-3\n')
  })
})

describe('sharing', () => {
  const share = (answer) => page.route('**/api/terminal/share', answer)
  const json = (status, body) => ({ status, contentType: 'application/json', body: JSON.stringify(body) })

  browserTest('a refusal is said', async () => {
    await share((route) =>
      route.fulfill(
        route.request().postDataJSON().sessionId ? json(429, { error: 'Too many shares' }) : json(400, {}),
      ),
    )
    await open()
    await page.click('.pane [aria-label="Share"]')
    await page.click('#share-make')
    await says('#share-trouble', 'Too many shares')
    expect(await page.isVisible('#share-result')).toBe(false)
  })

  browserTest('is not offered where the server does not', async () => {
    await share((route) => route.fulfill(json(404, { error: 'Not found' })))
    const probed = page.waitForResponse('**/api/terminal/share')
    await open()
    await probed
    expect(await page.isVisible('.pane [aria-label="Share"]')).toBe(false)
  })

  browserTest(
    'a shared page shows one terminal, asks for no token, and keeps its own out of addresses',
    async () => {
      const addresses = []
      page.on('websocket', (socket) => addresses.push(new URL(socket.url())))
      const requests = []
      page.on('request', (request) => requests.push(request.url()))
      await page.goto(`${host.url}/?renderer=dom&share=t%26k`)
      const [{ searchParams }] = await eventually('a connection', () => addresses.length > 0 && addresses)
      expect([searchParams.get('share'), searchParams.get('sessionId')]).toEqual(['t&k', null])
      expect(page.url()).toBe(`${host.url}/?renderer=dom#share=t%26k`)
      expect(requests.filter((url) => url.includes('/api/'))).toEqual([])
      expect(await page.isVisible('#new')).toBe(false)
      await page.keyboard.press('Alt+Shift+N')
      expect(await page.locator('.pane').count()).toBe(1)
    },
  )
})
