// Small writes of a CircularBuffer are gathered before they go over: nothing
// that can be seen may depend on it. Seeds are printed when a run fails.

const { execFile } = require('node:child_process')
const path = require('node:path')
const { promisify } = require('node:util')
const vm = require('node:vm')
const { Worker } = require('node:worker_threads')
const { CircularBuffer } = require('..')

const PACKAGE = path.join(__dirname, '..')
const STAGING = 8192
const TEXTS = ['plain text', 'é', '日本', '🎉', '\ud83c', 'a\udf89', '\x1b[31mred\x1b[0m', '\x1b]0;title\x07']
const thrown = (code) => expect.objectContaining({ code })

/** Numbers that look random and come again with the seed (mulberry32). */
function numbers(seed) {
  let state = seed
  return (below) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below
  }
}

/** All bytes ever written, and where the kept ones begin. */
class Model {
  all = Buffer.alloc(0)
  start = 0

  constructor(capacity) {
    this.capacity = capacity
  }

  write(data) {
    this.all = Buffer.concat([this.all, typeof data === 'string' ? Buffer.from(data) : data])
    this.#keep()
    return this.all.length
  }

  resize(capacity) {
    this.capacity = capacity
    this.#keep()
  }

  clear() {
    this.start = this.all.length
  }

  from(offset, most) {
    const begin = Math.min(Math.max(offset, this.start), this.all.length)
    return this.all.subarray(begin, begin + most)
  }

  #keep() {
    this.start = Math.max(this.start, this.all.length - this.capacity)
  }
}

/** Small mostly, at the bounds often, large now and then. */
function size(next) {
  const kinds = [next(4), next(80), 1 + next(1100), 1022 + next(5), STAGING - 2 + next(5), next(20_000)]
  return kinds[[0, 1, 1, 1, 2, 2, 3, 4, 5][next(9)]]
}

function chunk(next) {
  const length = size(next)
  if (next(3) === 0) {
    const text = TEXTS[next(TEXTS.length)].repeat(length + 1)
    return text.slice(next(2), length)
  }
  const bytes = Buffer.from(TEXTS[next(TEXTS.length)].repeat(length + 1)).subarray(next(2), length)
  return next(2) ? bytes : new Uint8Array(bytes)
}

/** Each looks at the buffer in another way, so that each takes in what waits. */
const looks = [
  (buffer, { all }) => expect(buffer.end).toBe(all.length),
  (buffer, { start }) => expect(buffer.start).toBe(start),
  (buffer, { all, start }) => expect(buffer.length).toBe(all.length - start),
  (buffer, { all, start }) => expect(buffer.read().equals(all.subarray(start))).toBe(true),
  (buffer, model, next) => {
    const offset = next(model.all.length + 10)
    const most = next(3000)
    const { data, missed } = buffer.readFrom(offset, most)
    expect(data.equals(model.from(offset, most))).toBe(true)
    expect(missed).toBe(Math.max(0, model.start - offset))
  },
  (buffer, model, next) => {
    const target = Buffer.alloc(next(3000))
    const offset = next(model.all.length + 10)
    const copied = buffer.readInto(target, offset)
    expect(target.subarray(0, copied).equals(model.from(offset, target.length))).toBe(true)
  },
  (buffer, model, next) => {
    const tail = buffer.tail(next(3000))
    expect(tail.equals(model.all.subarray(model.all.length - tail.length))).toBe(true)
  },
  (buffer) =>
    expect(buffer.toString()).toBe(
      new TextDecoder('utf-8', { ignoreBOM: true }).decode(buffer.tail(2 ** 30)),
    ),
  (buffer, model) => {
    expect(buffer.allocated).toBeLessThanOrEqual(model.capacity)
    expect(buffer.allocated).toBeGreaterThanOrEqual(model.all.length - model.start)
  },
]

