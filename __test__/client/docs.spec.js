// docs/client.md against the code: every option, event and state.

const fs = require('node:fs')
const path = require('node:path')

const ROOT = path.join(__dirname, '../..')
const read = (file) => fs.readFileSync(path.join(ROOT, file), 'utf8')
const guide = read('docs/client.md')
const types = read('client/index.d.ts')
const modules = fs.readdirSync(path.join(ROOT, 'client')).filter((name) => name.endsWith('.js'))

/** The names in the first cells of the guide's tables. */
const named = new Set(
  guide
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .flatMap((line) => line.split('|')[1].match(/[\w.]+/g)),
)

/** The names that an interface of the types has. */
function membersOf(name) {
  const [, body] = new RegExp(`export interface ${name} \\{\\n([\\s\\S]*?)\\n\\}`).exec(types)
  return [...body.matchAll(/^ {2}(\w+)\??:/gm)].map(([, member]) => member)
}

test.each([
  ['TerminalClientOptions', (name) => name],
  ['BackoffOptions', (name) => `backoff.${name}`],
  ['TerminalClientEvents', (name) => name],
  ['OffheapAddonOptions', (name) => name],
  ['OffheapAddonEvents', (name) => name],
  ['RecordingPlayerOptions', (name) => name],
  ['RecordingPlayerEvents', (name) => name],
])('every member of %s', (name, inGuide) => {
  const members = membersOf(name).filter((member) => member !== 'backoff')
  expect(members.length).toBeGreaterThan(1)
  expect(members.map(inGuide).filter((member) => !named.has(member))).toEqual([])
})

test('every state', () => {
  const [, states] = /export type TerminalState =([\s\S]*?)\n\n/.exec(types)
  const names = states.match(/\w+/g)
  expect(names).toHaveLength(8)
  expect(names.filter((name) => !named.has(name))).toEqual([])
})

test('what the entry exports is what the types say', () => {
  const entry = require('../../client/index.js')
  const declared = [...types.matchAll(/^export declare (?:class|const) (\w+)/gm)].map(([, name]) => name)
  expect(Object.keys(entry).sort()).toEqual(declared.sort())
})

test('only the modules of the formats read and write them', () => {
  const others = modules.filter((name) => name !== 'frames.js' && name !== 'cast.js')
  const code = /DataView|JSON\.parse|TextEncoder/
  expect(others.filter((name) => code.test(read(`client/${name}`)))).toEqual([])
})
