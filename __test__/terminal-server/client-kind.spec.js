// The screen is exact for the terminal of the viewer that sets the size.

const { clientInQuery } = require('../../server/client-kind')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

let host
afterEach(() => host?.stop())

/** An emoji takes two columns by the table of Unicode 11, and one by that of Unicode 6. */
const PRINT = "printf '\\033[2J\\033[H\\360\\237\\230\\200\\033[3Gdo''ne\\n'\r"

async function shown(session, client) {
  client.type(PRINT)
  await client.until('the emoji', () => session.screenText().includes('done'))
  const row = session.screenText().split('\n')[0]
  client.type('clear\r')
  await client.until('nothing', () => !session.screenText().includes('done'))
  return row
}

test('what a client says in its query holds for the session while it sets the size', async () => {
  host = await startTerminals()
  const query = { sessionId: 's', projectId: 'p', cols: 80, rows: 24 }
  const first = host.connect({ ...query, unicode: '11', xterm: '6.0.0' }, { stream: true })
  await first.sees(PROMPT)
  const session = host.registry.get('s', 'p')
  expect(await shown(session, first)).toBe('😀done')

  const second = host.connect(query)
  await second.ready()
  expect(await shown(session, second)).toBe('😀 done')
  // To type is to set the size.
  expect(await shown(session, first)).toBe('😀done')
  expect(await shown(session, second)).toBe('😀 done')
  second.close(4000)
  await second.isClosed()
  expect(await shown(session, first)).toBe('😀done')
})

test('a client whose size makes no sense does not decide', async () => {
  host = await startTerminals()
  const query = { sessionId: 's', projectId: 'p', cols: 'wide', rows: 24, unicode: '11' }
  const client = host.connect(query, { stream: true })
  await client.sees(PROMPT)
  expect(await shown(host.registry.get('s', 'p'), client)).toBe('😀 done')
})

const NONE = {
  scrollOnEraseInDisplay: false,
  reflowCursorLine: false,
  convertEol: false,
  images: false,
  windowOptions: { pushTitle: false, popTitle: false },
}

test.each([
  [{}, null],
  [{ unicode: '12', xterm: 'new', tabStopWidth: '0' }, null],
  [{ unicode: '11' }, { unicodeVersion: '11' }],
  [{ unicode: '15-graphemes' }, { unicodeVersion: '15-graphemes' }],
  [{ xterm: '5.5.0' }, { xtermVersion: '6.0' }],
  [{ xterm: '6.0' }, { xtermVersion: '6.0' }],
  [{ xterm: '6.1.0-beta.337' }, { xtermVersion: '6.1' }],
  [{ xterm: '7.0.0' }, { xtermVersion: '6.1' }],
  [{ tabStopWidth: '4' }, { tabStopWidth: 4 }],
  [
    { xtermOptions: 'convertEol,popTitle,fontSize' },
    {
      scrollOnEraseInDisplay: false,
      reflowCursorLine: false,
      convertEol: true,
      images: false,
      windowOptions: { pushTitle: false, popTitle: true },
    },
  ],
  [{ xtermOptions: 'images,iipSupport' }, { ...NONE, images: true }],
  [
    { xtermOptions: 'sixelSupport,kittySupport' },
    { ...NONE, images: { sixelSupport: true, iipSupport: false, kittySupport: true } },
  ],
])('%j is understood', (query, client) => {
  expect(clientInQuery(query)).toEqual(client)
})
