// A terminal that two pages show, the second by a link.

const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const browserTest = findBrowser() ? test : test.skip
const TOKEN = 's3cret'

let host
let browser
let contexts
let errors

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  host = await startServer({ authToken: TOKEN })
  contexts = []
  errors = []
})
afterEach(async () => {
  for (const context of contexts) await context.close()
  await host.stop()
  expect(errors).toEqual([])
})

/** A page of somebody else: another browser profile, with another window. */
async function visit(url, viewport = { width: 1280, height: 800 }) {
  const context = await browser.newContext({ viewport })
  contexts.push(context)
  const page = await context.newPage()
  page.on('pageerror', (error) => errors.push(error.stack))
  await page.goto(url)
  await page.waitForSelector('.pane[data-state="live"]')
  return page
}

const owner = () => visit(`${host.url}/?renderer=dom&path=${encodeURIComponent(host.folder)}#token=${TOKEN}`)

async function share(page, access) {
  await page.click('.pane [aria-label="Share"]')
  await page.selectOption('#share-access', access)
  await page.selectOption('#share-time', { label: 'a day' })
  await page.click('#share-make')
  const link = await eventually('a link', () => page.inputValue('#share-url'))
  await page.keyboard.press('Escape')
  return link
}

const screen = (page) =>
  page.evaluate(() => {
    const [{ terminal }] = window.offheap.terminals.values()
    const { active } = terminal.buffer
    return Array.from({ length: active.length }, (_, i) => active.getLine(i).translateToString(true)).join(
      '\n',
    )
  })
const sees = (page, text) => eventually(text, async () => (await screen(page)).includes(text))
const says = (page, selector, text) =>
  eventually(`${selector}: ${text}`, async () => (await page.textContent(selector)) === text)
const sizeOf = (page) =>
  page.evaluate(() => {
    const [{ terminal }] = window.offheap.terminals.values()
    return [terminal.cols, terminal.rows]
  })

async function type(page, text) {
  await page.locator('.xterm-helper-textarea').focus()
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

browserTest('a reader by a link sees the terminal as it is, and types in vain', async () => {
  const mine = await owner()
  await sees(mine, 'ready>')
  await type(mine, 'echo be""fore')
  await sees(mine, '\nbefore\n')
  const link = await share(mine, 'read')
  expect(new URL(link).search).toBe('')
  const theirs = await visit(link.replace('/#', '/?renderer=dom#'), { width: 700, height: 500 })
  await sees(theirs, '\nbefore\n')
  await says(theirs, '.pane .badge', 'read-only · 2 viewers')
  await says(mine, '.pane .badge', '2 viewers')
  await type(mine, 'echo af""ter')
  await sees(theirs, '\nafter\n')
  expect(await sizeOf(theirs)).toEqual(await sizeOf(mine))

  const typed = host.registry.stats().bytesIn
  await type(theirs, 'echo mine')
  await says(theirs, '.chip', 'This terminal is read-only')
  expect(host.registry.stats().bytesIn).toBe(typed)

  await theirs.close()
  await says(mine, '.pane .badge', '')
  expect(host.registry.list()).toHaveLength(1)
})

browserTest('a link may let write, too; a reload keeps it', async () => {
  const mine = await owner()
  await sees(mine, 'ready>')
  const theirs = await visit((await share(mine, 'write')).replace('/#', '/?renderer=dom#'))
  await theirs.reload()
  await theirs.waitForSelector('.pane[data-state="live"]')
  await type(theirs, 'echo by the ot""her')
  await sees(mine, '\nby the other\n')
  expect(host.registry.list()).toHaveLength(1)
})

browserTest('a link that is revoked cuts its reader off, and does not come back', async () => {
  const mine = await owner()
  const link = await share(mine, 'read')
  const theirs = await visit(link.replace('/#', '/?renderer=dom#'))
  const token = new URLSearchParams(new URL(link).hash.slice(1)).get('share')
  const revoked = await fetch(`${host.url}/api/terminal/share?share=${encodeURIComponent(token)}`, {
    method: 'DELETE',
    headers: { Authorization: `Bearer ${TOKEN}` },
  })
  expect(revoked.status).toBe(200)
  await theirs.waitForSelector('.pane[data-state="refused"]')
  await says(mine, '.pane .badge', '')
})
