/**
 * Makes what docs/benchmarks.md shows of the figures that `npm run bench:server` wrote:
 *
 *     node bench/server/report.js [results.json]           prints the tables, draws images/server-bench.svg
 *     node bench/server/report.js [results.json] --write   and puts them into docs/benchmarks.md and README.md
 *
 * Of what `npm run bench:server -- reach` wrote (bench/results/reach.json) it makes the
 * table of costs above the floor, which any results with the floor in them have as well.
 */

const fs = require('node:fs')
const path = require('node:path')
const markdown = require('../markdown')
const { plot } = require('./plot')

const { table } = markdown

const ROOT = path.join(__dirname, '..', '..')
const RESULTS = path.join(__dirname, '..', 'results', 'server.json')
const REACH = path.join(__dirname, '..', 'results', 'reach.json')
const DOCUMENT = path.join(ROOT, 'docs', 'benchmarks.md')
const PLOT = path.join(ROOT, 'docs', 'images', 'server-bench.svg')
const BEGIN = '<!-- made by bench/server/report.js: begin -->'
const END = '<!-- end -->'
const REACH_BEGIN = '<!-- the cost above the floor, made by bench/server/report.js: begin -->'
const REACH_END = '<!-- the cost above the floor: end -->'
const README = path.join(ROOT, 'README.md')

/** The loop that only reads the terminals. */
const FLOOR = 'the floor: reading alone'
const CAREFUL = ['careful JavaScript, JSON', 'careful JavaScript, binary']
const NO_SCREEN = ', no screen'

const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
const ms = (value) => (Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 0) : 'none')

/** The tables of all figures, in Markdown. */
function tables(results) {
  const { echo, stall } = results
  const parts = [transferTable(results), ...reachTables(results)]
  if (echo.length > 0) parts.push(echoTable(results))
  if (stall.length > 0) parts.push(stallTable(results))
  return parts.join('\n\n')
}

/** What a server adds to the reading of terminals, and what the screen adds to a server. */
function reachTables(results) {
  const parts = [aboveFloorTable(results.transfer), screenTable(results)]
  return parts.filter((part) => part !== null)
}

const perMegabyte = ({ cpuMs, megabytes }) => cpuMs / megabytes

/** The rows of each text and number of sessions, by the way. */
function byLoad(rows) {
  const loads = new Map()
  for (const row of rows.filter(({ died }) => !died)) {
    const key = `${row.kind}, ${row.sessions}`
    if (!loads.has(key)) loads.set(key, { kind: row.kind, sessions: row.sessions, ways: new Map() })
    loads.get(key).ways.set(row.way, row)
  }
  return [...loads.values()]
}

/** (server − floor) ÷ (careful JavaScript − floor). */
function aboveFloorTable(transfer) {
  const rows = byLoad(transfer).flatMap(({ kind, sessions, ways }) => {
    const floor = ways.get(FLOOR)
    if (!floor || CAREFUL.some((way) => !ways.has(way))) return []
    const above = (row) => perMegabyte(row) - perMegabyte(floor)
    return [...ways.values()].map((row) => [
      kind,
      sessions,
      row.way,
      perMegabyte(row).toFixed(2),
      (row.switches / row.megabytes).toFixed(0),
      ...(row === floor ? [] : [above(row).toFixed(2)]),
      ...(row === floor ? [] : CAREFUL.map((way) => (above(row) / above(ways.get(way))).toFixed(2))),
    ])
  })
  const head = [
    'text',
    'sessions',
    'server',
    'CPU, ms/MB',
    'context switches a MB',
    'above the floor, ms/MB',
    "of careful JavaScript's, JSON",
    "of careful JavaScript's, binary",
  ]
  return rows.length > 0 ? table(head, rows) : null
}

/** What the screen costs: with it and without it, in the same run. */
function screenTable({ transfer, unwatched = [] }) {
  const rows = [
    ...byLoad(transfer).flatMap((load) => screenRows(load, (way) => way)),
    ...byLoad(unwatched).flatMap((load) => screenRows(load, () => 'nobody watches')),
  ]
  const head = ['the screen', 'sessions', 'viewers', 'on, ms/MB', 'off, ms/MB', 'difference, ms/MB']
  return rows.length > 0 ? table(head, rows) : null
}

function screenRows({ kind, sessions, ways }, nameOf) {
  const pairs = [...ways.keys()].filter((way) => ways.has(withoutScreen(way)))
  return pairs.map((way) => {
    const [on, off] = [way, withoutScreen(way)].map((name) => perMegabyte(ways.get(name)))
    return [kind, sessions, nameOf(way), on.toFixed(2), off.toFixed(2), signed(on - off)]
  })
}

