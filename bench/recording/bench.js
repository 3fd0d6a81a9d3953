/**
 * What recordings cost, and how soon they are read:
 *
 *     npm run bench:recording                        everything, with a recording of 1 GB
 *     npm run bench:recording -- quick               the same with 50 MB
 *     npm run bench:recording -- [quick] flood seek search list
 *
 * Prints tables and writes bench/results/recording.json.
 */

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const http = require('node:http')
const os = require('node:os')
const path = require('node:path')
const zlib = require('node:zlib')
const { openRecording } = require('../..')
const { RecordingServer } = require('../../server')
const { table } = require('../markdown')
const { NEEDLE, writeSample } = require('./sample')
const { FILES, seeks } = require('./seeks')

const ROUNDS = 5
const POINTS = 100
const LISTED = 10_000
const RESULTS = path.join(__dirname, '..', 'results', 'recording.json')
const CLIENT = path.join(__dirname, '..', '..', 'client')
const PAGE = '<!doctype html><link rel="icon" href="data:,"><div id="terminal"></div>'

const args = process.argv.slice(2)
const isQuick = args.includes('quick')
const wanted = args.filter((each) => each !== 'quick')
const isWanted = (part) => wanted.length === 0 || wanted.includes(part)
const megabytes = isQuick ? 50 : 1024
const floodMegabytes = isQuick ? 30 : 200

