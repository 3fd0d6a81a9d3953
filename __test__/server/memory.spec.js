// Output never stays on the V8 heap, and a session that ends leaves nothing
// behind. The server has a process of its own, with the collector exposed.

const http = require('node:http')
const { children, descriptors, eventually, terminals, threads, zombies } = require('../helpers/proc')
const { startServerProcess } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

const MB = 1_000_000

let host
beforeEach(async () => {
  host = await startServerProcess({ maxSessions: 0, maxSessionsPerProject: 0 }, { execArgv: ['--expose-gc'] })
})
afterEach(() => host.stop())

async function shell(query, options) {
  const client = host.connect(query, options)
  await client.ready()
  await client.sees(PROMPT)
  return client
}

test.each([
  ['offheap.v1', true],
  ['JSON', false],
])(
  '200 MB through a session leave heapUsed and external within 5 MB (%s)',
  async (_name, stream) => {
    const client = await shell({}, { stream })
    client.keep = false
    await flow(client, 5 * MB)
    const before = await host.ask('memory')
    await flow(client, 200 * MB)
    const after = await host.ask('memory')
    expect(client.messages.filter(({ type }) => type === 'gap')).toEqual([])
    expect(Math.abs(after.heapUsed - before.heapUsed)).toBeLessThan(5 * MB)
    expect(Math.abs(after.external - before.external)).toBeLessThan(5 * MB)
    expect(Math.abs(after.arrayBuffers - before.arrayBuffers)).toBeLessThan(5 * MB)
  },
  600_000,
)

/** Lets so many bytes through, and waits for all of them. */
async function flow(client, bytes) {
  const wanted = client.bytes + bytes
  client.type(`yes 'a line of log text, about as long as such lines are' | head -c ${bytes}\r`)
  for (let part = client.bytes; part < wanted; part = client.bytes) {
    await client.until('more', () => client.bytes >= Math.min(part + 5 * MB, wanted))
  }
}

test('a session that ends, however it ends, leaves no descriptor, process or thread', async () => {
  const close = (id) =>
    new Promise((resolve, reject) => {
      const url = `${host.url}/api/terminal/close/${id}`
      http
        .request(url, { method: 'DELETE', agent: false }, (response) => {
          response.resume().on('end', resolve)
        })
        .on('error', reject)
        .end()
    })
  const ends = [
    (client) => client.type('exit\r'),
    (client) => client.type('exec sleep 0\r'),
    (client) => client.type('kill -9 $$\r'),
    (_client, id) => close(id),
    // Job control puts it into a group of its own, and it ignores the hang-up of the terminal.
    async (client, id) => {
      client.type('yes\r')
      await client.until('output', () => client.bytes > 100_000)
      await close(id)
    },
    async (client, id) => {
      await client.cut()
      await close(id)
    },
  ]
  const round = async (name) => {
    await Promise.all(
      ends.map(async (end, i) => {
        const client = await shell({ sessionId: `${name}-${i}` }, { stream: i % 2 === 0 })
        await end(client, `${name}-${i}`)
        await client.isClosed()
      }),
    )
    await eventually('no session', async () => (await host.ask('stats')).sessions === 0)
    await eventually('no child', () => children(host.pid).length === 0)
    expect(terminals(host.pid)).toBe(0)
  }
  await round('warm')
  const before = { fds: descriptors(host.pid).length, threads: threads(host.pid) }
  for (let i = 0; i < 3; i += 1) await round(`r${i}`)
  await eventually('the descriptors of before', () => descriptors(host.pid).length <= before.fds)
  expect(threads(host.pid)).toBe(before.threads)
  expect(zombies(host.pid)).toEqual([])
  const { nativeBytes, historyBytes, inputBytes, viewers, connections } = await host.ask('stats')
  expect({ nativeBytes, historyBytes, inputBytes, viewers, connections }).toEqual({
    nativeBytes: 0,
    historyBytes: 0,
    inputBytes: 0,
    viewers: 0,
    connections: 0,
  })
})

test('threads do not grow with sessions', async () => {
  await shell()
  const before = threads(host.pid)
  await Promise.all(Array.from({ length: 12 }, () => shell()))
  expect(threads(host.pid)).toBe(before)
})
