// A client in a process of its own, so that its work is not the test's:
// `node peer.js <url> <folder> <sessionId> [<projectId> <token>]`. It answers `bytes` and `echo`.

const { setTimeout: sleep } = require('node:timers/promises')
const { Client } = require('../helpers/client')
const { PROMPT } = require('../helpers/workspace')

const [url, path, sessionId, projectId, token] = process.argv.slice(2)
const client = new Client(url, { path, sessionId, projectId, token }, { stream: true })
let cat = null

const COMMANDS = {
  /** Bytes taken so far. */
  bytes: () => client.bytes,

  /** Types keys into a raw `cat` for some seconds; the times to their echoes, in ms. */
  async echo(seconds) {
    cat ??= startCat()
    await cat
    const times = []
    const end = performance.now() + seconds * 1000
    while (performance.now() < end) {
      times.push(await keyTime())
      await sleep(5 + Math.random() * 10)
    }
    times.sort((a, b) => a - b)
    return {
      keys: times.length,
      p50: times[times.length >> 1],
      p99: times[Math.floor(times.length * 0.99)],
    }
  },
}

async function startCat() {
  client.send(Buffer.from("stty raw -echo; echo go''on; exec cat\r"))
  client.keep = true
  await client.sees('goon')
  client.keep = false
}

function keyTime() {
  return new Promise((resolve) => {
    const start = performance.now()
    client.onFrame = () => {
      client.onFrame = undefined
      resolve(performance.now() - start)
    }
    client.send(Buffer.from('x'))
  })
}

client.sees(PROMPT).then(() => {
  client.keep = false
  process.send('ready')
})
process.on('message', async ({ id, command, argument }) => {
  process.send({ id, value: await COMMANDS[command](argument) })
})
process.on('disconnect', () => process.exit(0))
