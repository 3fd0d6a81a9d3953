/** The page and what it needs: a fixed list of files, read when first asked for. */

const fs = require('node:fs')
const path = require('node:path')
const { SAFE } = require('./http-api')

const TYPES = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
}

const HEADERS = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
    "connect-src 'self'; img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'Cross-Origin-Opener-Policy': 'same-origin',
  ...SAFE,
  'Referrer-Policy': 'no-referrer',
  'Cache-Control': 'no-cache',
}

const VENDOR = {
  'xterm.mjs': ['@xterm/xterm', 'lib/xterm.mjs'],
  'xterm.css': ['@xterm/xterm', 'css/xterm.css'],
  'addon-fit.mjs': ['@xterm/addon-fit', 'lib/addon-fit.mjs'],
  'addon-webgl.mjs': ['@xterm/addon-webgl', 'lib/addon-webgl.mjs'],
  'addon-unicode11.mjs': ['@xterm/addon-unicode11', 'lib/addon-unicode11.mjs'],
}

/** The page itself, and how it begins for a visitor whom another site's link led there. */
const INDEX = 'index.html'
const HTML = '<html lang="en">'
const LED_HTML = '<html lang="en" data-visit="led">'

/** Every path that is served, and the file behind it. No other file is reachable. */
function servedFiles() {
  const files = new Map()
  const folder = path.join(__dirname, '..', 'public')
  for (const name of fs.readdirSync(folder)) {
    if (TYPES[path.extname(name)]) files.set(`/${name}`, path.join(folder, name))
  }
  files.set('/', path.join(folder, INDEX))
  const client = path.join(path.dirname(require.resolve('offheap-terminal/package.json')), 'client')
  for (const name of fs.existsSync(client) ? fs.readdirSync(client) : []) {
    if (TYPES[path.extname(name)]) files.set(`/client/${name}`, path.join(client, name))
  }
  for (const [name, [packageName, file]] of Object.entries(VENDOR)) {
    const root = path.dirname(require.resolve(`${packageName}/package.json`))
    files.set(`/vendor/xterm/${name}`, path.join(root, file))
  }
  return files
}

class Page {
  #files = servedFiles()
  /** Contents by file, read again when the file has changed. */
  #contents = new Map()

  /** Answers a GET for one of the page's files; false for any other path. */
  serve(request, response, pathname) {
    const file = this.#files.get(pathname)
    const isIndex = file && path.basename(file) === INDEX
    const content = file && this.#contentOf(file, isIndex && isLed(request))
    if (!content) return false
    response.writeHead(200, {
      ...HEADERS,
      'Content-Type': TYPES[path.extname(file)],
      ...(isIndex && { Vary: 'Sec-Fetch-Site' }),
    })
    response.end(request.method === 'HEAD' ? undefined : content)
    return true
  }

  /**
   * One Buffer for all who ask: a stream for each would hold its file open
   * behind answers that their client does not read. Null when it is gone.
   */
  #contentOf(file, led) {
    try {
      const { mtimeMs } = fs.statSync(file)
      let known = this.#contents.get(file)
      if (known?.mtimeMs !== mtimeMs) {
        const content = fs.readFileSync(file)
        known = { mtimeMs, content, led: Buffer.from(String(content).replace(HTML, LED_HTML)) }
        this.#contents.set(file, known)
      }
      return led ? known.led : known.content
    } catch {
      return null
    }
  }
}

/**
 * Whether something else may have led a visitor to the page than they themselves or the page. A browser that does not
 * say so is one for whom this is not known.
 */
function isLed({ headers }) {
  return !['none', 'same-origin'].includes(headers['sec-fetch-site'])
}

module.exports = { Page }
