// The server under a flood with its recorder off and on: the texts, clients and
// server of bench/server, by turns in one run.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { setTimeout: sleep } = require('node:timers/promises')
const zlib = require('node:zlib')
const { Helper } = require('../server/helper')
const { Texts } = require('../server/texts')

const SESSIONS = 8
const PROTOCOL = 'offheap.v1'
/** Mebibytes of all sessions together. */
const KINDS = { 'log text': 160, 'coloured UTF-8': 160, lines: 80 }
/** What the recorder says where output is missing. */
const MISSING = 'bytes of output are missing'
const MAX_OUTPUT = 1 << 30

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1]
const filesOf = (dir, ending) =>
  fs
    .readdirSync(dir)
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(dir, name))
const bytesOf = (files) => files.reduce((sum, file) => sum + fs.statSync(file).size, 0)

/** What one transfer costs the server, and what of it is on the disk. */
async function transfer(server, command, dir) {
  fs.mkdirSync(dir)
  const host = new Helper('host.js', [server], {
    execArgv: ['--expose-gc'],
    env: { ...process.env, BENCH_RECORDINGS: dir },
  })
  const clients = new Helper('clients.js')
  try {
    const { port } = await host.answer()
    const task = { task: 'transfer', command, port, protocol: PROTOCOL }
    // What the engine compiles while it warms up is no cost of a megabyte.
    await clients.ask({ ...task, sessions: 2, name: 'warm-up' })
    for (const name of fs.readdirSync(dir)) fs.rmSync(path.join(dir, name))
    await host.ask('reset')
    const { seconds, bytes } = await Promise.race([clients.ask({ ...task, sessions: SESSIONS }), host.died])
    // The recorder may have a last piece of each session to write.
    await sleep(200)
    const { cpuMs, recorder } = await host.ask('report')
    return { seconds, bytes, cpuMs, recorder }
  } finally {
    host.stop()
    clients.stop()
  }
}

/** zstd is in Node from 22.15 on; before that, the tool is taken where there is one. */
function zstd(file, content) {
  if (zlib.zstdCompressSync) return zlib.zstdCompressSync(content).length
  try {
    return execFileSync('zstd', ['-q', '-3', '-c', file], { maxBuffer: MAX_OUTPUT }).length
  } catch (error) {
    if (error.code === 'ENOENT') return null
    throw error
  }
}

/** What is on the disk for the recordings of one run, beside what was printed. */
function onDisk(dir, printed) {
  const casts = filesOf(dir, '.cast')
  const missing = casts.filter((file) => fs.readFileSync(file).includes(MISSING)).length
  const [first] = casts
  const content = fs.readFileSync(first)
  return {
    printed: printed * casts.length,
    cast: bytesOf(casts),
    keys: bytesOf(filesOf(dir, '.keys')),
    // Of one of them: all are the same but for their times.
    gzip: zlib.gzipSync(content).length / printed,
    zstd: (zstd(first, content) ?? Number.NaN) / printed,
    missing,
  }
}

/** Of each kind of text: what is different with a recorder, and what is on the disk. */
async function flood(dir, { rounds, share, note }) {
  const texts = new Texts()
  const results = []
  try {
    for (const [kind, mebibytes] of Object.entries(KINDS)) {
      const { command, bytes } = texts.command(kind, Math.max(1, Math.round((mebibytes * share) / SESSIONS)))
      results.push(await floodOf(dir, { kind, command, bytes, rounds }))
      note(kind)
    }
  } finally {
    texts.remove()
  }
  return results
}

async function floodOf(dir, { kind, command, bytes, rounds }) {
  const found = { off: [], on: [] }
  let disk = null
  for (let round = 0; round < rounds; round += 1) {
    // Which is first changes, so that neither has the warmer machine.
    for (const way of round % 2 === 0 ? ['off', 'on'] : ['on', 'off']) {
      const folder = path.join(dir, 'flood')
      const figures = await transfer(way === 'on' ? 'offheap-recorded' : 'offheap', command, folder)
      if (figures.bytes < bytes * SESSIONS * 0.99)
        throw new Error(`${kind}: only ${figures.bytes} bytes came`)
      found[way].push(figures)
      if (way === 'on') disk = onDisk(folder, bytes)
      fs.rmSync(folder, { recursive: true })
    }
  }
  const of = (way) => ({
    seconds: median(found[way].map(({ seconds }) => seconds)),
    cpuMs: median(found[way].map(({ cpuMs }) => cpuMs)),
  })
  return {
    kind,
    sessions: SESSIONS,
    megabytes: (bytes * SESSIONS) / 1e6,
    off: of('off'),
    on: of('on'),
    recorder: {
      userMs: median(found.on.map(({ recorder }) => recorder.userMs)),
      systemMs: median(found.on.map(({ recorder }) => recorder.systemMs)),
    },
    disk,
  }
}

module.exports = { flood }
