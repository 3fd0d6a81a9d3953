// Seeks in a browser, and a full replay of the same recording to compare with.

const path = require('node:path')
const { launchBrowser } = require('../../__test__/helpers/browser')

const XTERM = path.dirname(require.resolve('@xterm/xterm/package.json'))
const UNICODE = path.dirname(require.resolve('@xterm/addon-unicode11/package.json'))

/** What the page needs, by its path. */
const FILES = {
  '/xterm.mjs': path.join(XTERM, 'lib/xterm.mjs'),
  '/unicode11.mjs': path.join(UNICODE, 'lib/addon-unicode11.mjs'),
}

async function seeks(url, id, points) {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(0)
    await page.goto(url)
    return await page.evaluate(measure, { id, points })
  } finally {
    await browser.close()
  }
}

/** In the page. */
async function measure({ id, points }) {
  const { RecordingPlayer } = await import('/client/index.js')
  const { Terminal } = await import('/xterm.mjs')
  const { Unicode11Addon } = await import('/unicode11.mjs')
  const make = () => {
    const terminal = new Terminal({ allowProposedApi: true, scrollback: 1000 })
    terminal.loadAddon(new Unicode11Addon())
    terminal.unicode.activeVersion = '11'
    return terminal
  }
  const look = (terminal) => {
    const buffer = terminal.buffer.active
    const rows = []
    for (let row = 0; row < terminal.rows; row += 1) {
      const line = buffer.getLine(buffer.baseY + row)
      const cells = []
      for (let col = 0; col < terminal.cols; col += 1) {
        const cell = line.getCell(col)
        cells.push(cell.getChars(), cell.getWidth(), cell.getFgColor(), cell.getBgColor(), cell.isBold())
      }
      rows.push(cells)
    }
    return JSON.stringify([terminal.cols, terminal.rows, buffer.type, buffer.cursorX, buffer.cursorY, rows])
  }
  const terminal = make()
  terminal.open(document.getElementById('terminal'))
  const player = new RecordingPlayer(`/api/recordings/${id}`, { terminal })
  const began = performance.now()
  await player.load()
  const load = performance.now() - began
  const found = []
  for (let point = 0; point < points; point += 1) {
    const time = Math.random() * player.duration
    const [before, clock] = [player.bytesRead, performance.now()]
    await player.seek(time)
    found.push({
      ms: performance.now() - clock,
      bytes: player.bytesRead - before,
      time: Math.round(time * 1e6),
      look: look(terminal),
    })
  }
  found.sort((a, b) => a.time - b.time)

  const replay = make()
  replay.resize(player.about.cols, player.about.rows)
  const write = (data) => new Promise((resolve) => replay.write(data, resolve))
  const reader = (await fetch(`/api/recordings/${id}`)).body.pipeThrough(new TextDecoderStream()).getReader()
  let [rest, now, at, different, header, text] = ['', 0, 0, 0, true, '']
  const clock = performance.now()
  while (at < found.length) {
    const { value, done } = await reader.read()
    if (done) break
    const lines = (rest + value).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (header) {
        header = false
        continue
      }
      const [interval, code, data] = JSON.parse(line)
      const next = now + Math.round(interval * 1e6)
      while (at < found.length && next > found[at].time) {
        await write(text)
        text = ''
        if (look(replay) !== found[at].look) different += 1
        at += 1
      }
      now = next
      if (code === 'o') text += data
      if (code === 'r') {
        await write(text)
        text = ''
        replay.resize(...data.split('x').map(Number))
      }
      if (text.length > 1 << 20) {
        await write(text)
        text = ''
      }
    }
  }
  await reader.cancel()
  return {
    load,
    ms: found.map((each) => each.ms),
    bytes: found.map((each) => each.bytes),
    points,
    compared: at,
    different,
    replaySeconds: (performance.now() - clock) / 1000,
  }
}

module.exports = { FILES, seeks }
