/** The status of git repositories, for whoever subscribes to it. */

const fs = require('node:fs/promises')
const { GitError } = require('./errors')
const { locate } = require('./location')
const { PlainDirectory } = require('./plain-directory')
const { GitProgram } = require('./program')
const { RepositoryWatch } = require('./repository-watch')
const { Roots, isWithin } = require('./roots')
const { POLL } = require('./schedule')

/** Repositories, and directories without one, that are watched at once. */
const MAX_WATCHED = 64
/** Directories of one working tree that are watched; a larger one is looked at at intervals. */
const MAX_DIRECTORIES = 8192

/** What somebody wants to know of a directory. */
class Subscription {
  /** Whether an answer is due though nothing be new. */
  isAsking = false
  watch = null
  isClosed = false
  turn = 0
  #tell
  #service

  constructor(service, wanted, tell) {
    this.#service = service
    this.wanted = wanted
    this.#tell = tell
  }

  told(state, news) {
    this.#tell(state, news)
  }

  /** Whether an answer is due; from here on it is being made. */
  takeAsking() {
    const { isAsking } = this
    this.isAsking = false
    return isAsking
  }

  /** Asks for an answer, whether or not something is new. */
  refresh() {
    this.isAsking = true
    if (this.watch) this.watch.refresh()
    else this.#service.settle(this)
  }

  close() {
    if (this.isClosed) return
    this.isClosed = true
    this.#service.leave(this)
  }
}

class GitStatus {
  #program
  #roots
  #options
  /** By the directory that is watched. */
  #watches = new Map()
  #subscriptions = new Set()

  /**
   * @param {object} [options]
   * @param {string[]} [options.roots] directories outside of which nothing is told; none: everywhere
   * @param {number} [options.maxWatched]
   * @param {number} [options.maxDirectories]
   * @param {{ least: number, most: number }} [options.poll] in ms, where nothing tells of changes
   * @param {NodeJS.ProcessEnv} [options.env]
   * @param {number} [options.timeLimit] of one run of git, in ms
   */
  constructor({
    roots = [],
    maxWatched = MAX_WATCHED,
    maxDirectories = MAX_DIRECTORIES,
    poll = POLL,
    env,
    timeLimit,
  } = {}) {
    this.#program = new GitProgram({ env, timeLimit })
    this.#roots = new Roots(roots)
    this.#options = { maxWatched, maxDirectories, poll }
  }

  /**
   * Tells of the repository that a directory is in, now and whenever something
   * is new, until the subscription is closed.
   *
   * @param {unknown} directory an absolute path, as a client says it
   * @param {(state: object, news: { status: boolean, branches: boolean }) => void} tell never throws
   * @returns {Subscription}
   */
  subscribe(directory, tell) {
    const subscription = new Subscription(this, directory, tell)
    this.#subscriptions.add(subscription)
    this.settle(subscription)
    return subscription
  }

  /** Something has happened in a directory, such as a command that ended. */
  async refreshFor(directory) {
    const real = await fs.realpath(directory).catch(() => null)
    if (real === null) return
    for (const watch of this.#watches.values()) if (isWithin(real, watch.top)) watch.touch()
  }

  /** What there is, in numbers. */
  stats() {
    const watches = [...this.#watches.values()]
    return {
      subscriptions: this.#subscriptions.size,
      watches: watches.length,
      directories: watches.reduce((sum, { directories }) => sum + directories, 0),
      runs: this.#program.runs,
    }
  }

  close() {
    for (const subscription of [...this.#subscriptions]) subscription.close()
  }

  /** Finds what a subscription is about, and joins those who watch it. */
  async settle(subscription) {
    subscription.turn += 1
    const { turn } = subscription
    const isOver = () => subscription.isClosed || subscription.turn !== turn
    try {
      const place = await this.#place(subscription.wanted)
      if (!isOver()) this.#join(subscription, place)
    } catch (error) {
      if (isOver()) return
      this.#part(subscription)
      subscription.isAsking = false
      subscription.told(stateOf(error), { status: true, branches: false })
    }
  }

  async #place(wanted) {
    const { directory, isThere } = await this.#roots.directoryOf(wanted)
    const location = isThere ? await this.#locate(directory) : null
    const isHidden =
      location && ![location.gitDir, location.commonDir].every((each) => this.#roots.contain(each))
    if (isHidden)
      throw new GitError('ERR_FORBIDDEN', 'The repository is outside the directories that may be seen')
    return { directory, isThere, location }
  }

  #locate(directory) {
    return locate(directory, (top) => this.#roots.contain(top))
  }

  #join(subscription, place) {
    const key = place.location ? place.location.top : `plain ${place.directory}`
    const watch = this.#watches.get(key) ?? this.#start(key, place)
    if (subscription.watch === watch) return
    this.#part(subscription)
    subscription.watch = watch
    watch.add(subscription)
  }

  /** @throws `ERR_GIT_LIMIT` */
  #start(key, place) {
    const { maxWatched, maxDirectories, poll } = this.#options
    if (this.#watches.size >= maxWatched)
      throw new GitError('ERR_GIT_LIMIT', `${maxWatched} repositories are watched, which is the limit`)
    const moved = () => this.#moved(key)
    const { directory, location } = place
    const watch = location
      ? new RepositoryWatch(location, {
          program: this.#program,
          maxDirectories,
          poll,
          mayBe: (top) => this.#roots.contain(top),
          moved,
        })
      : new PlainDirectory(directory, { ...place, poll, moved, isChanged: () => this.#isChanged(place) })
    this.#watches.set(key, watch)
    return watch
  }

  async #isChanged({ directory, isThere }) {
    const now = await this.#roots.directoryOf(directory)
    return now.isThere !== isThere || (isThere && (await this.#locate(directory)) !== null)
  }

  /** What was watched is another thing now: everybody looks for their own again. */
  #moved(key) {
    const watch = this.#watches.get(key)
    if (!watch) return
    const subscriptions = [...watch.subscribers]
    this.#watches.delete(key)
    watch.close()
    for (const subscription of subscriptions) {
      subscription.watch = null
      this.settle(subscription)
    }
  }

  leave(subscription) {
    this.#subscriptions.delete(subscription)
    this.#part(subscription)
  }

  /** The last one who leaves ends the watch. */
  #part(subscription) {
    const { watch } = subscription
    subscription.watch = null
    if (!watch) return
    watch.delete(subscription)
    if (watch.subscribers.size > 0) return
    for (const [key, each] of this.#watches) if (each === watch) this.#watches.delete(key)
    watch.close()
  }
}

/** What is told of a directory that cannot be watched. */
function stateOf(error) {
  const known = error instanceof GitError ? error : new GitError('ERR_GIT_FAILED', error.message)
  return { status: null, currentBranch: null, error: known, watch: null, branches: null }
}

module.exports = { GitStatus }
