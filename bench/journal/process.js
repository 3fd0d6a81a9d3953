/**
 * A process with a registry, for bench/journal/bench.js: does what it is asked
 * and answers with figures. `node process.js <way> <directory>`
 *
 * The ways are `plain`, `journal` and `keeper`: a journal, and a keeper, too.
 */

const fs = require('node:fs')
const http = require('node:http')
const path = require('node:path')
const { SessionRegistry } = require('../..')
const { TerminalServer } = require('../../server')

const COUNTER = path.join(__dirname, '..', '..', '__test__', 'helpers', 'counter.js')
/** What is before the bytes of a frame. */
const HEADER = 8
const ENV = { PATH: process.env.PATH, TERM: 'xterm-256color' }

const [way, dir] = process.argv.slice(2)
const registry = new SessionRegistry({
  journal: way === 'plain' ? null : { dir, keeper: way === 'keeper' },
  maxSessions: 0,
  maxSessionsPerProject: 0,
  spawnsPerMinute: 0,
  spawnsPerMinuteTotal: 0,
  exitLinger: 0,
})

const shell = (script) => ({ file: '/bin/sh', args: ['-c', script], env: ENV, cols: 80, rows: 24 })

/** Reads everything that a session prints, as a server does; `seen` is told of each frame. */
function drain(session, seen = () => {}) {
  const viewer = session.openViewer({ from: 0, format: 'framed' })
  const read = () => {
    for (let frame = viewer.read(); frame; frame = viewer.read()) {
      seen(frame)
      viewer.release()
    }
  }
  viewer.onReadable(read)
  read()
  return viewer
}

const exited = (id) =>
  new Promise((resolve) => {
    const listener = (news) => {
      if (news.id !== id) return
      registry.off('sessionExited', listener)
      resolve()
    }
    registry.on('sessionExited', listener)
  })

/** The process's memory that no file is behind, in bytes. */
function anonymous() {
  const rollup = fs.readFileSync('/proc/self/smaps_rollup', 'utf8')
  return Number(/^Anonymous:\s+(\d+)/m.exec(rollup)[1]) * 1024
}

async function collect() {
  for (let round = 0; round < 4; round += 1) {
    globalThis.gc()
    await new Promise(setImmediate)
  }
}

/** A shell that repeats what it is given. */
class Echo {
  #session = registry.create({ id: 'echo', pty: shell('stty raw -echo; printf r; exec cat') })
  #wanted = 1
  #heard = 0
  #resolve = null

  constructor() {
    drain(this.#session, (frame) => {
      this.#heard += frame.length - HEADER
      if (this.#heard >= this.#wanted) this.#resolve?.()
    })
  }

  /** Resolves when all that was typed has come back. */
  async of(text) {
    this.#wanted += text.length
    const done = new Promise((resolve) => (this.#resolve = resolve))
    if (text !== '') this.#session.write(text)
    if (this.#heard < this.#wanted) await done
  }
}

let echo = null
let floods = 0

const ORDERS = {
  /** `cat` of a file, read to its end. */
  async flood({ file }) {
    // The bytes are what is measured, not the start of a program.
    floods += 1
    const id = `flood${floods}`
    const session = registry.create({ id, pty: shell(`read go; cat ${file}`) })
    drain(session)
    const gone = exited(id)
    const cpu = process.cpuUsage()
    const began = performance.now()
    session.write('\n')
    await gone
    const { user, system } = process.cpuUsage(cpu)
    return { seconds: (performance.now() - began) / 1000, cpuMs: (user + system) / 1000 }
  },

  /** A key and its echo by `cat`, in ms. */
  async echo({ keys }) {
    echo ??= new Echo()
    await echo.of('')
    const times = []
    for (let key = 0; key < keys; key += 1) {
      const began = performance.now()
      await echo.of('x')
      times.push(performance.now() - began)
    }
    return times
  },

  /** What a session costs that has a shell and does nothing, in bytes. */
  async idle({ count }) {
    const make = (id) => registry.create({ id, pty: shell('exec sleep 100000') })
    for (let each = 0; each < 20; each += 1) make(`warm${each}`)
    await collect()
    const before = anonymous()
    for (let each = 0; each < count; each += 1) make(`idle${each}`)
    await collect()
    return (anonymous() - before) / count
  },

  /** Sessions for another process to restore: each has printed something. */
  fill({ count, bytes }) {
    const text = 'a line of some usual length, of which a terminal shows many: 0123456789\r\n'
    const output = text.repeat(Math.ceil(bytes / text.length))
    for (let each = 0; each < count; each += 1) {
      const session = registry.create({
        id: `s${each}`,
        pty: way === 'keeper' ? shell('exec sleep 100000') : null,
      })
      if (way !== 'keeper') session.append(output)
    }
    return registry.list().length
  },

  restore({ takeover = false }) {
    const began = performance.now()
    const restored = registry.restore({ takeover })
    const ms = performance.now() - began
    return { ms, sessions: restored.map(({ id, pid, status, end }) => ({ id, pid, status, end })) }
  },

  /** Shells that print counters: a line of 16 bytes for each number. */
  count({ shells }) {
    for (let each = 0; each < shells; each += 1) {
      const args = [COUNTER, '1000000000', '8', '4']
      registry.create({ id: `s${each}`, pty: { file: process.execPath, args, env: ENV } })
    }
  },

  spew() {
    registry.create({ id: 'flood', pty: shell('exec yes 0123456789abcdef') })
  },

  /** Serves the sessions; takes over first, where one is served elsewhere. */
  async serve({ port = 0 }) {
    const terminals = new TerminalServer({
      registry,
      open: ({ sessionId }) => registry.get(sessionId),
      pingInterval: 60_000,
    })
    const server = http.createServer()
    server.on('upgrade', terminals.upgrade)
    await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve))
    return server.address().port
  },

  leave: () => registry.leave(),
  shutdown: () => registry.shutdown(),
}

process.on('message', async ({ order, ...what }) => {
  try {
    process.send({ answer: await ORDERS[order](what) })
  } catch (error) {
    process.send({ failed: `${error.code ?? ''} ${error.message}` })
  }
})
process.once('disconnect', () => process.exit(1))
process.send({ answer: 'ready' })
