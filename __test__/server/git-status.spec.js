// Git status as the migrated server gives it: real repositories, over real connections.

const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { GitLab, PATIENCE, branches, failure, status } = require('../helpers/git-lab')
const { eventually } = require('../helpers/proc')
const { Repository } = require('../helpers/repository')
const { startServerProcess } = require('../helpers/server')

/** A namespace of users in which inotify has few watches; what follows is the program that runs in it. */
const FEW_WATCHES = ['-Ur', 'sh', '-c', 'echo 12 > /proc/sys/user/max_inotify_watches && exec "$@"', 'sh']
const canLimit = spawnSync('unshare', [...FEW_WATCHES, 'true']).status === 0

let lab
afterEach(() => lab.close())

const isClean = ({ isClean }) => isClean === true

describe('what a repository is like', () => {
  let repository

  beforeEach(async () => {
    lab = await GitLab.open()
    repository = lab.repository()
  })

  test('is told at once, and again when files, the index or commits change', async () => {
    const client = await lab.subscribe(repository.folder)
    const first = await status(client)
    expect(first).toMatchObject({
      projectId: 'p',
      projectPath: repository.folder,
      currentBranch: 'main',
      error: null,
      watch: { mode: 'events' },
      status: {
        modified: [],
        staged: [],
        untracked: [],
        conflicts: [],
        ahead: 0,
        behind: 0,
        isClean: true,
        counts: { modified: 0, staged: 0, untracked: 0, conflicts: 0 },
        truncated: false,
        detached: false,
        upstream: null,
      },
    })
    repository.write('a.txt', 'two\n')
    await status(client, ({ modified }) => modified?.includes('a.txt'))
    repository.write('b.txt', 'new\n')
    await status(client, ({ untracked }) => untracked?.includes('b.txt'))
    repository.git('add', '-A')
    const staged = await status(client, ({ counts }) => counts?.staged === 2)
    expect(staged.status).toMatchObject({ staged: ['a.txt', 'b.txt'], modified: [], untracked: [] })
    repository.git('commit', '-q', '-m', 'second')
    const clean = await status(client, isClean)
    expect(clean.status.commit).not.toBe(first.status.commit)
  })

  test('goes to terminals as status-update and branches-update, in the terminal’s directory', async () => {
    repository.git('branch', 'other')
    const client = lab.host.connect({ path: repository.folder })
    await client.ready()
    client.send({ type: 'subscribe', projectId: 'p' })
    expect(await status(client, isClean, 'status-update')).toMatchObject({ currentBranch: 'main' })
    expect(await branches(client, ({ length }) => length === 2)).toEqual([
      { name: 'main', isRemote: false, isCurrent: true, ahead: 0, behind: 0 },
      { name: 'other', isRemote: false, isCurrent: false, ahead: 0, behind: 0 },
    ])
    client.send({ type: 'unsubscribe', projectId: 'p' })
    await client.settled()
    expect(lab.stats()).toMatchObject({ subscriptions: 0, watches: 0, directories: 0 })
  })

  test('names branches, the one that is checked out, and how far each is from its upstream', async () => {
    const copy = new Repository(lab.file('copy'), lab.env)
    fs.mkdirSync(copy.folder)
    copy.git('clone', '-q', repository.folder, '.')
    repository.write('c.txt', 'theirs\n')
    repository.git('add', '-A')
    repository.git('commit', '-q', '-m', 'theirs')
    const client = await lab.subscribe(copy.folder)
    await status(client, ({ upstream }) => upstream === 'origin/main')
    copy.git('commit', '-q', '--allow-empty', '-m', 'ours')
    await status(client, ({ ahead }) => ahead === 1)
    copy.git('fetch', '-q')
    await status(client, ({ ahead, behind }) => ahead === 1 && behind === 1)
    copy.git('checkout', '-q', '-b', 'topic/deep')
    await status(client, (_status, { currentBranch }) => currentBranch === 'topic/deep')
    expect(await branches(client, (all) => all.some(({ name }) => name === 'topic/deep'))).toEqual([
      { name: 'main', isRemote: false, isCurrent: false, ahead: 1, behind: 1 },
      { name: 'topic/deep', isRemote: false, isCurrent: true, ahead: 0, behind: 0 },
      { name: 'origin/main', isRemote: true, isCurrent: false, ahead: 0, behind: 0 },
    ])
  })

  test('conflicts are a list of their own', async () => {
    repository.git('checkout', '-q', '-b', 'other')
    repository.write('a.txt', 'other\n')
    repository.git('commit', '-q', '-a', '-m', 'other')
    repository.git('checkout', '-q', 'main')
    repository.write('a.txt', 'main\n')
    repository.git('commit', '-q', '-a', '-m', 'main')
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    expect(() => repository.git('merge', 'other')).toThrow()
    const { status: found } = await status(client, ({ conflicts }) => conflicts?.length === 1)
    expect(found).toMatchObject({ conflicts: ['a.txt'], modified: [], staged: [], isClean: false })
  })

  test('a HEAD without a branch, and a branch without a commit', async () => {
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    repository.git('checkout', '-q', '--detach')
    await status(client, ({ detached }, { currentBranch }) => detached && currentBranch === 'HEAD')
    repository.git('checkout', '-q', '--orphan', 'unborn')
    const { status: unborn } = await status(
      client,
      (_status, { currentBranch }) => currentBranch === 'unborn',
    )
    expect(unborn).toMatchObject({ commit: null, detached: false })
  })

  test('a refresh is answered though nothing be new', async () => {
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    // The second look at a new repository, when everything is watched.
    await eventually('the watch', () => lab.stats().directories > 0)
    const before = client.messages.length
    client.send({ type: 'git-refresh', projectId: 'p' })
    await client.until('the answer', () =>
      client.messages.slice(before).some(({ type }) => type === 'git-status'),
    )
  })

  test('without paths only the counts travel', async () => {
    repository.write('new.txt', '')
    const client = await lab.subscribe(repository.folder, { paths: false })
    const { status: counts } = await status(client, ({ counts }) => counts?.untracked === 1)
    expect(counts).not.toHaveProperty('untracked')
  })

  test('names may have any bytes', async () => {
    const odd = 'quote" line\nbreak \\ tab\t émoji 🎉'
    repository.write(odd, '')
    fs.writeFileSync(
      Buffer.concat([Buffer.from(`${repository.folder}/`), Buffer.from([0x62, 0xff, 0x2e])]),
      '',
    )
    const folder = Buffer.concat([Buffer.from(`${repository.folder}/`), Buffer.from([0xfe, 0x64])])
    fs.mkdirSync(folder)
    fs.writeFileSync(Buffer.concat([folder, Buffer.from('/tracked')]), '')
    repository.git('add', '-A')
    const client = await lab.subscribe(repository.folder)
    const { status: found } = await status(client, ({ staged }) => staged?.length === 3)
    expect(found.staged).toEqual(expect.arrayContaining([odd, 'b\\xff.', '\\xfed/tracked']))
    await eventually('the watch', () => lab.stats().directories > 0)
    // What changes in a directory with such a name is seen, too.
    fs.writeFileSync(Buffer.concat([folder, Buffer.from('/tracked')]), 'changed')
    await status(client, ({ modified }) => modified?.includes('\\xfed/tracked'))
  })

  test('more than ten thousand paths are counted, not listed', async () => {
    repository.stage(10_050)
    const client = await lab.subscribe(repository.folder)
    const { status: found } = await status(client, ({ truncated }) => truncated)
    // Each is in the index, and not on the disk.
    expect(found.counts).toMatchObject({ staged: 10_050, modified: 10_050 })
    expect(found.staged.length + found.modified.length).toBe(10_000)
  })
})

