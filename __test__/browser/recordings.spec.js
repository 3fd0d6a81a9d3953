// Recordings in a browser: the player against a full replay, and the page.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const browserTest = findBrowser() ? test : test.skip
const POINTS = 40

let dir
let host
let browser
let page
let errors

beforeAll(async () => {
  if (findBrowser()) browser = await launchBrowser()
})
afterAll(() => browser?.close())
beforeEach(async () => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-recordings-'))
  host = await startServer({ recordingDir: dir })
  if (!browser) return
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } })
  page = await context.newPage()
  errors = []
  page.on('pageerror', (error) => errors.push(error.stack))
})
afterEach(async () => {
  await page?.context().close()
  await host.stop()
  fs.rmSync(dir, { recursive: true, force: true })
  expect(errors ?? []).toEqual([])
})

/** Records a real shell that draws, scrolls and is resized; the recording's id. */
async function record() {
  const script = [
    'i=0',
    'while [ $i -lt 60 ]; do i=$((i+1))',
    'seq -f "\\033[3$((i % 8))m%.0f wide 漢字 e\\314\\201 😀 line of block $i\\033[m" 1 240',
    'printf "\\033[?1049h\\033[2J\\033[$((i % 20 + 1));$((i))Hscreen $i\\033[4munder\\033[m"',
    '[ $((i % 3)) = 0 ] && printf "\\033[?1049l"; printf "\\ttab\\rback\\033[K\\n"; read go',
    'done',
  ].join('\n')
  const session = host.registry.create({
    id: 'drawn',
    projectId: 'p',
    pty: { file: '/bin/sh', args: ['-c', script], cols: 80, rows: 24 },
  })
  const [recording] = session.recordings
  for (let turn = 1; turn <= 60; turn += 1) {
    await eventually(`block ${turn}`, () => session.history().includes(`screen ${turn}`), 30_000)
    if (turn % 4 === 0) session.resize(40 + ((turn * 37) % 100), 10 + ((turn * 13) % 30))
    if (turn === 30) recording.mark('half time')
    session.write('\n')
  }
  await eventually('the end', () => recording.ended, 30_000)
  return path.basename(recording.file, '.cast')
}

browserTest(
  'the player shows what a full replay shows, at any moment',
  async () => {
    const id = await record()
    await page.goto(`${host.url}/?renderer=dom`)
    const compared = await page.evaluate(compare, { id, points: POINTS })
    expect(compared.segments).toBeGreaterThan(2)
    expect(compared.different).toEqual([])
    expect(compared.most).toBeLessThan(3_000_000)
    expect(compared.points).toBe(POINTS + 2)
  },
  180_000,
)

/** In the page: seeks to points in random order, and replays the whole once for each in order. */
async function compare({ id, points }) {
  const { RecordingPlayer } = await import('./client/index.js')
  const { Terminal } = await import('./vendor/xterm/xterm.mjs')
  const { Unicode11Addon } = await import('./vendor/xterm/addon-unicode11.mjs')
  const make = () => {
    const terminal = new Terminal({ allowProposedApi: true, scrollback: 1000 })
    terminal.loadAddon(new Unicode11Addon())
    terminal.unicode.activeVersion = '11'
    return terminal
  }
  /** Every visible cell with its looks, and the cursor. */
  const look = (terminal) => {
    const buffer = terminal.buffer.active
    const rows = []
    for (let row = 0; row < terminal.rows; row += 1) {
      const line = buffer.getLine(buffer.baseY + row)
      let text = ''
      for (let col = 0; col < terminal.cols; col += 1) {
        const cell = line.getCell(col)
        text += `${cell.getChars()}|${cell.getWidth()}|${cell.getFgColor()}|${cell.isUnderline()};`
      }
      rows.push(text)
    }
    return JSON.stringify([terminal.cols, terminal.rows, buffer.type, buffer.cursorX, buffer.cursorY, rows])
  }
  const terminal = make()
  const player = new RecordingPlayer(`api/recordings/${id}`, { terminal })
  await player.load()
  const times = [0, player.duration]
  for (let point = 0; point < points; point += 1) times.push(Math.random() * player.duration)
  const shown = []
  let most = 0
  for (const time of times) {
    const before = player.bytesRead
    await player.seek(time)
    most = Math.max(most, player.bytesRead - before)
    shown.push({ time: Math.round(time * 1e6), look: look(terminal) })
  }
  shown.sort((a, b) => a.time - b.time)

  const lines = (await (await fetch(`api/recordings/${id}`)).text()).trimEnd().split('\n').slice(1)
  const replay = make()
  const { cols, rows } = player.about
  replay.resize(cols, rows)
  const write = (data) => new Promise((resolve) => replay.write(data, resolve))
  const different = []
  let [now, next] = [0, 0]
  for (const { time, look: seen } of shown) {
    for (; next < lines.length; next += 1) {
      const [interval, code, data] = JSON.parse(lines[next])
      const at = now + Math.round(interval * 1e6)
      if (at > time) break
      now = at
      if (code === 'o') await write(data)
      if (code === 'r') replay.resize(...data.split('x').map(Number))
    }
    if (look(replay) !== seen) different.push(time)
  }
  return { different, most, points: shown.length, segments: player.about.segments.length }
}

