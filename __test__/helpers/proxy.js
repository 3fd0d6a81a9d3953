// A proxy before a server, as a web server that gives it a part of its paths.

const http = require('node:http')

/**
 * @param {(path: string) => { url: string, path: string } | null} route where a request goes; null is 404
 */
async function startProxy(route) {
  /** Paths that were asked for and lead nowhere. */
  const lost = []
  const forward = (request) => {
    const to = route(request.url)
    if (!to) {
      lost.push(request.url)
      return null
    }
    const { hostname, port } = new URL(to.url)
    const { method, headers } = request
    return http.request({ hostname, port, path: to.path, method, headers })
  }
  const server = http.createServer((request, response) => {
    const onward = forward(request)
    if (!onward) return response.writeHead(404).end()
    onward.on('response', (answer) => {
      response.writeHead(answer.statusCode, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => response.destroy())
    return request.pipe(onward)
  })
  server.on('upgrade', (request, near, head) => {
    const onward = forward(request)
    if (!onward) return near.destroy()
    near.on('error', () => onward.destroy())
    onward.on('upgrade', (answer, far, first) => {
      const lines = answer.rawHeaders.map((text, i) => (i % 2 === 0 ? `${text}: ` : `${text}\r\n`))
      near.write(`HTTP/1.1 101 Switching Protocols\r\n${lines.join('')}\r\n`)
      near.write(first)
      far.write(head)
      far.on('error', () => near.destroy())
      near.on('close', () => far.destroy())
      far.on('close', () => near.destroy())
      far.pipe(near).pipe(far)
    })
    onward.on('response', ({ statusCode }) =>
      near.end(`HTTP/1.1 ${statusCode} No\r\nContent-Length: 0\r\n\r\n`),
    )
    onward.on('error', () => near.destroy())
    return onward.end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    lost,
    close: () => {
      server.closeAllConnections()
      server.close()
    },
  }
}

module.exports = { startProxy }