describe('where changes are seen', () => {
  beforeEach(async () => {
    lab = await GitLab.open()
  })

  test('in directories that are new, however deep, and in those that take another’s place', async () => {
    const repository = lab.repository('repository', { 'src/a.txt': '' })
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    repository.write('src/new/deep/b.txt', '')
    await status(client, ({ untracked }) => untracked?.includes('src/new/'))
    repository.git('add', '-A')
    await status(client, ({ staged }) => staged?.length === 1)
    repository.write('src/new/deep/b.txt', 'changed')
    await status(client, ({ modified }) => modified?.includes('src/new/deep/b.txt'))
    repository.git('commit', '-q', '-a', '-m', 'deep')
    await status(client, isClean)
    fs.renameSync(repository.file('src'), lab.file('elsewhere'))
    fs.cpSync(lab.file('elsewhere'), repository.file('src'), { recursive: true })
    repository.git('status')
    repository.write('src/new/deep/b.txt', 'again')
    await status(client, ({ modified }) => modified?.length === 1)
  })

  test('though the kernel drop them, when another repository has too many at once', async () => {
    const busy = lab.repository('busy', { 'a.txt': '', 'b.txt': '' })
    const quiet = lab.repository('quiet', { 'src/a.txt': '' })
    const clients = [await lab.subscribe(busy.folder), await lab.subscribe(quiet.folder)]
    for (const client of clients) await status(client, isClean)
    // .git, its info, refs, heads and tags of each, the two tops, and src.
    await eventually('the watch', () => lab.stats().directories === 5 + 5 + 2 + 1)
    const queue = Number(fs.readFileSync('/proc/sys/fs/inotify/max_queued_events', 'latin1'))
    // All of it in one turn of the loop: the server reads nothing meanwhile.
    for (let index = 0; index <= queue; index += 1)
      fs.appendFileSync(busy.file(index % 2 ? 'a.txt' : 'b.txt'), 'x')
    quiet.write('src/new/b.txt', '')
    await status(clients[1], ({ untracked }) => untracked?.includes('src/new/'))
    quiet.write('src/new/c.txt', '')
    quiet.git('add', 'src/new/c.txt')
    await status(clients[1], ({ staged }) => staged?.length === 1)
    quiet.write('src/new/c.txt', 'changed')
    await status(clients[1], ({ modified }) => modified?.length === 1)
  })

  test('not in ignored ones, until they are no longer ignored', async () => {
    const files = { '.gitignore': 'node_modules/\n*.log\n', 'src/a.txt': '' }
    const repository = lab.repository('repository', files)
    for (let index = 0; index < 50; index += 1) repository.write(`node_modules/m${index}/lib/x.js`, '')
    repository.write('logs/a.log', '')
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    // The top, src, logs; .git, .git/info, refs, heads, tags.
    await eventually('the watch', () => lab.stats().directories === 8)
    // All that is in it is ignored, but the directory is not.
    repository.write('logs/readme.txt', '')
    await status(client, ({ untracked }) => untracked?.includes('logs/'))
    repository.write('.gitignore', '*.log\n')
    await status(client, ({ untracked }) => untracked?.includes('node_modules/'))
    await eventually('its directories', () => lab.stats().directories === 8 + 1 + 100)
    repository.write('.gitignore', 'node_modules/\n*.log\n')
    await status(client, ({ untracked }) => !untracked?.includes('node_modules/'))
    await eventually('their end', () => lab.stats().directories === 8)
  })

  test('by looking at intervals, where there are too many directories to watch', async () => {
    await lab.close()
    lab = await GitLab.open({ git: { maxDirectories: 3, poll: { least: 50, most: 200 } } })
    const repository = lab.repository('repository', { 'a/b/c/d/e.txt': '' })
    const client = await lab.subscribe(repository.folder)
    const { watch } = await status(client, (_status, { watch }) => watch.mode === 'poll')
    expect(watch).toEqual({
      mode: 'poll',
      least: 50,
      most: 200,
      reason: 'There are more than 3 directories to watch',
    })
    expect(lab.stats().directories).toBe(0)
    repository.write('a/b/c/d/e.txt', 'changed')
    await status(client, ({ modified }) => modified?.length === 1)
  })

  const limited = canLimit ? test : test.skip
  limited('by looking at intervals, where the limit of inotify is reached', async () => {
    await lab.host.stop()
    const files = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`d${index}/a.txt`, 'one\n']))
    const repository = lab.repository('repository', files)
    const config = { git: { env: lab.env, poll: { least: 50, most: 200 } } }
    lab.host = await startServerProcess(config, {
      execPath: 'unshare',
      execArgv: [...FEW_WATCHES, process.execPath],
    })
    const client = await lab.subscribe(repository.folder)
    const { watch } = await status(client, (_status, { watch }) => watch.mode === 'poll')
    expect(watch.reason).toMatch(/limit of inotify/)
    repository.write('d29/a.txt', 'changed')
    await status(client, ({ modified }) => modified?.length === 1)
  })

  test('by a command that ended there', async () => {
    const { GitStatus } = require('../../examples/terminal-ws-standalone/lib/git/git-status')
    const poll = { least: 3_600_000, most: 3_600_000 }
    const git = new GitStatus({ env: lab.env, maxDirectories: 1, poll })
    const repository = lab.repository('repository', { 'a/b.txt': '' })
    let newest = null
    const subscription = git.subscribe(repository.folder, (state) => (newest = state))
    await eventually('the first status', () => newest?.watch?.mode === 'poll', PATIENCE)
    repository.write('a/b.txt', 'changed')
    await git.refreshFor(repository.file('a'))
    await eventually('the change', () => newest.status.modified.length === 1, PATIENCE)
    subscription.close()
  })
})

