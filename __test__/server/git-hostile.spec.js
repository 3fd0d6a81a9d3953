// Repositories that would have something run. Each trap is shown to be one: the
// user's own `git status` walks into it, and the server must not.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const { GitLab, failure, status } = require('../helpers/git-lab')
const { PATIENCE } = require('../helpers/patience')

let lab
let repository
let marker
let trap

beforeEach(async () => {
  lab = await GitLab.open()
  repository = lab.repository('repository', { 'a.txt': 'one\n', '.gitattributes': '*.txt filter=evil\n' })
  marker = lab.file('marker')
  // It goes on as a filter or a hook does.
  trap = lab.file('trap')
  fs.writeFileSync(trap, `#!/bin/sh\ntouch ${marker}\ncat\n`, { mode: 0o755 })
})
afterEach(() => lab.close())

const sprung = () => fs.existsSync(marker)
const config = (text) => fs.appendFileSync(repository.file('.git', 'config'), text)

/** Makes git read a file: another time, the same size. */
function disturb(file = repository.file('a.txt')) {
  const text = fs.readFileSync(file)
  fs.writeFileSync(file, text)
  fs.utimesSync(file, new Date(), new Date(Date.now() - 1e8 * Math.random()))
}

/** The user's own git, in a copy of the repository. */
function runAsUser() {
  const copy = lab.file('copy')
  fs.cpSync(repository.folder, copy, { recursive: true, preserveTimestamps: true })
  disturb(`${copy}/a.txt`)
  spawnSync('git', ['status'], { cwd: copy, env: lab.env, input: '', timeout: PATIENCE })
  fs.rmSync(copy, { recursive: true })
}

async function expectTrap() {
  runAsUser()
  expect(sprung()).toBe(true)
  fs.rmSync(marker)
}

/** Has the server look at it, as it is and after changes of all kinds. */
async function serve() {
  disturb()
  const client = await lab.subscribe(repository.folder)
  await status(client)
  disturb()
  repository.write('.git/info/attributes', '*.txt filter=evil\n')
  repository.write('new/b.txt', '')
  await status(client, ({ untracked }) => untracked?.includes('new/'))
  client.send({ type: 'git-refresh' })
  fs.rmSync(repository.file('new'), { recursive: true })
  await status(client, ({ untracked }) => untracked?.length === 0)
  return client
}

