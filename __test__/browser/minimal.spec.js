// The page of examples/minimal as printed, before a server of sessions.

const fs = require('node:fs')
const path = require('node:path')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { startLab } = require('../helpers/lab')
const { eventually } = require('../helpers/proc')
const { startProxy } = require('../helpers/proxy')
const { startServer } = require('../helpers/server')

const PAGE = path.join(__dirname, '../../examples/minimal/index.html')
const browserTest = findBrowser() ? test : test.skip

test('it has at most 25 lines', () => {
  expect(fs.readFileSync(PAGE, 'utf8').trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

describe('in a browser', () => {
  let host
  let lab
  let site
  let browser

  beforeAll(async () => {
    if (!findBrowser()) return
    browser = await launchBrowser()
    host = await startServer({ authToken: 's3cret & more' })
    lab = await startLab({ files: { '/': fs.readFileSync(PAGE, 'utf8') } })
    site = await startProxy((url) =>
      url.startsWith('/terminals')
        ? { url: host.url, path: url.replace('/terminals', '/mux') }
        : { url: lab.url, path: url },
    )
  })
  afterAll(async () => {
    await browser?.close()
    site?.close()
    lab?.close()
    await host?.stop()
  })

  browserTest('a token, several terminals, a reload, an end', async () => {
    const page = await browser.newPage()
    const errors = []
    page.on('pageerror', (error) => errors.push(error.stack))
    page.on('dialog', (dialog) => dialog.accept('s3cret & more'))
    const sees = (text, at) =>
      eventually(
        text,
        async () => (await page.locator('.xterm-rows').nth(at).textContent()).includes(text),
        20_000,
      )
    const type = async (text, at) => {
      await page.locator('.xterm-helper-textarea').nth(at).focus()
      await page.keyboard.type(text)
      await page.keyboard.press('Enter')
    }
    await page.goto(site.url)
    for (const at of [0, 1]) {
      await page.click('#new')
      await page.waitForSelector(`.xterm[title=live] >> nth=${at}`)
      await type(`echo ter""minal-${at}`, at)
      await sees(`terminal-${at}`, at)
    }
    await page.reload()
    await page.waitForSelector('.xterm[title=live] >> nth=1')
    for (const at of [0, 1]) await sees(`terminal-${at}`, at)
    expect(host.registry.list()).toHaveLength(2)
    await type('exit', 0)
    await page.waitForSelector('.xterm[title=exited]')
    await page.reload()
    await page.waitForSelector('.xterm[title=live]')
    await sees('terminal-1', 0)
    expect(await page.locator('.xterm').count()).toBe(1)
    expect(errors).toEqual([])
  })
})