describe('repositories of all kinds', () => {
  beforeEach(async () => {
    lab = await GitLab.open()
  })

  test('worktrees, each with its own status', async () => {
    const repository = lab.repository()
    const tree = new Repository(lab.file('tree'), lab.env)
    repository.git('worktree', 'add', '-q', '-b', 'side', tree.folder)
    const [main, side] = [await lab.subscribe(repository.folder), await lab.subscribe(tree.folder)]
    await status(main, (_status, { currentBranch }) => currentBranch === 'main')
    await status(side, (_status, { currentBranch }) => currentBranch === 'side')
    expect(lab.stats().watches).toBe(2)
    tree.write('a.txt', 'changed\n')
    await status(side, ({ modified }) => modified?.length === 1)
    tree.git('commit', '-q', '-a', '-m', 'side')
    await status(side, isClean)
    // A ref of both.
    await branches(main, (all) => all.some(({ name }) => name === 'side'))
  })

  test('submodules: another commit in one is a change, and what is in it is its own', async () => {
    const inner = lab.repository('inner')
    const outer = lab.repository('outer')
    outer.git('submodule', '--quiet', 'add', inner.folder, 'sub')
    outer.git('commit', '-q', '-m', 'sub')
    const client = await lab.subscribe(outer.folder)
    await status(client, isClean)
    const sub = new Repository(outer.file('sub'), lab.env)
    sub.git('commit', '-q', '--allow-empty', '-m', 'new')
    await status(client, ({ modified }) => modified?.includes('sub'))
    const within = await lab.subscribe(sub.folder)
    await status(within, ({ ahead }) => ahead === 1)
  })

  test('a bare one has branches and no status', async () => {
    const repository = lab.repository()
    repository.git('clone', '-q', '--bare', '.', lab.file('bare.git'))
    const client = await lab.subscribe(lab.file('bare.git'))
    await failure(client, 'ERR_GIT_BARE')
    expect(await branches(client, ({ length }) => length === 1)).toMatchObject([
      { name: 'main', isCurrent: true },
    ])
    repository.git('push', '-q', lab.file('bare.git'), 'main:pushed')
    await branches(client, ({ length }) => length === 2)
  })

  test('a damaged one is told as such, and well again once it is', async () => {
    const repository = lab.repository()
    const index = fs.readFileSync(repository.file('.git', 'index'))
    fs.writeFileSync(repository.file('.git', 'index'), 'no index')
    const client = await lab.subscribe(repository.folder)
    expect((await failure(client, 'ERR_GIT_FAILED')).error.message).toMatch(/index/)
    fs.writeFileSync(repository.file('.git', 'index'), index)
    await status(client, isClean)
  })

  test('one that is made, removed and made again while it is watched', async () => {
    const folder = lab.file('later')
    fs.mkdirSync(folder)
    const client = await lab.subscribe(folder)
    await failure(client, 'ERR_GIT_NO_REPOSITORY')
    const repository = Repository.make(folder, lab.env)
    await status(client, isClean)
    fs.rmSync(repository.file('.git'), { recursive: true })
    await failure(client, 'ERR_GIT_NO_REPOSITORY')
    repository.git('init', '-q', '-b', 'second')
    await status(client, (_status, { currentBranch }) => currentBranch === 'second')
    repository.write('b.txt', '')
    await status(client, ({ untracked }) => untracked?.includes('b.txt'))
    expect(lab.stats().watches).toBe(1)
  })

  test('a directory that goes and comes back', async () => {
    await lab.close()
    lab = await GitLab.open({ git: { poll: { least: 50, most: 200 } } })
    const repository = lab.repository()
    const client = await lab.subscribe(repository.folder)
    await status(client, isClean)
    fs.renameSync(repository.folder, lab.file('away'))
    await failure(client, 'ERR_GIT_NO_DIRECTORY')
    fs.renameSync(lab.file('away'), repository.folder)
    await status(client, isClean)
    repository.write('a.txt', 'changed')
    await status(client, ({ modified }) => modified?.length === 1)
  })
})

