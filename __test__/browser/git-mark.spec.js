// What the page shows of the repository that a terminal is in.

const { findBrowser, launchBrowser } = require('../helpers/browser')
const { GitLab } = require('../helpers/git-lab')
const { eventually } = require('../helpers/proc')
const { PATIENCE } = require('../helpers/patience')

const browserTest = findBrowser() ? test : test.skip
if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')

let lab
let browser

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  lab = await GitLab.open()
})
afterEach(() => lab.close())

browserTest('the branch, how far it is from its upstream, and what has changed', async () => {
  const origin = lab.repository('origin')
  const repository = lab.repository('repository')
  repository.git('remote', 'add', 'origin', origin.folder)
  const page = await browser.newPage({ viewport: { width: 1280, height: 800 } })
  const errors = []
  page.on('pageerror', (error) => errors.push(error.stack))
  await page.goto(`${lab.host.url}/?path=${encodeURIComponent(repository.folder)}&renderer=dom`)
  const shows = (place, text) => {
    const ask = async () => (await page.textContent(place)) === text
    return eventually(`${place}: ${text}`, ask, PATIENCE)
  }
  await shows('.pane .git', 'main')
  repository.write('a.txt', 'changed')
  repository.write('b.txt', '')
  await shows('.pane .git', 'main~1?1')
  expect(await page.getAttribute('.pane .git', 'title')).toBe('Branch main; 1 modified, 1 untracked')
  repository.git('fetch', '-q')
  repository.git('add', '-A')
  repository.git('branch', '-q', '--set-upstream-to', 'origin/main')
  await eventually('staged', async () => /\+2$/.test(await page.textContent('.pane .git')), PATIENCE)
  repository.git('commit', '-q', '-m', 'more')
  await eventually('ahead', async () => /^main↑/.test(await page.textContent('.pane .git')), PATIENCE)
  await page.click('[data-layout="tabs"].icon')
  await page.waitForSelector('.tab .git', { state: 'visible' })
  expect(await page.textContent('.tab .git')).toMatch(/^main↑/)
  expect(await page.locator('.toast').count()).toBe(0)
  expect(errors).toEqual([])
  await page.close()
})

browserTest('nothing where there is no repository', async () => {
  const page = await browser.newPage()
  await page.goto(`${lab.host.url}/?path=${encodeURIComponent(lab.folder)}&renderer=dom`)
  const told = () => lab.stats().watches === 1
  await eventually('the subscription', told, PATIENCE)
  expect(await page.isVisible('.pane .git')).toBe(false)
  await page.close()
  await eventually('its end', () => lab.stats().watches === 0, PATIENCE)
})
