// A page that behaves as the app's does, on another port than the migrated
// server: it loses neither text nor shells.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { APP_PAGE } = require('../helpers/app-page')
const { findBrowser, launchBrowser, wire } = require('../helpers/browser')
const { startLab } = require('../helpers/lab')
const { eventually, isRunning } = require('../helpers/proc')
const { startServer } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

/** What the app's page needs of the server; `historyBytes` is little, so that a test can exceed it. */
const SETTINGS = { historyAs: 'stream', unicodeVersion: '6', historyBytes: 8192 }

let browser
let lab
let hosts
let host
let line
let page
let failures

/** A test with a server of its settings, and the page on it. */
function browserTest(name, act, settings = {}) {
  const run = findBrowser() ? test : test.skip
  run(name, async () => {
    await serve(settings)
    await visit()
    await act()
  })
}

/** Starts a server, which is the newest one from then on. */
async function serve(settings = {}) {
  host = await startServer({ allowedOrigins: [lab.url], ...SETTINGS, ...settings })
  hosts.push(host)
  line?.lead(host.url)
}

async function visit() {
  line = await wire(host.url)
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  page.on('pageerror', (error) => failures.push(error.stack))
  const query = new URLSearchParams({ server: line.url, path: host.folder, projectId: 'p' })
  await page.goto(`${lab.url}/?${query}`)
  await page.waitForFunction('window.isReady')
}

beforeAll(async () => {
  if (!findBrowser()) return
  browser = await launchBrowser()
  lab = await startLab({ files: { '/': APP_PAGE } })
})
afterAll(async () => {
  await browser?.close()
  lab?.close()
})

beforeEach(() => {
  hosts = []
  failures = []
  line = page = null
})
afterEach(async () => {
  await page?.context().close()
  line?.close()
  for (const each of hosts) await each.stop()
  expect(failures).toEqual([])
})

const textOf = (at) => page.evaluate((index) => panes[index].text, at)
const logOf = () => page.evaluate(() => log)
const states = () => page.evaluate(() => panes.map(({ state }) => state))
const shellsOf = () => host.registry.list('p').map(({ id, pid }) => ({ id, pid }))
const sees = (text, at) => eventually(text, async () => (await textOf(at)).includes(text))
const times = (text, word) => text.split(word).length - 1

/** Opens terminals; each has its prompt when it is there. */
async function open(count) {
  for (let index = 0; index < count; index += 1) {
    await page.evaluate(() => add())
    await sees(PROMPT, (await page.evaluate(() => panes.length)) - 1)
  }
}

/** Types as a user does, into the terminal that has the focus for it. */
async function type(text, at) {
  await page.locator('.xterm-helper-textarea').nth(at).focus()
  await page.keyboard.type(text)
  await page.keyboard.press('Enter')
}

async function live(count) {
  await eventually(
    `${count} terminals`,
    async () => (await states()).filter((state) => state === 'live').length === count,
  )
}

const EACH = [0, 1, 2, 3, 4, 5]

browserTest('a grid of 2×3 comes through a reload and a lost connection', async () => {
  await open(6)
  for (const at of EACH) {
    await type(`echo ter""minal-${at}`, at)
    await sees(`\nterminal-${at}\n`, at)
  }
  const shells = shellsOf()
  expect(shells).toHaveLength(6)
  expect((await logOf()).closes).toEqual([])

  await page.reload()
  await live(6)
  for (const at of EACH) {
    await sees(`\nterminal-${at}\n`, at)
    await type(`echo re""loaded-${at}`, at)
    await sees(`\nreloaded-${at}\n`, at)
  }
  line.cut()
  await eventually('every connection to come back', () =>
    page.evaluate(() => panes.every(({ connections }) => connections === 2)),
  )
  for (const at of EACH) {
    await type(`echo af""ter-${at}`, at)
    await sees(`\nafter-${at}\n`, at)
    const text = await textOf(at)
    for (const word of ['terminal', 'reloaded', 'after']) expect(times(text, `\n${word}-${at}\n`)).toBe(1)
  }
  expect(shellsOf()).toEqual(shells)
  const { closes, errors, newShells } = await logOf()
  expect(closes.map(([, code]) => code)).toEqual(EACH.map(() => 1006))
  expect({ errors, newShells }).toEqual({ errors: [], newShells: 0 })
})

browserTest('all six panes show what is printed, without being touched', async () => {
  await open(6)
  for (const [at, { id }] of shellsOf().entries()) host.registry.get(id, 'p').write(`echo un""asked-${at}\r`)
  for (const at of EACH) await sees(`\nunasked-${at}\n`, at)
})

browserTest('what it missed beyond the history is the screen as it is', async () => {
  await open(1)
  await page.evaluate(() => panes[0].send({ type: 'suspend' }))
  await eventually('the suspension', () => page.evaluate(() => panes[0].told === 'suspended'))
  const session = host.registry.get(shellsOf()[0].id, 'p')
  session.write('seq 5000; echo l""ast\r')
  await eventually('the output', () => session.screenText().includes('\nlast\n'))
  await page.evaluate(() => panes[0].send({ type: 'resume' }))
  await sees('\nlast\n', 0)
  const text = await textOf(0)
  expect(text).toContain('\n4999\n5000\nlast\n')
  expect(times(text, '\nlast\n')).toBe(1)
  expect(times(text, '\n4500\n')).toBe(1)
  expect((await logOf()).errors).toEqual([])
})

