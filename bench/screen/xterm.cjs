'use strict'

// The figures of @xterm/headless and of @xterm/addon-serialize.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const { SerializeAddon } = require('@xterm/addon-serialize')
const { open } = require('./state.cjs')

const SIZE = { cols: 80, rows: 24 }
// What one read of a terminal gives, at most.
const CHUNK = 4096
// It takes minutes for what the other engines are fed.
const MOST = 8e6

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

const since = (begin) => Number(process.hrtime.bigint() - begin) / 1e9

/** Bytes a second, in the better of two rounds. */
async function speed(all) {
  const bytes = all.subarray(0, Math.min(all.length, MOST))
  let best = Infinity
  for (let round = 0; round < 2; round++) {
    const term = open(SIZE)
    const begin = process.hrtime.bigint()
    await writeAll(term, bytes)
    best = Math.min(best, since(begin))
    term.dispose()
  }
  return bytes.length / best
}

/** Seconds and length of what the addon makes of a terminal, for each number of lines. */
async function serialise(bytes, ...lines) {
  const term = open(SIZE)
  const addon = new SerializeAddon()
  term.loadAddon(addon)
  await writeAll(term, bytes)
  return lines.map((scrollback) => {
    let [best, length] = [Infinity, 0]
    for (let round = 0; round < 30; round++) {
      const begin = process.hrtime.bigint()
      length = Buffer.byteLength(addon.serialize({ scrollback }))
      best = Math.min(best, since(begin))
    }
    return [best, length]
  })
}

/** Bytes of resident memory that each of many terminals adds, in a process of their own. */
function memory(bytes, count) {
  const args = ['--expose-gc', __filename, String(count)]
  return Number(execFileSync(process.execPath, args, { input: bytes, encoding: 'utf8' }))
}

async function measureMemory(bytes, count) {
  const one = async () => {
    const term = open(SIZE)
    await writeAll(term, bytes)
    return term
  }
  const resident = () => {
    for (let round = 0; round < 4; round++) global.gc()
    return process.memoryUsage().rss
  }
  // The first of all also brings in code that all of them share.
  const terms = [await one()]
  const before = resident()
  while (terms.length <= count) terms.push(await one())
  console.log(Math.round((resident() - before) / count))
}

module.exports = { memory, serialise, speed }

if (require.main === module) measureMemory(fs.readFileSync(0), Number(process.argv[2]))
