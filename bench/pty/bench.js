/**
 * Pseudo terminals beside those of others: `npm install && npm run bench`.
 * Prints a table in markdown; the numbers go to `bench/results/pty.json`.
 *
 * `RUNS` (3) is how often each case runs; the median of each number counts.
 * `CASES` and `LIBRARIES` (separated by semicolons) restrict it.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { LIBRARIES } = require('./libraries')

const RUNS = Number(process.env.RUNS ?? 3)
const MB = Number(process.env.MB ?? 200)
const only = (list, chosen) => (chosen ? list.filter((item) => chosen.split(';').includes(item)) : list)
const TITLES = {
  one: `one terminal, \`cat\` of ${MB} MB`,
  eight: `eight terminals, ${MB / 4} MB each`,
  idle: '1000 idle terminals',
  echo: 'echo, idle',
  echoBusy: 'echo, 20 others bursting',
  spawn: 'spawn',
  spawnManyFds: 'spawn with 10,000 descriptors open',
  paste: 'loop lag while 1 MB is pasted',
}
const UNITS = {
  mbPerSecond: 'MB/s',
  userMsPerMb: 'user ms/MB',
  cpuMsPerMb: 'CPU ms/MB',
  threads: 'threads',
  kbPerPty: 'KiB each',
  p50us: 'p50 µs',
  p99us: 'p99 µs',
  p50ms: 'p50 ms',
  p99ms: 'p99 ms',
  lagMs: 'ms',
}

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-bench-'))
const text = (name, megabytes) => {
  const file = path.join(folder, name)
  const line = `2026-01-01T00:00:00.000Z INFO  request handled in 12 ms, status 200, path /api/v1/items\n`
  fs.writeFileSync(file, line.repeat(Math.ceil((megabytes * 1e6) / line.length)))
  return file
}
const FILES = { one: text('one', MB), eight: text('eight', MB / 4) }

function run(command, args) {
  const { stdout, stderr, status } = spawnSync(command, args, {
    cwd: __dirname,
    encoding: 'utf8',
    timeout: 180_000,
    env: { ...process.env, NODE_PATH: path.join(__dirname, 'node_modules') },
  })
  try {
    return JSON.parse(stdout)
  } catch {
    console.error(`${args.join(' ')}: status ${status} ${stderr.slice(-300)}`)
    return null
  }
}

function median(results) {
  const good = results.filter(Boolean)
  if (good.length === 0) return null
  const of = (key) => good.map((result) => result[key]).toSorted((a, b) => a - b)[good.length >> 1]
  return Object.fromEntries(Object.keys(good[0]).map((key) => [key, of(key)]))
}

const fits = (name, { kind }) => kind !== 'ring' || ['one', 'eight', 'idle'].includes(name)
const cells = (result) =>
  Object.entries(UNITS)
    .filter(([key]) => result[key] !== undefined)
    .map(([key, unit]) => `${result[key].toFixed(result[key] < 10 ? 2 : 0)} ${unit}`)

const results = {}
for (const name of only(Object.keys(TITLES), process.env.CASES)) {
  results[name] = {}
  const libraries = only(Object.keys(LIBRARIES), process.env.LIBRARIES).filter((key) =>
    fits(name, LIBRARIES[key]),
  )
  const rows = Object.fromEntries(libraries.map((library) => [library, []]))
  if (name === 'one') rows['a bare read loop'] = []
  // Turn by turn, so that a busy moment of the machine hits all alike.
  for (let turn = 0; turn < RUNS; turn++) {
    for (const library of libraries) {
      rows[library].push(run(process.execPath, ['--expose-gc', 'case.js', name, library, FILES[name] ?? '']))
    }
    if (name === 'one') rows['a bare read loop'].push(run('python3', ['ceiling.py', FILES.one]))
  }
  console.log(`\n**${TITLES[name]}**\n`)
  let head = true
  for (const [library, list] of Object.entries(rows)) {
    const result = median(list)
    if (!result) continue
    results[name][library] = result
    const row = cells(result)
    if (head) console.log(`| |${' |'.repeat(row.length)}\n|---|${'---|'.repeat(row.length)}`)
    head = false
    console.log(`| ${library} | ${row.join(' | ')} |`)
  }
}

fs.rmSync(folder, { recursive: true })
const out = path.join(__dirname, '..', 'results')
fs.mkdirSync(out, { recursive: true })
const machine = { cpus: os.cpus().length, kernel: os.release(), node: process.version, load: os.loadavg() }
fs.writeFileSync(path.join(out, 'pty.json'), `${JSON.stringify({ runs: RUNS, machine, results }, null, 2)}\n`)
console.log(
  `\nMedians of ${RUNS}; Node ${machine.node}, Linux ${machine.kernel}, ${machine.cpus} CPUs, load ${machine.load.map((l) => l.toFixed(1)).join(' ')}`,
)
