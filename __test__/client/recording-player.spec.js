// The player against a server that sends what it should not, or nothing.

const { RecordingPlayer } = require('../../client/recording-player.js')

const index = { version: 3, duration: 5, bytes: 20, segments: [[0, 0, 80, 24, 0]], status: 'complete' }
const terminal = () => ({
  cols: 80,
  rows: 24,
  write: (_data, parsed) => parsed?.(),
  reset() {},
  resize() {},
})
const json = (value) => new Response(JSON.stringify(value))
const part = (text) => new Response(text, { status: 206 })

/** What becomes of a recording whose index and events are these. */
function played(index, events = () => part('[1, "o", "played"]\r\n')) {
  const fetch = async (url) => (url.endsWith('/index') ? index() : events())
  return new RecordingPlayer('http://server/recording', { terminal: terminal(), fetch }).load()
}

const INVALID = 'ERR_RECORDING_INVALID'
const FETCH = 'ERR_RECORDING_FETCH'

test('what is as it should be is played', async () => {
  await played(() => json(index))
})

test.each([
  [INVALID, 'null', () => json(null)],
  [INVALID, 'no parts', () => json({ ...index, segments: [] })],
  [INVALID, 'parts that are none', () => json({ ...index, segments: [[0, 'x', 80, 24, 0]] })],
  [INVALID, 'no length', () => json({ ...index, bytes: undefined })],
  [INVALID, 'no duration', () => json({ ...index, duration: null })],
  ['ERR_RECORDING_VERSION', 'version 1', () => json({ ...index, version: 1 })],
  [FETCH, 'no JSON', () => new Response('<html>')],
  [FETCH, 'a status without words', () => new Response('', { status: 502 })],
  [FETCH, 'no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
])('%s for an index with %s', async (code, _what, index) => {
  await expect(played(index)).rejects.toMatchObject({ code, message: expect.stringMatching(/./) })
})

const cut = () =>
  new Response(
    new ReadableStream({
      pull(controller) {
        controller.error(new TypeError('network error'))
      },
    }),
    { status: 206 },
  )

test.each([
  [INVALID, 'null', () => part('null                ')],
  [INVALID, 'half a line', () => part('[1, "o", "half      ')],
  [INVALID, 'a line that is no event', () => part('{"o": "not an event"}'.slice(0, 20))],
  [INVALID, 'a time that is none', () => part('["1", "o", "text"]  ')],
  ['ERR_RECORDING_CHANGED', 'fewer bytes', () => part('[1, "o", ""]')],
  ['ERR_RECORDING_RANGE', 'all of the cast', () => new Response('[1, "o", "played"]\r\n')],
  [FETCH, 'half of them', cut],
])('%s for events with %s', async (code, _what, events) => {
  await expect(played(() => json(index), events)).rejects.toMatchObject({ code })
})