describe('what goes wrong', () => {
  test('git is not installed', async () => {
    lab = await GitLab.open({ git: { env: { PATH: '/nowhere' } } })
    const client = await lab.subscribe(lab.repository().folder)
    expect((await failure(client, 'ERR_GIT_UNAVAILABLE')).error.message).toMatch(/not installed/)
  })

  test('git waits without end', async () => {
    lab = await GitLab.open({ git: { timeLimit: 1000 } })
    const repository = lab.repository()
    const pipe = lab.file('pipe')
    execFileSync('mkfifo', [pipe])
    repository.git('config', 'core.excludesFile', pipe)
    const client = await lab.subscribe(repository.folder)
    await failure(client, 'ERR_GIT_TIMEOUT')
    client.cut()
    await eventually('git to be gone', () => lab.programs().length === 0)
  })

  const asRoot = process.getuid?.() === 0 ? test : test.skip
  asRoot('the repository is another user’s', async () => {
    lab = await GitLab.open({ git: { poll: { least: 50, most: 200 } } })
    const repository = lab.repository()
    for (const name of ['', '.git']) fs.chownSync(path.join(repository.folder, name), 12_345, 12_345)
    const client = await lab.subscribe(repository.folder)
    expect((await failure(client, 'ERR_GIT_UNSAFE')).error.message).toMatch(/safe\.directory/)
    fs.appendFileSync(lab.file('home', '.gitconfig'), `[safe]\n\tdirectory = ${repository.folder}\n`)
    await status(client, isClean)
  })
})

