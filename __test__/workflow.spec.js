// What the workflow must not lose: whoever moves a tag of an action would
// otherwise run in a job that may publish.

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const workflows = path.join(root, '.github', 'workflows')
const { targets } = require('../package.json').napi

describe.each(fs.readdirSync(workflows))('%s', (file) => {
  const text = fs.readFileSync(path.join(workflows, file), 'utf8')

  test('pins every action by its commit', () => {
    const used = [...text.matchAll(/uses: (\S+.*)/g)].map(([, action]) => action)
    expect(used.length).toBeGreaterThan(0)
    expect(used.filter((action) => !/^[\w./-]+@[0-9a-f]{40} # v\d/.test(action))).toEqual([])
  })

  test('pins each action to one commit', () => {
    const commits = new Map()
    for (const [, action, commit] of text.matchAll(/uses: (\S+)@(\S+)/g))
      commits.set(action, new Set([...(commits.get(action) ?? []), commit]))
    expect([...commits].filter(([, each]) => each.size > 1)).toEqual([])
  })

  test('builds every platform', () => {
    const built = [...text.matchAll(/- \{ target: ([\w-]+), os: [\w-]+(?:, cross: [\w-]+)? \}/g)].map(
      ([, target]) => target,
    )
    expect(built.sort()).toEqual([...targets].sort())
  })

  test('lets one job alone ask for an identity, and no other right be written', () => {
    expect(text.match(/: write$/gm)).toEqual([': write'])
    expect(text.match(/id-token: write/g)).toHaveLength(1)
    expect(text).not.toContain('secrets.')
  })
})
