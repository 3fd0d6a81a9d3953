'use strict'

// Compares the Rust screen with @xterm/headless: at many cuts of a stream its
// snapshot, fed to a fresh terminal, must give the terminal that saw it all;
// and so must the rest of the stream, fed to both.
//
//   node oracle.cjs generated [seeds] [first]    generated streams
//   node oracle.cjs resize [seeds] [first]       the same with resizes
//   node oracle.cjs recordings [cuts]            recordings of real programs
//   node oracle.cjs fixtures <directory>         xterm.js' own fixtures
//   node oracle.cjs answers [seeds]              answers to queries

const fs = require('node:fs')
const path = require('node:path')
const { Harness } = require('./harness.cjs')
const { open, write, state } = require('./state.cjs')
const { generate, random } = require('./generate.cjs')

const tally = {
  streams: 0,
  checkpoints: 0,
  restored: 0,
  continued: 0,
  probed: 0,
  cells: 0,
  differing: 0,
  refused: 0,
  tolerated: 0,
  hidden: 0,
  oneRow: 0,
}
const kinds = new Map()

// An empty cell that shows more than a background is restored as a space.
function sameCell(one, other) {
  if (one === other) return true
  const plain = (cell) => cell.replace(/^~/, ' |1|')
  if (plain(one) !== plain(other)) return false
  tally.tolerated++
  return true
}

function compareLines(one, other, found, name) {
  if (one.lines.length !== other.lines.length)
    found.push(`${name}: ${one.lines.length} lines, not ${other.lines.length}`)
  // A client may keep fewer rows of scrollback; they are compared from the end.
  const count = Math.min(one.lines.length, other.lines.length)
  for (let back = 1; back <= count; back++) {
    const [y, at] = [one.lines.length - back, other.lines.length - back]
    const [a, b] = [one.lines[y], other.lines[at]]
    for (let x = 0; x < a.length; x++) {
      tally.cells++
      if (!sameCell(a[x], b[x]))
        return found.push(`${name} cell ${y},${x} (base ${one.base}): ${a[x]}, not ${b[x]}`)
    }
    if (back >= count || one.wrapped[y] === other.wrapped[at]) continue
    // With a single row there is no way back to a row that did not fill up.
    if (one.lines.length === one.base + 1) tally.oneRow++
    else found.push(`${name} wrapped ${y} (base ${one.base}): ${one.wrapped[y]}`)
  }
  return found
}

function compareBuffers(one, other, found, name) {
  for (const key of ['cursor', 'base', 'margins', 'saved', 'tabs']) {
    const [a, b] = [JSON.stringify(one[key]), JSON.stringify(other[key])]
    if (a !== b) found.push(`${name} ${key}: ${a}, not ${b}`)
  }
  compareLines(one, other, found, name)
}

function compare(one, other) {
  const found = []
  for (const key of ['alternate', 'modes', 'charsets', 'titles', 'parser']) {
    if (one[key] !== other[key]) found.push(`${key}: ${one[key]}, not ${other[key]}`)
  }
  // What was printed before a resize may have moved away from the cursor.
  if (one.join === 0 && other.join !== 0) tally.hidden++
  else if (one.join !== other.join) found.push(`join: ${one.join}, not ${other.join}`)
  if (one.pen.shown !== other.pen.shown) found.push(`pen: ${one.pen.shown}, not ${other.pen.shown}`)
  else if (one.pen.hidden !== other.pen.hidden) tally.hidden++
  compareBuffers(one.normal, other.normal, found, 'normal')
  compareBuffers(one.alt, other.alt, found, 'alt')
  return found
}

function report(label, found) {
  if (found.length === 0) return true
  tally.differing++
  const kind = found[0].replace(/[\d,]+/g, '#').slice(0, 24)
  kinds.set(kind, (kinds.get(kind) ?? 0) + 1)
  if ((kinds.get(kind) <= 3 && kinds.size < 12) || process.env.VERBOSE)
    console.log(`${label}\n  ${found.slice(0, 3).join('\n  ')}`)
  return false
}

const PROBES = [
  '\x1b8*',
  '\x1b[?1049l+',
  '\x1b[?47h\x1b8$\x1b[?47l',
  '\ta\tb',
  '\n\n\nend',
  '\x1b[?6lx\x1b[10;10Hy',
  '\u0301',
  'wide漢',
  '\x0ell\x0fll',
  '\x1b[4:3mz',
  '\x1bM\x1bM\x1bM',
  '\x1b[2K\x1b[1J',
  '\x1b[999;999H\x1b[2Iq',
]

