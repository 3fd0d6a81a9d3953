// npm install offheap-terminal ws @xterm/xterm && AUTH_TOKEN=… node server.js
const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer } = require('offheap-terminal/server')

const token = process.env.AUTH_TOKEN ?? require('node:crypto').randomBytes(16).toString('hex')
const terminals = new TerminalServer({ registry: new SessionRegistry(), token })
const folder = (name) => path.dirname(require.resolve(`${name}/package.json`))
const roots = { client: `${folder('offheap-terminal')}/client`, xterm: folder('@xterm/xterm') }
const kinds = { '.html': 'html', '.js': 'javascript', '.mjs': 'javascript', '.css': 'css' }

const server = http.createServer((request, response) => {
  const [url] = request.url.split('?')
  const [, root, name] = /^\/(client|xterm)((?:\/lib|\/css)?\/[\w-]+\.(?:m?js|css))$/.exec(url) ?? []
  const file = url === '/' ? path.join(__dirname, 'index.html') : path.join(roots[root] ?? '', name ?? '')
  fs.readFile(file, (error, data) => {
    response.setHeader('Content-Type', `text/${kinds[path.extname(file)] ?? 'plain'}`)
    response.writeHead(error ? 404 : 200).end(error ? 'Not found' : data)
  })
})
server.on('upgrade', terminals.upgrade)
server.listen(process.env.PORT ?? 4001, '127.0.0.1', () => console.log(`The token is ${token}`))
