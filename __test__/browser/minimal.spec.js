// examples/minimal as printed: its page, from its server, in a browser.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const net = require('node:net')
const path = require('node:path')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')

const FOLDER = path.join(__dirname, '../../examples/minimal')
const TOKEN = 's3cret & more'
const browserTest = findBrowser() ? test : test.skip

test('the page has at most 25 lines', () => {
  const page = fs.readFileSync(path.join(FOLDER, 'index.html'), 'utf8')
  expect(page.trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

describe('in a browser', () => {
  let port
  let child
  let browser

  async function serve() {
    child = spawn(process.execPath, [path.join(FOLDER, 'server.js')], {
      env: { ...process.env, NODE_OPTIONS: '', PORT: String(port), AUTH_TOKEN: TOKEN },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    await once(child.stdout, 'data') // It listens.
  }
  async function end() {
    child.kill()
    await once(child, 'exit')
  }

  beforeAll(async () => {
    if (!findBrowser()) return
    // One that nobody listens on: the example does not say which one it got.
    const server = net.createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    port = server.address().port
    server.close()
    await once(server, 'close')
    browser = await launchBrowser()
    await serve()
  })
  afterAll(async () => {
    await browser?.close()
    if (child) await end()
  })

  browserTest('a token, several terminals, a reload, a restart of the server, an end', async () => {
    const page = await browser.newPage()
    const errors = []
    page.on('pageerror', (error) => errors.push(error.stack))
    page.on('dialog', (dialog) => dialog.accept(TOKEN))
    const screens = page.locator('.xterm-rows')
    const sees = (text, at) =>
      eventually(text, async () => (await screens.nth(at).textContent()).includes(text))
    const type = async (text, at) => {
      await page.locator('.xterm-helper-textarea').nth(at).focus()
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    const areLive = (count) =>
      page.waitForFunction((n) => document.querySelectorAll('.xterm[title=live]').length === n, count)

    await page.goto(`http://127.0.0.1:${port}/`)
    for (const at of [0, 1]) {
      await page.click('#new')
      await areLive(at + 1)
      await type(`echo ter""minal-${at}`, at)
      await sees(`terminal-${at}`, at)
    }
    await page.reload()
    await areLive(2)
    for (const at of [0, 1]) await sees(`terminal-${at}`, at)

    await type('exit', 0)
    await page.waitForSelector('.xterm[title=exited]')
    await page.reload()
    await areLive(1)
    await sees('terminal-1', 0)
    expect(await page.locator('.xterm').count()).toBe(1)

    await end()
    await page.waitForSelector('.xterm:not([title=live])')
    await serve()
    await areLive(1)
    await type('echo an""other', 0)
    await sees('another', 0)
    expect(errors).toEqual([])
  })
})
