/**
 * Makes what docs/benchmarks.md shows of the figures that `npm run bench:server` wrote:
 *
 *     node bench/server/report.js [results.json]           prints the tables, draws images/server-bench.svg
 *     node bench/server/report.js [results.json] --write   and puts the tables into docs/benchmarks.md
 */

const fs = require('node:fs')
const path = require('node:path')
const markdown = require('../markdown')
const { plot } = require('./plot')

const { table } = markdown

const ROOT = path.join(__dirname, '..', '..')
const RESULTS = path.join(__dirname, '..', 'results', 'server.json')
const DOCUMENT = path.join(ROOT, 'docs', 'benchmarks.md')
const PLOT = path.join(ROOT, 'docs', 'images', 'server-bench.svg')
const BEGIN = '<!-- made by bench/server/report.js: begin -->'
const END = '<!-- end -->'

const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
const ms = (value) => (Number.isFinite(value) ? value.toFixed(value < 10 ? 2 : 0) : 'none')

/** What docs/benchmarks.md shows: `cat` of log text; `seq` prints lines, and is in the file. */
const shown = (results) => ({
  ...results,
  transfer: results.transfer.filter(({ kind }) => kind === 'log text'),
})

/** The tables of all figures, in Markdown. */
function tables(results) {
  return [transferTable(results), echoTable(results), stallTable(results)].join('\n\n')
}

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
  return [
    name,
    row.sessions,
    row.way,
    (row.megabytes / row.seconds).toFixed(0),
    (row.cpuMs / row.megabytes).toFixed(1),
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

/** The document's part: the plot, the tables, and what they were made on. */
function part(results) {
  const { node, platform, cpus, rounds } = results
  const how = rounds === 1 ? 'One round' : `Medians of ${rounds} rounds`
  return [
    '![Throughput, CPU and echo latency of each server](images/server-bench.svg)',
    tables(shown(results)),
    `(${how} of each, Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.)`,
  ].join('\n\n')
}

function main() {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? RESULTS
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  fs.writeFileSync(PLOT, plot(results))
  if (process.argv.includes('--write')) {
    fs.writeFileSync(DOCUMENT, between(fs.readFileSync(DOCUMENT, 'utf8'), part(results)))
  } else {
    console.log(part(results))
  }
}

if (require.main === module) main()

module.exports = { DOCUMENT, RESULTS, between, part, tables }
