// Where the server's token comes from, and where it does not stay.

const { spawn } = require('node:child_process')
const { once } = require('node:events')
const fs = require('node:fs')
const { Client } = require('../helpers/client')
const { eventually } = require('../helpers/proc')
const { ENTRY, runServer } = require('../helpers/server')
const { workspace } = require('../helpers/workspace')

const SERVES = /serving shells on (http:\S+)/

let space
let running
beforeEach(() => {
  space = workspace()
  running = []
})
afterEach(async () => {
  for (const child of running) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL')
      await once(child, 'exit')
    }
  }
  space.remove()
})

async function started(env) {
  const { child, said } = runServer({ PORT: '0', AUTH_TOKEN: '', ...env })
  running.push(child)
  await eventually('the server', () => SERVES.test(said.stdout))
  return { url: SERVES.exec(said.stdout)[1], said }
}

/** The status of a call of the HTTP interface. */
async function callWith(url, token) {
  const response = await fetch(`${url}/api/stats`, {
    headers: token ? { Authorization: `Bearer ${token}` } : {},
  })
  await response.arrayBuffer()
  return response.status
}

test('without one, the line that is printed starts the server with one', async () => {
  const { url, said } = await started({})
  expect(await callWith(url)).toBe(200)
  const [line, variable, token] = /(AUTH_TOKEN)=(\w+)'?;? npm start/.exec(said.stdout) ?? []
  expect({ line, variable }).toEqual({ line: expect.any(String), variable: 'AUTH_TOKEN' })
  expect(token).toHaveLength(32)
  const next = await started({ [variable]: token })
  expect([await callWith(next.url), await callWith(next.url, token)]).toEqual([401, 200])
  expect(next.said.stdout).not.toContain('npm start')
})

test('it may stand in a file', async () => {
  fs.writeFileSync(space.file('token'), 's3cret\n')
  const { url } = await started({ AUTH_TOKEN_FILE: space.file('token') })
  expect([await callWith(url), await callWith(url, 's3cret')]).toEqual([401, 200])
  const client = new Client(url, { token: 's3cret', path: space.folder })
  await client.ready()
  client.type('env | grep -c AUTH_TO""KEN; echo che""cked\r')
  await client.sees('checked\r\n')
  expect(client.output).toContain('\r\n0\r\nchecked')
  await client.close()
})

test.each([
  [
    'no file',
    { AUTH_TOKEN_FILE: '/does/not/exist' },
    /AUTH_TOKEN_FILE=\/does\/not\/exist cannot be read: ENOENT/,
  ],
  ['an empty one', { AUTH_TOKEN_FILE: '/dev/null' }, /must hold the token/],
  ['both', { AUTH_TOKEN_FILE: '/dev/null', AUTH_TOKEN: 'x' }, /AUTH_TOKEN or AUTH_TOKEN_FILE, not both/],
])('%s is refused at the start', async (_what, env, message) => {
  const { code, stderr } = await runServer({ PORT: '0', AUTH_TOKEN: '', ...env }).exited
  expect(code).toBe(1)
  expect(stderr).toMatch(message)
})

test('once it is read, the environment has it no more', async () => {
  const script = `
    require(process.argv[1]).main().then(() => {
      const { execFileSync } = require('node:child_process')
      const theirs = execFileSync('/usr/bin/env', { encoding: 'utf8' })
      console.log(JSON.stringify({ own: process.env.AUTH_TOKEN ?? null, theirs: theirs.includes('s3cret') }))
      process.exit()
    })`
  const child = spawn(process.execPath, ['-e', script, ENTRY], {
    env: { ...process.env, NODE_OPTIONS: '', PORT: '0', AUTH_TOKEN: 's3cret' },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (data) => {
    said += data
  })
  await once(child, 'close')
  expect(JSON.parse(said.trim().split('\n').at(-1))).toEqual({ own: null, theirs: false })
})
