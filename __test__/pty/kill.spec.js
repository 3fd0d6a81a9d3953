/** Behaviour 8: who is hung up on, who is killed, and who gets away. */

const { isRunning } = require('../helpers/proc')
const { sleep, start, until } = require('../helpers/pty')

const IGNORE = 'trap "" HUP'
/** The process ids that a script printed as `name=pid`. */
const pids = (run) =>
  Object.fromEntries([...run.text().matchAll(/(\w+)=(\d+)/g)].map(([, name, pid]) => [name, Number(pid)]))

test.each([
  ['kill', (pty) => pty.kill()],
  ['close', (pty) => pty.close()],
])(
  '%s of a leader that ignores SIGHUP: SIGKILL for the group after the grace, and what left the group gets away',
  async (_, end) => {
    const script = `${IGNORE}; sleep 1000 & echo member=$!; setsid sh -c 'echo escaped=$$; exec sleep 1001' & while :; do sleep 1; done`
    const run = start('sh', ['-c', script], { killGrace: 1000 })
    const { member, escaped } = await until(() => pids(run).escaped && pids(run).member && pids(run), 'both')
    expect(isRunning(member)).toBe(true)
    end(run.pty)
    const called = performance.now()
    expect(await run.exited).toEqual({ exitCode: 0, signal: 9 })
    // Neither was the grace cut short, nor has the call waited for its end.
    expect(performance.now() - called).toBeGreaterThan(300)
    await until(() => !isRunning(member), 'the member to end')
    expect(isRunning(escaped)).toBe(true)
    process.kill(escaped, 'SIGKILL')
  },
)

test('a member that ignores SIGHUP is killed after the grace although its leader has gone at once', async () => {
  const run = start('sh', ['-c', `sh -c '${IGNORE}; echo member=$$; while :; do sleep 1; done' & wait`], {
    killGrace: 300,
  })
  const member = await until(() => pids(run).member, 'the member')
  run.pty.kill()
  await run.exited
  await until(() => !isRunning(member), 'the member to be killed')
})

test('the job in the foreground of an interactive shell is killed with it', async () => {
  const run = start('bash', ['--norc', '-i'], { killGrace: 300 })
  run.pty.write(`bash -c '${IGNORE}; echo job=$$; while :; do sleep 1; done'\n`)
  const job = await until(() => pids(run).job, 'the job')
  run.pty.close()
  await run.exited
  await until(() => !isRunning(job), 'the job to be killed')
})

test('a stopped program acts on the hang-up', async () => {
  const run = start('sh', ['-c', 'echo ready; kill -STOP $$; sleep 1000'])
  await run.prints('ready')
  run.pty.kill()
  expect(await run.exited).toEqual({ exitCode: 0, signal: 1 })
})

test.each([
  ['SIGTERM', 15],
  ['SIGKILL', 9],
  ['SIGINT', 2],
])('%s reaches the program and is what the exit reports', async (name, number) => {
  const run = start('cat')
  run.pty.kill(name)
  expect(await run.exited).toEqual({ exitCode: 0, signal: number })
})

test('kill and close after the exit do nothing, again and again', async () => {
  const run = start('sh', ['-c', 'exit 7'])
  expect(await run.exited).toEqual({ exitCode: 7, signal: 0 })
  for (let turn = 0; turn < 3; turn++) {
    run.pty.kill('SIGKILL')
    run.pty.kill()
    run.pty.close()
    run.pty.destroy()
  }
  expect(run.pty.closed).toBe(true)
})

test('an unknown signal is refused', () => {
  const run = start('cat')
  expect(() => run.pty.kill('SIGNOPE')).toThrow(expect.objectContaining({ code: 'ERR_UNKNOWN_SIGNAL' }))
  run.pty.close()
})

test('a program that lets go of its terminal and runs on is heard when it comes back, and can be killed', async () => {
  const run = start('sh', [
    '-c',
    'exec <&- >&- 2>&-; sleep 0.3; exec </dev/tty >/dev/tty; echo again; exec <&- >&-; sleep 1000',
  ])
  await run.prints('again')
  await sleep(100)
  expect(run.exit).toBeNull()
  run.pty.kill('SIGTERM')
  expect((await run.exited).signal).toBe(15)
})
