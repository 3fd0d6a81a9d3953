'use strict'

// Throughput, memory and snapshot times, beside @xterm/headless in the same run.
//
//   node bench.cjs [megabytes]

const { Harness } = require('./harness.cjs')
const { open } = require('./state.cjs')
const streams = require('./streams.cjs')

const size = (Number(process.argv[2]) || 20) * 1e6
const CHUNK = 65536
const SIZE = { cols: 80, rows: 24 }
const LIMIT = { ...SIZE, bytes: 256 * 1024 }

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

async function throughput() {
  console.log('throughput, MB/s, scrollback 1000 lines, chunks of 64 KiB')
  for (const [name, make] of Object.entries(streams)) {
    const bytes = make(size)
    const harness = new Harness().open(LIMIT)
    harness.ask(`time-feed ${bytes.length} ${CHUNK} 3`, bytes)
    harness.open({ ...LIMIT, lines: 0 })
    harness.ask(`time-feed ${bytes.length} ${CHUNK} 3`, bytes)
    const [kept, none] = harness.run().map((seconds) => bytes.length / Number(seconds) / 1e6)
    const part = bytes.subarray(0, Math.min(bytes.length, 8e6))
    let best = Infinity
    for (let round = 0; round < 2; round++) {
      const term = open(SIZE)
      const begin = process.hrtime.bigint()
      await writeAll(term, part)
      best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e9)
      term.dispose()
    }
    console.log(
      `${name.padEnd(8)} ${kept.toFixed(0).padStart(6)}  without history ${none.toFixed(0).padStart(6)}  xterm headless ${(part.length / best / 1e6).toFixed(1).padStart(6)}`,
    )
  }
}

function memory() {
  console.log('memory of a terminal, KB resident (KB as the screen counts)')
  const lines = (make) => {
    const bytes = make(400000)
    let at = 0
    for (let i = 0; i < 1024; i++) at = bytes.indexOf(10, at) + 1
    return bytes.subarray(0, at)
  }
  const cases = {
    empty: Buffer.alloc(0),
    'screen filled': streams.app(200000),
    'dense screen': streams.dense(100000),
    '1000 lines, ascii': lines(streams.ascii),
    '1000 lines, sgr': lines(streams.sgr),
    '1000 lines, utf8': lines(streams.utf8),
  }
  for (const [name, bytes] of Object.entries(cases)) {
    const harness = new Harness().open(LIMIT)
    harness.ask(`memory ${bytes.length} ${name.startsWith('1000') ? 300 : 1000}`, bytes)
    const [resident, held] = harness
      .run()[0]
      .toString()
      .split(' ')
      .map((value) => Number(value) / 1024)
    console.log(`${name.padEnd(18)} ${resident.toFixed(1).padStart(7)} (${held.toFixed(1)})`)
  }
}

async function snapshots() {
  const { SerializeAddon } = require('@xterm/addon-serialize')
  console.log('snapshots: size, best time in microseconds; beside them the serialize addon')
  for (const [name, make] of Object.entries(streams)) {
    const bytes = make(3e6)
    const harness = new Harness().open(LIMIT).feed(bytes)
    harness.ask('time-snapshot 0 2000')
    harness.ask('time-snapshot 1000 500')
    const [screen, all] = harness.run().map((answer) => answer.toString().split(' ').map(Number))
    const term = open(SIZE)
    const addon = new SerializeAddon()
    term.loadAddon(addon)
    await writeAll(term, bytes)
    const time = (options) => {
      let best = Infinity
      for (let i = 0; i < 30; i++) {
        const begin = process.hrtime.bigint()
        addon.serialize(options)
        best = Math.min(best, Number(process.hrtime.bigint() - begin) / 1e3)
      }
      return best.toFixed(0)
    }
    const shown = ([seconds, length]) => `${(length / 1024).toFixed(1)} KB ${(seconds * 1e6).toFixed(1)}`
    console.log(
      `${name.padEnd(8)} screen ${shown(screen).padStart(16)} (${time({ scrollback: 0 })})  with history ${shown(all).padStart(18)} (${time({ scrollback: 1000 })})`,
    )
  }
}

throughput().then(memory).then(snapshots)