const withoutScreen = (way) => `${way}${NO_SCREEN}`
/** In short, for the README: what each protocol costs of what careful JavaScript (JSON) costs, above the floor. */
function reachSummary({ transfer }) {
  const loads = byLoad(transfer).filter(({ ways }) => ways.has(FLOOR) && ways.has(CAREFUL[0]))
  const kinds = [...new Set(loads.map(({ kind }) => kind))]
  const rows = ['offheap, JSON', 'offheap.v1'].flatMap((way) =>
    [8, 20].map((sessions) => [
      `${way}, ${sessions} sessions`,
      ...kinds.map((kind) => shareAboveFloor(loads, { kind, sessions }, way)),
    ]),
  )
  return [
    "Reading the terminals costs every server the same. What one costs _above that floor_, as a share of careful JavaScript's (JSON):",
    table(['with a screen for each session', ...kinds], rows),
  ].join('\n\n')
}

function shareAboveFloor(loads, { kind, sessions }, way) {
  const load = loads.find((it) => it.kind === kind && it.sessions === sessions)
  if (!load?.ways.has(way)) return '–'
  const [floor, careful, own] = [FLOOR, CAREFUL[0], way].map((name) => perMegabyte(load.ways.get(name)))
  return ((own - floor) / (careful - floor)).toFixed(2)
}

const signed = (value) => `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(2)}`

function transferTable({ transfer }) {
  const head = [
    'output of each session, to its end',
    'sessions',
    'server',
    'MB/s',
    'CPU, ms/MB',
    'V8 heap peak',
    'heap left after',
    'RSS peak',
    'collections',
    'longest, ms',
    'loop delay p99, ms',
  ]
  return table(head, transfer.map(transferCells))
}

function transferCells(row) {
  const name = `${row.kind}, ${(row.megabytes / row.sessions).toFixed(0)} MB`
  if (row.died) return [name, row.sessions, row.way, row.died]
  const speed = [(row.megabytes / row.seconds).toFixed(0), perMegabyte(row).toFixed(1)]
  if (row.way === FLOOR) return [name, row.sessions, row.way, ...speed]
  return [
    name,
    row.sessions,
    row.way,
    ...speed,
    mb(row.heapPeak),
    `${row.heapGrowth < 0 ? '−' : '+'}${mb(Math.abs(row.heapGrowth))}`,
    mb(row.rssPeak),
    row.collections,
    row.longestPause.toFixed(1),
    row.loopDelayP99.toFixed(1),
  ]
}

function echoTable({ echo }) {
  const rows = echo.map(({ floods, way, died, p50, p99, loopDelayP99 }) => {
    const load = floods === 0 ? 'idle' : `${floods} sessions flooding`
    return died ? [load, way, died] : [load, way, ms(p50), ms(p99), loopDelayP99.toFixed(1)]
  })
  return table(['a key and its echo', 'server', 'p50, ms', 'p99, ms', 'loop delay p99, ms'], rows)
}

function stallTable({ stall, stallSeconds }) {
  const rows = stall.map(({ way, died, diedAfter, rssPeak, rssStart, heapPeak, p50, p99 }) =>
    died
      ? [way, `${died} after ${diedAfter.toFixed(0)} s`]
      : [way, mb(rssPeak - rssStart), mb(heapPeak), ms(p50), ms(p99)],
  )
  const what = `a viewer stalled for ${stallSeconds} s`
  return table([what, 'RSS growth', 'V8 heap peak', "another session's echo p50, ms", 'p99, ms'], rows)
}

/** The document with other tables. */
const between = (text, replacement) => markdown.between(text, BEGIN, END, replacement)
const betweenReach = (text, replacement) => markdown.between(text, REACH_BEGIN, REACH_END, replacement)

/** The document's part: the plot, the tables, and what they were made on. */
function part(results) {
  const { transfer, echo, stall } = results
  const log = { ...results, transfer: transfer.filter(({ kind }) => kind === 'log text') }
  return [
    '![Throughput, CPU and echo latency of each server](images/server-bench.svg)',
    transferTable(log),
    echoTable({ echo }),
    stallTable({ ...results, stall }),
    madeOn(results),
  ].join('\n\n')
}

/** The part about costs above the floor. */
function reachPart(results) {
  return [...reachTables(results), madeOn(results)].join('\n\n')
}

function madeOn({ node, platform, cpus, rounds }) {
  const how = rounds === 1 ? 'One round' : `Medians of ${rounds} rounds`
  return `(${how} of each, Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.)`
}

/** The document with the tables of these results. */
function written(text, results) {
  const withReach = reachTables(results).length > 0 ? betweenReach(text, reachPart(results)) : text
  return results.echo.length > 0 ? between(withReach, part(results)) : withReach
}

function main() {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? RESULTS
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  if (results.echo.length > 0) fs.writeFileSync(PLOT, plot(results))
  if (process.argv.includes('--write')) {
    fs.writeFileSync(DOCUMENT, written(fs.readFileSync(DOCUMENT, 'utf8'), results))
    if (reachTables(results).length > 0) {
      fs.writeFileSync(README, betweenReach(fs.readFileSync(README, 'utf8'), reachSummary(results)))
    }
  } else {
    console.log(tables(results))
  }
}

if (require.main === module) main()

module.exports = {
  DOCUMENT,
  FLOOR,
  REACH,
  README,
  RESULTS,
  between,
  part,
  reachPart,
  reachSummary,
  tables,
  written,
}