const changes = [
  (buffer, model, next) => {
    const capacity = 1 + next([10, 3000, 40_000][next(3)])
    buffer.resize(capacity)
    model.resize(capacity)
  },
  (buffer, model) => {
    buffer.clear()
    model.clear()
  },
]

/** One run; `expect` alone, so that a failure says which step it was. */
function run(seed) {
  const next = numbers(seed)
  const capacity = [1, 2, 100, 4096, 9000, 65_536][next(6)]
  const buffer = new CircularBuffer(capacity)
  const model = new Model(capacity)
  for (let step = 0; step < 150; step += 1) {
    const choice = next(20)
    if (choice < 15) {
      const data = chunk(next)
      expect(buffer.write(data)).toBe(model.write(data))
      // What was written is a copy, whenever it goes over.
      if (typeof data !== 'string') data.fill(0x21)
    } else if (choice < 19) {
      looks[next(looks.length)](buffer, model, next)
    } else {
      changes[next(changes.length)](buffer, model, next)
    }
  }
  for (const look of looks) look(buffer, model, next)
  buffer.close()
}

test('any mixture of writes and reads behaves as a plain array of bytes', () => {
  for (let round = 0; round < 150; round += 1) {
    const seed = (Math.random() * 2 ** 32) >>> 0
    try {
      run(seed)
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`
      throw error
    }
  }
})

test('each way to look sees the write before it', () => {
  for (const look of looks) {
    const buffer = new CircularBuffer(100)
    const model = new Model(100)
    for (const data of ['first ', Buffer.from('second '), 'third ', Buffer.from('fourth')]) {
      buffer.write(data)
      model.write(data)
    }
    look(buffer, model, () => 20)
    buffer.close()
  }
})

test('where the kept bytes begin is as safe as when they were written one by one', () => {
  const stream = Buffer.from('log \x1b[38;5;196mred\x1b[0m é日🎉 \x1b]0;title\x07\r\n'.repeat(300))
  for (const capacity of [37, 100, 1000, 4099]) {
    const gathered = new CircularBuffer(capacity)
    const whole = new CircularBuffer(capacity)
    whole.write(stream)
    for (let at = 0; at < stream.length; at += 7) gathered.write(stream.subarray(at, at + 7))
    expect(gathered.tail(capacity).equals(whole.tail(capacity))).toBe(true)
    expect(gathered).toMatchObject({ start: whole.start, end: whole.end, allocated: whole.allocated })
  }
})

test('a closed buffer refuses at once, however much waits', () => {
  for (const close of [(buffer) => buffer.close(), (buffer) => buffer[Symbol.dispose]()]) {
    const buffer = new CircularBuffer(100)
    buffer.write(Buffer.from('first'))
    buffer.write(Buffer.from('waits'))
    close(buffer)
    close(buffer)
    for (const data of ['x', '', Buffer.from('x'), Buffer.alloc(0), Buffer.alloc(5000)]) {
      expect(() => buffer.write(data)).toThrow(thrown('ERR_CLOSED'))
    }
    expect(buffer).toMatchObject({ closed: true, length: 0, start: 0, end: 0, allocated: 0 })
    expect(() => buffer.read()).toThrow(thrown('ERR_CLOSED'))
  }
})

test('bad data leaves what waits alone', () => {
  const buffer = new CircularBuffer(100)
  buffer.write('a')
  buffer.write('b')
  const impostor = Object.create(Uint8Array.prototype)
  for (const data of [
    undefined,
    null,
    7,
    {},
    impostor,
    new Uint16Array(1),
    new DataView(new ArrayBuffer(1)),
  ]) {
    expect(() => buffer.write(data)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  }
  buffer.write('c')
  expect(buffer.toString()).toBe('abc')
})

test('arrays that are unusual count as what they are', () => {
  const buffer = new CircularBuffer(1000)
  buffer.write('>')
  const liar = Object.defineProperty(Buffer.from('liar'), 'length', { value: 1 })
  expect(buffer.write(liar)).toBe(5)
  const foreign = vm.runInNewContext('Uint8Array.of(0x66)')
  expect(buffer.write(foreign)).toBe(6)
  const shared = new Uint8Array(new SharedArrayBuffer(4), 1, 2).fill(0x73)
  expect(buffer.write(shared)).toBe(8)
  const detached = new Uint8Array(4)
  structuredClone(detached, { transfer: [detached.buffer] })
  expect(buffer.write(detached)).toBe(8)
  const shrunk = new Uint8Array(new ArrayBuffer(8, { maxByteLength: 8 }), 4, 4)
  shrunk.buffer.resize(2)
  expect(buffer.write(shrunk)).toBe(8)
  expect(buffer.toString()).toBe('>liarfss')
})

test('who replaces the methods of arrays sees no staging area', () => {
  const { set } = Uint8Array.prototype
  const { write } = Buffer.prototype
  const seen = []
  const buffer = new CircularBuffer(100)
  Object.getPrototypeOf(Uint8Array.prototype).set = function (...args) {
    seen.push(this)
    return set.apply(this, args)
  }
  Buffer.prototype.write = function (...args) {
    seen.push(this)
    return write.apply(this, args)
  }
  try {
    for (const data of ['a', 'b', Buffer.from('c'), Buffer.from('d')]) buffer.write(data)
  } finally {
    Object.getPrototypeOf(Uint8Array.prototype).set = set
    Buffer.prototype.write = write
  }
  expect(seen).toEqual([])
  expect(buffer.toString()).toBe('abcd')
})

test('the class is what it was: its name, its instances, classes made from it', () => {
  const buffer = new CircularBuffer(10)
  expect(CircularBuffer.name).toBe('CircularBuffer')
  expect(buffer).toBeInstanceOf(CircularBuffer)
  expect(buffer.constructor).toBe(CircularBuffer)
  buffer.write('ab')
  expect(Object.keys(buffer)).toEqual([])
  expect(() => CircularBuffer(10)).toThrow(TypeError)

  class Counting extends CircularBuffer {
    writes = 0
    write(data) {
      this.writes += 1
      return super.write(data)
    }
  }
  const counting = new Counting(10)
  expect(counting.write('ab') + counting.write(Buffer.from('c'))).toBe(5)
  expect(counting).toMatchObject({ writes: 2, end: 3 })
  expect(`${counting}`).toBe('abc')
})

test('staging areas of closed buffers do not wait for the garbage collector', async () => {
  // A process of its own has no other arrays that a collection could free.
  const script = `
    const { CircularBuffer } = require(${JSON.stringify(PACKAGE)})
    const buffers = Array.from({ length: 2000 }, () => new CircularBuffer(100))
    for (const buffer of buffers) buffer.write('x')
    const open = process.memoryUsage().arrayBuffers
    for (const buffer of buffers) buffer.close()
    console.log(open, process.memoryUsage().arrayBuffers)`
  const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
  const [open, closed] = stdout.split(' ').map(Number)
  expect(open).toBeGreaterThanOrEqual(2000 * STAGING)
  expect(closed).toBeLessThan(STAGING * 20)
})

test('worker threads have their own', async () => {
  const script = `
    const { parentPort } = require('node:worker_threads')
    const { CircularBuffer } = require(${JSON.stringify(PACKAGE)})
    const buffer = new CircularBuffer(4096)
    for (let i = 0; i < 1000; i += 1) buffer.write(Buffer.from(String(i % 10)))
    parentPort.postMessage([buffer.end, buffer.toString(20)])`
  const worker = new Worker(script, { eval: true })
  const [message] = await Promise.all([
    new Promise((resolve, reject) => worker.once('message', resolve).once('error', reject)),
    new Promise((resolve) => worker.once('exit', resolve)),
  ])
  expect(message).toEqual([1000, '01234567890123456789'])
})
