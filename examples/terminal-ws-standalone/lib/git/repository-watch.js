/** One repository, watched for all who want its status. */

const crypto = require('node:crypto')
const { ARGUMENTS: BRANCHES, BranchReader } = require('./branches')
const { fromPath } = require('./directory-watches')
const { isRemote } = require('./disks')
const { GitError } = require('./errors')
const { Filters } = require('./filters')
const { GitFiles } = require('./git-files')
const { ARGUMENTS: IGNORED, IgnoredReader } = require('./ignored')
const { gitDirOf, locate } = require('./location')
const { RecursiveTree } = require('./recursive-tree')
const { POLL, Schedule } = require('./schedule')
const { ARGUMENTS: STATUS, StatusReader } = require('./status')
const { WorkingTree } = require('./working-tree')

const BARE = new GitError('ERR_GIT_BARE', 'The repository is bare: it has no working tree')
const REMOTE = 'The repository is on a disk of another machine'

/** Whether the system watches a whole tree by itself. */
const WATCHES_TREES = process.platform === 'darwin' || process.platform === 'win32'

/**
 * Runs git when something has changed, and tells its subscribers what is new.
 * A subscriber has `told(state, news)`, and `takeAsking()`: whether it waits for
 * an answer whether or not there is news.
 */
class RepositoryWatch {
  #location
  #options
  #program
  #filters
  #schedule
  #tree = null
  #files = null
  #subscribers = new Set()
  #abort = new AbortController()
  #branchesDue = false
  /** Why changes are looked for at intervals: for good, and until it is put right. */
  #reason = null
  #trouble = null
  /** Whether its watches were given up. */
  #isBlind = false
  /** Whether something is in its place that may be another repository. */
  #isMoved = false
  #digests = { status: '', branches: '' }
  #state = null

  /**
   * @param {import('./location').Location} location
   * @param {object} options
   * @param {import('./program').GitProgram} options.program
   * @param {number} options.maxDirectories that are watched
   * @param {{ least: number, most: number }} options.poll
   * @param {(directory: string) => boolean} options.mayBe whether a repository may be there
   * @param {() => void} options.moved the repository is no longer what and where it was
   */
  constructor(location, options) {
    this.#location = location
    this.#options = { poll: POLL, ...options }
    this.#program = options.program
    this.#filters = new Filters(options.program, location)
    this.#schedule = new Schedule(() => this.#look(), this.#options.poll)
    this.#schedule.hurry()
  }

