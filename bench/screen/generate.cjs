'use strict'

// Seeded streams of everything a terminal understands, and some it does not.

function random(seed) {
  let a = seed >>> 0
  const next = () => {
    a = (a + 0x6d2b79f5) >>> 0
    let t = a
    t = Math.imul(t ^ (t >>> 15), t | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296
  }
  const rnd = { below: (n) => Math.floor(next() * n), chance: (p) => next() < p }
  rnd.pick = (list) => list[rnd.below(list.length)]
  return rnd
}

const WORDS = ['the', 'quick', 'brown', 'fox', 'x', 'terminal', '--', 'a b', 'jumps', '0123456789', '#', '~']
const WIDE = ['漢', '字', '語', '한', '글', '😀', '🚀', 'Ａ', '、', '🀄']
const OTHER = ['\u00ad', 'é', 'ß', '─', '│', '█', 'λ', 'ж', '\u00a0', '\u2003', '€', '🂡']
// Characters that a client with graphemes takes for one.
const CLUSTERS = [
  '👩\u200d🚀',
  '👨\u200d👩\u200d👧',
  '🇩🇪',
  '🇫',
  '👍🏽',
  '⚠\ufe0f',
  '#\ufe0f\u20e3',
  '❤\ufe0f',
  '☺\ufe0e',
  '\u1112\u1161\u11ab',
  'नि',
  'กำ',
  '\u0600a',
  '🏴\u{e0067}\u{e007f}',
]
const MARKS = ['\u0301', '\u0308', '\u0323', '\u200d', '\ufe0f', '\u20dd']

function sgr(rnd) {
  const simple = [0, 0, 1, 2, 3, 4, 5, 7, 8, 9, 21, 22, 23, 24, 25, 27, 28, 29, 39, 49, 53, 55, 59, 221, 222]
  const parts = []
  for (let n = 1 + rnd.below(3); n > 0; n--) {
    const color = () => rnd.below(256)
    parts.push(
      rnd.pick([
        () => rnd.pick(simple),
        () => rnd.pick(simple),
        () => 30 + rnd.below(8),
        () => 40 + rnd.below(8),
        () => 90 + rnd.below(8),
        () => 100 + rnd.below(8),
        () => `38;5;${color()}`,
        () => `48;5;${color()}`,
        () => `38;2;${color()};${color()};${color()}`,
        () => `48:2::${color()}:${color()}:${color()}`,
        () => `58:5:${color()}`,
        () => `58;2;${color()};${color()};${color()}`,
        () => `4:${rnd.below(7)}`,
        () => `38:5:${color()}`,
        () => `38:2:${color()}:${color()}:${color()}`,
        () => '',
        () => rnd.below(120),
      ])(),
    )
  }
  return `\x1b[${parts.join(';')}m`
}

function text(rnd, options) {
  let out = ''
  for (let n = 1 + rnd.below(6); n > 0; n--) {
    const kind = rnd.below(20)
    if (kind < 10) out += rnd.pick(WORDS) + (rnd.chance(0.7) ? ' ' : '')
    else if (kind < 13) out += rnd.pick(WIDE)
    else if (kind < 15) out += rnd.pick(OTHER)
    else if (kind < 16 && options.marks !== false) out += `${rnd.pick(['e', 'o', '漢'])}${rnd.pick(MARKS)}`
    else if (kind === 16 && options.marks !== false) out += rnd.pick(CLUSTERS)
    else if (kind === 17) out += 'x'.repeat(rnd.below(100))
    else if (kind === 18 && options.marks !== false) out += rnd.pick(MARKS)
    else out += rnd.pick(WORDS)
  }
  return out
}

function tokens(options) {
  const { cols, rows } = options
  const esc = '\x1b'
  const n = (rnd, most) => (rnd.chance(0.2) ? '' : rnd.below(most + 2))
  const row = (rnd) => n(rnd, rows)
  const col = (rnd) => n(rnd, cols)
  const few = (rnd) => n(rnd, 5)
  const csi =
    (final, ...params) =>
    (rnd) =>
      `${esc}[${params.map((p) => p(rnd)).join(';')}${final}`
  const plain = [
    [14, (rnd) => text(rnd, options)],
    [5, () => '\r\n'],
    [2, () => '\n'],
    [1, () => '\r'],
    [2, () => '\b'],
    [2, () => '\t'],
    [5, sgr],
    [1, (rnd) => rnd.pick(['\x07', '\0', '\x0b', '\x0c', '\x7f', '\x05'])],
    [4, csi('H', row, col)],
    [1, csi('A', few)],
    [1, csi('B', few)],
    [1, csi('C', col)],
    [1, csi('D', few)],
    [1, csi('E', few)],
    [1, csi('F', few)],
    [1, csi('G', col)],
    [1, csi('`', col)],
    [1, csi('a', few)],
    [1, csi('d', row)],
    [1, csi('e', few)],
    [1, csi('f', row, col)],
    [1, csi('I', few)],
    [1, csi('Z', few)],
    [1, csi('K', (rnd) => rnd.below(4))],
    [1, csi('J', (rnd) => rnd.pick(['', 0, 0, 1, 2, 4]))],
    [1, csi('L', few)],
    [1, csi('M', few)],
    [1, csi('P', few)],
    [1, csi('@', few)],
    [1, csi('X', col)],
    [1, csi('S', few)],
    [1, csi('T', few)],
    [1, csi('^', few)],
    [1, csi(' @', few)],
    [1, csi(' A', few)],
    [1, csi("'}", few)],
    [1, csi("'~", few)],
    [1, csi('b', (rnd) => rnd.below(20))],
    [2, csi('r', row, row)],
    [1, () => `${esc}[r`],
    // A snapshot has no stops past the right edge, which a wider terminal would show.
    [options.resize ? 0 : 1, csi('g', (rnd) => rnd.pick([0, 0, 0, 3]))],
    [options.resize ? 0 : 1, () => `${esc}H`],
    [1, () => `${esc}7`],
    [1, () => `${esc}8`],
    [1, () => `${esc}[s`],
    [1, () => `${esc}[u`],
    [1, () => `${esc}D`],
    [1, () => `${esc}E`],
    [1, () => `${esc}M`],
  ]
  const modes = [
    [
      1,
      (rnd) =>
        `${esc}[?${rnd.pick([1, 6, 7, 12, 25, 45, 66, 9, 1000, 1002, 1003, 1004, 1006, 1016, 2004, 2026, 2031])}${rnd.pick('hl')}`,
    ],
    [1, (rnd) => `${esc}[?7h${esc}[?6${rnd.pick('hl')}`],
    [1, () => `${esc}[?6l${esc}[?7h`],
    [1, (rnd) => `${esc}[4${rnd.pick('hlll')}`],
    [1, (rnd) => `${esc}[20${rnd.pick('hlll')}`],
    [1, (rnd) => `${esc}[?${rnd.pick([47, 1047, 1048, 1049, 1049])}${rnd.pick('hl')}`],
    [
      1,
      (rnd) =>
        `${esc}${rnd.pick(['(', ')', '*', '+', '-', '.', '/'])}${rnd.pick('0AB4C5RQKYE6ZH7=%B0B0'.split(''))}`,
    ],
    [
      1,
      (rnd) => rnd.pick(['\x0e', '\x0f', `${esc}n`, `${esc}o`, `${esc}|`, `${esc}}`, `${esc}~`, `${esc}%G`]),
    ],
    [1, () => '\x0f'],
    [1, () => `${esc}(B${esc})B`],
    [1, (rnd) => `${esc}[${rnd.below(7)} q`],
    [1, (rnd) => `${esc}${rnd.pick('=>')}`],
    [1, (rnd) => `${esc}[${rnd.below(3)}"q`],
    [1, (rnd) => `${esc}[?${rnd.below(3)}${rnd.pick('JK')}`],
    [
      1,
      (rnd) => `${esc}]${rnd.below(3)};title ${rnd.below(50)} é${rnd.pick(['\x07', `${esc}\\`, '\u009c'])}`,
    ],
    [1, (rnd) => `${esc}[${rnd.pick([22, 23])};${rnd.below(4)}t`],
    [
      2,
      (rnd) =>
        `${esc}]8;${rnd.pick(['', 'id=a', 'id=b:x=y', 'x=y'])};http://h/${rnd.below(9)}${esc}\\link${rnd.chance(0.7) ? `${esc}]8;;\x07` : ''}`,
    ],
    [1, () => `${esc}]8;;${esc}\\`],
    [1, (rnd) => `${esc}[${rnd.pick(['>', '<', '='])}${rnd.below(16)}u`],
    [
      1,
      (rnd) =>
        `${esc}${rnd.pick(['P1$tx', '_apc', '^pm', 'Xsos', ']52;c;aGk='])}${rnd.pick([`${esc}\\`, '\x18', '\u009c'])}`,
    ],
    [
      1,
      (rnd) =>
        rnd.pick([
          `${esc}[1;2:3;<m`,
          `${esc}[?1;1z`,
          `${esc}[ ! p`,
          `${esc}#3`,
          `${esc}[1\n2m`,
          `${esc}[3${esc}[1m`,
          '\u0084',
          '\u0085',
          '\u0088',
          '\u009b3C',
          `${esc}[é`,
          `${esc}]0;a\u0090b${esc}\\`,
        ]),
    ],
    [
      1,
      (rnd) =>
        rnd.pick([
          Buffer.from([0xff]),
          Buffer.from([0xc3]),
          Buffer.from([0xe2, 0x82]),
          Buffer.from([0xf0, 0x9f, 0x98]),
          Buffer.from([0xed, 0xa0, 0x80]),
          Buffer.from([0xc0, 0x80]),
          Buffer.from([0xef, 0xbb, 0xbf]),
        ]),
    ],
  ]
  const rare = [
    [1, () => `${esc}[!p`],
    [1, () => `${esc}c`],
    [1, () => `${esc}#8`],
    [1, () => `${esc}[3J`],
    [1, csi('J', () => 1)],
  ]
  return { plain, modes, rare }
}

function chooser(list) {
  const bag = list.flatMap(([weight, make]) => Array(weight).fill(make))
  return (rnd) => rnd.pick(bag)(rnd)
}

// A list of byte strings and resizes.
function generate(seed, options) {
  const rnd = random(seed)
  const { plain, modes, rare } = tokens(options)
  const usual = chooser(plain)
  const mode = chooser(modes)
  const odd = chooser(rare)
  const steps = []
  for (let i = 0; i < options.count; i++) {
    const dice = rnd.below(1000)
    let token
    if (dice < 12) token = odd(rnd)
    else if (dice < (options.calm ? 60 : 200)) token = mode(rnd)
    else if (dice < 230 && options.scroll)
      token = `${text(rnd, options)}\r\n`.repeat(1 + rnd.below(options.scroll))
    else token = usual(rnd)
    steps.push(Buffer.from(token))
    if (options.resize && rnd.chance(options.resize)) {
      steps.push({ cols: 2 + rnd.below(options.cols * 2), rows: 2 + rnd.below(options.rows * 2) })
    }
  }
  return steps
}

module.exports = { generate, random }
