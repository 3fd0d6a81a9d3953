// One long recording: its keyframes, seeks in a browser, and searches.

const fs = require('node:fs')
const path = require('node:path')
const { openRecording } = require('../..')
const { serve } = require('./host')
const { NEEDLE, writeSample } = require('./sample')
const { seeks } = require('./seeks')

const POINTS = 100
const ID = 'long'

async function long(dir, { bytes, hasSeeks, hasSearches, note }) {
  const folder = path.join(dir, 'long')
  fs.mkdirSync(folder)
  const file = path.join(folder, `${ID}.cast`)
  const sample = writeSample(file, bytes)
  // As old as one that nobody writes any more.
  fs.utimesSync(file, new Date(0), new Date(0))
  note(`a recording of ${sample.bytes} bytes`)
  const begun = performance.now()
  const reader = await openRecording(file, { unicodeVersion: '11' })
  const keyframesSeconds = (performance.now() - begun) / 1000
  const keys = fs.statSync(path.join(folder, `${ID}.keys`)).size
  const found = { ...sample, keys, keyframesSeconds, segments: reader.segments().length }
  note('keyframes')
  if (hasSearches) found.search = await searches(reader)
  reader.close()
  if (hasSeeks) {
    const server = await serve(folder)
    found.seek = await seeks(server.url, ID, POINTS)
    server.close()
    note('seeks')
  }
  fs.rmSync(folder, { recursive: true })
  return found
}

/** Text that is there once, never, and in many places. */
async function searches(reader) {
  const found = []
  for (const text of [NEEDLE.toUpperCase(), 'there is no such text', 'took 77 ms']) {
    const begun = performance.now()
    const hits = await reader.search(text)
    found.push({ text, hits: hits.length, seconds: (performance.now() - begun) / 1000 })
  }
  return found
}

module.exports = { long }
