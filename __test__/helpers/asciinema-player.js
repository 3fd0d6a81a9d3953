// asciinema's own player, in a browser: what it makes of a cast.

const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { launchBrowser } = require('./browser')

const BUNDLE = path.join(__dirname, '..', '..', 'node_modules', 'asciinema-player', 'dist', 'bundle')
const PAGE = `<!doctype html><meta charset="utf-8"><link rel="stylesheet" href="/asciinema-player.css">
<div id="player"></div><script src="/asciinema-player.min.js"></script>`

function serve(files) {
  const server = http.createServer((request, response) => {
    const name = request.url.slice(1)
    const file = name in files ? files[name] : path.join(BUNDLE, path.basename(name))
    if (name === '') response.setHeader('content-type', 'text/html').end(PAGE)
    else
      fs.createReadStream(file)
        .on('error', () => response.destroy())
        .pipe(response)
  })
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)))
}

/** Plays casts to their ends: how long they are, and what is shown then. */
async function play(casts) {
  const files = Object.fromEntries(casts.map((cast, number) => [`${number}.cast`, cast]))
  const server = await serve(files)
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    await page.goto(`http://127.0.0.1:${server.address().port}/`)
    const played = []
    for (const name of Object.keys(files)) played.push(await page.evaluate(playOne, `/${name}`))
    return played
  } finally {
    await browser.close()
    server.close()
  }
}

/** In the page. */
async function playOne(url) {
  const element = document.getElementById('player')
  element.replaceChildren()
  const player = globalThis.AsciinemaPlayer.create(url, element, { preload: true })
  const shown = () => element.querySelector('.ap-term')?.textContent ?? ''
  const until = async (ready) => {
    for (let turn = 0; turn < 1000 && !ready(); turn += 1) {
      await new Promise((resolve) => setTimeout(resolve, 10))
    }
  }
  await until(() => player.getDuration() > 0)
  const duration = player.getDuration()
  await player.seek('100%')
  await until(() => shown().includes('two'))
  const text = shown()
  player.dispose()
  return { duration, text }
}

module.exports = { play }
