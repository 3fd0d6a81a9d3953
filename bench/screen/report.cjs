'use strict'

// Makes what docs/benchmarks.md shows of the figures that `npm run bench:screen` wrote:
//
//   node bench/screen/report.cjs             prints it
//   node bench/screen/report.cjs --write     and puts it into docs/benchmarks.md

const fs = require('node:fs')
const path = require('node:path')
const markdown = require('../markdown')

const RESULTS = path.join(__dirname, '../results/screen.json')
const DOCUMENT = path.join(__dirname, '../../docs/benchmarks.md')
const BEGIN = '<!-- The figures of `npm run bench:screen` begin here. -->'
const END = '<!-- The figures of `npm run bench:screen` end here. -->'

const megabytes = (value) => (value / 1e6).toFixed(0)
const kib = (value) => (value / 1024).toFixed(value < 10240 ? 1 : 0)

/** Microseconds, and KiB of what was written; nothing where an engine writes nothing. */
function snapshot([seconds, length]) {
  const us = seconds * 1e6
  return `${us.toFixed(us < 100 ? 1 : 0)} (${kib(length)})`
}

/** The engines' columns: ours has no version of interest. */
function columns({ names, versions }) {
  return names.map((name, index) => [name, versions[index]].filter(Boolean).join(' '))
}

function throughputTable(results) {
  const [ours, ...peers] = columns(results)
  const head = ['MB/s', ours, 'the same without scrollback', ...peers, `@xterm/headless ${results.xterm}`]
  const rows = results.throughput.map(({ name, engines: [own, ...others], bare, xterm }) => [
    name,
    ...[own, bare, ...others, xterm].map(megabytes),
  ])
  return markdown.table(head, rows)
}

function memoryTable(results) {
  const [ours, ...peers] = columns(results)
  const head = ['memory, KiB', ours, 'as it counts', ...peers, `@xterm/headless ${results.xterm}`]
  const rows = results.memory.map(({ name, engines: [own, ...others], counted, xterm }) => [
    name,
    ...[own, counted, ...others, xterm].map(kib),
  ])
  return markdown.table(head, rows)
}

function snapshotTable(results) {
  const able = results.names
    .map((_, index) => index)
    .filter((index) => results.snapshots[0].engines[index][0])
  const of = (list) => able.map((index) => list[index])
  const head = ['snapshot, µs (KiB)', ...of(columns(results)), 'serialize addon']
  head.push(`${results.names[0]} with 1000 lines`, 'serialize addon with them')
  const rows = results.snapshots.map(({ name, engines, xterm, all }) => [
    name,
    ...[...of(engines), xterm, all.ours, all.xterm].map(snapshot),
  ])
  return markdown.table(head, rows)
}

/** All hostile sequences, dearest first. */
function worst(bounds) {
  const rows = bounds
    .slice()
    .sort((one, other) => other.ms - one.ms)
    .map(({ name, ms }) => [name, ms.toFixed(1)])
  return markdown.table(['64 KiB of one sequence, 1000×1000', 'ms'], rows)
}

/** What the peers leave out, without which their figures say little. */
const DIFFERENCES = `Each engine is measured in a process of its own, those in Rust by the same program. They do not all do the same. This
one keeps what an xterm.js shows, and its scrollback as bytes; the others keep cells. alacritty_terminal and rio-vt are
made to be drawn and write no snapshot. vt100's has no scrollback, and leaves out struck, blinking, hidden and styled
underlined text, links, the buffer behind a full-screen program, scroll regions, tab stops and character sets. avt's
has both buffers, but no scrollback, mouse modes, bracketed paste, links or title; avt takes text, so that decoding
bytes is part of its time.`

/** The document's part. */
function part(results) {
  const { node, platform, cpus, bounds, rounds } = results
  const dearest = bounds.reduce((one, other) => (other.ms > one.ms ? other : one))
  return [
    `\`npm run bench:screen\`, terminals of 80×24 with 1000 lines of scrollback, fed in pieces of 4 KiB, as reads of a
terminal are; the best of ${rounds} rounds (of two for @xterm/headless):`,
    throughputTable(results),
    'Resident memory that each of hundreds of terminals adds to a process, empty or after what they were fed:',
    memoryTable(results),
    'What a client that comes back is sent, and what making it takes, where an engine can:',
    snapshotTable(results),
    DIFFERENCES,
    `The worst 64 KiB found for a screen of 1000×1000 take ${dearest.ms.toFixed(0)} ms: ${dearest.name}.`,
    `(Node ${node.slice(1)}, ${platform}, ${cpus} CPUs.)`,
  ].join('\n\n')
}

const place = (text, replacement) => markdown.between(text, BEGIN, END, replacement)

function main() {
  const text = part(JSON.parse(fs.readFileSync(RESULTS, 'utf8')))
  if (!process.argv.includes('--write')) console.log(text)
  else fs.writeFileSync(DOCUMENT, place(fs.readFileSync(DOCUMENT, 'utf8'), text))
}

module.exports = { DOCUMENT, RESULTS, part, place, worst }

if (require.main === module) main()
