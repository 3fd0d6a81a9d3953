const { allows } = require('../scripts/check-licences')

const allowed = new Set(['MIT', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception', 'Unicode-3.0'])

test.each([
  ['MIT', true],
  ['GPL-3.0', false],
  ['Unlicense OR MIT', true],
  ['Unlicense/MIT', true],
  ['MIT AND GPL-3.0', false],
  ['(MIT OR Apache-2.0) AND Unicode-3.0', true],
  ['(MIT OR Apache-2.0) AND GPL-3.0', false],
  ['GPL-3.0 AND Zlib OR MIT', true],
  ['Apache-2.0 WITH LLVM-exception', true],
  ['Apache-2.0 WITH Classpath-exception', false],
])('%s is allowed: %s', (expression, expected) => {
  expect(allows(expression, allowed)).toBe(expected)
})
