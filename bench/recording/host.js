// A server of recordings with a page that can play them.

const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { RecordingServer } = require('../../server')
const { FILES } = require('./seeks')

const CLIENT = path.join(__dirname, '..', '..', 'client')
const PAGE = '<!doctype html><link rel="icon" href="data:,"><div id="terminal"></div>'

async function serve(dir) {
  const recordings = new RecordingServer({ dir, terminal: { unicodeVersion: '11' } })
  const server = http.createServer((request, response) => {
    if (recordings.handle(request, response)) return
    const { pathname } = new URL(request.url, 'http://localhost')
    const file = FILES[pathname] ?? path.join(CLIENT, path.basename(pathname))
    if (pathname === '/') response.setHeader('Content-Type', 'text/html').end(PAGE)
    else if (fs.existsSync(file))
      response.setHeader('Content-Type', 'text/javascript').end(fs.readFileSync(file))
    else response.writeHead(404).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      recordings.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

module.exports = { serve }
