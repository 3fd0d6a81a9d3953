// Recordings in a browser: the player against a full replay, and the page.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { openRecording } = require('offheap-terminal')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { eventually } = require('../helpers/proc')
const { compareWithReplay } = require('../helpers/replay')
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
    // The charset keeps lines from being plain, so that there are several keyframes.
    'seq -f "\\033(B\\033[3$((i % 8))m%.0f wide 漢字 e\\314\\201 😀 line of block $i\\033[m" 1 240',
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
    await eventually(`block ${turn}`, () => session.history().includes(`screen ${turn}`))
    if (turn % 4 === 0) session.resize(40 + ((turn * 37) % 100), 10 + ((turn * 13) % 30))
    if (turn === 30) recording.mark('half time')
    session.write('\n')
  }
  await eventually('the end', () => recording.ended)
  return path.basename(recording.file, '.cast')
}

const comparing = (id) => ({
  url: `api/recordings/${id}`,
  points: POINTS,
  ends: true,
  modules: {
    client: 'client/index.js',
    xterm: 'vendor/xterm/xterm.mjs',
    unicode11: 'vendor/xterm/addon-unicode11.mjs',
  },
})

browserTest('the player shows what a full replay shows, at any moment', async () => {
  const id = await record()
  await page.goto(`${host.url}/?renderer=dom`)
  const compared = await page.evaluate(compareWithReplay, comparing(id))
  expect(compared.segments).toBeGreaterThan(2)
  expect(compared.different).toEqual([])
  expect(Math.max(...compared.seeks.map(({ bytes }) => bytes))).toBeLessThan(3_000_000)
  expect(compared.compared).toBe(POINTS + 2)
})

browserTest('a cast of another tool, torn anywhere, is shown as a full replay shows it', async () => {
  const pieces = [
    'plain text and 😀 漢字\r\n',
    '\x1b[3',
    '1mred\r\n',
    '\x1b[m',
    '\x1b[?1049h',
    '\x1b[4;7Hdrawn',
    '\x1b[?1049l',
  ]
  const lines = [JSON.stringify({ version: 2, width: 70, height: 20 })]
  for (let number = 1; number <= 6000; number += 1) {
    const text = pieces[(number * 7 + Math.floor(number / 90)) % pieces.length]
    const data =
      number % 500 === 0 ? [40 + (number % 77), 12 + (number % 11)].join('x') : text.repeat(1 + (number % 38))
    lines.push(JSON.stringify([number / 100, number % 500 === 0 ? 'r' : 'o', data]))
  }
  const file = path.join(dir, 'foreign.cast')
  fs.writeFileSync(file, `${lines.join('\n')}\n`)
  // As old as one that nobody writes.
  fs.utimesSync(file, new Date(0), new Date(0))
  await page.goto(`${host.url}/?renderer=dom`)
  // From within a sequence to the beginning, which has no keyframe to begin with.
  const moments = [57.6, 0.01]
  const compared = await page.evaluate(compareWithReplay, { ...comparing('foreign'), moments })
  expect(compared.segments).toBeGreaterThan(2)
  expect(compared.different).toEqual([])
  expect(compared.compared).toBe(POINTS + 4)
  // The keyframes stay.
  expect(fs.existsSync(path.join(dir, 'foreign.keys'))).toBe(true)
})

