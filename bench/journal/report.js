/**
 * Makes what docs/benchmarks.md shows of the figures that `npm run bench:journal` wrote:
 *
 *     node bench/journal/report.js [results.json]           prints the tables
 *     node bench/journal/report.js [results.json] --write   and puts them into docs/benchmarks.md
 */

const fs = require('node:fs')
const path = require('node:path')
const { between, table } = require('../markdown')

const RESULTS = path.join(__dirname, '..', 'results', 'journal.json')
const DOCUMENT = path.join(__dirname, '..', '..', 'docs', 'benchmarks.md')
const BEGIN = '<!-- made by bench/journal/report.js: begin -->'
const END = '<!-- bench/journal: end -->'

const NAMES = { plain: 'neither', journal: 'a journal', keeper: 'a journal and a keeper' }

const percent = (value, base) => {
  const more = (value / base - 1) * 100
  return `${more < 0 ? '−' : '+'}${Math.abs(more).toFixed(1)} %`
}
const ms = (value) => `${value.toFixed(value < 10 ? 2 : 0)} ms`

function costs({ costs }) {
  const [plain] = costs
  const head = ['with', 'MB/s', 'CPU, ms/MB', '', 'echo p50', '', 'echo p99', 'an idle session']
  const rows = costs.map(({ way, mbPerSecond, cpuPerMb, echoP50, echoP99, idleBytes }) => [
    NAMES[way],
    mbPerSecond.toFixed(0),
    cpuPerMb.toFixed(2),
    way === plain.way ? '' : percent(cpuPerMb, plain.cpuPerMb),
    ms(echoP50),
    way === plain.way ? '' : percent(echoP50, plain.echoP50),
    ms(echoP99),
    `${(idleBytes / 1024).toFixed(1)} KiB`,
  ])
  return table(head, rows)
}

function outliving({ kills, takeover, restore, keeper }) {
  const rows = [
    [
      `${kills.count} SIGKILLs of a server of ${kills.shells} shells that print`,
      `${kills.same} of ${kills.shells * kills.count} shells the same, ${kills.lost} bytes lost, ` +
        `${kills.doubled} twice, ${kills.wrong} wrong; first byte of the next server after ` +
        `${ms(kills.firstP50)} (p50), ${ms(kills.firstMax)} (most)`,
    ],
    [
      `${takeover.count} takeovers under a flood`,
      `a viewer pauses for ${ms(takeover.p50)} (p50), ${ms(takeover.most)} (most)`,
    ],
    [
      `restoring ${restore.count} sessions`,
      `${ms(restore.journal)} without shells, ${ms(restore.keeper)} with`,
    ],
    [
      `a keeper of ${keeper.shells} shells`,
      `${(keeper.bytes / 1024 / 1024).toFixed(2)} MiB of its own, ${keeper.threads} thread, ` +
        `${keeper.wakes} wake-ups in ${keeper.seconds} s of quiet`,
    ],
  ]
  return table(['what', 'figures'], rows)
}

const tables = (results) => [costs(results), outliving(results)].join('\n\n')

function part(results) {
  const { node, platform, cpus, rounds, where } = results
  const how = `Medians of ${rounds} rounds, by turns; journals on ${where}; Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.`
  return [tables(results), `(${how})`].join('\n\n')
}

/** Puts the tables into the page, behind what is there when it has no place for them. */
function written(text, results) {
  const place = text.includes(BEGIN)
    ? text
    : `${text.trimEnd()}\n\n## Journal and keeper\n\n${BEGIN}\n\n${END}\n`
  return between(place, BEGIN, END, part(results))
}

function main() {
  const file = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? RESULTS
  const results = JSON.parse(fs.readFileSync(file, 'utf8'))
  console.log(part(results))
  if (process.argv.includes('--write')) {
    fs.writeFileSync(DOCUMENT, written(fs.readFileSync(DOCUMENT, 'utf8'), results))
  }
}

if (require.main === module) main()

module.exports = { RESULTS, part, tables, written }
