// CircularBuffer, through the package's public entry.

const { execFile } = require('node:child_process')
const crypto = require('node:crypto')
const path = require('node:path')
const { promisify } = require('node:util')
const { CircularBuffer } = require('..')

const PACKAGE = path.join(__dirname, '..')

const buffers = []
afterEach(() => {
  for (const buffer of buffers.splice(0)) buffer.close()
})

function ring(capacity, data) {
  const buffer = new CircularBuffer(capacity)
  buffers.push(buffer)
  if (data !== undefined) buffer.write(data)
  return buffer
}

const thrown = (code) => expect.objectContaining({ code, message: expect.stringMatching(/\w/) })

describe('offsets', () => {
  test('an empty buffer', () => {
    const buffer = ring()
    expect(buffer).toMatchObject({
      capacity: 65_536,
      length: 0,
      start: 0,
      end: 0,
      allocated: 0,
      closed: false,
    })
    expect(buffer.read()).toEqual(Buffer.alloc(0))
    expect(buffer.toString()).toBe('')
    expect(buffer.tail(10)).toEqual(Buffer.alloc(0))
    expect(buffer.readFrom(0)).toEqual({ data: Buffer.alloc(0), start: 0, end: 0, missed: 0 })
  })

  test('write says the new end; the oldest bytes make room', () => {
    const buffer = ring(8)
    expect(buffer.write('abcde')).toBe(5)
    expect(buffer.write(Buffer.from('fgh'))).toBe(8)
    expect(buffer.write(new Uint8Array([0x69, 0x6a]))).toBe(10)
    expect(buffer).toMatchObject({ length: 8, start: 2, end: 10 })
    expect(buffer.read().toString()).toBe('cdefghij')
  })

  test('of a write larger than the capacity the newest bytes are kept', () => {
    const buffer = ring(8, 'abc')
    expect(buffer.write('0123456789ABCDEF')).toBe(19)
    expect(buffer).toMatchObject({ length: 8, start: 11, end: 19 })
    expect(buffer.read().toString()).toBe('89ABCDEF')
    expect(buffer.write(Buffer.alloc(1_000_000, 'x'))).toBe(1_000_019)
    expect(buffer.read().toString()).toBe('xxxxxxxx')
  })

  test('it behaves as a plain array of bytes does, whatever is written', () => {
    for (const capacity of [1, 2, 7, 4096, 5000, 65_536]) {
      const buffer = ring(capacity)
      let all = Buffer.alloc(0)
      for (let i = 0; i < 60; i += 1) {
        const bytes = crypto.randomBytes(crypto.randomInt(0, capacity * 2))
        all = Buffer.concat([all, bytes])
        expect(buffer.write(bytes)).toBe(all.length)
        const start = Math.max(0, all.length - capacity)
        expect(buffer).toMatchObject({ start, end: all.length, length: all.length - start })
        expect(buffer.read().equals(all.subarray(start))).toBe(true)
        const from = crypto.randomInt(0, all.length + 2)
        const most = crypto.randomInt(0, capacity + 2)
        const begin = Math.min(Math.max(from, start), Math.max(from, all.length))
        const expected = all.subarray(begin, begin + most)
        const { data, missed, start: first, end } = buffer.readFrom(from, most)
        expect(data.equals(expected)).toBe(true)
        expect(missed).toBe(Math.max(0, start - from))
        if (from <= all.length) expect({ first, end }).toEqual({ first: begin, end: begin + expected.length })
      }
    }
  })

  test('readFrom', () => {
    const buffer = ring(8, '0123456789')
    expect(buffer.readFrom(0)).toEqual({ data: Buffer.from('23456789'), start: 2, end: 10, missed: 2 })
    expect(buffer.readFrom(2)).toEqual({ data: Buffer.from('23456789'), start: 2, end: 10, missed: 0 })
    expect(buffer.readFrom(7, 2)).toEqual({ data: Buffer.from('78'), start: 7, end: 9, missed: 0 })
    expect(buffer.readFrom(1, 2)).toEqual({ data: Buffer.from('23'), start: 2, end: 4, missed: 1 })
    expect(buffer.readFrom(10)).toMatchObject({ data: Buffer.alloc(0), start: 10, end: 10, missed: 0 })
    expect(buffer.readFrom(Number.MAX_SAFE_INTEGER)).toMatchObject({ data: Buffer.alloc(0), missed: 0 })
    expect(buffer.readFrom(3, 0)).toMatchObject({ data: Buffer.alloc(0), start: 3, end: 3 })
  })

  test('readInto', () => {
    const buffer = ring(8, '0123456789')
    const target = Buffer.alloc(4, '.')
    expect(buffer.readInto(target, 4)).toBe(4)
    expect(target.toString()).toBe('4567')
    expect(buffer.readInto(target, 8)).toBe(2)
    expect(target.toString()).toBe('8967')
    expect(buffer.readInto(target, 0)).toBe(4)
    expect(target.toString()).toBe('2345')
    expect(buffer.readInto(target, 10)).toBe(0)
    const view = new Uint8Array(new ArrayBuffer(8), 2, 3)
    expect(buffer.readInto(view, 5)).toBe(3)
    expect([...new Uint8Array(view.buffer)]).toEqual([0, 0, 0x35, 0x36, 0x37, 0, 0, 0])
    expect(buffer.readInto(new Uint8Array(0), 5)).toBe(0)
  })

  test('what was read is a copy', () => {
    const buffer = ring(8, 'abcdefgh')
    const read = buffer.read()
    read.fill('x')
    buffer.write('ijkl')
    expect(buffer.toString()).toBe('efghijkl')
    expect(read.toString()).toBe('xxxxxxxx')
  })
})

