// The page while its server is killed and started anew: terminals whose shells
// live on go on at the next byte, those that lost theirs say so and offer another.

const fs = require('node:fs')
const path = require('node:path')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually, isRunning } = require('../helpers/proc')
const { runServer } = require('../helpers/server')
const { workspace } = require('../helpers/workspace')
const { PATIENCE } = require('../helpers/patience')

const browserTest = findBrowser() && process.platform !== 'win32' ? test : test.skip
if (!findBrowser()) console.warn('No Chromium found (set CHROMIUM): the browser tests are skipped.')

let space
let browser
let context
let page
let servers
let errors

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  space = workspace()
  servers = []
  errors = []
  if (!browser) return
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  page.on('pageerror', (error) => errors.push(error.stack))
})
afterEach(async () => {
  await context?.close()
  for (const { child, exited } of servers) {
    child.kill('SIGINT')
    await exited
  }
  await eventually('the keeper to end', () => !fs.existsSync(path.join(state(), 'keeper.sock')), PATIENCE)
  space.remove()
  expect(errors).toEqual([])
})

const state = () => path.join(space.folder, 'state')
const serve = async (env) => {
  const server = runServer({ STATE_DIR: state(), ...env })
  servers.push(server)
  const [url] = await eventually('the address', () => /http:\S+/.exec(server.said.stdout), PATIENCE)
  return { ...server, url, port: new URL(url).port }
}
const open = async ({ url }) => {
  await page.goto(`${url}/?path=${encodeURIComponent(space.folder)}&projectId=p&renderer=dom`)
  await page.waitForSelector('.pane[data-state="live"]')
  await sees('ready>')
}
const screen = () =>
  page.evaluate(() => {
    const buffer = [...window.offheap.terminals.values()][0].terminal.buffer.active
    return Array.from({ length: buffer.length }, (_, i) => buffer.getLine(i).translateToString(true)).join(
      '\n',
    )
  })
const sees = (text) => eventually(JSON.stringify(text), async () => (await screen()).includes(text), PATIENCE)
const type = async (text) => {
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}
const list = async ({ url }) => {
  const response = await fetch(`${url}/api/terminal/list?projectId=p`)
  return (await response.json()).sessions
}

browserTest('a shell that lives on goes on at the next byte, and is marked as restored', async () => {
  const first = await serve({ PORT: '0', KEEP_SHELLS: '1' })
  await open(first)
  await type('echo "pid $$ ."')
  const pid = await eventually(
    'its pid',
    async () => Number(/pid (\d+) \./.exec(await screen())?.[1]),
    PATIENCE,
  )
  await type('for i in $(seq 1 60); do echo "line $i."; sleep 0.03; done; echo "all $((1+1))"')
  await sees('line 9.')
  first.child.kill('SIGKILL')
  await first.exited
  expect(isRunning(pid)).toBe(true)
  const second = await serve({ PORT: first.port, KEEP_SHELLS: '1' })
  await sees('all 2')
  const numbers = [...(await screen()).matchAll(/^line (\d+)\.$/gm)].map(([, number]) => Number(number))
  expect(numbers).toEqual(Array.from({ length: 60 }, (_, at) => at + 1))
  await page.waitForSelector('.pane-head .badge:has-text("restored")')
  expect(await list(second)).toMatchObject([{ status: 'active', restored: true, lost: false, exit: null }])
})

browserTest('a shell that is lost leaves its text, and another starts where it stopped', async () => {
  const first = await serve({ PORT: '0' })
  await open(first)
  await type('echo $((6*7))-before')
  await sees('42-before')
  first.child.kill('SIGKILL')
  await first.exited
  const second = await serve({ PORT: first.port })
  const bar = page.locator('.pane .notice', { hasText: 'What it printed is kept' })
  await bar.waitFor({ timeout: PATIENCE })
  expect(await list(second)).toMatchObject([{ status: 'lost', restored: true, lost: true, exit: null }])
  await page.waitForSelector('.pane-head .badge:has-text("shell lost")')
  expect((await screen()).match(/42-before/g)).toHaveLength(1)

  await bar.getByRole('button', { name: 'New shell here' }).click()
  await bar.waitFor({ state: 'hidden', timeout: PATIENCE })
  await page.click('.pane .screen')
  await type('echo $((6*7))-after')
  await sees('42-after')
  // The past is above it, once; a reload finds both.
  expect(await screen()).toMatch(/42-before.*ready>.*42-after/s)
  await page.reload()
  await sees('42-after')
  expect((await screen()).match(/42-before\n/g)).toHaveLength(1)

  // The same over HTTP, which says what it cannot do.
  const spawn = async ({ url }, sessionId) => {
    const body = JSON.stringify({ sessionId, projectId: 'p' })
    const headers = { 'Content-Type': 'application/json' }
    const response = await fetch(`${url}/api/terminal/spawn`, { method: 'POST', headers, body })
    return [response.status, await response.json()]
  }
  const [{ id }] = await list(second)
  expect(await spawn(second, id)).toMatchObject([409, { code: 'ERR_SESSION_STARTED' }])
  expect(await spawn(second, 'nobody')).toMatchObject([404, {}])
  second.child.kill('SIGKILL')
  await second.exited
  const third = await serve({ PORT: first.port })
  await bar.waitFor({ timeout: PATIENCE })
  const made = { success: true, session: { status: 'active', lost: false } }
  expect(await spawn(third, id)).toMatchObject([200, made])
  await bar.waitFor({ state: 'hidden', timeout: PATIENCE })
})
