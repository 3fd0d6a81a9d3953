// The server under all attacks at once: `npm run soak -- attack`, for ATTACK_SECONDS (600). It runs in a control group of
// 512 MB with its shells, where one can be made. No session of a client in good faith ends, its echo comes in time, and
// the server's memory stays bounded.

const { fork } = require('node:child_process')
const { once } = require('node:events')
const path = require('node:path')
const { controlGroup } = require('../helpers/control-group')
const { eventually, rss } = require('../helpers/proc')
const { startServerProcess } = require('../helpers/server')

const MIB = 1 << 20
const GROUP = 512 * MIB
const MOST_RSS = 300 * MIB
const MOST_ECHO = 250
const SECONDS = Number(process.env.ATTACK_SECONDS ?? 600)
const TOKEN = 's3cret'
const GOOD = 4
/** All of them, unless somebody looks for what one of them does. */
const ATTACKS = (process.env.ATTACKS ?? 'hog channels unread sizes strangers fragments creations').split(' ')

const group = controlGroup(GROUP)
let host
let children
beforeEach(() => {
  children = []
})
afterEach(async () => {
  for (const child of children) {
    if (child.exitCode !== null || child.signalCode !== null) continue
    child.kill('SIGKILL')
    await once(child, 'exit')
  }
  await host?.stop()
  // A process is in its group for a moment longer than it can be seen.
  await eventually('the group to be empty', () => {
    try {
      group?.remove()
      return true
    } catch {
      return false
    }
  })
})

function started(file, ...args) {
  const child = fork(path.join(__dirname, file), args)
  children.push(child)
  return child
}

/** A client in good faith; `ask` calls its commands. */
async function goodClient(sessionId) {
  const child = started('peer.js', host.url, host.folder, sessionId, 'good', TOKEN)
  await once(child, 'message')
  return async (command, argument) => {
    child.send({ id: command, command, argument })
    const [{ value }] = await once(child, 'message')
    return value
  }
}

const sessionsOfGood = async () =>
  (await host.ask('sessions'))
    .filter(({ projectId }) => projectId === 'good')
    .map(({ id, incarnation, pid }) => ({ id, incarnation, pid }))

test(
  `${SECONDS} s of all attacks at once`,
  async () => {
    host = await startServerProcess(
      { authToken: TOKEN, spawnsPerMinute: 10, maxConnections: 2000 },
      { group },
    )
    const good = []
    for (let n = 0; n < GOOD; n += 1) good.push(await goodClient(`good-${n}`))
    const before = await sessionsOfGood()
    expect(before).toHaveLength(GOOD)
    const idle = worst(await Promise.all(good.map((ask) => ask('echo', 3))))

    const attackers = []
    for (const kind of ATTACKS) {
      const child = started('attacker.js', kind, host.url, host.folder, TOKEN)
      attackers.push(child)
      const begun = Promise.race([once(child, 'message'), once(child, 'exit')])
      expect({ kind, said: (await begun)[0] }).toEqual({ kind, said: 'ready' })
    }
    let [most, sum, samples] = [0, 0, 0]
    const timer = setInterval(() => {
      const now = rss(host.pid)
      most = Math.max(most, now)
      sum += now
      samples += 1
    }, 200)
    const echoes = await Promise.all(good.map((ask) => ask('echo', SECONDS)))
    clearInterval(timer)
    const after = await sessionsOfGood()
    const stats = await host.ask('stats')
    report({ idle, attacked: worst(echoes), most, mean: sum / samples, stats })
    expect(attackers.map(({ exitCode }) => exitCode)).toEqual(ATTACKS.map(() => null))
    expect(after).toEqual(before)
    expect(most).toBeLessThan(MOST_RSS)
    expect(worst(echoes).p99).toBeLessThan(MOST_ECHO)
  },
  (SECONDS + 120) * 1000,
)

function worst(echoes) {
  const of = (name) => Math.max(...echoes.map((echo) => echo[name]))
  return { keys: echoes.reduce((sum, { keys }) => sum + keys, 0), p50: of('p50'), p99: of('p99') }
}

function report({ idle, attacked, most, mean, stats }) {
  const ms = ({ keys, p50, p99 }) => `p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms of ${keys} keys`
  const mib = (bytes) => `${(bytes / MIB).toFixed(0)} MiB`
  process.stdout.write(
    `${SECONDS} s, ${group ? `in a control group of ${mib(GROUP)}` : 'without a control group: none could be made'}
  echo before           ${ms(idle)}
  echo under attack     ${ms(attacked)}
  resident memory       ${mib(most)} at most, ${mib(mean)} on average
  sessions, viewers     ${stats.sessions}, ${stats.viewers}; ${stats.created} created
`,
  )
}
