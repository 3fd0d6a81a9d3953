// Monkeys at the package's surface (see helpers/monkey.js): a few seeds here,
// many by `npm run test:monkey`. A failure names its seed:
// `node --expose-gc __test__/helpers/monkey.js <seed> <steps>`.

const { execFile } = require('node:child_process')
const path = require('node:path')
const { PATIENCE } = require('./helpers/patience')

const MONKEY = path.join(__dirname, 'helpers', 'monkey.js')
const SEEDS = Number(process.env.MONKEY_SEEDS ?? 12)
const FIRST = Number(process.env.MONKEY_FIRST ?? 1)
const STEPS = 1500
const AT_ONCE = 2

/** Runs Node; a hang is ended, and shows as a signal. */
function node(args) {
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      args,
      { timeout: 3 * PATIENCE, killSignal: 'SIGKILL' },
      (error, stdout, stderr) => {
        resolve({ status: error ? (error.code ?? error.signal) : 0, stdout, stderr })
      },
    )
  })
}

test(
  `${SEEDS} monkeys, each in a process of its own`,
  async () => {
    let next = FIRST
    const run = async () => {
      while (next < FIRST + SEEDS) {
        const seed = next
        next += 1
        const { status, stdout, stderr } = await node(['--expose-gc', MONKEY, seed, STEPS].map(String))
        expect({ seed, status, stderr }).toEqual({ seed, status: 0, stderr: '' })
        expect(stdout).toMatch(/^seed \d+: \d+ calls\n$/)
      }
    }
    await Promise.all(Array.from({ length: AT_ONCE }, run))
  },
  240_000 + SEEDS * 10_000,
)

test(
  'monkeys in workers that are terminated at any moment',
  async () => {
    const program = `
    const { Worker } = require('node:worker_threads')
    const { setTimeout: sleep } = require('node:timers/promises')
    const { children, descriptors, threads } = require(${JSON.stringify(path.join(__dirname, 'helpers', 'proc'))})
    const masters = () => descriptors().filter(({ target }) => target.endsWith('ptmx')).length
    async function turn(seed) {
      const worker = new Worker(${JSON.stringify(MONKEY)}, { workerData: [seed, 1e9] })
      worker.on('error', (error) => { console.error(error); process.exit(1) })
      await new Promise((resolve) => worker.once('online', resolve))
      await sleep((seed * 37) % 150)
      await worker.terminate()
    }
    (async () => {
      // The reactor's thread, which lives as long as the process.
      new (require(${JSON.stringify(path.dirname(__dirname))}).SessionRegistry)().shutdown()
      // Node's own pool, which its first use starts.
      await require('node:fs/promises').stat('/')
      await turn(0)
      const before = threads()
      for (let seed = ${FIRST}; seed < ${FIRST + SEEDS * 4}; seed += 2) await Promise.all([turn(seed), turn(seed + 1)])
      const deadline = Date.now() + ${PATIENCE}
      while (children().length > 0 || masters() > 0 || threads() > before) {
        if (Date.now() > deadline) throw new Error(JSON.stringify([children(), masters(), threads(), before]))
        await sleep(50)
      }
    })()`
    const { status, stderr } = await node(['-e', program])
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  },
  240_000 + SEEDS * 10_000,
)
