// Every code that an error can have is explained in docs/errors.md, under a
// heading of its own.

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const headings = new Set(
  [...fs.readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8').matchAll(/^### (\S+)$/gm)].map(
    ([, code]) => code,
  ),
)

/** The codes that a text names. */
const codesOf = (text) => text.match(/\bERR_[A-Z][A-Z_]*[A-Z]\b/g) ?? []

/** The codes that the package's own modules name. */
const codesOfModules = () => [
  ...new Set(
    [
      'main.js',
      'integration.js',
      'pty.js',
      'pty-open.js',
      'pty-pipe.js',
      'read-only.js',
      'session-wait.js',
    ].flatMap((file) => codesOf(fs.readFileSync(path.join(root, file), 'utf8'))),
  ),
]

/** The codes that the files of a folder name. */
function codesIn(folder, extension) {
  const files = fs.readdirSync(path.join(root, folder), { recursive: true, withFileTypes: true })
  const texts = files
    .filter((file) => file.isFile() && file.name.endsWith(extension))
    .map((file) => fs.readFileSync(path.join(file.parentPath ?? file.path, file.name), 'utf8'))
  return [...new Set(texts.flatMap(codesOf))].sort()
}

test.each([
  ['src', '.rs'],
  ['crates', '.rs'],
  ['server', '.js'],
  ['client', '.js'],
  ['examples', '.js'],
])('each code in %s has a heading', (folder, extension) => {
  const codes = codesIn(folder, extension)
  expect(codes).not.toEqual([])
  expect(codes.filter((code) => !headings.has(code))).toEqual([])
})

test('each code in the modules has a heading', () => {
  expect(codesOfModules()).toContain('ERR_NOT_SUPPORTED')
  expect(codesOfModules().filter((code) => !headings.has(code))).toEqual([])
})

test('each heading says a cause and what to do', () => {
  const sections = fs
    .readFileSync(path.join(root, 'docs', 'errors.md'), 'utf8')
    .split(/^### /m)
    .slice(1)
  const [codes, complete] = [
    sections,
    sections.filter((text) => /\*\*Cause:\*\*[\s\S]*\*\*What to do:\*\*/.test(text)),
  ].map((list) => list.map((text) => text.split('\n')[0]))
  expect(complete).toEqual(codes)
})

test('no heading is there for a code that is gone', () => {
  const known = new Set([
    ...codesIn('src', '.rs'),
    ...codesIn('crates', '.rs'),
    ...codesIn('server', '.js'),
    ...codesIn('client', '.js'),
    ...codesIn('examples', '.js'),
    ...codesOfModules(),
  ])
  expect([...headings].filter((code) => code.startsWith('ERR_') && !known.has(code))).toEqual([])
})