describe('who may ask for what', () => {
  test('nothing outside of GIT_ROOTS, by whatever way', async () => {
    lab = await GitLab.open(({ file }) => ({ gitRoots: [file('root')] }))
    const secret = lab.repository('secret')
    const inner = lab.repository('root/project')
    const root = lab.file('root')
    fs.symlinkSync(secret.folder, inner.file('link'))
    fs.mkdirSync(path.join(root, 'pointing'))
    fs.writeFileSync(path.join(root, 'pointing', '.git'), `gitdir: ${secret.folder}/.git\n`)
    await status(await lab.subscribe(inner.folder))
    const ways = [secret.folder, `${root}/../secret`, inner.file('link'), `${secret.folder}/none`]
    for (const way of [...ways, path.join(root, 'pointing')])
      await failure(await lab.subscribe(way), 'ERR_FORBIDDEN')
    await failure(await lab.subscribe('root/project'), 'ERR_INVALID_ARG_VALUE')
    await failure(await lab.subscribe(`${root}\0`), 'ERR_INVALID_ARG_VALUE')
    await failure(await lab.subscribe(path.join(root, 'none')), 'ERR_GIT_NO_DIRECTORY')
  })

  test('nobody without the token, and no share', async () => {
    lab = await GitLab.open({ authToken: 'secret' })
    const { folder } = lab.repository()
    const stranger = lab.connect()
    await stranger.until('the refusal', () => stranger.refused)
    expect(stranger.refused).toBe(401)
    const terminal = lab.host.connect({ token: 'secret', sessionId: 's' })
    await terminal.ready()
    const response = await fetch(`${lab.host.url}/api/terminal/share`, {
      method: 'POST',
      headers: { Authorization: 'Bearer secret', 'Content-Type': 'application/json' },
      body: JSON.stringify({ sessionId: 's', access: 'write' }),
    })
    const { share } = await response.json()
    const sharer = lab.connect({ query: { share } })
    await sharer.until('the refusal', () => sharer.refused)
    expect(sharer.refused).toBe(403)
    const guest = lab.host.connect({ share, path: undefined })
    await guest.ready()
    guest.send({ type: 'subscribe', projectPath: folder })
    expect(await guest.message('error')).toMatchObject({ code: 'ERR_FORBIDDEN' })
    const welcome = lab.connect({ query: { token: 'secret', path: folder } })
    expect(await status(welcome)).toMatchObject({ currentBranch: 'main' })
  })

  test('a connection is for its project, and for a few subscriptions', async () => {
    lab = await GitLab.open()
    const { folder } = lab.repository()
    const client = await lab.subscribe(folder)
    client.send({ type: 'subscribe', projectId: 'other', projectPath: folder })
    expect(await client.message('error')).toMatchObject({ code: 'ERR_FORBIDDEN' })
    const terminal = lab.host.connect()
    await terminal.ready()
    for (let index = 0; index <= 16; index += 1)
      terminal.send({ type: 'subscribe', projectId: `p${index}`, projectPath: folder })
    expect(await terminal.message('error')).toMatchObject({ code: 'ERR_GIT_LIMIT' })
    for (const frame of ['{', '[]', '{"type":"nonsense"}']) client.send(frame)
    await client.until(
      'three errors',
      () => client.messages.filter(({ type }) => type === 'error').length === 4,
    )
  })
})
