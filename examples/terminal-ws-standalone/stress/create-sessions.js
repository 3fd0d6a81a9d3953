/**
 * Creates sessions over HTTP and prints the server's memory, once a second, as
 * the analysis of the old server did:
 *
 *     node examples/terminal-ws-standalone/stress/create-sessions.js [url] [count] [seconds]
 *
 * All are of one project, so with the usual limits each beyond the sixth closes
 * the oldest.
 */

const { printMemory, sleep } = require('./figures')

async function createSessions(url, count) {
  const codes = {}
  for (let index = 0; index < count; index += 1) {
    const response = await fetch(`${url}/api/terminal/create`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ projectId: 'test-project', projectPath: '/tmp' }),
    })
    await response.json()
    codes[response.status] = (codes[response.status] ?? 0) + 1
  }
  return codes
}

async function main([url = 'http://127.0.0.1:4001', count = '50', seconds = '10']) {
  await printMemory(url, 'before')
  console.log('answers by status:', await createSessions(url, Number(count)))
  for (let second = 0; second < Number(seconds); second += 1) {
    await printMemory(url, `${second} s`)
    await sleep(1000)
  }
}

module.exports = { createSessions }

if (require.main === module) main(process.argv.slice(2))