browserTest('a reload finds the cursor where it was, after an emoji', async () => {
  await open(1)
  await type("printf '\\n%s' '🎉🎉'; read -r answer; echo \"got $answer\"", 0)
  await sees('\n🎉🎉', 0)
  const column = () => page.evaluate(() => panes[0].terminal.buffer.active.cursorX)
  const before = await column()
  await page.reload()
  await live(1)
  await sees('\n🎉🎉', 0)
  expect(await column()).toBe(before)
  await type('it', 0)
  await sees('🎉🎉it\ngot it\n', 0)
})

browserTest('a seventh terminal ends the oldest, and none after it', async () => {
  await open(6)
  const [oldest, ...others] = shellsOf()
  await open(1)
  await eventually('the end of the oldest', async () => (await states())[0] === 'ended')
  // The others are asked, each, after whatever the page did about the close.
  for (const at of [1, 2, 3, 4, 5, 6]) {
    await type(`echo st""ill-${at}`, at)
    await sees(`\nstill-${at}\n`, at)
  }
  expect((await logOf()).closes).toEqual([[oldest.id, 4001]])
  expect(shellsOf().slice(0, 5)).toEqual(others)
  expect(shellsOf()).toHaveLength(6)
})

browserTest('a tab is closed by two calls, and takes its shell and no other', async () => {
  await open(2)
  const [first, second] = shellsOf()
  await page.evaluate(() => end(panes[0]))
  expect(await page.evaluate(() => panes.map(({ id }) => id))).toEqual([second.id])
  const { answers } = await logOf()
  expect(answers.filter(({ method }) => method === 'DELETE')).toEqual([
    { method: 'DELETE', status: 200, success: true },
    { method: 'DELETE', status: 200, success: true },
  ])
  await eventually('the end of the shell', () => !isRunning(first.pid))
  expect(shellsOf()).toEqual([second])
  await type('echo st""ill', 0)
  await sees('\nstill\n', 0)
})

browserTest('a shell that exits has said everything, and no other takes its place', async () => {
  await open(1)
  await type('seq 3000; echo l""ast; exit 3', 0)
  await eventually('the end', async () => (await states())[0] === 'ended')
  expect(await page.evaluate(() => panes[0].exit)).toBe(3)
  await sees('\n2999\n3000\nlast\n', 0)
  const { closes, newShells } = await logOf()
  expect(closes.map(([, code]) => code)).toEqual([1000])
  expect(newShells).toBe(0)
  await eventually('the end of the session', () => shellsOf().length === 0)
})

browserTest(
  'a close for want of room is tried again, until there is some',
  async () => {
    await open(1)
    const [{ id }] = shellsOf()
    // While the page is away its session ends, and another takes the only place.
    line.cut()
    host.registry.close(id, 'p')
    const other = host.registry.create({ projectId: 'q' })
    const refusals = async () => (await logOf()).closes.filter(([, code]) => code === 1008).length
    await eventually('three refusals', async () => (await refusals()) >= 3)
    expect((await logOf()).errors).toContain('Maximum connections reached. Close unused terminals.')
    expect(host.registry.list('p')).toEqual([])
    other.close()
    await live(1)
    await type('echo ba""ck', 0)
    await sees('\nback\n', 0)
    const { closes, newShells } = await logOf()
    expect(closes.map(([, code]) => code)).toEqual([1006, ...Array(closes.length - 1).fill(1008)])
    expect(newShells).toBe(0)
  },
  { maxSessions: 1 },
)

/** The close codes that servers gave; a server that is not there yet is a 1006. */
const toldOf = async () => (await logOf()).closes.map(([, code]) => code).filter((code) => code !== 1006)
const again = (count) =>
  eventually('every connection to come back', () =>
    page.evaluate((all) => panes.filter(({ connections }) => connections === 2).length === all, count),
  )

browserTest('after a server that ended, each pane gets a shell of the next', async () => {
  await open(2)
  const before = shellsOf()
  await host.server.close()
  await serve()
  await again(2)
  for (const at of [0, 1]) {
    await type(`echo ne""xt-${at}`, at)
    await sees(`\nnext-${at}\n`, at)
  }
  expect(await toldOf()).toEqual([1001, 1001])
  expect(shellsOf().map(({ id }) => id)).toEqual(before.map(({ id }) => id))
  expect((await logOf()).newShells).toBe(0)
})

const withKeeper = process.platform === 'win32' ? test.skip : browserTest
const stateDir = findBrowser() ? fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-app-')) : null
afterAll(async () => {
  if (!stateDir) return
  await eventually('the keeper to end', () => !fs.existsSync(path.join(stateDir, 'keeper.sock')))
  fs.rmSync(stateDir, { recursive: true })
})

withKeeper(
  'a deploy of the server costs neither text nor shells',
  async () => {
    await open(6)
    for (const at of EACH) {
      await type(`echo be""fore-${at}`, at)
      await sees(`\nbefore-${at}\n`, at)
    }
    const shells = shellsOf()
    await host.server.leave()
    await serve({ stateDir, keepShells: true })
    await again(6)
    for (const at of EACH) {
      await type(`echo af""ter-${at}`, at)
      await sees(`\nafter-${at}\n`, at)
      const text = await textOf(at)
      for (const word of ['before', 'after']) expect(times(text, `\n${word}-${at}\n`)).toBe(1)
    }
    expect(shellsOf()).toEqual(shells)
    expect(await toldOf()).toEqual(EACH.map(() => 1012))
    expect((await logOf()).newShells).toBe(0)
  },
  { stateDir, keepShells: true },
)
