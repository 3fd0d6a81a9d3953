// Lists of very many recordings, over HTTP.

const fs = require('node:fs')
const path = require('node:path')
const { SessionRegistry } = require('../..')
const { serve } = require('./host')

const COUNT = 10_000
const LISTS = 40
const PROJECTS = 50

/** A recording as it is on the disk, by the endings of its files. */
async function oneRecording(dir) {
  const registry = new SessionRegistry()
  const session = registry.create({ recording: { dir, name: 'one' } })
  session.append('hello\r\n')
  const [recording] = session.recordings
  await recording.stop()
  registry.shutdown()
  const files = ['cast', 'keys', 'json'].map((ending) => [
    ending,
    fs.readFileSync(path.join(dir, `one.${ending}`)),
  ])
  for (const [ending] of files) fs.rmSync(path.join(dir, `one.${ending}`))
  return Object.fromEntries(files)
}

async function list(dir) {
  const folder = path.join(dir, 'many')
  fs.mkdirSync(folder)
  const { cast, keys, json } = await oneRecording(folder)
  const card = JSON.parse(json)
  for (let number = 0; number < COUNT; number += 1) {
    const name = path.join(folder, `20260131T12${String(number).padStart(7, '0')}Z-s${number}`)
    const own = {
      session: `s${number}`,
      project: `p${number % PROJECTS}`,
      command: 'bash -l',
      started: 1.769e12 + number,
    }
    fs.writeFileSync(`${name}.cast`, cast)
    fs.writeFileSync(`${name}.keys`, keys)
    fs.writeFileSync(`${name}.json`, JSON.stringify({ ...card, ...own }))
  }
  // As a folder is in which nothing has begun for a while.
  fs.utimesSync(folder, new Date(Date.now() - 60_000), new Date(Date.now() - 60_000))
  const server = await serve(folder)
  const time = async (query) => {
    const begun = performance.now()
    const { total } = await (await fetch(`${server.url}/api/recordings?${query}`)).json()
    return { total, ms: performance.now() - begun }
  }
  const first = await time('limit=100')
  const later = []
  const changed = []
  for (let turn = 0; turn < LISTS; turn += 1) {
    later.push((await time(`limit=100${turn % 2 === 0 ? '' : `&projectId=p${turn % PROJECTS}`}`)).ms)
    // A recording begins, and another list sees it.
    for (const [ending, content] of Object.entries({ json, keys, cast }))
      fs.writeFileSync(
        path.join(folder, `20260201T12${String(turn).padStart(7, '0')}Z-new.${ending}`),
        content,
      )
    changed.push((await time('limit=100')).ms)
    fs.utimesSync(folder, new Date(turn * 1000), new Date(turn * 1000))
    await time('limit=1')
  }
  const most = await time('limit=1000')
  server.close()
  fs.rmSync(folder, { recursive: true })
  return { recordings: first.total, first: first.ms, later, changed, thousand: most.ms }
}

module.exports = { list }
