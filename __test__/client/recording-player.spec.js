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
const beginning = { time: 0, position: 0, cols: 80, rows: 24, data: '', text: '' }

/** What becomes of a recording whose index, first moment and events are these, once it has been played. */
async function played({
  about = () => json(index),
  moment = () => json(beginning),
  events = () => part('[1, "o", "played"]\r\n'),
}) {
  const fetch = async (url) => (url.endsWith('/index') ? about() : url.includes('/at/') ? moment() : events())
  const player = new RecordingPlayer('http://server/recording', { terminal: terminal(), fetch, speed: 64 })
  const ended = new Promise((resolve, reject) => {
    player.addEventListener('end', resolve)
    player.addEventListener('error', ({ detail }) => reject(detail))
  })
  await player.load()
  player.play()
  await ended
}

const INVALID = 'ERR_RECORDING_INVALID'
const FETCH = 'ERR_RECORDING_FETCH'

test('what is as it should be is played', async () => {
  await played({})
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
])('%s for an index with %s', async (code, _what, about) => {
  await expect(played({ about })).rejects.toMatchObject({ code, message: expect.stringMatching(/./) })
})

test.each([
  [INVALID, 'no place', () => json({ ...beginning, position: null })],
  [INVALID, 'a size that is none', () => json({ ...beginning, cols: '80' })],
  [INVALID, 'no screen', () => json({ ...beginning, data: undefined })],
  [INVALID, 'null', () => json(null)],
  [FETCH, 'no JSON', () => new Response('<html>')],
  [FETCH, 'a status without words', () => new Response('', { status: 502 })],
])('%s for a moment with %s', async (code, _what, moment) => {
  await expect(played({ moment })).rejects.toMatchObject({ code })
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
  await expect(played({ events })).rejects.toMatchObject({ code })
})

describe('while a seek is under way', () => {
  let player
  let waiting
  let told

  /** A player of two hours, whose moments are sent when `send()` says so. */
  beforeEach(async () => {
    waiting = []
    told = []
    const about = { ...index, duration: 7200, segments: [[0, 0, 80, 24, 0]], bytes: 20 }
    const fetch = async (url) => {
      if (url.endsWith('/index')) return json(about)
      if (!url.includes('/at/')) return part('[7200, "o", "end"]\r\n')
      const time = Number(url.split('/').at(-1))
      if (time > 0) await new Promise((resolve, reject) => waiting.push({ resolve, reject }))
      return json({ ...beginning, time, position: time === 7200 ? 20 : 0 })
    }
    player = new RecordingPlayer('http://server/recording', { terminal: terminal(), fetch })
    for (const type of ['state', 'end', 'error'])
      player.addEventListener(type, ({ detail }) => told.push(detail.playing ?? type))
    await player.load()
  })
  afterEach(() => player.dispose())

  /** Until the server was asked for a moment. */
  async function asked() {
    while (waiting.length === 0) await new Promise(setImmediate)
  }

  /** Lets it send that. */
  async function send() {
    await asked()
    waiting.shift().resolve()
  }

  test('its time is where that leads', async () => {
    const sought = player.seek(60)
    expect(player.time).toBe(60)
    await send()
    await sought
    expect(player.time).toBe(60)
    expect(told).toEqual([])
  })

  test('another one does not stop what plays', async () => {
    player.play()
    const first = player.seek(60)
    await asked()
    const second = player.seek(120)
    await send()
    await send()
    await Promise.all([first, second])
    expect(player.playing).toBe(true)
    expect(player.time).toBeGreaterThanOrEqual(120)
    expect(told).toEqual([true])
  })

  test('it is begun to play, and stops', async () => {
    const sought = player.seek(60)
    await asked()
    player.play()
    expect(player.playing).toBe(true)
    expect(player.time).toBe(60)
    const paused = player.pause()
    expect(player.playing).toBe(false)
    await send()
    await send()
    await Promise.all([sought, paused])
    expect(player.time).toBe(60)
    expect(told).toEqual([true, false])
  })

  test('that fails, what plays goes on where it was', async () => {
    player.play()
    const sought = player.seek(3600)
    await asked()
    waiting.shift().reject(new TypeError('Failed to fetch'))
    await expect(sought).rejects.toMatchObject({ code: 'ERR_RECORDING_FETCH' })
    expect(player.playing).toBe(true)
    expect(player.time).toBeLessThan(3600)
    expect(told).toEqual([true])
  })

  test('to the end it plays no more once it is there', async () => {
    const ended = new Promise((resolve) => player.addEventListener('end', resolve))
    player.play()
    const sought = player.seek(7200)
    await send()
    await Promise.all([sought, ended])
    expect(player.ended).toBe(true)
    expect(told).toEqual([true, false, 'end'])
  })
})

test('one that is being written is followed, from what a seek has shown', async () => {
  const lines = ['[1, "o", "one "]\n', '[1, "o", "two "]\n', '[1, "o", "three "]\n']
  let known = 2
  const about = () => ({
    ...index,
    duration: known,
    bytes: lines.slice(0, known).join('').length,
    status: known < 3 ? 'recording' : 'complete',
  })
  const fetch = async (url, { headers }) => {
    if (url.endsWith('/index')) return json(about())
    const [, seconds] = /at\/(.*)/.exec(url) ?? []
    if (seconds === undefined) {
      const [, start, end] = /(\d+)-(\d+)/.exec(headers.Range)
      return part(lines.join('').slice(Number(start), Number(end) + 1))
    }
    const before = lines.slice(0, Math.floor(Number(seconds))).join('')
    const data = Math.floor(Number(seconds)) === 1 ? 'one ' : ''
    return json({ ...beginning, time: Math.floor(Number(seconds)), position: before.length, data })
  }
  let shown = ''
  const recorder = {
    ...terminal(),
    write(data, parsed) {
      shown += data
      parsed?.()
    },
    reset() {
      shown = ''
    },
  }
  const player = new RecordingPlayer('http://server/recording', { terminal: recorder, fetch, speed: 64 })
  const ended = new Promise((resolve, reject) => {
    player.addEventListener('end', resolve)
    player.addEventListener('error', ({ detail }) => reject(detail))
  })
  await player.load()
  await player.seek(1.5)
  expect(shown).toBe('one ')
  player.play()
  while (!player.ended) await new Promise(setImmediate)
  expect([shown, player.playing]).toEqual(['one two ', true])
  known = 3
  await ended
  expect([shown, player.playing]).toEqual(['one two three ', false])
  await player.seek(1)
  player.speed = 1
  player.play()
  await player.pause()
  expect(shown).toBe('one ')
})
