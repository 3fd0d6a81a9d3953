'use strict'

// Throughput, memory and snapshots beside @xterm/headless in the same run, and
// what hostile bytes cost; tables in Markdown.
//
//   npm run bench:screen -- [megabytes]
//   npm run bench:screen -- worst        only the hostile bytes

const { execFileSync } = require('node:child_process')
const path = require('node:path')
const { Harness } = require('./harness.cjs')
const hostile = require('./hostile.cjs')
const { open } = require('./state.cjs')
const streams = require('./streams.cjs')

const worst = process.argv.includes('worst')
const size = (Number(process.argv[2]) || 20) * 1e6
// What one read of a terminal gives, at most.
const CHUNK = 4096
const ROUNDS = 7
const SIZE = { cols: 80, rows: 24 }
const LIMIT = { ...SIZE, bytes: 256 * 1024 }

const row = (...cells) => console.log(`| ${cells.join(' | ')} |`)

function header(...names) {
  console.log('')
  row(...names)
  row(...names.map(() => '---'))
}

function writeAll(term, bytes) {
  return new Promise((resolve) => {
    let at = 0
    const next = () => {
      const end = Math.min(at + CHUNK, bytes.length)
      const part = bytes.subarray(at, end)
      at = end
      term.write(part, at < bytes.length ? next : resolve)
    }
    next()
  })
}

async function xtermSpeed(bytes) {
  let best = Infinity
  for (let round = 0; round < 2; round++) {
    const term = open(SIZE)
    const begin = process.hrtime.bigint()
    await writeAll(term, bytes)
    best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e9)
    term.dispose()
  }
  return bytes.length / best / 1e6
}

const NAMES = {
  ascii: 'plain lines',
  log: 'log text',
  seq: 'numbers, one a line',
  sgr: 'coloured build log',
  app: 'full-screen editor',
  dense: 'every cell coloured',
  utf8: 'beyond ASCII',
  cursor: 'words anywhere',
  scroll: 'y, one a line',
}

async function throughput() {
  header('MB/s', 'the screen, scrollback on', 'off', '@xterm/headless')
  for (const [name, make] of Object.entries(streams)) {
    const bytes = make(size)
    const harness = new Harness().open(LIMIT)
    harness.ask(`time-feed ${bytes.length} ${CHUNK} ${ROUNDS}`, bytes)
    harness.open({ ...LIMIT, lines: 0 })
    harness.ask(`time-feed ${bytes.length} ${CHUNK} ${ROUNDS}`, bytes)
    const speeds = harness.run().map((seconds) => bytes.length / Number(seconds) / 1e6)
    speeds.push(await xtermSpeed(bytes.subarray(0, Math.min(bytes.length, 8e6))))
    row(NAMES[name], ...speeds.map((speed) => speed.toFixed(0)))
  }
}

function firstLines(bytes, count) {
  let at = 0
  for (let line = 0; line < count; line++) at = bytes.indexOf(10, at) + 1
  return bytes.subarray(0, at)
}

function memory() {
  const cases = {
    'a new screen': Buffer.alloc(0),
    'full-screen editor': streams.app(200000),
    'every cell coloured': streams.dense(100000),
    '1000 plain lines': firstLines(streams.ascii(400000), 1024),
    '1000 coloured lines': firstLines(streams.sgr(400000), 1024),
    '1000 lines beyond ASCII': firstLines(streams.utf8(400000), 1024),
  }
  header('memory of a screen, KB', 'resident', 'as it counts')
  for (const [name, bytes] of Object.entries(cases)) {
    const harness = new Harness().open(LIMIT)
    harness.ask(`memory ${bytes.length} ${name.startsWith('1000') ? 300 : 1000}`, bytes)
    const figures = harness.run()[0].toString().split(' ')
    row(name, ...figures.map((value) => (Number(value) / 1024).toFixed(1)))
  }
}

/** A function that times @xterm/addon-serialize, if that is installed. */
async function serializer(bytes) {
  let addon
  try {
    const { SerializeAddon } = require('@xterm/addon-serialize')
    addon = new SerializeAddon()
  } catch {
    return () => '–'
  }
  const term = open(SIZE)
  term.loadAddon(addon)
  await writeAll(term, bytes)
  return (options) => {
    let best = Infinity
    for (let i = 0; i < 30; i++) {
      const begin = process.hrtime.bigint()
      addon.serialize(options)
      best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e3)
    }
    return best.toFixed(0)
  }
}

async function snapshots() {
  header('snapshot, µs (KB)', 'the screen', 'serialize addon', 'with 1000 lines', 'serialize addon')
  const shown = ([seconds, length]) => `${(seconds * 1e6).toFixed(1)} (${(length / 1024).toFixed(1)})`
  for (const name of ['ascii', 'sgr', 'app', 'dense', 'utf8']) {
    const bytes = streams[name](3e6)
    const harness = new Harness().open(LIMIT).feed(bytes)
    harness.ask('time-snapshot 0 2000')
    harness.ask('time-snapshot 1000 500')
    const [screen, all] = harness.run().map((answer) => answer.toString().split(' ').map(Number))
    const serialize = await serializer(bytes)
    row(NAMES[name], shown(screen), serialize({ scrollback: 0 }), shown(all), serialize({ scrollback: 1000 }))
  }
}

/** Rows of text, each in a colour, on a thousand rows of a thousand columns. */
function hugeScreen() {
  const line = (y) => `\x1b[${y + 1};1H\x1b[38;5;${y % 256};1m${'offheap-terminal'.repeat(63).slice(0, 1000)}`
  return Buffer.from(`${Array.from({ length: 1000 }, (_, y) => line(y)).join('')}\x1b[m`)
}

function bounds() {
  header('64 KiB of one sequence, 1000×1000', 'ms')
  const full = hugeScreen()
  for (const [name, [before, repeated]] of Object.entries(hostile)) {
    const [first, unit] = [Buffer.concat([full, Buffer.from(before)]), Buffer.from(repeated)]
    const harness = new Harness().open({ cols: 1000, rows: 1000, bytes: LIMIT.bytes })
    harness.ask(`time-hostile ${first.length} ${unit.length}`, Buffer.concat([first, unit]))
    row(name, Number(harness.run()[0]).toFixed(1))
  }
}

async function main() {
  execFileSync('cargo', ['build', '--release', '--quiet'], {
    cwd: path.join(__dirname, 'harness'),
    stdio: 'inherit',
  })
  if (!worst) {
    await throughput()
    memory()
    await snapshots()
  }
  bounds()
}

main()