const quoted = (name) => name.replace(/["\\]/g, '\\$&')

test.each([
  ['core.fsmonitor', () => `[core]\n\tfsmonitor = ${trap}\n`],
  ['a clean filter', () => `[filter "evil"]\n\tclean = ${trap}\n`],
  ['a filter that is a process', () => `[filter "evil"]\n\tprocess = ${trap}\n`],
  ['a filter that is required', () => `[filter "evil"]\n\tclean = ${trap}\n\trequired = true\n`],
  ['a filter in capitals', () => `[FILTER "evil"]\n\tCLEAN = ${trap}\n`],
  ['hooks elsewhere', () => `[core]\n\thooksPath = ${hooks()}\n`],
  ['a file that is included', () => `[include]\n\tpath = ${included()}\n`],
  ['a file that is included for this branch', () => `[includeIf "onbranch:main"]\n\tpath = ${included()}\n`],
])('%s is not run', async (_what, setting) => {
  config(setting())
  await expectTrap()
  await serve()
  expect(sprung()).toBe(false)
})

function hooks() {
  const folder = lab.file('hooks')
  fs.mkdirSync(folder)
  fs.copyFileSync(trap, `${folder}/post-index-change`)
  return folder
}

function included() {
  const file = lab.file('included')
  fs.writeFileSync(file, `[filter "evil"]\n\tclean = ${trap}\n`)
  return file
}

test.each(['a=b', 'a.b.c', 'x.clean', 'ünï', 'with space', 'quote"back\\slash'])(
  'a filter of the name %j is not run',
  async (name) => {
    // An attribute's value has no spaces: such a name cannot be used.
    const isUsable = !/[\s"\\]/.test(name)
    repository.write('.gitattributes', `*.txt filter=${name}\n`)
    config(`[filter "${quoted(name)}"]\n\tclean = ${trap}\n`)
    if (isUsable) await expectTrap()
    await serve()
    expect(sprung()).toBe(false)
  },
)

test('a filter of the worktree’s own configuration is not run', async () => {
  repository.git('config', 'extensions.worktreeConfig', 'true')
  repository.git('config', '--worktree', 'filter.evil.clean', trap)
  await expectTrap()
  await serve()
  expect(sprung()).toBe(false)
})

test('a filter that is configured while the repository is watched is not run', async () => {
  const client = await lab.subscribe(repository.folder)
  await status(client)
  config(`[filter "evil"]\n\tclean = ${trap}\n`)
  await expectTrap()
  disturb()
  repository.write('b.bin', '')
  await status(client, ({ untracked }) => untracked?.includes('b.bin'))
  expect(sprung()).toBe(false)
})

test('a filter whose name cannot be said is a reason not to look', async () => {
  const name = Buffer.from([0x65, 0xff])
  fs.writeFileSync(repository.file('.gitattributes'), Buffer.concat([Buffer.from('*.txt filter='), name]))
  const before = fs.readFileSync(repository.file('.git', 'config'))
  const after = Buffer.from(`"]\n\tclean = ${trap}\n`)
  const parts = [before, Buffer.from('[filter "'), name, after]
  fs.writeFileSync(repository.file('.git', 'config'), Buffer.concat(parts))
  await expectTrap()
  disturb()
  const client = await lab.subscribe(repository.folder)
  await failure(client, 'ERR_GIT_REFUSED')
  expect(sprung()).toBe(false)
})

test('what a submodule’s configuration names is not run', async () => {
  const inner = lab.repository('inner', { 'a.txt': 'one\n', '.gitattributes': '*.txt filter=evil\n' })
  repository.git('submodule', '--quiet', 'add', inner.folder, 'sub')
  repository.git('commit', '-q', '-m', 'sub')
  fs.appendFileSync(
    repository.file('.git/modules/sub/config'),
    `[core]\n\tfsmonitor = ${trap}\n[filter "evil"]\n\tclean = ${trap}\n`,
  )
  disturb(repository.file('sub', 'a.txt'))
  spawnSync('git', ['status'], { cwd: repository.folder, env: lab.env, input: '' })
  expect(sprung()).toBe(true)
  fs.rmSync(marker)
  disturb(repository.file('sub', 'a.txt'))
  const client = await serve()
  client.send({ type: 'subscribe', projectPath: repository.file('sub') })
  await status(client, (_status, { projectPath }) => projectPath.endsWith('/sub'))
  expect(sprung()).toBe(false)
})

test('objects that are missing are not fetched, by whatever program', async () => {
  // A transport that says nothing.
  fs.writeFileSync(trap, `#!/bin/sh\ntouch ${marker}\n`)
  const remote = `[remote "origin"]\n\turl = ${lab.file('none')}\n\tpromisor = true\n\tuploadpack = ${trap}\n`
  config(`[extensions]\n\tpartialClone = origin\n${remote}`)
  repository.git('config', 'core.repositoryformatversion', '1')
  const tree = repository.git('rev-parse', 'HEAD^{tree}').trim()
  fs.rmSync(repository.file('.git/objects', tree.slice(0, 2), tree.slice(2)))
  await expectTrap()
  const client = await lab.subscribe(repository.folder)
  await failure(client, 'ERR_GIT_FAILED')
  expect(sprung()).toBe(false)
})

test('a file called git in the repository is not taken for the program', async () => {
  await lab.close()
  lab = await GitLab.open({}, { PATH: `.:${process.env.PATH}:` })
  repository = lab.repository('repository', { 'a.txt': 'one\n' })
  marker = lab.file('marker')
  fs.writeFileSync(repository.file('git'), `#!/bin/sh\ntouch ${marker}\n`, { mode: 0o755 })
  const client = await lab.subscribe(repository.folder)
  await status(client, ({ untracked }) => untracked?.includes('git'))
  expect(sprung()).toBe(false)
})

test('variables of git’s in the server’s environment lead nowhere', async () => {
  await lab.close()
  const other = { GIT_DIR: '/nowhere', GIT_WORK_TREE: '/', GIT_CONFIG_COUNT: '1', GIT_EXEC_PATH: '/nowhere' }
  lab = await GitLab.open({}, other)
  const client = await lab.subscribe(lab.repository().folder)
  await status(client, ({ isClean }) => isClean)
})

test('a working tree that the repository says is elsewhere is not shown', async () => {
  fs.mkdirSync(lab.file('elsewhere'))
  fs.writeFileSync(lab.file('elsewhere', 'secret'), '')
  repository.git('config', 'core.worktree', lab.file('elsewhere'))
  const client = await lab.subscribe(repository.folder)
  const { status: found } = await status(client, ({ isClean }) => isClean)
  expect(JSON.stringify(found)).not.toMatch(/secret/)
})