browserTest('a terminal of any size that a cast may say does not take the page with it', async () => {
  const header = { version: 3, term: { cols: 80, rows: 24 } }
  const events = [
    [0.1, 'o', 'before'],
    [1, 'r', '65535x65535'],
    [1, 'o', 'after'],
  ]
  const huge = { version: 3, term: { cols: 4096, rows: 1025 } }
  const beyond = { version: 3, term: { cols: 4096, rows: 4097 } }
  const casts = { grows: [header, ...events], huge: [huge, ...events], beyond: [beyond, ...events] }
  for (const [name, lines] of Object.entries(casts)) {
    const file = path.join(dir, `${name}.cast`)
    fs.writeFileSync(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''))
    fs.utimesSync(file, new Date(0), new Date(0))
  }
  await page.goto(`${host.url}/?renderer=dom`)
  const shown = await page.evaluate(async () => {
    const { RecordingPlayer } = await import('./client/index.js')
    const { Terminal } = await import('./vendor/xterm/xterm.mjs')
    const terminal = new Terminal({ allowProposedApi: true })
    const text = () => terminal.buffer.active.getLine(0).translateToString(true)
    const codeOf = (promise) =>
      promise.then(
        () => null,
        ({ code }) => code,
      )
    const grows = new RecordingPlayer('api/recordings/grows', { terminal })
    await grows.load()
    await grows.seek(0.5)
    const before = text()
    const refused = [await codeOf(grows.seek(3)), await codeOf(grows.seek(3))]
    await grows.seek(0.5)
    const huge = new RecordingPlayer('api/recordings/huge', { terminal })
    refused.push(await codeOf(huge.load()), await codeOf(huge.seek(1)))
    // The server knows no terminal of that size.
    refused.push(await codeOf(new RecordingPlayer('api/recordings/beyond', { terminal }).load()))
    return { before, again: text(), refused }
  })
  expect(shown).toEqual({ before: 'before', again: 'before', refused: Array(5).fill('ERR_RECORDING_LIMIT') })
})

browserTest('it plays, skips pauses, and stops where it says', async () => {
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
})

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
    const [pane] = await page.evaluate(() => [...window.offheap.terminals.keys()])
    await page.evaluate(
      (id) => window.offheap.terminals.get(id).client.send({ type: 'mark', label: 'here' }),
      pane,
    )
    await eventually('the marker', () => fs.readFileSync(recording.file, 'utf8').includes('"m", "here"'))
    session.write('echo $((6*7))-found\n')
    await eventually('the output', () => session.history().includes('42-found'))
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
    // Nothing has the focus in there, and still one sees where the cursor is.
    await page.waitForSelector('.player .xterm-cursor')
    const last = await view()
    await page.keyboard.press('Home')
    await eventually('the beginning', async () => (await view()) === 0)
    const [{ time }] = await (await openRecording(recording.file)).markers()
    await page.keyboard.press(']')
    await eventually('the marker', async () => (await view()) === time)
    await page.keyboard.press('Shift+ArrowRight')
    await eventually('a minute on', async () => (await view()) === last)
    await page.keyboard.press('[')
    await eventually('the marker again', async () => (await view()) === time)
    await page.keyboard.press('Shift+ArrowLeft')
    await eventually('a minute back', async () => (await view()) === 0)
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
    expect(link).toMatch(/#recording=[\w.-]+&t=\d+\.\d{6}$/)
    const grounds = new Set()
    for (const scheme of ['dark', 'light']) {
      await page.emulateMedia({ colorScheme: scheme })
      await page.goto('about:blank')
      await page.goto(link)
      await shows('42-found')
      expect(await view()).toBe(last)
      const ground = await page.evaluate(async () => [
        getComputedStyle(document.querySelector('.player')).backgroundColor,
        (await window.offheap.recordings).view.terminal.options.theme.background,
      ])
      for (const [place, colour] of ground.entries()) grounds.add(`${place} ${colour}`)
    }
    expect(grounds.size).toBe(4)
    const idle = page.locator('.player-idle input')
    await idle.focus()
    await page.keyboard.press(' ')
    expect(await idle.isChecked()).toBe(false)
    expect(await page.evaluate(async () => (await window.offheap.recordings).view.player.playing)).toBe(false)
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
)

browserTest('a server that records nothing has no button for it', async () => {
  await host.stop()
  host = await startServer()
  await page.goto(`${host.url}/?renderer=dom`)
  expect(await page.evaluate(() => window.offheap.recordings)).toBe(null)
  expect(await page.locator('#open-recordings').count()).toBe(0)
})