const sorted = (list) => [...list].sort((a, b) => a - b)
const quantile = (list, share) => sorted(list)[Math.min(list.length - 1, Math.floor(list.length * share))]
const median = (list) => quantile(list, 0.5)
const mb = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`
const percent = (ratio) => `${((ratio - 1) * 100).toFixed(1)} %`

/** Text that a build or a server prints: lines with colours. */
function writeFlood(file) {
  const lines = []
  for (let line = 0; line < 5000; line += 1)
    lines.push(
      `2026-01-31T12:00:${line % 60} \x1b[3${line % 8}mINFO\x1b[m request ${(line * 7919) % 1e6} took ${line % 900} ms`,
    )
  const block = `${lines.join('\n')}\n`
  const descriptor = fs.openSync(file, 'w')
  for (let written = 0; written < floodMegabytes * 1e6; ) written += fs.writeSync(descriptor, block)
  fs.closeSync(descriptor)
}

/** The same flood without a recorder and with one, in turn. */
function flood(dir) {
  const file = path.join(dir, 'flood.txt')
  writeFlood(file)
  const run = (to) =>
    JSON.parse(
      execFileSync(process.execPath, [path.join(__dirname, 'flood.js'), file, ...to], { encoding: 'utf8' }),
    )
  const rounds = { off: [], on: [] }
  for (let round = 0; round < ROUNDS; round += 1) {
    // Which is first changes, so that neither has the warmer cache.
    for (const way of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const found = run(way === 'on' ? [path.join(dir, 'flood')] : [])
      rounds[way].push(found)
      if (found.file && round < ROUNDS - 1) removeRecording(found.file)
    }
  }
  const { file: cast, printed } = rounds.on.find((each) => fs.existsSync(each.file))
  const content = fs.readFileSync(cast)
  const compress = (method) => zlib[method]?.(content).length ?? null
  const result = {
    megabytes: floodMegabytes,
    seconds: {
      off: median(rounds.off.map((each) => each.seconds)),
      on: median(rounds.on.map((each) => each.seconds)),
    },
    cpu: { off: median(rounds.off.map((each) => each.cpu)), on: median(rounds.on.map((each) => each.cpu)) },
    missed: Math.max(...rounds.on.map((each) => each.missed)),
    raw: printed,
    cast: content.length,
    keys: fs.statSync(cast.replace(/cast$/, 'keys')).size,
    gzip: compress('gzipSync'),
    zstd: compress('zstdCompressSync'),
  }
  fs.rmSync(path.join(dir, 'flood'), { recursive: true })
  return result
}

function removeRecording(cast) {
  for (const ending of ['cast', 'keys', 'json']) fs.rmSync(cast.replace(/cast$/, ending))
}

function floodTable({ seconds, cpu, raw, cast, keys, gzip, zstd, megabytes: size, missed }) {
  const rate = (time) => `${(size / time).toFixed(0)} MB/s`
  return [
    table(
      [`a flood of ${size} MB, one viewer`, 'without', 'recorded', 'difference'],
      [
        ['throughput', rate(seconds.off), rate(seconds.on), percent(seconds.off / seconds.on)],
        ['CPU of the server', `${cpu.off.toFixed(2)} s`, `${cpu.on.toFixed(2)} s`, percent(cpu.on / cpu.off)],
        ['bytes missed', '', missed, ''],
      ],
    ),
    table(
      ['on disk', 'raw', 'cast', 'keyframes', 'cast, gzip', 'cast, zstd'],
      [['', mb(raw), mb(cast), mb(keys), mb(gzip), zstd === null ? 'not in this Node' : mb(zstd)]],
    ),
  ].join('\n\n')
}

/** A server of recordings with a page that can play them. */
async function serve(dir) {
  const recordings = new RecordingServer({ dir })
  const server = http.createServer((request, response) => {
    if (recordings.handle(request, response)) return
    const { pathname } = new URL(request.url, 'http://localhost')
    const file = FILES[pathname] ?? path.join(CLIENT, path.basename(pathname))
    if (pathname === '/') response.setHeader('Content-Type', 'text/html').end(PAGE)
    else if (fs.existsSync(file))
      response.setHeader('Content-Type', 'text/javascript').end(fs.readFileSync(file))
    else response.writeHead(404).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    close() {
      recordings.close()
      server.closeAllConnections()
      server.close()
    },
  }
}

/** The long recording: its keyframes, seeks in a browser, and searches. */
async function long(dir) {
  const folder = path.join(dir, 'long')
  fs.mkdirSync(folder)
  const file = path.join(folder, 'long.cast')
  const sample = writeSample(file, megabytes * 1e6)
  fs.writeFileSync(
    path.join(folder, 'long.json'),
    JSON.stringify({ version: 1, session: 'long', started: Date.now(), cols: 120, rows: 40 }),
  )
  const began = performance.now()
  const reader = await openRecording(file)
  const keyframesSeconds = (performance.now() - began) / 1000
  const found = { ...sample, keyframesSeconds, segments: reader.segments().length }
  if (isWanted('search')) found.search = await searches(reader)
  reader.close()
  if (isWanted('seek')) {
    const server = await serve(folder)
    found.seek = await seeks(server.url, 'long', POINTS)
    server.close()
  }
  fs.rmSync(folder, { recursive: true })
  return found
}

async function searches(reader) {
  const time = async (text) => {
    const began = performance.now()
    const hits = await reader.search(text)
    return { text, hits: hits.length, seconds: (performance.now() - began) / 1000 }
  }
  return [
    await time(NEEDLE.toUpperCase()),
    await time('there is no such text'),
    await time('request 12345 took'),
  ]
}

function longTables({ bytes, events, resizes, hours, keyframesSeconds, segments, seek, search }) {
  const tables = []
  if (seek) {
    tables.push(
      table(
        [`${mb(bytes)}, ${hours} h, ${events} events, ${resizes} sizes`, ''],
        [
          ['load, ms', seek.load.toFixed(0)],
          ['seek p50, ms', quantile(seek.ms, 0.5).toFixed(0)],
          ['seek p95, ms', quantile(seek.ms, 0.95).toFixed(0)],
          ['seek, most, ms', Math.max(...seek.ms).toFixed(0)],
          ['read for a seek, p50', mb(quantile(seek.bytes, 0.5))],
          ['read for a seek, most', mb(Math.max(...seek.bytes))],
          ['equal to a full replay', `${seek.compared - seek.different} of ${seek.points}`],
          ['that replay', `${seek.replaySeconds.toFixed(0)} s`],
          ['keyframes made anew', `${segments - 1} in ${keyframesSeconds.toFixed(1)} s`],
        ],
      ),
    )
  }
  if (search) {
    tables.push(
      table(
        [`search of ${mb(bytes)}`, 'places', 'seconds'],
        search.map(({ text, hits, seconds }) => [`"${text}"`, hits, seconds.toFixed(2)]),
      ),
    )
  }
  return tables.join('\n\n')
}

/** Lists of many recordings: the first, which reads each card, and those after it. */
async function list(dir) {
  const folder = path.join(dir, 'many')
  fs.mkdirSync(folder)
  const header = '{"term":{"cols":80,"rows":24},"timestamp":1769860800,"version":3}\n'
  const cast = `${header}[0.100, "o", "hello\\r\\n"]\n[0.200, "x", "0"]\n`
  for (let number = 0; number < LISTED; number += 1) {
    const name = path.join(folder, `20260131T120000${String(number).padStart(4, '0')}Z-session`)
    const card = {
      version: 1,
      session: `s${number}`,
      project: `p${number % 50}`,
      user: null,
      started: 1.769e12 + number,
    }
    fs.writeFileSync(`${name}.cast`, cast)
    fs.writeFileSync(
      `${name}.json`,
      JSON.stringify({ ...card, cols: 80, rows: 24, command: 'bash -l', title: null }),
    )
  }
  const server = await serve(folder)
  const time = async (query) => {
    const began = performance.now()
    const { total } = await (await fetch(`${server.url}/api/recordings?${query}`)).json()
    return { total, ms: performance.now() - began }
  }
  const first = await time('limit=100')
  const later = []
  for (let turn = 0; turn < 20; turn += 1)
    later.push(await time(`limit=100&projectId=${turn % 2 ? '' : 'p7'}`))
  const most = await time('limit=1000')
  server.close()
  fs.rmSync(folder, { recursive: true })
  const times = later.map(({ ms }) => ms)
  return {
    recordings: first.total,
    first: first.ms,
    p50: median(times),
    p95: quantile(times, 0.95),
    thousand: most.ms,
  }
}

function listTable({ recordings, first, p50, p95, thousand }) {
  return table(
    [`a list of ${recordings} recordings, 100 of them shown`, 'ms'],
    [
      ['the first after the start', first.toFixed(0)],
      ['later, p50', p50.toFixed(0)],
      ['later, p95', p95.toFixed(0)],
      ['1000 of them shown', thousand.toFixed(0)],
    ],
  )
}

async function main() {
  const dir = fs.mkdtempSync(path.join(process.env.BENCH_DIR ?? os.tmpdir(), 'offheap-bench-recording-'))
  const results = {
    node: process.version,
    platform: `${process.platform} ${process.arch}`,
    cpus: os.cpus().length,
  }
  try {
    if (isWanted('flood')) {
      results.flood = flood(dir)
      console.log(`${floodTable(results.flood)}\n`)
    }
    if (isWanted('seek') || isWanted('search')) {
      results.long = await long(dir)
      console.log(`${longTables(results.long)}\n`)
    }
    if (isWanted('list')) {
      results.list = await list(dir)
      console.log(`${listTable(results.list)}\n`)
    }
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
  fs.mkdirSync(path.dirname(RESULTS), { recursive: true })
  fs.writeFileSync(RESULTS, `${JSON.stringify(results, null, 2)}\n`)
}

main()
