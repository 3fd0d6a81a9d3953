// A client in a process of its own, to be stopped: `node peer-process.js <url> <sessionId> [input]`

const { Client } = require('./client')

const [url, sessionId, input] = process.argv.slice(2)
const client = new Client(url, { sessionId }, { stream: true })

client.keep = false
client.ready().then(() => {
  if (input) client.type(input)
  process.send('ready')
})

process.on('message', () => {
  for (let i = 0; i < 20; i += 1) client.send(Buffer.alloc(512 * 1024, 'x'))
})
process.on('disconnect', () => process.exit(0))