  get #signal() {
    return this.#abort.signal
  }

  get directories() {
    return (this.#tree?.size ?? 0) + (this.#files?.size ?? 0)
  }

  get top() {
    return this.#location.top
  }

  get subscribers() {
    return this.#subscribers
  }

  /** It is told what is known at once, and then what is new. */
  add(subscriber) {
    this.#subscribers.add(subscriber)
    if (this.#state) subscriber.told(this.#state, { status: true, branches: this.#state.branches !== null })
  }

  delete(subscriber) {
    this.#subscribers.delete(subscriber)
  }

  /** Something happened that may have changed it. */
  touch() {
    this.#schedule.touch()
  }

  /** Somebody asks for it: branches, too, are read again. */
  refresh() {
    this.#branchesDue = true
    this.#schedule.hurry()
  }

  close() {
    this.#schedule.close()
    this.#abort.abort()
    this.#tree?.close()
    this.#files?.close()
    this.#subscribers.clear()
  }

  /** Looks at the repository, and resolves with whether something was new. It never rejects. */
  async #look() {
    if (this.#isMoved) {
      this.#options.moved()
      return true
    }
    await this.#catchUp()
    let isNew = await this.#read()
    // The first answer does not wait until everything is watched; what changes meanwhile is in the second.
    if (!this.#files && !this.#signal.aborted) {
      await this.#watch()
      this.#branchesDue = true
      isNew = (await this.#read()) || isNew
    }
    return isNew
  }

  async #watch() {
    const failed = (error) => this.#giveUp(error.message)
    this.#files = new GitFiles(this.#location, {
      changed: (branches) => this.#changed(branches),
      rulesChanged: () => this.#tree?.rulesChanged(),
      failed,
    })
    const Tree = WATCHES_TREES ? RecursiveTree : WorkingTree
    this.#tree = new Tree(this.#location.top, {
      most: this.#options.maxDirectories,
      ignoredOf: (names) => this.#ignoredOf(names),
      changed: () => this.#changed(false),
      repositoryChanged: () => {
        this.#isMoved = true
      },
      failed,
    })
    try {
      await this.#files.watch()
      if (!this.#location.bare) await this.#tree.watch()
      if (await isRemote(this.#location.top)) this.#reason = REMOTE
      await this.#files.catchUp(await this.#nested())
    } catch (error) {
      this.#watchFailed(error)
    }
  }

  async #catchUp() {
    if (!this.#files || this.#isBlind) return
    try {
      await this.#tree.catchUp()
      await this.#files.catchUp(await this.#nested())
      this.#trouble = null
    } catch (error) {
      this.#watchFailed(error)
    }
  }

  /** Where it is git that failed, and did not say what is ignored, it is asked again. */
  #watchFailed(error) {
    if (this.#signal.aborted) return
    if (error instanceof GitError && error.code !== 'ERR_GIT_WATCH_LIMIT') {
      this.#trouble = error.message
      this.#tree.rulesChanged()
    } else this.#giveUp(error.message)
  }

  /** Half of the watches are of no use; others may have them. */
  #giveUp(reason) {
    this.#reason = reason
    this.#isBlind = true
    this.#schedule.touch()
    this.#tree.close()
    this.#files.close()
  }

  /** The git directories of submodules and other repositories within this one. */
  async #nested() {
    const found = []
    for (const directory of this.#tree.nested) {
      const gitDir = await gitDirOf(`${Buffer.from(directory, 'latin1')}/.git`)
      if (gitDir && this.#options.mayBe(gitDir)) found.push(fromPath(gitDir))
    }
    return found.sort()
  }

  async #ignoredOf(names) {
    const reader = new IgnoredReader()
    const paths =
      names.length > 0 ? ['--', ...names.map((name) => Buffer.from(name, 'latin1').toString())] : []
    await this.#git([...IGNORED, ...paths], reader)
    return reader.directories
  }

  #changed(branches) {
    if (branches) this.#branchesDue = true
    this.#schedule.touch()
  }

  async #read() {
    const before = this.#state
    // Who asks from here on is not answered by what git has read by now.
    const asking = new Set([...this.#subscribers].filter((each) => each.takeAsking()))
    const status = await this.#readStatus()
    if (this.#signal.aborted) return false
    const isReadable = status.error === null || status.error === BARE
    const branches = this.#branchesDue && isReadable ? await this.#readBranches() : before?.branches
    if (this.#signal.aborted) return false
    const reason = this.#reason ?? this.#trouble
    const watch = reason === null ? { mode: 'events' } : { mode: 'poll', ...this.#options.poll, reason }
    // What is wrong with a repository may be put right where nothing tells of it.
    this.#schedule.pollWhile(reason !== null || (status.error !== null && status.error !== BARE))
    return this.#publish({ ...status, watch, branches: branches ?? null }, asking)
  }

  async #readStatus() {
    try {
      if (this.#location.bare) return { status: null, currentBranch: null, error: BARE }
      const reader = new StatusReader()
      await this.#git(STATUS, reader)
      return { ...reader.result, error: null }
    } catch (error) {
      if (this.#signal.aborted) return {}
      await this.#checkPlace()
      return { status: null, currentBranch: null, error: asGitError(error) }
    }
  }

  async #readBranches() {
    try {
      const reader = new BranchReader()
      this.#branchesDue = false
      await this.#git(BRANCHES, reader)
      return reader.branches
    } catch {
      // The status says what is wrong with the repository; until it is right, these are the last known.
      this.#branchesDue = true
      return this.#state?.branches
    }
  }

  async #git(args, reader) {
    const settings = await this.#filters.off(this.#signal)
    const { top: cwd, bare } = this.#location
    // A repository could name a working tree elsewhere.
    const workTree = bare ? null : cwd
    await this.#program.run(args, {
      cwd,
      workTree,
      settings,
      take: (chunk) => reader.take(chunk),
      signal: this.#signal,
    })
  }

  #publish(state, asking) {
    const { branches, ...rest } = state
    const digests = { status: digestOf(rest), branches: digestOf(branches) }
    const news = {
      status: digests.status !== this.#digests.status,
      branches: digests.branches !== this.#digests.branches && branches !== null,
    }
    this.#digests = digests
    this.#state = state
    for (const subscriber of this.#subscribers) {
      const isAsking = asking.has(subscriber)
      const told = {
        status: news.status || isAsking,
        branches: news.branches || (isAsking && branches !== null),
      }
      if (told.status || told.branches) subscriber.told(state, told)
    }
    return news.status || news.branches
  }

  /** Whether the repository is still there, and no other one is in its place. */
  async #checkPlace() {
    const now = await locate(this.#location.top, this.#options.mayBe)
    if (this.#signal.aborted) return
    const { top, gitDir, commonDir } = this.#location
    if (now?.top !== top || now.gitDir !== gitDir || now.commonDir !== commonDir) this.#options.moved()
  }
}

function asGitError(error) {
  return error instanceof GitError ? error : new GitError('ERR_GIT_FAILED', error.message)
}

function digestOf(value) {
  return crypto.createHash('sha1').update(JSON.stringify(value)).digest('base64')
}

module.exports = { RepositoryWatch }
