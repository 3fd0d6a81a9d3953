// A client in a process of its own, to be stopped: `node peer-process.js <url> <folder> <sessionId> [input]`

const { Client } = require('./client')
const { PROMPT } = require('./workspace')

const [url, path, sessionId, input] = process.argv.slice(2)
const client = new Client(url, { path, sessionId }, { stream: true })

client.sees(PROMPT).then(() => {
  client.keep = false
  if (input) client.type(input)
  process.send('ready')
})

process.on('message', () => {
  for (let i = 0; i < 14; i += 1) client.send(Buffer.alloc(512 * 1024, 'x'))
})
process.on('disconnect', () => process.exit(0))
