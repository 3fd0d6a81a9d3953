/** A directory without a repository, watched for one. */

const { DirectoryWatches, fromPath } = require('./directory-watches')
const { GitError } = require('./errors')
const { POLL, Schedule } = require('./schedule')

/** What a new repository begins with: `.git`, or in a bare one HEAD. */
const BEGINNINGS = new Set(['.git', 'HEAD'])

const NO_REPOSITORY = new GitError('ERR_GIT_NO_REPOSITORY', 'The directory is in no git repository')
const NO_DIRECTORY = new GitError('ERR_GIT_NO_DIRECTORY', 'The directory does not exist')

class PlainDirectory {
  #state
  #watches
  #schedule
  #subscribers = new Set()

  /**
   * @param {string} directory
   * @param {object} options
   * @param {boolean} options.isThere whether the directory is
   * @param {() => Promise<boolean>} options.isChanged whether there is a repository now, or the directory has come or gone
   * @param {() => void} options.moved
   * @param {{ least: number, most: number }} [options.poll]
   */
  constructor(directory, { isThere, isChanged, moved, poll = POLL }) {
    this.top = directory
    this.#watches = new DirectoryWatches(1, {
      failed: () => this.#schedule.pollWhile(true),
      missed: () => this.#schedule.touch(),
    })
    this.#schedule = new Schedule(async () => {
      const isNew = await isChanged()
      if (isNew) moved()
      return isNew
    }, poll)
    const isWatched = isThere && this.#watch()
    this.#schedule.pollWhile(!isWatched)
    const watch = isWatched
      ? { mode: 'events' }
      : { mode: 'poll', ...poll, reason: 'The directory is not watched' }
    const error = isThere ? NO_REPOSITORY : NO_DIRECTORY
    this.#state = { status: null, currentBranch: null, error, watch, branches: null }
  }

  #watch() {
    const own = this.top.slice(this.top.lastIndexOf('/') + 1)
    try {
      return this.#watches.add(fromPath(this.top), (name) => {
        if (name === '.git') this.#schedule.pollWhile(true)
        if (BEGINNINGS.has(name) || name === null || name === fromPath(own)) this.#schedule.touch()
      })
    } catch {
      return false
    }
  }

  get directories() {
    return this.#watches.size
  }

  get subscribers() {
    return this.#subscribers
  }

  add(subscriber) {
    this.#subscribers.add(subscriber)
    subscriber.told(this.#state, { status: true, branches: false })
  }

  delete(subscriber) {
    this.#subscribers.delete(subscriber)
  }

  touch() {
    this.#schedule.touch()
  }

  /** Asks again whether there is a repository; the answer is the same until there is. */
  refresh() {
    for (const each of this.#subscribers)
      if (each.takeAsking()) each.told(this.#state, { status: true, branches: false })
    this.#schedule.hurry()
  }

  close() {
    this.#schedule.close()
    this.#watches.close()
    this.#subscribers.clear()
  }
}

module.exports = { PlainDirectory }
