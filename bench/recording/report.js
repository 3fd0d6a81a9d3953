/**
 * Makes what docs/benchmarks.md shows of the figures that `npm run bench:recording` wrote:
 *
 *     node bench/recording/report.js [results.json]           prints the tables
 *     node bench/recording/report.js [results.json] --write   and puts them into docs/benchmarks.md
 */

const fs = require('node:fs')
const path = require('node:path')
const { between, table } = require('../markdown')
const { quantile } = require('../quantile')

const RESULTS = path.join(__dirname, '..', 'results', 'recording.json')
const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'benchmarks.md')
const BEGIN = '<!-- made by bench/recording/report.js: begin -->'
const END = '<!-- made by bench/recording/report.js: end -->'

const mb = (bytes) => `${(bytes / 1e6).toFixed(bytes < 1e7 ? 2 : 0)} MB`
const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const spread = (values) =>
  `${ms(quantile(values, 0.5))}, ${ms(quantile(values, 0.95))}, ${ms(quantile(values, 1))}`
const difference = (value, base) => {
  const more = (value / base - 1) * 100
  return `${more < 0 ? '−' : '+'}${Math.abs(more).toFixed(1)} %`
}

function costs(flood) {
  const head = [
    'the server',
    'sessions',
    'MB/s off',
    'on',
    '',
    'CPU, ms/MB off',
    'on',
    '',
    'the recorder: itself + the system',
    'bytes missing',
  ]
  const rows = flood.map(({ kind, sessions, megabytes, off, on, recorder, disk }) => [
    `${kind}, ${megabytes.toFixed(0)} MB`,
    sessions,
    (megabytes / off.seconds).toFixed(0),
    (megabytes / on.seconds).toFixed(0),
    difference(off.seconds, on.seconds),
    (off.cpuMs / megabytes).toFixed(2),
    (on.cpuMs / megabytes).toFixed(2),
    difference(on.cpuMs, off.cpuMs),
    [recorder.userMs, recorder.systemMs].map((part) => (part / megabytes).toFixed(2)).join(' + '),
    disk.missing === 0 ? 'none' : `in ${disk.missing} recordings`,
  ])
  return table(head, rows)
}

function disk(flood) {
  const part = (share) => (Number.isFinite(share) ? share.toFixed(3) : 'not measured')
  const head = ['bytes on the disk for each byte printed', 'cast', 'keyframes', 'cast, gzip', 'cast, zstd']
  const rows = flood.map(({ kind, disk: { printed, cast, keys, gzip, zstd } }) => [
    kind,
    part(cast / printed),
    part(keys / printed),
    part(gzip),
    // `NaN` is null in JSON.
    part(zstd ?? Number.NaN),
  ])
  return table(head, rows)
}

function reading({ long, list }) {
  return table(['', 'measured'], [...(long ? ofLong(long) : []), ...(list ? ofList(list) : [])])
}

function ofLong({ bytes, hours, events, resizes, keys, segments, keyframesSeconds, seek, search }) {
  const what = `a recording of ${mb(bytes)}, ${hours} hours, ${events} events, ${resizes} sizes`
  const rows = [
    [what, ''],
    [
      'its keyframes, made from the cast alone',
      `${segments - 1}, ${mb(keys)}, in ${keyframesSeconds.toFixed(1)} s`,
    ],
  ]
  if (seek) {
    const { seeks, compared, different, load, replaySeconds } = seek
    rows.push(
      ['the player loads it', ms(load)],
      [`${seeks.length} random seeks in a browser: p50, p95, most`, spread(seeks.map((each) => each.ms))],
      [
        'bytes read for a seek: p50, most',
        [0.5, 1]
          .map((share) =>
            mb(
              quantile(
                seeks.map((each) => each.bytes),
                share,
              ),
            ),
          )
          .join(', '),
      ],
      [
        'screens equal to those of a full replay',
        `${compared - different.length} of ${compared} (it takes ${replaySeconds.toFixed(0)} s)`,
      ],
    )
  }
  for (const { text, hits, seconds } of search ?? [])
    rows.push([
      `search of all of it for "${text}"`,
      `${seconds.toFixed(2)} s, ${hits} ${hits === 1 ? 'place' : 'places'}`,
    ])
  return rows
}

function ofList({ recordings, first, later, changed, thousand }) {
  return [
    [`a list of ${recordings} recordings, 100 shown: p50, p95, most`, spread(later)],
    ['the same after a recording has begun', spread(changed)],
    ['the first after the start, 1000 shown', `${ms(first)}, ${ms(thousand)}`],
  ]
}

function tables(results) {
  const { flood, long, list } = results
  return [...(flood ? [costs(flood), disk(flood)] : []), ...(long || list ? [reading(results)] : [])].join(
    '\n\n',
  )
}

function part(results) {
  const { node, platform, cpus, rounds, where } = results
  const how = `Medians of ${rounds} floods, by turns; recordings on ${where}; Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.`
  return `${tables(results)}\n\n(${how})`
}

/** The document with other figures. */
const written = (document, results) => between(document, BEGIN, END, part(results))

if (require.main === module) {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? RESULTS
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  console.log(part(results))
  if (process.argv.includes('--write'))
    fs.writeFileSync(DOCUMENT, written(fs.readFileSync(DOCUMENT, 'utf8'), results))
}

module.exports = { DOCUMENT, RESULTS, part, tables, written }
