// The wire formats, as bytes.

const {
  decodeChannelOutput,
  decodeControl,
  decodeOutput,
  encodeChannelInput,
  encodeQuery,
} = require('../../client/frames.js')

const bytes = (hex) => Uint8Array.from(Buffer.from(hex.replace(/ /g, ''), 'hex')).buffer
const textOf = ({ data, ...rest }) => ({ ...rest, data: Buffer.from(data).toString() })

test('an output frame: eight bytes of offset, then output', () => {
  expect(textOf(decodeOutput(bytes('0000000000000007 6869')))).toEqual({
    offset: 7,
    snapshot: false,
    data: 'hi',
  })
  expect(textOf(decodeOutput(bytes('0010000000000001')))).toEqual({
    offset: 2 ** 52 + 1,
    snapshot: false,
    data: '',
  })
})

test('the highest bit marks a part of a snapshot', () => {
  expect(textOf(decodeOutput(bytes('8000000100000002 61')))).toEqual({
    offset: 2 ** 32 + 2,
    snapshot: true,
    data: 'a',
  })
})

test.each(['', '00', '00000000000000', '0020000000000000 61', '7fffffffffffffff', 'ffffffffffffffff 61'])(
  'no output frame: %s',
  (hex) => {
    expect(decodeOutput(bytes(hex))).toBe(null)
  },
)

test('a channel’s output: four bytes of its number before', () => {
  const { channel, frame } = decodeChannelOutput(bytes('fffffffe 0000000000000001 6f6b'))
  expect(channel).toBe(0xffff_fffe)
  expect(textOf(frame)).toEqual({ offset: 1, snapshot: false, data: 'ok' })
  expect(decodeChannelOutput(bytes('000000'))).toBe(null)
  expect(decodeChannelOutput(bytes('00000005 00'))).toEqual({ channel: 5, frame: null })
})

test('a channel’s input: its number, then the bytes', () => {
  expect(Buffer.from(encodeChannelInput(258, Uint8Array.of(0, 255))).toString('hex')).toBe('0000010200ff')
})

test('a control message is an object with a type; known ones are checked', () => {
  expect(decodeControl('{"type":"gap","from":1,"to":2}')).toEqual({
    message: { type: 'gap', from: 1, to: 2 },
  })
  expect(decodeControl('{"type":"toString"}')).toEqual({ message: { type: 'toString' } })
  expect(decodeControl('{"type":"gap","from":1}').problem).toMatch('"to"')
  for (const text of [
    '',
    '7',
    'null',
    '[{"type":"gap"}]',
    '{"type":{}}',
    '{"type":"size","cols":1.5,"rows":1}',
  ]) {
    expect(decodeControl(text)).toEqual({ problem: expect.any(String) })
  }
})

test('the query leaves out what is not known, and keeps a zero', () => {
  expect(encodeQuery({ a: 'x', b: undefined, c: null, d: '', offset: 0 })).toEqual([
    ['a', 'x'],
    ['offset', 0],
  ])
})
