/**
 * Opens WebSocket connections, each for a shell of its own, and prints how many
 * were taken and what the server's memory does, as the analysis of the old server
 * did:
 *
 *     node examples/terminal-ws-standalone/stress/open-connections.js [url] [count]
 */

const { WebSocket } = require('ws')
const { printMemory } = require('./figures')

/** Opens connections one after another; what became of each, and the sockets. */
async function openConnections(url, count) {
  const sockets = []
  const outcomes = {}
  for (let index = 0; index < count; index += 1) {
    const socket = new WebSocket(url.replace(/^http/, 'ws'))
    const outcome = await outcomeOf(socket)
    outcomes[outcome] = (outcomes[outcome] ?? 0) + 1
    sockets.push(socket)
  }
  return { outcomes, sockets }
}

/** `connected`, or the close code of a refusal. */
function outcomeOf(socket) {
  return new Promise((resolve) => {
    socket.on('message', (data, isBinary) => {
      if (!isBinary && JSON.parse(data).type === 'connected') resolve('connected')
    })
    socket.on('close', (code) => resolve(`closed ${code}`))
    socket.on('error', (error) => resolve(error.message))
  })
}

async function main([url = 'http://127.0.0.1:4001', count = '100']) {
  await printMemory(url, 'before')
  const { outcomes, sockets } = await openConnections(url, Number(count))
  console.log('outcomes:', outcomes)
  await printMemory(url, 'open')
  for (const socket of sockets) socket.close()
}

module.exports = { openConnections }

if (require.main === module) main(process.argv.slice(2))
