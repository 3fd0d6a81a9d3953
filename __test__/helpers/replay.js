// A player of recordings against a full replay, in a page: `page.evaluate()` takes
// the function there, so it uses nothing of this file.

/**
 * Seeks to points in random order, the same ones each time, then plays the whole once into another terminal,
 * and compares the screens.
 *
 * @param {object} options
 * @param {string} options.url the recording's, from the page
 * @param {number} options.points how many random moments
 * @param {number[]} [options.moments] others before them, in seconds, in their order
 * @param {boolean} [options.ends] the beginning and the end, too
 * @param {string} [options.element] selects what the player's terminal is drawn in; none: it is not drawn
 * @param {{ client: string, xterm: string, unicode11: string }} options.modules their URLs
 * @returns how long loading took, each seek's time in ms and bytes, how many screens were compared and the times, in µs,
 *   at which they differ, and how long the replay took
 */
async function compareWithReplay({ url, points, moments = [], ends = false, element = null, modules }) {
  const at = (path) => new URL(path, document.baseURI).href
  const { RecordingPlayer } = await import(at(modules.client))
  const { Terminal } = await import(at(modules.xterm))
  const { Unicode11Addon } = await import(at(modules.unicode11))
  const make = () => {
    const terminal = new Terminal({ allowProposedApi: true, scrollback: 1000 })
    terminal.loadAddon(new Unicode11Addon())
    return terminal
  }
  const LOOKS = 'Bold Italic Dim Underline Blink Inverse Invisible Strikethrough Overline'.split(' ')
  /** Every visible cell with its looks, and the cursor. */
  const look = (terminal) => {
    const buffer = terminal.buffer.active
    const rows = []
    let cell
    for (let row = 0; row < terminal.rows; row += 1) {
      const line = buffer.getLine(buffer.baseY + row)
      const cells = []
      for (let col = 0; col < terminal.cols; col += 1) {
        cell = line.getCell(col, cell)
        const colours = [cell.getFgColorMode(), cell.getFgColor(), cell.getBgColorMode(), cell.getBgColor()]
        const looks = LOOKS.map((name) => (cell[`is${name}`]() ? 1 : 0)).join('')
        cells.push(`${cell.getChars()} ${cell.getWidth()} ${colours.join()} ${looks}`)
      }
      rows.push(cells)
    }
    return JSON.stringify([terminal.cols, terminal.rows, buffer.type, buffer.cursorX, buffer.cursorY, rows])
  }

  const terminal = make()
  if (element) terminal.open(document.querySelector(element))
  const player = new RecordingPlayer(at(url), { terminal })
  player.addEventListener('load', ({ detail }) => {
    terminal.unicode.activeVersion = detail.unicodeVersion
  })
  const begun = performance.now()
  await player.load()
  const load = performance.now() - begun
  let seed = 1
  const random = () => {
    seed = (seed * 48271) % 2147483647
    return seed / 2147483647
  }
  const anywhere = Array.from({ length: points }, () => random() * player.duration)
  const seeks = []
  for (const moment of [...(ends ? [0, player.duration] : []), ...moments, ...anywhere]) {
    const [before, clock] = [player.bytesRead, performance.now()]
    await player.seek(moment)
    const ms = performance.now() - clock
    seeks.push({
      ms,
      bytes: player.bytesRead - before,
      time: Math.round(moment * 1e6),
      look: look(terminal),
    })
  }
  seeks.sort((a, b) => a.time - b.time)

  const replay = make()
  const { cols, rows, version, unicodeVersion } = player.about
  replay.unicode.activeVersion = unicodeVersion
  replay.resize(cols, rows)
  const clock = performance.now()
  const different = []
  let [text, now, next] = ['', 0, 0]
  const write = async () => {
    await new Promise((resolve) => replay.write(text, resolve))
    text = ''
  }
  /** Compares at the moments before a time. */
  const compareBefore = async (time) => {
    for (; next < seeks.length && seeks[next].time < time; next += 1) {
      await write()
      if (look(replay) !== seeks[next].look) different.push(seeks[next].time)
    }
  }
  const play = async (line) => {
    const [seconds, code, data] = JSON.parse(line)
    const time = Math.round(seconds * 1e6)
    const then = version === 3 ? now + time : Math.max(now, time)
    await compareBefore(then)
    now = then
    if (code === 'o') text += data
    if (code === 'r') {
      await write()
      replay.resize(...data.split('x').map(Number))
    }
    if (text.length > 1 << 20) await write()
  }
  const reader = (await fetch(at(url))).body.pipeThrough(new TextDecoderStream()).getReader()
  let [rest, isHeader] = ['', true]
  while (next < seeks.length) {
    const { value, done } = await reader.read()
    if (done) break
    const lines = (rest + value).split('\n')
    rest = lines.pop()
    for (const line of lines) {
      if (isHeader) isHeader = false
      else if (line.trim() !== '' && !line.startsWith('#')) await play(line)
      if (next >= seeks.length) break
    }
  }
  await reader.cancel()
  await compareBefore(Number.POSITIVE_INFINITY)
  return {
    load,
    seeks: seeks.map(({ ms, bytes, time }) => ({ ms, bytes, time })),
    compared: next,
    different,
    replaySeconds: (performance.now() - clock) / 1000,
    segments: player.about.segments.length,
  }
}

module.exports = { compareWithReplay }
