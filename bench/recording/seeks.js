// Seeks in a browser, and a full replay of the same recording to compare with.

const path = require('node:path')
const { launchBrowser } = require('../../__test__/helpers/browser')
const { compareWithReplay } = require('../../__test__/helpers/replay')

const XTERM = path.dirname(require.resolve('@xterm/xterm/package.json'))
const UNICODE = path.dirname(require.resolve('@xterm/addon-unicode11/package.json'))

/** What the page needs, by its path. */
const FILES = {
  '/xterm.mjs': path.join(XTERM, 'lib/xterm.mjs'),
  '/unicode11.mjs': path.join(UNICODE, 'lib/addon-unicode11.mjs'),
}
const MODULES = { client: 'client/index.js', xterm: 'xterm.mjs', unicode11: 'unicode11.mjs' }

/** The figures of random seeks in a recording that `url` serves. */
async function seeks(url, id, points) {
  const browser = await launchBrowser()
  try {
    const page = await browser.newPage()
    page.setDefaultTimeout(0)
    await page.goto(url)
    return await page.evaluate(compareWithReplay, {
      url: `api/recordings/${id}`,
      points,
      element: '#terminal',
      modules: MODULES,
    })
  } finally {
    await browser.close()
  }
}

module.exports = { FILES, seeks }
