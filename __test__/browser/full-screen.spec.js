// A full-screen program over a reconnection: the page shows what it showed.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const { findBrowser, launchBrowser, wire } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const hasVim = (() => {
  try {
    return /\+syntax/.test(execFileSync('vim', ['--version'], { encoding: 'utf8' }))
  } catch {
    return false
  }
})()
const browserTest = findBrowser() && hasVim ? test : test.skip
if (!hasVim) console.warn('No vim with syntax colours found: its browser tests are skipped.')

const SOURCE = `/** Words of one to four cells: wide 漢字, a wave \u{1f30a}, a combining e\u0301. */
const limits = { sessions: 20, project: 4, rate: 10 / 60_000 }

function within({ sessions, project }) {
  // Neither everybody's limit nor the project's.
  return sessions < limits.sessions && project < limits.project ? 'yes' : "no"
}
`.repeat(8)

/** Colours of the palette and true ones, marks, a split window, and a cursor that is not where it began. */
const VIMRC = `set nocompatible encoding=utf-8 termguicolors number cursorline hlsearch list noswapfile nomore
syntax on
highlight Comment guifg=#8040c0 gui=italic
highlight CursorLine guibg=#303840 gui=NONE cterm=NONE
highlight Search guifg=#000000 guibg=#ffd700
highlight StatusLine gui=reverse,bold
`

let host
let line
let browser
let page

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())

beforeEach(async () => {
  host = await startServer()
  line = await wire(host.url)
  if (!browser) return
  const context = await browser.newContext({ viewport: { width: 1100, height: 700 }, colorScheme: 'dark' })
  page = await context.newPage()
})
afterEach(async () => {
  await page?.context().close()
  line.close()
  await host.stop()
})

const state = (name) => page.waitForSelector(`.pane[data-state="${name}"]`)

/** The visible cells, each with its colours and attributes, and the cursor. */
function look() {
  return page.evaluate(() => {
    const [{ terminal }] = window.offheap.terminals.values()
    const { active } = terminal.buffer
    const cellAt = (row, x) => {
      const cell = row.getCell(x)
      const style = [cell.getFgColorMode(), cell.getFgColor(), cell.getBgColorMode(), cell.getBgColor()]
      const marks = [cell.isBold(), cell.isItalic(), cell.isInverse(), cell.isUnderline(), cell.isDim()]
      return `${cell.getChars()}|${style}|${marks.map(Number)}`
    }
    const rows = Array.from({ length: terminal.rows }, (_, y) => {
      const row = active.getLine(active.viewportY + y)
      return Array.from({ length: terminal.cols }, (_, x) => cellAt(row, x))
    })
    return { type: active.type, cursor: [active.cursorX, active.cursorY], modes: terminal.modes, rows }
  })
}

const textOf = ({ rows }) =>
  rows.map((row) => row.map((cell) => cell.slice(0, cell.indexOf('|'))).join('')).join('\n')
const coloursOf = ({ rows }) => new Set(rows.flat().map((cell) => cell.split('|').at(-2)))

/** The terminal as it is drawn, with a cursor that does not blink. */
async function picture() {
  await page.evaluate(() => {
    const [{ terminal }] = window.offheap.terminals.values()
    terminal.options.cursorBlink = false
    terminal.focus()
  })
  // Two pictures that are the same: everything has been drawn.
  let last = null
  return eventually('the picture to settle', async () => {
    const next = await page.locator('.pane .xterm-screen').screenshot({ animations: 'disabled' })
    const settled = last?.equals(next)
    last = next
    return settled && next
  })
}

async function openVim() {
  fs.writeFileSync(host.file('sample.js'), SOURCE)
  fs.writeFileSync(host.file('vimrc'), VIMRC)
  await page.goto(`${line.url}/?path=${encodeURIComponent(host.folder)}&renderer=dom`)
  await state('live')
  await sees('ready>')
  await page.keyboard.type('vim -u vimrc sample.js')
  await page.keyboard.press('Enter')
  await sees('sample.js')
  await page.keyboard.type('/limits')
  await page.keyboard.press('Enter')
  await page.keyboard.type(':vsplit')
  await page.keyboard.press('Enter')
  await page.keyboard.type('20Gzt3l')
  await page.keyboard.type(':echo "re" . "ady"')
  await page.keyboard.press('Enter')
  await sees('\nready')
}

const sees = (text) => eventually(JSON.stringify(text), async () => textOf(await look()).includes(text))

describe.each([
  [
    'the wire is cut',
    async () => {
      line.cut()
      await page.waitForSelector('.pane:not([data-state="live"])')
      await page.evaluate(() => [...window.offheap.terminals.values()][0].reconnect())
    },
  ],
  ['the page is loaded again', () => page.reload()],
])('%s while vim runs', (_how, reconnect) => {
  browserTest('text, colours and picture are the same, and vim goes on', async () => {
    await openVim()
    const before = await look()
    const pictureBefore = await picture()
    expect(before.type).toBe('alternate')
    expect(coloursOf(before).size).toBeGreaterThan(5)

    await reconnect()
    await state('live')
    await sees('\nready')
    const after = await look()
    expect(textOf(after)).toBe(textOf(before))
    expect(after).toEqual(before)
    expect((await picture()).equals(pictureBefore)).toBe(true)

    await page.keyboard.type(':qall!')
    await page.keyboard.press('Enter')
    await sees('vim -u vimrc sample.js')
    expect((await look()).type).toBe('normal')
    await page.keyboard.type('echo go""es on')
    await page.keyboard.press('Enter')
    await sees('\ngoes on')
  })
})