browserTest(
  'it plays, skips pauses, and stops where it says',
  async () => {
    const session = host.registry.create({ id: 's', pty: { file: '/bin/cat', args: [] } })
    const [recording] = session.recordings
    for (const word of ['one', 'two', 'three']) {
      session.write(`${word}\n`)
      await eventually(word, () => session.history().includes(`${word}\r\n${word}`))
      await new Promise((resolve) => setTimeout(resolve, 300))
    }
    session.close()
    await eventually('the end', () => recording.ended)
    await page.goto(`${host.url}/?renderer=dom`)
    const played = await page.evaluate(
      async (id) => {
        const { RecordingPlayer } = await import('./client/index.js')
        const { Terminal } = await import('./vendor/xterm/xterm.mjs')
        const terminal = new Terminal({ allowProposedApi: true })
        const player = new RecordingPlayer(`api/recordings/${id}`, { terminal, speed: 0.25, idleLimit: 0.01 })
        const events = []
        for (const type of ['state', 'end', 'error', 'load'])
          player.addEventListener(type, ({ detail }) => events.push([type, detail.playing ?? null]))
        const ended = new Promise((resolve) => player.addEventListener('end', resolve))
        await player.load()
        const began = performance.now()
        player.play()
        const playing = player.playing
        await ended
        const took = (performance.now() - began) / 1000
        const text = terminal.buffer.active.getLine(4).translateToString(true)
        await player.seek(0)
        const first = terminal.buffer.active.getLine(0).translateToString(true)
        player.play()
        await player.pause()
        const refused = []
        for (const act of [
          () => (player.speed = 0),
          () => (player.speed = 'x'),
          () => (player.idleLimit = 0),
          () => player.seek(Number.NaN),
          () => new RecordingPlayer(5, { terminal }),
          () => new RecordingPlayer('x', {}),
          () => player.search(''),
        ]) {
          try {
            await act()
            refused.push(null)
          } catch (error) {
            refused.push(error.code)
          }
        }
        const none = new RecordingPlayer('api/recordings/none', { terminal })
        const missing = await none.load().catch(({ code, status }) => [code, status])
        return {
          events,
          playing,
          took,
          text,
          first,
          refused,
          missing,
          duration: player.duration,
          paused: !player.playing,
        }
      },
      path.basename(recording.file, '.cast'),
    )
    expect(played.events.slice(0, 4)).toEqual([
      ['load', null],
      ['state', true],
      ['state', false],
      ['end', null],
    ])
    expect(played).toMatchObject({ playing: true, text: 'three', first: '', paused: true })
    // At a quarter of the speed, but for the pauses.
    expect(played.took).toBeLessThan(played.duration * 4)
    expect(played.refused).toEqual([
      'ERR_OUT_OF_RANGE',
      'ERR_INVALID_ARG_TYPE',
      'ERR_OUT_OF_RANGE',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_TYPE',
      'ERR_INVALID_ARG_TYPE',
    ])
    expect(played.missing).toEqual(['ERR_RECORDING_NOT_FOUND', 404])
  },
  120_000,
)

