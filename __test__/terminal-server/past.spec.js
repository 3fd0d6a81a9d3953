// The past of a session for JSON clients that know no `history`: as `stream`
// frames, once, on a terminal that may show it already.

const { Terminal } = require('@xterm/headless')
const { eventually } = require('../helpers/proc')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
afterEach(() => host.stop())

/** What a terminal shows that is written all `stream` and `buffered` frames, and knows no others. */
async function shown(terminal, frames) {
  for (const { type, data } of frames) if (type !== 'history') terminal.write(data)
  await new Promise((resolve) => terminal.write('', resolve))
  const buffer = terminal.buffer.active
  return Array.from({ length: buffer.length }, (_, row) => buffer.getLine(row).translateToString(true)).join(
    '\n',
  )
}

const times = (text, word) => text.split(word).length - 1
const newTerminal = () => new Terminal({ cols: 80, rows: 30, allowProposedApi: true })

/** A session in which something was printed, and asked: a server with a screen would type the answer. */
async function past(query, asks = '') {
  const first = host.connect(query)
  await first.sees(PROMPT)
  first.type(`printf '${asks}%s\\n' on''ce\r`)
  await first.sees(`once\r\n${PROMPT}`)
  return first
}

describe.each([
  ['with a screen', {}],
  ['without', { screen: false }],
])('%s', (_what, limits) => {
  const asks = limits.screen === false ? '\\033[6n' : ''

  test.each([
    ['by option', { history: 'stream' }, {}],
    ['by query', {}, { history: 'stream' }],
  ])('the past is a stream %s', async (_how, options, choice) => {
    host = await startTerminals(options, limits)
    const first = await past({ sessionId: 's', ...choice }, asks)
    await first.cut()
    const second = host.connect({ sessionId: 's', ...choice })
    await second.sees(PROMPT)
    expect(second.messages[0].type).toBe('reconnected')
    second.type('echo and""more\r')
    // All of it: what came between two looks would be on one of them only.
    await second.sees(`andmore\r\n${PROMPT}`)
    expect(new Set(second.frames.map(({ type }) => type))).toEqual(new Set(['stream']))
    const fresh = await shown(newTerminal(), second.frames)
    expect(times(fresh, 'once')).toBe(1)
    expect(times(fresh, 'andmore')).toBe(1)
    // Nobody waits for the answer to a query of the past.
    expect(second.output).not.toContain('\x1b[6n')
    // The terminal of a client that has kept it through the loss of its connection.
    const kept = newTerminal()
    await shown(kept, first.frames)
    expect(await shown(kept, second.frames)).toBe(fresh)
  })

  test('a client chooses history where the server is set to stream', async () => {
    host = await startTerminals({ history: 'stream' }, limits)
    await (await past({ sessionId: 's' })).cut()
    const second = host.connect({ sessionId: 's', history: 'history' })
    await second.sees('once')
    expect(second.frames[0].type).toBe('history')
  })

  test('one that says its offset gets the stream from there on, and no reset', async () => {
    host = await startTerminals({ history: 'stream' }, limits)
    const first = await past({ sessionId: 's' })
    const { end } = first
    await first.cut()
    const second = host.connect({ sessionId: 's', offset: end })
    await second.ready()
    second.type('echo and""more\r')
    await second.sees('andmore\r\n')
    expect(second.output).not.toMatch(/once|\x1bc/)
  })
})

test('after a gap the screen comes as stream', async () => {
  host = await startTerminals({ history: 'stream' }, { historyBytes: 4096 })
  const client = await past({ sessionId: 's' })
  const session = host.registry.get('s')
  client.send({ type: 'suspend' })
  await client.message('suspended')
  session.write('seq 10000; echo l""ast\r')
  await eventually('the output', () => session.screenText().includes('\nlast\n'))
  client.send({ type: 'resume' })
  await client.message('gap')
  await client.sees('last')
  client.type('echo and""more\r')
  await client.sees('andmore\r\n')
  expect(client.of('history')).toBe('')
  const text = await shown(newTerminal(), client.frames)
  expect(times(text, '\nlast\n')).toBe(1)
  expect(text).toContain('\n9999\n10000\n')
  expect(times(text, 'once')).toBe(0)
})

test.each([
  ['error', ['error']],
  ['ignore', []],
])('a message of an unknown type: %s', async (unknownMessages, expected) => {
  host = await startTerminals({ unknownMessages })
  const client = await past({ sessionId: 's' })
  for (const message of [{ type: 'dance' }, { type: 'constructor' }, {}, [], 7]) {
    client.send(JSON.stringify(message))
  }
  await client.settled()
  const errors = client.messages.filter(({ type }) => type === 'error')
  expect([...new Set(errors.map(({ type }) => type))]).toEqual(expected)
  expect(errors.every(({ code }) => code === 'ERR_UNKNOWN_MESSAGE')).toBe(true)
  client.send('{"type":')
  await client.message('error', ({ code }) => code === 'ERR_INVALID_JSON')
})
