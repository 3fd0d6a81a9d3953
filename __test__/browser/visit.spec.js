// A page of another site leads to the example's: no terminal opens before its visitor asks for one there.

const http = require('node:http')
const { once } = require('node:events')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const browserTest = findBrowser() ? test : test.skip

let host
let browser
let elsewhere
let page
beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  host = await startServer()
  // Another port is another origin, and another name another site.
  elsewhere = http.createServer((_request, response) =>
    response
      .setHeader('Content-Type', 'text/html')
      .end(`<a href="${target()}">there</a><script>function go() { location.href = "${target()}" }</script>`),
  )
  elsewhere.listen(0, '127.0.0.1')
  await once(elsewhere, 'listening')
  page = await browser?.newPage()
  await page?.addInitScript(noteUnarmed)
})
afterEach(async () => {
  await page?.close()
  elsewhere.closeAllConnections()
  elsewhere.close()
  await host.stop()
})

/** Runs in the page: notes which buttons were disabled at first. */
function noteUnarmed() {
  window.unarmed = []
  const note = (changes) => {
    for (const { target } of changes) if (!window.unarmed.includes(target.id)) window.unarmed.push(target.id)
  }
  new MutationObserver(note).observe(document, { subtree: true, attributeFilter: ['disabled'] })
}

const target = () => `${host.url}/?path=${encodeURIComponent(host.folder)}`
const created = () => host.registry.stats().created
const isReady = () => page.waitForFunction(() => window.offheap !== undefined)
const isLive = () => page.waitForSelector('.pane[data-state="live"]')

async function led(name, how) {
  await page.goto(`http://${name}:${elsewhere.address().port}/`)
  await Promise.all([page.waitForURL(`${host.url}/**`), how()])
  await isReady()
}

browserTest.each([
  ['another site', 'localhost'],
  ['another port', '127.0.0.1'],
])('led there by %s, the page waits for a click, and a reload asks no more', async (_what, name) => {
  await led(name, () => page.evaluate(() => window.go()))
  // What the page would have opened by itself it has opened by the time that the server has answered it.
  await page.evaluate(() => fetch('api/stats'))
  expect(await page.locator('.pane').count()).toBe(0)
  expect(created()).toBe(0)
  await expectText('#empty p', /A link on another site led to this page.*offheap-test-/)
  // Not by the second half of a double click that began on the other page.
  expect(await page.evaluate(() => window.unarmed)).toEqual(['new', 'empty-new'])
  await page.click('#empty-new')
  await isLive()
  expect(host.registry.list()[0].cwd).toBe(host.folder)
  await page.reload()
  await isLive()
  expect(created()).toBe(1)
})

browserTest('a link that is clicked there is the same, and what was open before waits as well', async () => {
  await page.goto(target())
  await isLive()
  await led('localhost', () => page.click('a'))
  await page.evaluate(() => fetch('api/stats'))
  expect(await page.locator('.pane').count()).toBe(0)
  await page.click('#empty-new')
  await isLive()
  expect(created()).toBe(1)
})

browserTest(
  'by the visitor, by the page itself, or with the token in the address, it opens at once',
  async () => {
    await page.goto(target())
    await isLive()
    await page.evaluate(() => sessionStorage.clear())
    await page.evaluate((url) => window.open(url, '_self'), `${target()}&again`)
    await page.waitForURL('**&again')
    await isLive()
    await page.goto(`http://localhost:${elsewhere.address().port}/`)
    await page.evaluate((url) => location.assign(url), `${target()}&once-more#token=any`)
    await page.waitForURL('**&once-more*')
    await isLive()
  },
)

async function expectText(selector, pattern) {
  await eventually(String(pattern), async () => pattern.test(await page.textContent(selector)))
}

test.each([
  ['none', false],
  ['same-origin', false],
  ['same-site', true],
  ['cross-site', true],
  [undefined, true],
])('Sec-Fetch-Site: %s', async (site, isLed) => {
  for (const path of ['/', '/index.html?path=/']) {
    const request = http.get(host.url + path, {
      headers: site ? { 'Sec-Fetch-Site': site } : {},
      agent: false,
    })
    const [response] = await once(request, 'response')
    let text = ''
    for await (const chunk of response.setEncoding('utf8')) text += chunk
    expect(text.includes('data-visit="led"')).toBe(isLed)
    expect(response.headers.vary).toBe('Sec-Fetch-Site')
  }
})
