// A program that asks its terminal something gets one answer, however many view it.

const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
afterEach(() => host.stop())

/** A program that prints what its terminal answers to a query, until a second passes without more. */
const asking = (query) =>
  'old=$(stty -g); stty raw -echo min 0 time 10; ' +
  `printf '${query}'; reply=$(dd bs=1 count=99 2>/dev/null | tr '\\033\\007' '^_'); ` +
  'stty "$old"; echo "got"":$reply:"\r'

async function viewers(options = {}, create = {}) {
  host = await startTerminals(options, create)
  const query = { sessionId: 's', projectId: 'p', cols: 90, rows: 30, width: 900, height: 600 }
  const first = host.connect(query, { stream: true })
  await first.sees(PROMPT)
  const others = [host.connect(query, { stream: true }), host.connect(query)]
  for (const other of others) await other.ready()
  return [first, ...others]
}

test.each([
  ['\\033[6n', /got:\^\[\d+;\d+R:/],
  ['\\033[c', /got:\^\[\?1;2c:/],
  ['\\033[18t', /got:\^\[8;30;90t:/],
  ['\\033[14t', /got:\^\[4;600;900t:/],
])('three viewers, and one answer to %j', async (query, expected) => {
  const [first] = await viewers()
  first.type(asking(query))
  await first.until('the reply', () => /got:[^\n]*:\r\n/.test(first.output))
  expect(first.output).toMatch(expected)
})

test('the theme of a client that may type is what the screen answers with', async () => {
  const [first, second] = await viewers()
  second.send({ type: 'theme', foreground: '#102030', background: '#1e1e1e' })
  second.send({ type: 'ping' })
  await second.message('pong')
  first.type(asking('\\033]11;?\\007'))
  await first.until('the reply', () => /got:[^\n]*:\r\n/.test(first.output))
  expect(first.output).toContain('got:^]11;rgb:1e1e/1e1e/1e1e')
  expect(first.output.match(/rgb:1e1e/g)).toHaveLength(1)
})

test('with a screen everybody is told that the server answers', async () => {
  const clients = await viewers()
  for (const client of clients) expect(await client.ready()).toMatchObject({ answers: 'server' })
})

test('without a screen one client answers, and the next one when it leaves', async () => {
  const create = (query, grant) => host.terminals.findOrCreate(query, grant)
  const [first, second, third] = await viewers({ open: create }, { screen: false })
  expect(await first.ready()).toMatchObject({ answers: 'viewer' })
  for (const other of [second, third]) expect(await other.ready()).toMatchObject({ answers: 'none' })
  await second.message('viewers', ({ count }) => count === 3)
  first.socket.close(4000)
  await second.message('viewers', ({ answers }) => answers === 'viewer')
  const told = () => third.messages.filter(({ type }) => type === 'viewers').map(({ answers }) => answers)
  await third.message('viewers', ({ count }) => count === 2)
  expect(new Set(told())).toEqual(new Set(['none']))
})