// Runs one stream; `steps` are byte strings and resizes, `cuts` the steps to stop at.
function run(label, size, steps, cuts, lines) {
  const harness = new Harness().open({ ...size, lines })
  const original = open({ ...size, lines })
  const moments = []
  let begin = 0
  let shape = { ...size }
  for (const cut of [...cuts, steps.length]) {
    if (cut <= begin && cut !== steps.length) continue
    try {
      for (let i = begin; i < cut; i++) apply(original, steps[i])
    } catch {
      // xterm.js itself fails on some sequences.
      tally.refused++
      break
    }
    for (let i = begin; i < cut; i++) {
      if (Buffer.isBuffer(steps[i])) harness.feed(steps[i])
      else {
        harness.resize(steps[i].cols, steps[i].rows)
        shape = { ...shape, ...steps[i] }
      }
    }
    harness.ask(`snapshot ${lines}`)
    moments.push({ begin, cut, shape: { ...shape }, state: state(original) })
    begin = cut
  }
  const snapshots = harness.run()
  tally.streams++
  let good = true
  moments.forEach((moment, index) => {
    if (!good) return
    const restored = open({ ...moment.shape, lines })
    write(restored, snapshots[index])
    tally.checkpoints++
    tally.restored++
    good = report(
      `${label} step ${moment.cut} ${moment.shape.cols}x${moment.shape.rows} restored`,
      compare(state(restored), moment.state),
    )
    const next = moments[index + 1]
    if (!good || !next) return
    try {
      for (let i = next.begin; i < next.cut; i++) apply(restored, steps[i])
    } catch {
      tally.refused++
      return
    }
    tally.continued++
    good = report(
      `${label} step ${moment.cut} to ${next.cut} continued`,
      compare(state(restored), next.state),
    )
  })
  const last = moments.at(-1)
  if (!good || !last || last.cut !== steps.length) return
  const restored = open({ ...last.shape, lines })
  write(restored, snapshots[moments.length - 1])
  const probe = Buffer.from(
    PROBES[tally.streams % PROBES.length] + PROBES[(tally.streams * 7 + 3) % PROBES.length],
  )
  try {
    write(original, probe)
    write(restored, probe)
  } catch {
    tally.refused++
    return
  }
  tally.probed++
  report(`${label} probed ${JSON.stringify(probe.toString())}`, compare(state(restored), state(original)))
}

function apply(term, step) {
  if (Buffer.isBuffer(step)) write(term, step)
  else term.resize(step.cols, step.rows)
}

const SIZES = [
  [80, 24],
  [20, 6],
  [10, 3],
  [132, 40],
  [5, 5],
  [2, 2],
  [40, 12],
  [3, 2],
  [80, 24],
]

function generated(seeds, first, resize) {
  for (let seed = first; seed < first + seeds; seed++) {
    const [cols, rows] = SIZES[seed % SIZES.length]
    const rnd = random(seed ^ 0x5eed)
    // Without scrollback, xterm.js itself loses count of its lines on a resize.
    const lines = rnd.pick([1000, 1000, 5, resize ? 9 : 0, 40])
    const options = {
      cols,
      rows,
      count: 40 + rnd.below(260),
      calm: rnd.chance(0.5),
      scroll: rnd.chance(0.3) ? 60 : 0,
      resize: resize ? 0.04 : 0,
      marks: !resize,
    }
    const steps = generate(seed, options)
    const cuts = []
    for (let i = 0; i < 10; i++) cuts.push(1 + rnd.below(steps.length))
    run(
      `seed ${seed}`,
      { cols, rows, unicode: seed % 4 === 0 ? 6 : 11 },
      steps,
      cuts.sort((a, b) => a - b),
      lines,
    )
  }
}

// Cuts bytes where no character is torn, since xterm.js loses some torn ones.
function pieces(bytes, count, rnd) {
  const cuts = new Set()
  while (cuts.size < Math.min(count, bytes.length)) cuts.add(1 + rnd.below(bytes.length))
  const steps = []
  let begin = 0
  for (let cut of [...cuts].sort((a, b) => a - b)) {
    while (cut < bytes.length && (bytes[cut] & 0xc0) === 0x80) cut++
    if (cut > begin) steps.push(bytes.subarray(begin, cut))
    begin = Math.max(begin, cut)
  }
  if (begin < bytes.length) steps.push(bytes.subarray(begin))
  return steps
}

function recordings(cuts) {
  const folder = path.join(__dirname, 'recordings')
  for (const name of fs
    .readdirSync(folder)
    .filter((file) => file.endsWith('.bin'))
    .sort()) {
    const [, cols, rows] = /-(\d+)x(\d+)/.exec(name)
    const bytes = fs.readFileSync(path.join(folder, name))
    for (const [unicode, lines] of [
      [11, 1000],
      [6, 100],
    ]) {
      const steps = pieces(bytes, cuts, random(bytes.length + unicode))
      run(
        `${name} v${unicode}`,
        { cols: Number(cols), rows: Number(rows), unicode },
        steps,
        steps.map((_, i) => i + 1),
        lines,
      )
    }
  }
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
    const size = { cols: 80, rows: 25, unicode: 11 }
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
    run(
      name,
      size,
      pieces(bytes, 20, random(7)),
      Array.from({ length: 21 }, (_, i) => i + 1),
      1000,
    )
  }
  console.log(`fixtures: ${passed} passed, failed: ${failed.join(', ')}`)
}

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
  '\x1b[14t',
  '\x1b[18t',
  '\x1b[>q',
  '\x1b[?u',
]
const ASKED = [
  1, 2, 3, 6, 7, 8, 9, 12, 25, 45, 47, 66, 67, 1000, 1002, 1003, 1004, 1005, 1006, 1015, 1016, 1047, 1048,
  1049, 2004, 2026, 1234,
]

function answers(seeds) {
  let same = 0
  for (let seed = 0; seed < seeds; seed++) {
    const size = { cols: 80, rows: 24, unicode: 11 }
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

const [kind, ...rest] = process.argv.slice(2)
const numbers = rest.map(Number)
if (kind === 'fixtures') fixtures(rest[0])
else if (kind === 'recordings') recordings(numbers[0] || 200)
else if (kind === 'answers') answers(numbers[0] || 200)
else generated(numbers[0] || 500, numbers[1] || 1, kind === 'resize')
console.log(JSON.stringify(tally), JSON.stringify([...kinds]))
process.exitCode = tally.differing > 0 ? 1 : 0
