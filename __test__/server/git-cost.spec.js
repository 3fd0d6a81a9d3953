// What git status costs: counted, not timed.

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const { promisify } = require('node:util')
const { GitLab, PATIENCE, status } = require('../helpers/git-lab')
const { descriptors, eventually } = require('../helpers/proc')

const CHANGES = 5000
/** And one for each half of a second in which there are changes, however slow who makes them. */
const MAX_RUNS = 3
const SUBSCRIBERS = 100
const CYCLES = 1000
const AT_ONCE = 25
const ROUNDS = 24

let lab
let repository

beforeEach(async () => {
  await open()
})
afterEach(() => lab.close())

async function open(config = { pingInterval: 2 ** 30 }) {
  lab = await GitLab.open(config)
  const files = Object.fromEntries(Array.from({ length: 50 }, (_, index) => [`d${index}/a.txt`, 'one\n']))
  repository = lab.repository('repository', files)
}

/** A subscriber of a repository that is watched as a whole. */
async function settled() {
  const client = await lab.subscribe(repository.folder)
  await status(client)
  await eventually('the watch', () => lab.stats().directories > 50, PATIENCE)
  // The first may be answered by the look that began by itself; then there is no other one.
  await refreshed(client)
  await refreshed(client)
  return client
}

/** Resolves when git has run after everything that was asked before. */
async function refreshed(client) {
  const before = client.messages.length
  client.send({ type: 'git-refresh' })
  const answer = () => client.messages.slice(before).find(({ type }) => type === 'git-status')
  await client.until('the answer', answer, PATIENCE)
}

/** inotify's watches of this process. */
function watches() {
  const notifiers = descriptors().filter(({ target }) => target === 'anon_inode:inotify')
  const text = notifiers.map(({ fd }) => fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'latin1')).join('')
  return text.match(/^inotify wd:/gm)?.length ?? 0
}

/** Files made by another program, in directories old and new. */
const MAKE_FILES = `
  const fs = require('node:fs')
  for (let index = 0; index < ${CHANGES}; index += 1) {
    const folder = \`d\${index % 100}\`
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(\`\${folder}/f\${index}\`, 'text')
  }
`

test(`${CHANGES} changes at once are a few runs of git at most`, async () => {
  const client = await settled()
  const before = lab.stats().runs
  const began = performance.now()
  await promisify(execFile)(process.execPath, ['-e', MAKE_FILES], { cwd: repository.folder })
  // The new files of an old directory one by one, a new directory as one.
  await status(client, ({ counts }) => counts?.untracked === CHANGES / 2 + 50)
  // What has been seen last is the end of it: the refresh is two more.
  await refreshed(client)
  const most = MAX_RUNS + (performance.now() - began) / 500
  expect(lab.stats().runs - before - 2).toBeLessThanOrEqual(most)
})

test(`${SUBSCRIBERS} subscribers cost what one does`, async () => {
  const first = await settled()
  const [before, kernel] = [lab.stats(), watches()]
  const others = await Promise.all(
    Array.from({ length: SUBSCRIBERS - 1 }, () => lab.subscribe(repository.folder)),
  )
  for (const client of others) await status(client)
  expect(lab.stats()).toEqual({ ...before, subscriptions: SUBSCRIBERS })
  expect(watches()).toBe(kernel)
  repository.write('d0/a.txt', 'changed')
  for (const client of [first, ...others]) await status(client, ({ modified }) => modified?.length === 1)
  // One run for all of them; a slow machine may see the write as two changes.
  expect(lab.stats().runs - before.runs).toBeLessThanOrEqual(2)
})

test(`${CYCLES} subscribers that vanish leave nothing`, async () => {
  // What is made once stays: pools, caches, the one notifier.
  await vanish(0)
  await gone()
  const before = { watches: watches(), descriptors: descriptors().length, listeners: listeners() }
  for (let done = 0; done < CYCLES; done += AT_ONCE)
    await Promise.all(Array.from({ length: AT_ONCE }, (_, index) => vanish(index)))
  await gone()
  expect({ watches: watches(), listeners: listeners() }).toEqual({
    watches: before.watches,
    listeners: before.listeners,
  })
  await eventually('descriptors', () => descriptors().length <= before.descriptors, PATIENCE)
})

/** Subscribes, and is gone without a word: before git has run, while it does, or once it has. */
async function vanish(index) {
  const client = await lab.subscribe(repository.folder)
  if (index % 5 === 0) await status(client)
  else if (index % 5 < 3) await client.settled()
  await client.cut()
}

async function gone() {
  const isOver = () => {
    const { subscriptions, watches: watched, directories } = lab.stats()
    return subscriptions + watched + directories === 0 && lab.programs().length === 0
  }
  await eventually('everything to be gone', isOver, PATIENCE)
}

/** What this process listens for, and what its loop waits for. */
function listeners() {
  const count = (resource) => process.getActiveResourcesInfo().filter((each) => each === resource).length
  const own = process.eventNames().reduce((sum, name) => sum + process.listenerCount(name), 0)
  return { own, children: count('ProcessWrap'), pipes: count('PipeWrap'), notifiers: count('FSEventWrap') }
}

test('a peer that is there no longer has no subscription', async () => {
  await lab.close()
  await open({ pingInterval: 200 })
  const client = await settled()
  client.stopReading()
  await eventually('the end of the watch', () => lab.stats().watches === 0, PATIENCE)
  expect(watches()).toBe(0)
})

test('a peer that does not read gets the newest, not all', async () => {
  const client = await settled()
  repository.stage(9000, 'x'.repeat(90))
  await status(client, ({ counts }) => counts?.staged === 9000)
  const seen = client.messages.length
  client.socket._socket.pause()
  const other = await lab.subscribe(repository.folder)
  // Each is a megabyte; the kernel holds a few.
  for (let made = 1; made <= ROUNDS; made += 1) {
    repository.write(`new-${made}`, '')
    await status(other, ({ counts }) => counts?.untracked === made)
  }
  client.socket._socket.resume()
  await status(client, ({ counts }) => counts?.untracked === ROUNDS)
  expect(client.messages.slice(seen).length).toBeLessThan(ROUNDS)
})
