// A monkey at the package's surface: calls whatever there is, on whatever there
// is, with whatever comes to hand, in an order that a seed decides. What it must
// never see: an error without a code, another session's bytes wrong, or
// something left behind. `node --expose-gc monkey.js <seed> <steps>`, or as a worker.

const { EventEmitter } = require('node:events')
const { isMainThread, workerData } = require('node:worker_threads')
const { CircularBuffer, SessionRegistry, spawn } = require('../..')
const addon = require('../..')
const { children, descriptors } = require('./proc')

const [seed, steps] = (workerData ?? process.argv.slice(2)).map(Number)

/** Numbers from 0 to below 1, the same ones for the same seed. */
function generator(state) {
  return () => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
const random = generator(seed)
const below = (count) => Math.floor(random() * count)
const pick = (list) => list[below(list.length)]
const chance = (part) => random() < part

/** What its own getters and listeners throw. */
class Mine extends Error {}

const things = { registry: [], session: [], viewer: [], pty: [], buffer: [], disposable: [] }
const MOST = { registry: 4, session: 12, viewer: 12, pty: 4, buffer: 6, disposable: 6 }
const kinds = Object.keys(things)

function keep(kind, thing) {
  const list = things[kind]
  if (list.length >= MOST[kind]) dismiss(kind, list.splice(below(list.length), 1)[0])
  list.push(thing)
  return thing
}

/** Some are closed, some are left to the garbage collector; what may have a program is always closed. */
function dismiss(kind, thing) {
  const end = thing.shutdown ?? thing.close ?? thing.dispose
  if (kind === 'pty' || kind === 'registry' || chance(0.5)) end.call(thing)
}

const anything = () => pick(things[pick(kinds)]) ?? {}

const TEXTS = [
  '',
  'a',
  'p',
  'x'.repeat(5000),
  '\ud800',
  'ä€😀',
  '\0',
  '__proto__',
  'constructor',
  '\x1b[31mred\x1b[0m\r\n',
  '\x1b[6n\x1b[c',
  '\x1b[?1049h',
  '\x1b]0;',
  '\x1b[999;999H\x1b#8',
  'tail',
  'now',
  'json',
  'framed',
  'history',
  'data',
  'exit',
  'drain',
  'sessionClosed',
  'sessionCreated',
  'memoryPressure',
  'SIGTERM',
  'SIGKILL',
  'SIGWINCH',
  'reject',
] // prettier-ignore
const NUMBERS = [
  NaN,
  -0,
  0,
  1,
  2,
  -1,
  0.5,
  80,
  24,
  1024,
  4096,
  65535,
  65536,
  2 ** 31,
  2 ** 32,
  2 ** 53 - 1,
  2 ** 53,
  Infinity,
  -Infinity,
  Number.MIN_VALUE,
  Number.MAX_VALUE,
] // prettier-ignore

function detached() {
  const bytes = new Uint8Array(16)
  structuredClone(bytes, { transfer: [bytes.buffer] })
  return bytes
}

function shrunk() {
  const memory = new ArrayBuffer(64, { maxByteLength: 128 })
  const bytes = new Uint8Array(memory, 32)
  memory.resize(16)
  return bytes
}

const OBJECTS = [
  () => Symbol('monkey'),
  () => 10n,
  () => true,
  () => null,
  () => undefined,
  () => [],
  () => new Array(2 ** 32 - 1),
  () => [1, undefined, 'x'],
  () => ['-c', 'echo hello; cat'],
  () => Object.create(null),
  () => () => act(1),
  () => class {},
  () => new Proxy({}, { get: () => argument(1) }),
  () =>
    new Proxy(
      {},
      {
        get() {
          throw new Mine('a trap')
        },
        ownKeys() {
          throw new Mine('a trap')
        },
      },
    ),
  () => new Proxy(anything(), {}),
  () => Object.create(anything()),
  () => ({ toString: 1, valueOf: null }),
  () => ({
    toString() {
      throw new Mine('toString')
    },
    toJSON() {
      throw new Mine('toJSON')
    },
  }),
  () => new Date(NaN),
  () => new Uint8Array(below(3000)),
  () => Buffer.alloc(70_000, 'y'),
  () => new Uint8ClampedArray(8),
  () => new Float64Array(8),
  () => new DataView(new ArrayBuffer(8)),
  () => new ArrayBuffer(8),
  () => new Uint8Array(new SharedArrayBuffer(2000)),
  () => new Uint8Array(new ArrayBuffer(64, { maxByteLength: 128 })),
  detached,
  shrunk,
  anything,
  options,
] // prettier-ignore

function argument(depth = 0) {
  const kind = random()
  if (kind < 0.3) return pick(TEXTS)
  if (kind < 0.55) return pick(NUMBERS)
  if (depth > 2) return undefined
  return pick(OBJECTS)()
}

const OPTIONS = (
  'id projectId userId mode cwd metadata rateKey historyBytes screen pty file args cols rows env name uid gid ' +
  'drainTimeout killGrace maxInputBytes encoding handleFlowControl from format channel maxFrameBytes scrollback ' +
  'keepAlive maxSessions onProjectLimit memory warning critical actions interval width height'
).split(' ')

/** Options of no call in particular; some of them act when they are read. */
function options() {
  const made = {}
  for (let count = below(4); count > 0; count -= 1) {
    const name = pick(OPTIONS)
    if (chance(0.8)) {
      made[name] = argument(2)
      continue
    }
    const value = argument(2)
    Object.defineProperty(made, name, {
      configurable: true,
      enumerable: true,
      get() {
        if (chance(0.3)) throw new Mine('a getter')
        act(1)
        return value
      },
    })
  }
  return made
}

const EVENTS = [
  'sessionCreated',
  'sessionClosed',
  'sessionExited',
  'focusChanged',
  'sessionSuspended',
  'sessionResumed',
  'sessionAttached',
  'sessionDetached',
  'limitReached',
  'memoryPressure',
  'drain',
] // prettier-ignore

/** A shell that ends when it is hung up on. */
const shell = () => ({
  file: 'sh',
  args: ['-c', 'echo ready; cat'],
  killGrace: 50,
  ...(chance(0.3) && options()),
})

const MAKERS = {
  registry: () =>
    new SessionRegistry(chance(0.3) ? options() : { maxSessions: 0, spawnsPerMinute: 0, exitLinger: 20 }),
  session: () => pick(things.registry)?.create(chance(0.3) ? options() : chance(0.2) ? { pty: shell() } : {}),
  viewer: () =>
    pick(things.session)?.openViewer(chance(0.3) ? options() : { format: pick(['bytes', 'json', 'framed']) }),
  pty: () => spawn('sh', ['-c', 'echo ready; cat'], { killGrace: 50, ...(chance(0.3) && options()) }),
  buffer: () => new CircularBuffer(chance(0.3) ? argument() : 1 + below(100_000)),
  disposable: () => pick(things.pty)?.onData(listener),
} // prettier-ignore

function listener() {
  act(1)
  if (chance(0.02)) throw new Mine('a listener')
}

/** Classes whose members are not the package's. */
const FOREIGN = [null, Object.prototype, EventEmitter.prototype]

/** Everything that a thing has, from its class and the classes of the package above it. */
function members(thing) {
  const names = new Set()
  for (let at = Object.getPrototypeOf(thing); !FOREIGN.includes(at); at = Object.getPrototypeOf(at)) {
    for (const name of Reflect.ownKeys(at)) names.add(name)
  }
  return [...names]
}

let depth = 0
let isOver = false
let calls = 0

/** One thing that the monkey does. */
function act(inside = 0) {
  if (isOver || (inside && (depth >= 3 || chance(0.5)))) return
  depth += 1
  calls += 1
  const description = []
  try {
    deed(description)
  } catch (error) {
    if (!isFair(error, description)) {
      throw new Error(`seed ${seed}, ${description.join(' ')}: ${error?.stack} (${error?.code})`)
    }
  } finally {
    depth -= 1
  }
}

function deed(description) {
  if (chance(0.12)) {
    const kind = pick(kinds)
    description.push('make', kind)
    const made = MAKERS[kind]()
    if (made) keep(kind, made)
    return
  }
  if (chance(0.02)) {
    const name = pick(Object.keys(addon))
    description.push('export', name)
    if (typeof addon[name] !== 'function') return
    const made = chance(0.5)
      ? addon[name](argument(), argument(), argument())
      : new addon[name](argument(), argument())
    watch(made, description)
    watch(made?.close?.(), description)
    return
  }
  const thing = anything()
  const name = pick(members(thing))
  if (name === undefined || name === 'constructor') return
  // Only what is within a second of the other calls.
  const own = chance(0.97)
  const receiver = own ? thing : anything()
  description.push(own ? 'own' : 'foreign', thing.constructor?.name, String(name))
  if (!own) {
    const [method] = [Reflect.get(thing, name)]
    if (typeof method === 'function')
      watch(Reflect.apply(method, receiver, [argument(), argument()]), description)
    else Reflect.get(Object.getPrototypeOf(thing), name, receiver)
    return
  }
  const member = thing[name]
  if (typeof member !== 'function') {
    if (name === 'handleFlowControl') thing[name] = argument()
    return
  }
  if ((name === 'close' || name === 'shutdown') && chance(0.7)) return
  const takes = /^on/.test(String(name)) && chance(0.7)
  const given = takes ? [pick([listener, pick(TEXTS)]), listener] : [argument(), argument(), argument()]
  const result = Reflect.apply(member, thing, given.slice(0, below(4)))
  watch(result, description)
  if (name === 'openViewer') keep('viewer', result)
}

const RECEIVER = /Illegal invocation|private|Receiver must be|is not an instance of class|Failed to unwrap/
const CALLED_WRONG =
  /Failed to initialize class|cannot be invoked|without 'new'|is not a constructor|not a constructor|undefined \(reading/

/** Whether an error is one that a caller is promised: coded, or the caller's own. */
function isFair(error, [how]) {
  if (error instanceof Mine || error?.cause instanceof Mine) return true
  if (typeof error?.code === 'string' && error.code.startsWith('ERR_')) return error.message !== ''
  // The system's: those of a call of its own say which it was.
  if (/^E[A-Z0-9]+$/.test(error?.code))
    return error.message !== '' && (!error.syscall || typeof error.errno === 'number')
  if (error instanceof RangeError && /call stack/.test(error.message)) return true
  if (RECEIVER.test(error?.message)) return true
  if (how === 'foreign' && error instanceof TypeError && /not a function/.test(error.message)) return true
  return how === 'export' && CALLED_WRONG.test(error?.message)
}

/** A promise is rejected with an error that is fair, or not at all. */
function watch(result, description) {
  if (!(result instanceof Promise)) return
  result.catch((error) => {
    if (isFair(error, description)) return
    throw new Error(`seed ${seed}, ${description.join(' ')}: rejected with ${error?.stack} (${error?.code})`)
  })
}

/** A session that nobody else touches, and a viewer that checks every byte of it. */
function witness() {
  const registry = new SessionRegistry()
  const session = registry.create({ historyBytes: 1 << 20 })
  const viewer = session.openViewer()
  let [fed, seen] = [0, 0]
  const read = () => {
    for (let frame = viewer.read(); frame !== null; frame = viewer.read()) {
      for (const byte of frame) {
        if (byte !== 97 + (seen % 23)) throw new Error(`seed ${seed}: byte ${seen} is ${byte}`)
        seen += 1
      }
      viewer.release()
    }
  }
  viewer.onReadable(read)
  return {
    feed() {
      const bytes = Buffer.alloc(1 + (fed % 997))
      for (let at = 0; at < bytes.length; at += 1) bytes[at] = 97 + ((fed + at) % 23)
      fed = session.append(bytes)
    },
    end() {
      read()
      if (seen !== fed || viewer.missed !== 0) throw new Error(`seed ${seed}: ${seen} of ${fed} bytes`)
      registry.shutdown()
    },
  }
}

/** Sees to it that there is something to listen to. */
function stir() {
  try {
    pick(things.viewer)?.onReadable(listener)
    pick(things.registry)?.on(pick(EVENTS), listener)
    pick(things.session)?.append(pick(TEXTS))
    pick(things.pty)?.onData(listener)
    pick(things.pty)?.write('echo\r')
  } catch (error) {
    if (!isFair(error, [])) throw error
  }
}

const turn = () => new Promise(setImmediate)

async function play() {
  const other = witness()
  for (let step = 0; step < steps; step += 1) {
    act()
    if (step % 16 === 0) other.feed()
    if (step % 8 === 0) stir()
    if (chance(0.1)) await turn()
    if (globalThis.gc && chance(0.002)) globalThis.gc()
  }
  other.end()
}

/** Nothing is left: no child, zombies included, and no descriptor more than before. */
async function leaveNothing(before) {
  isOver = true
  for (const kind of ['pty', 'viewer', 'session', 'registry', 'buffer']) {
    for (const thing of things[kind].splice(0)) (thing.shutdown ?? thing.close).call(thing)
  }
  const deadline = Date.now() + 20_000
  for (;;) {
    // Registries and terminals that it let go of end when they are collected.
    globalThis.gc?.()
    await new Promise((resolve) => setTimeout(resolve, 50))
    const left = { children: children().length, terminals: masters() - before }
    if (left.children === 0 && left.terminals <= 0) return
    if (Date.now() > deadline) throw new Error(`seed ${seed}: left behind: ${JSON.stringify(left)}`)
  }
}

const masters = () => descriptors().filter(({ target }) => target.endsWith('ptmx')).length

process.on('uncaughtException', (error) => {
  // A class that was handed over as a listener cannot be called; nor is what a listener throws anybody else's.
  if (error instanceof Mine || CALLED_WRONG.test(error?.message)) return
  console.error(error)
  process.exit(1)
})

async function main() {
  const before = isMainThread ? masters() : 0
  await play()
  if (!isMainThread) return
  await leaveNothing(before)
  console.log(`seed ${seed}: ${calls} calls`)
}

main().catch((error) => {
  console.error(error)
  process.exit(1)
})
