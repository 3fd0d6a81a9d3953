/** Behaviours 4 and 5: nothing is left behind, nothing is shared. Linux tells us so. */

const { execFile } = require('node:child_process')
const fs = require('node:fs')
const { promisify } = require('node:util')
const { children, descriptors, masters, threads } = require('../helpers/proc')
const { batches, shell, start, until } = require('../helpers/pty')
const { spawn } = require('../..')

const linux = process.platform === 'linux' ? test : test.skip

const held = () => ({
  descriptors: descriptors().length,
  threads: threads(),
  children: children().length,
  masters: masters(),
})

async function churn(count, width, act) {
  await act() // The first starts the reactor.
  const before = held()
  await batches(count, width, act)
  // Fewer than before is no leak: others may have closed theirs meanwhile.
  const left = () => Object.entries(held()).filter(([name, value]) => value > before[name])
  await until(() => left().length === 0, 'everything to be given back').catch(() => {})
  expect(left()).toEqual([])
}

linux('1000 times spawn and kill leave nothing', () => {
  return churn(1000, 20, async () => {
    const run = start('cat')
    run.pty.kill('SIGKILL')
    expect(await run.exited).toEqual({ exitCode: 0, signal: 9 })
  })
})

linux('1000 times spawn and close leave nothing', () => {
  return churn(1000, 20, async () => {
    const run = start('cat')
    run.pty.close()
    expect((await run.exited).signal).toBe(1)
  })
})

linux('no child of ours or of child_process sees a terminal of another', async () => {
  const others = Array.from({ length: 5 }, () => start('cat'))
  const list = 'readlink /proc/self/fd/*; ls -l /proc/$$/fd | grep -c ptmx; true'
  const ours = await shell(list)
  expect(ours.text()).not.toContain('ptmx')
  const terminals = new Set(ours.text().match(/\/dev\/pts\/\d+/g))
  expect(terminals.size).toBe(1)
  const theirs = await promisify(execFile)('sh', ['-c', list])
  expect(theirs.stdout).not.toMatch(/ptmx|\/dev\/pts\/\d+\n.*\/dev\/pts/)
  for (const { fd, target } of descriptors().filter(({ target }) => target.endsWith('ptmx'))) {
    const flags = fs.readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8').match(/flags:\s*(\d+)/)[1]
    expect({ target, closedOnExec: (Number.parseInt(flags, 8) & 0o2000000) !== 0 }).toEqual({
      target,
      closedOnExec: true,
    })
  }
  for (const { pty } of others) pty.close()
  await Promise.all(others.map((run) => run.exited))
})

linux('a call on an exited terminal does not reach the one that got its descriptor', async () => {
  const gone = start('true')
  await gone.exited
  const heirs = Array.from({ length: 10 }, () =>
    start('sh', ['-c', 'stty -echo; printf ready; read line; echo "got $line"; stty size'], {
      cols: 90,
      rows: 40,
    }),
  )
  await Promise.all(heirs.map((run) => run.prints('ready')))
  gone.pty.resize(11, 12)
  expect(gone.pty.write('stray\n')).toBe(false)
  gone.pty.kill('SIGKILL')
  gone.pty.kill()
  gone.pty.close()
  for (const { pty } of heirs) pty.write('own\n')
  for (const run of heirs) {
    expect(await run.exited).toEqual({ exitCode: 0, signal: 0 })
    expect(run.text()).toContain('got own\r\n40 90')
  }
})

linux('100 terminals share one reactor thread', async () => {
  const first = start('cat')
  const before = threads()
  const runs = Array.from({ length: 100 }, () => start('cat'))
  expect(threads()).toBe(before)
  for (const { pty } of [first, ...runs]) pty.close()
  await Promise.all(runs.map((run) => run.exited))
})

linux('a terminal that does not start leaves nothing', () => {
  return churn(50, 1, () => {
    expect(() => spawn('/no/such/program', [])).toThrow()
    expect(() => spawn('sh', [], { cwd: '/no/such/directory' })).toThrow()
  })
})
