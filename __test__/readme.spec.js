// README's first program is the one that the specs of examples/minimal run.

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8')

/** The first block of code in a language. */
function firstBlock(language) {
  const [, code] = read('README.md').match(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\``, 'm')) ?? []
  return code
}

test.each([
  ['js', 'examples/minimal/server.js'],
  ['html', 'examples/minimal/index.html'],
])('the first %s block is %s, in at most 25 lines', (language, file) => {
  expect(firstBlock(language)).toBe(read(file))
  expect(read(file).trimEnd().split('\n').length).toBeLessThanOrEqual(25)
})

test('every document that README links to is there', () => {
  const links = [...read('README.md').matchAll(/\]\(((?!https?:)[^)#]+)/g)].map(([, link]) => link)
  expect(links.length).toBeGreaterThan(10)
  expect(links.filter((link) => !fs.existsSync(path.join(root, link)))).toEqual([])
})
