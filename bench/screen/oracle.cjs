'use strict'

// Compares the Rust screen with @xterm/headless, see judge.cjs.
//
//   node oracle.cjs all [seeds] [first]          so many streams for each kind of client, with and
//                                                without resizes; a table at the end
//   node oracle.cjs generated [seeds] [first]    generated streams, the kinds in turn
//   node oracle.cjs resize [seeds] [first]       the same with resizes
//   node oracle.cjs resize-restored [seeds] [first]   and restored terminals are resized, too
//   node oracle.cjs recordings [cuts]            recordings of real programs
//   node oracle.cjs fixtures <directory>         xterm.js' own fixtures
//   node oracle.cjs answers [seeds]              answers to queries

const fs = require('node:fs')
const path = require('node:path')
const cases = require('./cases.cjs')
const { Harness, makeScreen } = require('./harness.cjs')
const { Judge } = require('./judge.cjs')
const { open, write } = require('./state.cjs')
const { generate, random } = require('./generate.cjs')

const [kind, ...rest] = process.argv.slice(2)
const judge = new Judge(makeScreen, { sameSize: kind === 'resize' })

function generated(seeds, first, resize) {
  for (let seed = first; seed < first + seeds; seed++) {
    judge.run(...cases.generated(seed, resize, cases.KINDS[seed % cases.KINDS.length]))
  }
}

/** So many streams of each kind: how many differ. */
function all(seeds, first) {
  const rows = []
  for (const client of cases.KINDS) {
    for (const resize of [false, true]) {
      const own = new Judge(makeScreen, { sameSize: resize })
      for (let seed = first; seed < first + seeds; seed++) own.run(...cases.generated(seed, resize, client))
      const { streams, differing } = own.counts
      const percent = `${((differing / streams) * 100).toFixed(2)} %`
      rows.push({ ...client, resizes: resize, streams, differing, percent })
      judge.reports.push(...own.reports)
      judge.tally.differing += differing
      console.log(JSON.stringify(rows.at(-1)))
    }
  }
  console.table(rows)
}

function recordings(cuts) {
  for (const recording of cases.recordings(cuts)) judge.run(...recording)
}

function fixtures(folder) {
  const skipped = new Set(['t0055-EL', 't0084-CBT', 't0103-reverse_wrap', 't0504-vim'])
  const failed = []
  let passed = 0
  for (const file of fs
    .readdirSync(folder)
    .filter((name) => name.endsWith('.in'))
    .sort()) {
    const name = file.slice(0, -3)
    const bytes = Buffer.from(
      fs.readFileSync(path.join(folder, file), 'latin1').replace(/\r?\n/g, '\r\n'),
      'latin1',
    )
    const expected = fs.readFileSync(path.join(folder, `${name}.text`), 'utf8')
    const size = { cols: 80, rows: 25 }
    const [text] = (() => {
      const h = new Harness().open(size).feed(bytes)
      h.ask('text')
      return h.run()
    })()
    const trim = (lines) =>
      lines
        .split('\n')
        .map((line) => line.trimEnd())
        .join('\n')
        .trimEnd()
    if (trim(text.toString()) === trim(expected)) passed++
    else failed.push(`${name}${skipped.has(name) ? ' (xterm.js skips it too)' : ''}`)
    judge.run(...cases.cutUp(name, size, bytes, 20, 7, 1000))
  }
  console.log(`fixtures: ${passed} passed, failed: ${failed.join(', ')}`)
}

// What xterm.js answers. The screen answers more: versions, sizes, keyboard flags.
const QUERIES = [
  '\x1b[c',
  '\x1b[0c',
  '\x1b[1c',
  '\x1b[>c',
  '\x1b[5n',
  '\x1b[6n',
  '\x1b[?6n',
  '\x1b[?15n',
  '\x1bP$qm\x1b\\',
  '\x1bP$qr\x1b\\',
  '\x1bP$q"q\x1b\\',
  '\x1bP$q"p\x1b\\',
  '\x1bP$q q\x1b\\',
  '\x1bP$qx\x1b\\',
]
const ASKED = [
  1, 2, 3, 6, 7, 8, 9, 12, 25, 45, 47, 66, 67, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048,
  1049, 2004, 2026, 1234,
]

function answers(seeds) {
  let same = 0
  for (let seed = 0; seed < seeds; seed++) {
    const size = { cols: 80, rows: 24 }
    const rnd = random(seed)
    const steps = generate(seed, { ...size, count: 30 })
    const queries = [
      ...QUERIES,
      ...ASKED.map((mode) => `\x1b[?${mode}$p`),
      ...[2, 4, 12, 20, 33].map((mode) => `\x1b[${mode}$p`),
    ]
    const asked = []
    for (let i = 0; i < 12; i++) asked.push(Buffer.from(rnd.pick(queries)))
    const original = open(size)
    let given = ''
    original.onData((data) => {
      given += data
    })
    const harness = new Harness().open(size)
    try {
      for (const step of steps) write(original, step)
    } catch {
      continue
    }
    given = ''
    for (const step of steps) harness.feed(step)
    for (const query of asked) {
      write(original, query)
      harness.ask(`answer ${query.length}`, query)
    }
    const mine = Buffer.concat(harness.run()).toString()
    if (mine === given) same++
    else console.log(`answers, seed ${seed}: ${JSON.stringify(mine)}, not ${JSON.stringify(given)}`)
  }
  console.log(`answers: ${same} of ${seeds} the same`)
}

const numbers = rest.map(Number)
if (kind === 'fixtures') fixtures(rest[0])
else if (kind === 'recordings') recordings(numbers[0] || 200)
else if (kind === 'all') all(numbers[0] || 2000, numbers[1] || 1)
else if (kind === 'answers') answers(numbers[0] || 200)
else generated(numbers[0] || 500, numbers[1] || 1, kind?.startsWith('resize'))
for (const report of judge.reports) console.log(report)
console.log(JSON.stringify(judge.counts))
process.exitCode = judge.tally.differing > 0 ? 1 : 0