describe('strings', () => {
  test('are stored as UTF-8', () => {
    const text = 'aß日🎉\u0000\u001b[m'
    expect(ring(100).write(text)).toBe(Buffer.byteLength(text))
    expect(ring(100, text).read().equals(Buffer.from(text))).toBe(true)
    expect(ring(100, text).toString()).toBe(text)
  })

  test.each(['', 'a', 'é', 'ÿ'.repeat(5000), '日'.repeat(100_000), 'a'.repeat(100_000), '🎉'.repeat(70_000)])(
    'of any kind and length (%#)',
    (text) => {
      const buffer = ring(1024 * 1024)
      expect(buffer.write(text)).toBe(Buffer.byteLength(text))
      expect(buffer.read().equals(Buffer.from(text))).toBe(true)
    },
  )

  test.each([
    '\ud83c',
    '\udf89',
    'a\ud83cb',
    '\udf89\ud83c',
    '\ud83c\ud83c\udf89',
    `${'x'.repeat(5000)}\ud800`,
  ])('a lone surrogate becomes U+FFFD (%#)', (text) => {
    const buffer = ring(65_536, text)
    expect(buffer.read().equals(Buffer.from(text))).toBe(true)
    expect(buffer.toString()).toBe(Buffer.from(text).toString())
    expect(buffer.toString()).toContain('\ufffd')
  })

  test('what is not UTF-8 becomes U+FFFD, as TextDecoder has it', () => {
    for (let i = 0; i < 500; i += 1) {
      const bytes = crypto.randomBytes(64)
      bytes[0] = 0x61
      const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes)
      expect(ring(64, bytes).toString()).toBe(text)
    }
  })
})

