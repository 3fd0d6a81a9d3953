/**
 * The table of the figures that `npm run bench:git` wrote:
 *
 *     node bench/git/report.js [results.json]           prints it
 *     node bench/git/report.js [results.json] --write   and puts it into docs/benchmarks.md
 */

const fs = require('node:fs')
const path = require('node:path')
const { between, table } = require('../markdown')
const { quantile } = require('../quantile')

const RESULTS = path.join(__dirname, '..', 'results', 'git.json')
const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'benchmarks.md')
const BEGIN = '<!-- made by bench/git/report.js: begin -->'
const END = '<!-- made by bench/git/report.js: end -->'

const ms = (value) => `${value.toFixed(value < 10 ? 1 : 0)} ms`
const spread = (values) => `${ms(quantile(values, 0.5))}, ${ms(quantile(values, 0.95))}`

function tables({ files, plain, latency, oldLatency, quiet, burst, shared, left, node, platform, cpus }) {
  const rows = [
    [`${latency.length} edits: from the disk to a subscriber, p50, p95`, spread(latency), spread(oldLatency)],
    ['a plain `git status` there, p50, p95', spread(plain), ''],
    [`CPU in ${quiet.seconds} s without a change, with git's`, ms(quiet.cpuMs), ms(quiet.oldCpuMs)],
    [`runs of git in them`, quiet.runs, ''],
    [`runs of git over ${burst.changes} changes in ${ms(burst.writtenMs)}`, burst.runs, ''],
    [`repositories watched for ${shared.subscriptions} subscribers`, shared.watches, ''],
    [
      `after ${left.cycles} subscribers that vanished: watches, descriptors`,
      `${left.watches + left.inotify}, ${Math.max(0, left.descriptors)}`,
      '',
    ],
  ]
  const made = `(${files} files, Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.)`
  return `${table(['', 'the example', 'every 5 s, as before'], rows)}\n\n${made}`
}

/** The document with other figures. */
const placed = (document, text) => between(document, BEGIN, END, text)

if (require.main === module) {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? RESULTS
  const text = tables(JSON.parse(fs.readFileSync(file, 'utf8')))
  console.log(text)
  if (process.argv.includes('--write'))
    fs.writeFileSync(DOCUMENT, placed(fs.readFileSync(DOCUMENT, 'utf8'), text))
}

module.exports = { DOCUMENT, RESULTS, placed, tables }
