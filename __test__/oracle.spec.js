// Snapshots through the addon against xterm.js, cell by cell and mode by mode, at
// many cuts of recorded and generated output. See bench/screen/README.md.

const { SessionRegistry } = require('..')
const cases = require('../bench/screen/cases.cjs')
const { Judge } = require('../bench/screen/judge.cjs')

let registry
beforeAll(() => {
  registry = new SessionRegistry()
})
afterAll(() => registry.shutdown())

/** A session as `Judge` wants a screen. */
function makeScreen({ cols, rows, xterm, unicode, options, lines }) {
  const client = { xtermVersion: xterm, unicodeVersion: unicode, ...options }
  const session = registry.create({
    screen: { scrollbackLines: lines, scrollbackBytes: 1 << 24, ...client },
  })
  session.resize(cols, rows)
  const snapshots = []
  return {
    feed: (bytes) => session.append(bytes),
    resize: (cols, rows) => session.resize(cols, rows),
    snapshot: () => {
      const { data, offset } = session.snapshot({ scrollback: lines })
      // The beginning of a character that the output has not completed yet.
      snapshots.push(Buffer.concat([data, session.readFrom(offset).data]))
    },
    finish: () => {
      session.close()
      return snapshots
    },
  }
}

function judge(list, options) {
  const judging = new Judge(makeScreen, options)
  for (const one of list) judging.run(...one)
  expect(judging.reports).toEqual([])
  return judging.counts
}

const seeds = (count) => Array.from({ length: count }, (_, index) => index + 1)

test('recordings of real programs', () => {
  const counts = judge(cases.recordings(40))
  expect(counts).toMatchObject({ streams: 20, probed: 20, refused: 0, tolerated: 0, hidden: 0 })
  expect(counts.continued).toBeGreaterThan(750)
})

// Streams that meet a limit which the README of bench/screen names.
const LIMITED_BY_RESIZES = new Set([13, 87])

/** The kinds of clients in turn. */
const kindOf = (seed) => cases.KINDS[seed % cases.KINDS.length]

test('generated streams of every sequence', () => {
  const counts = judge(seeds(150).map((seed) => cases.generated(seed, false, kindOf(seed))))
  expect(counts.continued).toBeGreaterThan(1300)
})

test('generated streams with resizes', () => {
  const counts = judge(
    seeds(150)
      .filter((seed) => !LIMITED_BY_RESIZES.has(seed))
      .map((seed) => cases.generated(seed, true, kindOf(seed))),
    { sameSize: true },
  )
  expect(counts.restored).toBeGreaterThan(1200)
})