describe('safe boundaries', () => {
  // Each unit is shown whole or not at all, wherever the tail begins.
  const units = [
    ['a two-byte character', 'é'],
    ['a three-byte character', '日'],
    ['a four-byte character', '🎉'],
    ['a CSI sequence', '\x1b[38;5;196m'],
    ['a private CSI sequence', '\x1b[?1049h'],
    ['an OSC string ended by BEL', '\x1b]0;a title\x07'],
    ['an OSC string ended by ST', '\x1b]8;;http://x.example/\x1b\\'],
    ['a DCS string', '\x1bP1$r0m\x1b\\'],
    ['an APC string', '\x1b_payload\x1b\\'],
    ['a two-byte escape', '\x1b7'],
    ['a charset escape', '\x1b(B'],
  ]

  test.each(units)('%s is never cut, at any position', (_what, unit) => {
    const before = 'before '
    const after = ' after'
    const text = Buffer.from(before + unit + after)
    const unitAt = before.length
    const unitEnd = text.length - after.length
    const buffer = ring(1024, text)
    for (let most = 0; most <= text.length + 1; most += 1) {
      const wished = Math.max(0, text.length - most)
      const begin = wished > unitAt && wished < unitEnd ? unitEnd : wished
      expect({ most, tail: buffer.tail(most).toString() }).toEqual({
        most,
        tail: text.subarray(begin).toString(),
      })
      expect(buffer.toString(most)).toBe(text.subarray(begin).toString())
    }
  })

  test.each(units)('%s that the buffer has overwritten in part is left out', (_what, unit) => {
    const bytes = Buffer.from(unit)
    for (let lost = 1; lost < bytes.length; lost += 1) {
      const buffer = ring(bytes.length - lost + 6, Buffer.concat([Buffer.from('......'), bytes]))
      buffer.write(' after')
      expect({ lost, text: buffer.toString() }).toEqual({ lost, text: ' after' })
      expect(buffer.tail(1000).toString()).toBe(' after')
      expect(buffer.read().toString()).not.toBe('')
    }
  })

  test('a long run of mixed text, cut at every byte', () => {
    const text = Buffer.from(
      Array.from({ length: 40 }, (_, i) => `${i} é日🎉\x1b[1;3${i % 8}mred\x1b[0m\x1b]2;t${i}\x07\r\n`).join(
        '',
      ),
    )
    const buffer = ring(8192, text)
    const safe = boundaries(text)
    for (let most = 1; most <= text.length; most += 1) {
      const begin = safe.find((at) => at >= text.length - most)
      expect(buffer.tail(most).length).toBe(text.length - begin)
    }
  })

  /** Offsets where a character or sequence of this text begins. */
  function boundaries(bytes) {
    const parts = bytes.toString().match(/\x1b\[[\d;]*m|\x1b\][^\x07]*\x07|[\s\S]/gu)
    let at = 0
    return [0, ...parts.map((part) => (at += Buffer.byteLength(part)))]
  }
})

describe('its life', () => {
  test('memory is taken on demand from 4 KiB, and given back', () => {
    const buffer = ring(1024 * 1024)
    expect(buffer.allocated).toBe(0)
    buffer.write('x')
    expect(buffer.allocated).toBe(4096)
    buffer.write(Buffer.alloc(100_000))
    expect(buffer.allocated).toBeGreaterThanOrEqual(100_001)
    expect(buffer.allocated).toBeLessThanOrEqual(1024 * 1024)
    buffer.clear()
    expect(buffer).toMatchObject({ length: 0, start: 100_001, end: 100_001 })
    expect(buffer.allocated).toBeLessThanOrEqual(4096)
    expect(buffer.write('y')).toBe(100_002)
    expect(buffer.readFrom(0)).toEqual({
      data: Buffer.from('y'),
      start: 100_001,
      end: 100_002,
      missed: 100_001,
    })
  })

  test('resize keeps the newest bytes', () => {
    const buffer = ring(10, '0123456789')
    buffer.resize(4)
    expect(buffer).toMatchObject({ capacity: 4, length: 4, start: 6, end: 10 })
    expect(buffer.toString()).toBe('6789')
    buffer.resize(8)
    buffer.write('abcdef')
    expect(buffer).toMatchObject({ capacity: 8, length: 8, start: 8, end: 16 })
    expect(buffer.toString()).toBe('89abcdef')
  })

  test('close is final, idempotent, and says so', () => {
    const buffer = ring(10, 'abc')
    buffer.close()
    buffer.close()
    expect(buffer.closed).toBe(true)
    expect(buffer).toMatchObject({ length: 0, allocated: 0, capacity: 0 })
    for (const use of [
      () => buffer.write('x'),
      () => buffer.write(Buffer.from('x')),
      () => buffer.read(),
      () => buffer.readFrom(0),
      () => buffer.readInto(Buffer.alloc(1), 0),
      () => buffer.tail(1),
      () => buffer.toString(),
      () => buffer.clear(),
      () => buffer.resize(10),
    ]) {
      expect(use).toThrow(thrown('ERR_CLOSED'))
    }
  })

  test('Symbol.dispose closes', () => {
    const buffer = new CircularBuffer()
    buffer[Symbol.dispose]()
    expect(buffer.closed).toBe(true)
  })

  test('2000 rings of 1 MiB that nobody closed do not pile up', async () => {
    // Collections happen because V8 knows of the native bytes: without that
    // it sees 2000 tiny objects and leaves 2 GiB alone.
    const script = `
      const { CircularBuffer } = require(${JSON.stringify(PACKAGE)})
      const block = Buffer.alloc(1024 * 1024, 'x')
      let most = 0
      async function main() {
        for (let i = 0; i < 2000; i += 1) {
          new CircularBuffer(block.length).write(block)
          if (i % 10 === 0) await new Promise(setImmediate)
          most = Math.max(most, process.memoryUsage.rss())
        }
        console.log(most)
      }
      main()`
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script])
    expect(Number(stdout)).toBeLessThan(600 * 1024 * 1024)
  })
})

