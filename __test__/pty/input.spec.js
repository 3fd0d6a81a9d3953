/** Behaviours 2 and 3: large pastes arrive whole; a child that does not read harms nobody. */

const crypto = require('node:crypto')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { cpuTime, descriptors, isRunning } = require('../helpers/proc')
const { sleep, start, until } = require('../helpers/pty')

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-pty-'))
afterAll(() => fs.rmSync(folder, { recursive: true }))

const LINES = Array.from({ length: 16384 }, (_, index) => `${`${index} `.padEnd(63, 'paste ')}\n`).join('')

test('1 MB pasted to cat in canonical mode arrives whole', async () => {
  const file = path.join(folder, 'pasted')
  const run = start('sh', ['-c', `cat > ${file}; echo done`])
  expect(LINES).toHaveLength(1 << 20)
  run.pty.write(LINES)
  run.pty.write('\x04')
  await run.exited
  expect(fs.readFileSync(file, 'utf8') === LINES).toBe(true)
})

test.each([
  ['a string', (data) => data.toString('latin1').replace(/[^\x20-\x7e]/g, '.')],
  ['a Buffer', (data) => data],
])('1 MB pasted raw as %s arrives whole', async (_, convert) => {
  const data = Buffer.from(convert(crypto.randomBytes(1 << 20)))
  const run = start('sh', ['-c', `stty raw -echo; printf ready; head -c ${data.length} | md5sum`])
  await run.prints('ready')
  let drained = 0
  run.pty.onDrain(() => drained++)
  const direct = run.pty.write(data)
  await run.exited
  expect(run.text()).toContain(crypto.createHash('md5').update(data).digest('hex'))
  // A program that keeps pace with the writer leaves nothing that waits.
  if (!direct) await until(() => drained > 0, 'the drain to be told')
  expect(drained).toBe(direct ? 0 : 1)
  expect(run.pty.writableLength).toBe(0)
})

test('eight children that never read: backpressure is said, the CPU idles, the rest of Node works', async () => {
  const before = descriptors().length
  const sleepers = Array.from({ length: 8 }, () =>
    start('sh', ['-c', 'stty raw -echo; printf ready; exec sleep 1000']),
  )
  await Promise.all(sleepers.map((run) => run.prints('ready')))
  for (const { pty } of sleepers) {
    expect(pty.write(Buffer.alloc(256 * 1024, 'x'))).toBe(false)
    expect(pty.writableLength).toBeGreaterThan(128 * 1024)
  }
  await sleep(200)
  const cpu = cpuTime()
  await sleep(1000)
  // Polling would take all of the second; the timers of a test take little.
  expect(cpuTime() - cpu).toBeLessThan(300)
  expect(await fs.promises.readFile(__filename, 'utf8')).toContain('eight children')
  for (const { pty } of sleepers) pty.kill('SIGKILL')
  const events = await Promise.all(sleepers.map((run) => run.exited))
  expect(events.every((event) => event.signal === 9)).toBe(true)
  expect(sleepers.map(({ pty }) => pty.writableLength)).toEqual(Array(8).fill(0))
  await until(() => descriptors().length <= before + 2, 'the descriptors to be closed')
})

test('input past maxInputBytes is refused whole, with a code', async () => {
  const count = 1 << 18
  const go = path.join(folder, 'go')
  const wait = `while [ ! -e ${go} ]; do sleep 0.05; done`
  const run = start('sh', ['-c', `stty raw -echo; printf ready; ${wait}; head -c ${count} | md5sum`], {
    maxInputBytes: count,
  })
  await run.prints('ready')
  const data = crypto.randomBytes(count)
  run.pty.write(data)
  const waiting = run.pty.writableLength
  expect(waiting).toBeGreaterThan(0)
  expect(() => run.pty.write(Buffer.alloc(count))).toThrow(
    expect.objectContaining({ code: 'ERR_INPUT_QUEUE_FULL' }),
  )
  expect(run.pty.writableLength).toBeLessThanOrEqual(waiting)
  fs.writeFileSync(go, '')
  await run.exited
  expect(run.text()).toContain(crypto.createHash('md5').update(data).digest('hex'))
})

test('small writes while much waits keep their order', async () => {
  const run = start('sh', ['-c', 'stty raw -echo; printf ready; sleep 0.2; head -c 300000 | md5sum'])
  await run.prints('ready')
  const parts = Array.from({ length: 3000 }, (_, index) => String(index).padStart(100, '.'))
  for (const part of parts) run.pty.write(part)
  await run.exited
  expect(run.text()).toContain(crypto.createHash('md5').update(parts.join('')).digest('hex'))
})

test('a write after the exit goes nowhere and says so', async () => {
  const run = start('true')
  await run.exited
  expect(run.pty.write('x')).toBe(false)
  expect(isRunning(run.pty.pid)).toBe(false)
})
