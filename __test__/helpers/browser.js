// A headless Chromium that is on the system, and a wire to it that can be cut.

const fs = require('node:fs')
const net = require('node:net')
const { PATIENCE } = require('./patience')

const PLACES = [
  process.env.CHROMIUM,
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
]

const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
]

/** Where a browser is, or null. */
function findBrowser() {
  return PLACES.find((place) => place && fs.existsSync(place)) ?? null
}

async function launchBrowser() {
  const { chromium } = require('playwright-core')
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    headless: true,
    args: FLAGS,
    timeout: 2 * PATIENCE,
  })
  const newContext = browser.newContext.bind(browser)
  browser.newContext = async (options) => {
    const context = await newContext(options)
    context.setDefaultTimeout(PATIENCE)
    return context
  }
  return browser
}

/**
 * A wire to a server: `cut()` breaks everything that goes over it, without a word,
 * and `lead()` lets what comes next go to another server.
 */
async function wire(target) {
  let { hostname, port } = new URL(target)
  const sockets = new Set()
  const server = net.createServer((near) => {
    const far = net.connect(port, hostname)
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ]) {
      sockets.add(socket)
      socket.on('error', () => other.destroy())
      socket.on('close', () => {
        sockets.delete(socket)
        other.destroy()
      })
      socket.pipe(other)
    }
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    cut,
    lead(to) {
      ;({ hostname, port } = new URL(to))
    },
    close() {
      cut()
      server.close()
    },
  }
}

module.exports = { findBrowser, launchBrowser, wire }