browserTest(
  'the page lists recordings, plays one by keyboard, searches, links to a moment and deletes',
  async () => {
    const open = (query = '', hash = '') =>
      page.goto(`${host.url}/?renderer=dom&path=${encodeURIComponent(host.folder)}${query}${hash}`)
    await open()
    await page.waitForSelector('.pane[data-state="live"]')
    // Whoever watches sees that it is recorded.
    await eventually('the sign', async () => (await page.textContent('.pane .badge')).includes('recorded'))
    const session = host.registry.get(host.registry.list()[0].id)
    const [recording] = session.recordings
    session.write('echo $((6*7))-found\n')
    await eventually('the output', () => session.history().includes('42-found'))
    recording.mark('here')
    await recording.stop()
    await eventually('no sign', async () => !(await page.textContent('.pane .badge')).includes('recorded'))

    await page.click('#open-recordings')
    await page.waitForSelector('.recordings-open')
    expect(await page.locator('.recordings-open').count()).toBe(1)
    await page.click('.recordings-open')
    const view = () => page.evaluate(async () => (await window.offheap.recordings).view?.player.time ?? null)
    const shows = (text) =>
      eventually(text, () =>
        page.evaluate(async (wanted) => {
          const found = (await window.offheap.recordings).view
          const buffer = found?.terminal.buffer.active
          const lines = Array.from({ length: buffer?.length ?? 0 }, (_, row) =>
            buffer.getLine(row).translateToString(true),
          )
          return lines.some((line) => line.includes(wanted))
        }, text),
      )
    await eventually('the markers', async () => (await page.textContent('.player-hits')).includes('here'))
    await page.focus('.player')
    await page.keyboard.press('End')
    await shows('42-found')
    const last = await view()
    await page.keyboard.press('Home')
    await eventually('the beginning', async () => (await view()) === 0)
    await page.keyboard.press('/')
    await page.keyboard.type('42-FOUND')
    await page.keyboard.press('Enter')
    await shows('42-found')
    await page.focus('.player')
    await page.keyboard.press('>')
    expect(await page.inputValue('[aria-label="Speed"]')).toBe('2')
    await page.keyboard.press('f')
    await eventually('the full screen', () => page.evaluate(() => document.fullscreenElement !== null))
    await page.keyboard.press('f')
    await eventually('no full screen', () => page.evaluate(() => document.fullscreenElement === null))
    await page.keyboard.press(' ')
    await eventually('its end', async () => (await view()) === last)

    const link = await page.evaluate(async () => (await window.offheap.recordings).view.link)
    expect(link).toMatch(/#recording=[\w.-]+&t=\d+\.\d{3}$/)
    for (const scheme of ['dark', 'light']) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.goto('about:blank')
      await page.goto(link)
      await shows('42-found')
      expect(Math.abs((await view()) - last)).toBeLessThan(0.01)
    }
    await page.keyboard.press('Escape')
    await page.waitForSelector('.recordings-list')
    await eventually('a row', () => page.locator(`.recordings-open:has-text("bash")`).count())
    const rows = await page.locator('.recordings-open').count()
    const stopped = page.locator('.recordings-list li', { has: page.locator('.badge:empty') })
    await stopped.locator('[aria-label="Delete this recording"]').first().click()
    await page.click('.toast >> text="Delete"')
    await eventually(
      'one row less',
      async () => (await page.locator('.recordings-open').count()) === rows - 1,
    )
    expect(fs.existsSync(recording.file)).toBe(false)
  },
  120_000,
)

browserTest('a server that records nothing has no button for it', async () => {
  await host.stop()
  host = await startServer()
  await page.goto(`${host.url}/?renderer=dom`)
  expect(await page.evaluate(() => window.offheap.recordings)).toBe(null)
  expect(await page.locator('#open-recordings').count()).toBe(0)
})
