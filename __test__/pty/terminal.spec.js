/** Behaviours 6 and 7: sizes and bytes. */

const crypto = require('node:crypto')
const { shell, start } = require('../helpers/pty')

test('20,000 resizes during output end at the last size', async () => {
  const run = start('sh', [
    '-c',
    'trap "" WINCH; printf ready; head -c 3000000 /dev/zero | tr "\\0" x; read line; stty size; printf end',
  ])
  await run.prints('ready')
  for (let turn = 0; turn < 20000; turn++) {
    run.pty.resize(20 + (turn % 200), 10 + (turn % 50))
    if (turn % 1000 === 0) await new Promise(setImmediate)
  }
  run.pty.resize(123, 45)
  expect([run.pty.cols, run.pty.rows]).toEqual([123, 45])
  run.pty.write('\n')
  await run.exited
  expect(run.text()).toContain('45 123\r\nend')
})

test('resizes that race the exit do not throw', async () => {
  for (let turn = 0; turn < 50; turn++) {
    const run = start('true')
    let gone = false
    run.exited.then(() => {
      gone = true
    })
    for (let size = 1; !gone; size = (size % 500) + 1) {
      run.pty.resize(size, size)
      await new Promise(setImmediate)
    }
    run.pty.resize(80, 24)
  }
})

test('the pixel size reaches the terminal', async () => {
  const run = start('python3', [
    '-c',
    'import fcntl,termios,struct;input();print(struct.unpack("HHHH",fcntl.ioctl(0,termios.TIOCGWINSZ,bytes(8))))',
  ])
  run.pty.resize(100, 50, { width: 1000, height: 750 })
  run.pty.write('\n')
  await run.exited
  expect(run.text()).toContain('(50, 100, 1000, 750)')
})

test('4 MiB of random bytes come back raw as they went', async () => {
  const data = crypto.randomBytes(4 << 20)
  const run = start('sh', ['-c', `stty raw -echo; printf ready; head -c ${data.length}`], { encoding: null })
  await new Promise((resolve) => run.pty.onData(resolve))
  run.pty.write(data)
  await run.exited
  const back = run.bytes().subarray('ready'.length)
  expect(back).toHaveLength(data.length)
  expect(back.equals(data)).toBe(true)
})

test('a lone escape byte is not held back', async () => {
  const run = start('sh', ['-c', 'stty raw -echo; printf ready; cat'], { encoding: null })
  await new Promise((resolve) => run.pty.onData(resolve))
  const next = new Promise((resolve) => run.pty.onData(resolve))
  run.pty.write('\x1b')
  expect([...(await next)]).toEqual([0x1b])
  run.pty.close()
})

test('characters that arrive in pieces are not torn', async () => {
  const text = 'žluťoučký 你好 😀 e\u0301 '
  const bytes = [...Buffer.from(text)].map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
  const script = `${bytes.map((byte) => `printf '${byte}'; sleep 0.004`).join('\n')}\n`
  const run = await shell(script)
  expect(run.text()).toBe(text)
})

test('an unfinished character at the end is told as what it is', async () => {
  const run = await shell("printf 'a\\342\\202'")
  expect(run.text()).toBe('a\ufffd')
})

test.each([
  ['latin1', "printf 'caf\\351'", 'café'],
  ['hex', "printf 'ab'", '6162'],
  ['base64', "printf 'abcd'", Buffer.from('abcd').toString('base64')],
  ['utf16le', "printf 'a\\000b\\000'", 'ab'],
])('output is decoded as %s', async (encoding, script, expected) => {
  expect((await shell(script, { encoding })).text()).toBe(expected)
})

test('with encoding null output is Buffers', async () => {
  const run = await shell('printf hello', { encoding: null })
  expect(run.chunks.every(Buffer.isBuffer)).toBe(true)
  expect(run.bytes().toString()).toBe('hello')
})
