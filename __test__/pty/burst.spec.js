/** Behaviour 1: all output arrives, and all of it before the exit. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { batches, start } = require('../helpers/pty')

const EXPECTED = Array.from({ length: 100000 }, (_, index) => `${index + 1}\r\n`).join('')

async function burst(block) {
  const run = start('seq', ['1', '100000'])
  if (block > 0) run.pty.onData(() => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, block))
  const event = await run.exited
  return { run, event }
}

function check({ run, event }) {
  const text = run.text()
  // A diff of half a megabyte would say less than the two lengths.
  expect({ length: text.length, same: text === EXPECTED }).toEqual({ length: EXPECTED.length, same: true })
  expect(event).toEqual({ exitCode: 0, signal: 0 })
}

test('200 bursts lose no byte', async () => {
  const runs = []
  await batches(200, 8, async () => {
    const result = await burst(0)
    check(result)
    runs.push(result.run)
  })
  await new Promise((resolve) => setTimeout(resolve, 100))
  expect(runs).toHaveLength(200)
  expect(runs.filter((run) => run.dataAfterExit > 0)).toHaveLength(0)
})

test('200 bursts lose no byte to a listener that blocks for 20 ms', async () => {
  let after = 0
  await batches(200, 8, async () => {
    const result = await burst(20)
    check(result)
    after += result.run.dataAfterExit
  })
  expect(after).toBe(0)
})

test('terminals that flood while somebody types lose no byte, and each key has its echo', async () => {
  const typist = start('sh', ['-c', 'stty raw -echo; echo ready; exec cat'])
  await typist.prints('ready')
  const expected = Array.from({ length: 300_000 }, (_, index) => `${index + 1}\r\n`).join('')
  const floods = Array.from({ length: os.availableParallelism() + 2 }, () => start('seq', ['1', '300000']))
  let flooding = true
  const over = Promise.all(floods.map(({ exited }) => exited)).then(() => {
    flooding = false
  })
  let typed = 0
  while (flooding) {
    typist.pty.write('x')
    typed += 1
    await typist.prints('x'.repeat(typed))
  }
  await over
  typist.pty.close()
  expect(typed).toBeGreaterThan(10)
  for (const flood of floods) {
    const text = flood.text()
    expect({ length: text.length, same: text === expected }).toEqual({ length: expected.length, same: true })
  }
})

test('a background process that holds the terminal delays the exit by the bound, and is heard after it', async () => {
  const go = path.join(os.tmpdir(), `go-${process.pid}`)
  const late = `(while [ ! -e ${go} ]; do sleep 0.05; done; echo late)`
  const run = start('sh', ['-c', `trap "" HUP; ${late} & echo early; exit 4`], { drainTimeout: 200 })
  expect(await run.exited).toEqual({ exitCode: 4, signal: 0 })
  expect(run.text()).toBe('early\r\n')
  fs.writeFileSync(go, '')
  await run.prints('late')
  expect(run.text()).toBe('early\r\nlate\r\n')
})

test('a background process that prints for ever does not keep the exit', async () => {
  const run = start('sh', ['-c', 'trap "" HUP; yes & exit 5'], { drainTimeout: 100 })
  expect(await run.exited).toEqual({ exitCode: 5, signal: 0 })
  run.pty.close()
})

test('a paused terminal keeps its output and its exit until it is resumed', async () => {
  const run = start('seq', ['1', '10000'])
  run.pty.pause()
  await new Promise((resolve) => setTimeout(resolve, 300))
  expect(run.chunks).toHaveLength(0)
  expect(run.exit).toBeNull()
  run.pty.resume()
  await run.exited
  expect(run.text().split('\r\n')).toHaveLength(10001)
})

test.each([
  ['kill', (pty) => pty.kill()],
  ['close', (pty) => pty.close()],
])('%s of a paused terminal still tells the exit', async (_, end) => {
  const run = start('yes')
  run.pty.pause()
  end(run.pty)
  expect((await run.exited).signal).toBeGreaterThan(0)
})

test('a listener slower than its terminal leaves the event loop its turns', async () => {
  const run = start('yes', ['x'.repeat(100)])
  let chunks = 0
  run.pty.onData(() => {
    chunks++
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 5)
  })
  let turns = 0
  let most = 0
  let before = 0
  await new Promise((resolve) => {
    const turn = () => {
      most = Math.max(most, chunks - before)
      before = chunks
      if (++turns === 50) resolve()
      else setTimeout(turn, 1)
    }
    setTimeout(turn, 1)
  })
  run.pty.close()
  // Chunks between two turns of the loop; without fairness there are hundreds.
  expect(most).toBeLessThan(20)
})