describe('bad input', () => {
  const notNumbers = ['8', {}, [], true, 10n, Symbol('x'), () => 1]
  const outOfRange = [Number.NaN, -1, 1.5, Infinity, -Infinity, 2 ** 53, 1e300]

  test.each(outOfRange)('a capacity of %p', (value) => {
    expect(() => new CircularBuffer(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
    expect(() => ring(8).resize(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
  })

  test.each([0, 2 ** 30 + 1, 2 ** 32 + 1])('a capacity of %p', (value) => {
    expect(() => new CircularBuffer(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
    expect(() => ring(8).resize(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
  })

  test('the bounds themselves are fine, and cost nothing before they are used', () => {
    expect(ring(1, 'abc').toString()).toBe('c')
    expect(ring(2 ** 30, 'abc').allocated).toBe(4096)
  })

  test.each(notNumbers)('%p where a number is needed', (value) => {
    expect(() => new CircularBuffer(value)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    const buffer = ring(8, 'abc')
    for (const use of [
      () => buffer.resize(value),
      () => buffer.readFrom(value),
      () => buffer.readFrom(0, value),
      () => buffer.readInto(Buffer.alloc(1), value),
      () => buffer.tail(value),
      () => buffer.toString(value),
    ]) {
      expect(use).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    }
    expect(buffer.toString()).toBe('abc')
  })

  test('null counts as not given where that is allowed, and as no number elsewhere', () => {
    expect(ring(null).capacity).toBe(65_536)
    const buffer = ring(8, 'abc')
    expect(buffer.toString(null)).toBe('abc')
    expect(buffer.readFrom(0, null).data.toString()).toBe('abc')
    expect(() => buffer.resize(null)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    expect(() => buffer.readFrom(null)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    expect(() => buffer.tail(null)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
  })

  test.each(outOfRange)('%p as an offset or a size', (value) => {
    const buffer = ring(8, 'abc')
    for (const use of [() => buffer.readFrom(value), () => buffer.readInto(Buffer.alloc(1), value)]) {
      expect(use).toThrow(thrown('ERR_OUT_OF_RANGE'))
    }
    // As much as there is, however much was asked for: `Infinity` is no mistake there.
    if (Number.isNaN(value) || value < 0 || value === 1.5) {
      expect(() => buffer.tail(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
      expect(() => buffer.toString(value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
      expect(() => buffer.readFrom(0, value)).toThrow(thrown('ERR_OUT_OF_RANGE'))
    }
  })

  test.each([
    undefined,
    null,
    7,
    {},
    [],
    true,
    Symbol('x'),
    new ArrayBuffer(3),
    new DataView(new ArrayBuffer(3)),
  ])('data that is %p', (value) => {
    const buffer = ring(8, 'abc')
    expect(() => buffer.write(value)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    expect(() => buffer.readInto(value, 0)).toThrow(thrown('ERR_INVALID_ARG_TYPE'))
    expect(buffer).toMatchObject({ length: 3, end: 3 })
  })

  test('methods on what is no CircularBuffer throw, and crash nothing', () => {
    const { write, read } = CircularBuffer.prototype
    expect(() => write.call({}, 'x')).toThrow()
    expect(() => read.call(null)).toThrow()
  })
})
