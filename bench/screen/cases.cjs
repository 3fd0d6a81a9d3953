'use strict'

// What screens are judged by: generated streams and recordings of real programs.
// A case is what `Judge.run` takes.

const fs = require('node:fs')
const path = require('node:path')
const { generate, random } = require('./generate.cjs')

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

/** What clients differ in: the version of xterm.js, and the width table. */
const KINDS = ['6.0', '6.1'].flatMap((xterm) =>
  ['6', '11', '15-graphemes'].map((unicode) => ({ xterm, unicode })),
)

/** Options of xterm.js: those of a seed; mostly none are set. */
function optionsOf(seed) {
  const rnd = random(seed ^ 0x0b7)
  if (rnd.chance(0.5)) return {}
  return {
    windowOptions: { pushTitle: rnd.chance(0.7), popTitle: rnd.chance(0.7) },
    scrollOnEraseInDisplay: rnd.chance(0.3),
    reflowCursorLine: rnd.chance(0.3),
    convertEol: rnd.chance(0.3),
    tabStopWidth: rnd.pick([8, 8, 4, 1, 13]),
  }
}

/** The stream of a seed for a kind of client, with resizes if wanted. */
function generated(seed, resize, kind) {
  const [cols, rows] = SIZES[seed % SIZES.length]
  const rnd = random(seed ^ 0x5eed)
  // Without scrollback, xterm.js itself loses count of its lines on a resize.
  const lines = rnd.pick([1000, 1000, 5, resize ? 9 : 0, 40])
  const steps = generate(seed, {
    cols,
    rows,
    count: 40 + rnd.below(260),
    calm: rnd.chance(0.5),
    scroll: rnd.chance(0.3) ? 60 : 0,
    resize: resize ? 0.04 : 0,
    marks: !resize,
  })
  const cuts = []
  for (let i = 0; i < 10; i++) cuts.push(1 + rnd.below(steps.length))
  cuts.sort((a, b) => a - b)
  const size = { cols, rows, ...kind, options: optionsOf(seed) }
  return [`seed ${seed} ${kind.xterm} ${kind.unicode}`, size, steps, cuts, lines]
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

/** All bytes as a case that is cut at so many places. */
function cutUp(label, size, bytes, count, seed, lines) {
  const steps = pieces(bytes, count, random(seed))
  return [label, size, steps, steps.map((_, index) => index + 1), lines]
}

/** The recordings, each cut at so many places, with either width table. */
function recordings(count) {
  const folder = path.join(__dirname, 'recordings')
  const names = fs.readdirSync(folder).filter((file) => file.endsWith('.bin'))
  const ways = [
    ['11', 1000],
    ['6', 100],
  ]
  return names.sort().flatMap((name) =>
    ways.map(([unicode, lines]) => {
      const [, cols, rows] = /-(\d+)x(\d+)/.exec(name)
      const bytes = fs.readFileSync(path.join(folder, name))
      const size = { cols: Number(cols), rows: Number(rows), unicode }
      return cutUp(`${name} v${unicode}`, size, bytes, count, bytes.length + Number(unicode), lines)
    }),
  )
}

module.exports = { KINDS, generated, recordings, cutUp }
