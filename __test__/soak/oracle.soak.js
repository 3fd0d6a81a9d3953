// The screen against xterm.js for each kind of client: 2,000 generated streams each, with and
// without resizes. `ORACLE_STREAMS` is another number, `ORACLE_FIRST` the first seed.

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const cases = require('../../bench/screen/cases.cjs')
const { Judge } = require('../../bench/screen/judge.cjs')
const { makeScreen } = require('../../bench/screen/harness.cjs')

const STREAMS = Number(process.env.ORACLE_STREAMS ?? 2000)
const FIRST = Number(process.env.ORACLE_FIRST ?? 1)
/** How many of a hundred streams may differ, without resizes and with. README.md of bench/screen names them. */
const MAY_DIFFER = { false: 0.5, true: 3 }

beforeAll(() => {
  const manifest = path.join(__dirname, '../../bench/screen/harness/Cargo.toml')
  execFileSync('cargo', ['build', '--release', '--manifest-path', manifest], { stdio: 'inherit' })
}, 1_800_000)

describe.each([false, true])('with resizes: %s', (resize) => {
  test.each(cases.KINDS)(
    'xterm.js $xterm, Unicode $unicode',
    (kind) => {
      const judge = new Judge(makeScreen, { sameSize: resize })
      for (let seed = FIRST; seed < FIRST + STREAMS; seed++) judge.run(...cases.generated(seed, resize, kind))
      const { streams, differing } = judge.counts
      if (differing > 0) console.log(judge.reports.join('\n'))
      expect((differing * 100) / streams).toBeLessThanOrEqual(MAY_DIFFER[resize])
    },
    3_600_000,
  )
})
