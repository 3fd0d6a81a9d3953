/** Where the server listens: a port, or a Unix socket. */

const fs = require('node:fs')
const net = require('node:net')

/**
 * Starts to listen.
 *
 * @param {import('node:http').Server} server
 * @param {{ port: number, host: string, socketPath: string }} config
 */
async function listen(server, { port, host, socketPath }) {
  if (socketPath) await removeStale(socketPath)
  await new Promise((resolve, reject) => {
    server.once('error', reject)
    const ready = () => {
      server.off('error', reject)
      resolve()
    }
    if (socketPath) server.listen(socketPath, ready)
    else server.listen(port, host, ready)
  })
}

/** A socket that nobody listens on any more is left by a server that was killed. */
async function removeStale(file) {
  if (!fs.statSync(file, { throwIfNoEntry: false })?.isSocket()) return
  const isServed = await new Promise((resolve) => {
    const probe = net.connect(file)
    const settle = (answer) => () => {
      probe.destroy()
      resolve(answer)
    }
    probe.once('connect', settle(true)).once('error', settle(false))
  })
  if (!isServed) fs.rmSync(file, { force: true })
}

/** The server's address, for people. */
function urlOf(server, basePath) {
  const address = server.address()
  if (typeof address === 'string') return `unix:${address}`
  const host = address.family === 'IPv6' ? `[${address.address}]` : address.address
  return `http://${host}:${address.port}${basePath}`
}

module.exports = { listen, urlOf }
