// What the page shows of a terminal's shell: its directory, what it runs, what
// failed, progress, the bell, and marks to jump by.

const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')
const { PATIENCE } = require('../helpers/patience')

const browserTest = findBrowser() ? test : test.skip
if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')

let host
let browser
let page
let errors

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  host = await startServer({ shellIntegration: true })
  if (!browser) return
  page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  errors = []
  page.on('pageerror', (error) => errors.push(error.stack))
  await page.goto(`${host.url}/?path=${encodeURIComponent(host.folder)}&renderer=dom`)
  await page.waitForSelector('.pane[data-state="live"]')
  await eventually('a session', () => host.registry.list().length === 1)
  await session().waitFor('prompt', { timeout: PATIENCE })
})
afterEach(async () => {
  await page?.close()
  await host.stop()
  expect(errors).toEqual([])
})

const session = (index = 0) => {
  const { id, projectId } = host.registry.list()[index]
  return host.registry.get(id, projectId ?? undefined)
}
const run = (line) => session().run(line, { timeout: PATIENCE })
const says = (selector, text) =>
  eventually(`${selector}: ${text}`, async () => (await page.textContent(selector))?.includes(text))
const top = () =>
  page.evaluate(() => {
    const { terminal } = [...window.offheap.terminals.values()][0]
    const { active } = terminal.buffer
    return active.getLine(active.viewportY).translateToString(true)
  })

browserTest('where the shell is, what it runs and for how long, and what failed', async () => {
  await says('.shell-where', host.folder.split('/').at(-1))
  session().write('read line\r')
  await says('.pane .shell-command', 'read line · ')
  await says('.pane .shell-command', '1 s')
  session().write('\r')
  await session().waitFor('prompt', { timeout: PATIENCE })
  await eventually('no command', async () => (await page.textContent('.pane .shell-command')) === '')
  await run('mkdir below && cd below && (exit 3)')
  await says('.shell-where', '/below')
  await says('.pane .shell-failed', '✗ 3')
  await says('.tab .shell-failed', '✗ 3')
  await run('true')
  await eventually('no failure', async () => (await page.textContent('.tab .shell-failed')) === '')
})

browserTest('progress, and the bell of a terminal that nobody looks at', async () => {
  session().write(`printf '\\033]9;4;2;40\\007'; read line\r`)
  await page.waitForSelector('.shell-progress[data-state="error"][aria-valuenow="40"]:not([hidden])')
  session().write('\r')
  await page.waitForSelector('.shell-progress', { state: 'hidden' })
  await run(`printf '\\007'`)
  await says('.pane .shell-where', '')
  await page.click('#new')
  await page.waitForSelector('.pane:nth-of-type(2)[data-state="live"], .pane ~ .pane[data-state="live"]')
  expect(await page.isVisible('.shell-bell')).toBe(false)
  await run(`printf '\\007'`)
  await page.waitForSelector('.pane .shell-bell', { state: 'visible' })
  await page.keyboard.press('Alt+Shift+G')
  await page.waitForSelector('.tab:first-child .shell-bell', { state: 'visible' })
  await page.click('.tab:first-child .tab-button')
  await page.waitForSelector('.tab:first-child .shell-bell', { state: 'hidden' })
})

browserTest('a way from one command to the next', async () => {
  await run('seq 100')
  await run('seq 101 200; false')
  await run('seq 201 300')
  const states = () => page.evaluate(() => [...window.offheap.terminals.values()][0].marks.states)
  await eventually('three marks', async () => (await states()).length === 3)
  await eventually('their ends', async () => (await states()).join() === 'done,failed,done')
  await page.click('.pane .xterm')
  await page.keyboard.press('Alt+Shift+ArrowUp')
  await eventually('the last command', async () => (await top()).includes('seq 201 300'))
  await page.keyboard.press('Alt+Shift+ArrowUp')
  await eventually('the one before', async () => (await top()).includes('seq 101 200'))
  await page.click('.command-mark[data-state="failed"]', { force: true })
  await eventually('the next one', async () => (await top()).includes('seq 201 300'))
})
