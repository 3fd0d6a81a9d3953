/** The working tree of a repository, watched by the system as one: macOS and Windows can. */

const fs = require('node:fs')
const path = require('node:path')
const { GitError } = require('./errors')

class RecursiveTree {
  #top
  #ignoredOf
  #changed
  #repositoryChanged
  #failed
  #watcher = null
  #ignored = new Set()
  #isStale = false
  #isClosed = false
  nested = new Set()

  /** Takes what `WorkingTree` takes; it has no need of `most`. */
  constructor(top, { ignoredOf, changed, repositoryChanged, failed }) {
    this.#top = top
    this.#ignoredOf = ignoredOf
    this.#changed = changed
    this.#repositoryChanged = repositoryChanged
    this.#failed = failed
  }

  get size() {
    return this.#watcher ? 1 : 0
  }

  /** @throws `ERR_GIT_WATCH_LIMIT` */
  async watch() {
    if (this.#isClosed) return
    try {
      this.#watcher = fs.watch(this.#top, { recursive: true, persistent: false })
    } catch (error) {
      throw limitOf(error)
    }
    this.#watcher.on('change', (_type, name) => this.#event(name))
    this.#watcher.on('error', (error) => this.#failed(limitOf(error)))
    this.#ignored = await this.#ignoredOf([])
  }

  rulesChanged() {
    this.#isStale = true
  }

  async catchUp() {
    if (!this.#isStale) return
    this.#isStale = false
    this.#ignored = await this.#ignoredOf([])
  }

  #event(name) {
    const parts = (name ?? '').split(path.sep)
    if (name === '.git') this.#repositoryChanged()
    // Its files are watched by themselves.
    if (parts[0] === '.git') return
    if (parts.at(-1) === '.gitignore') this.#isStale = true
    if (!this.#isIgnored(parts)) this.#changed()
  }

  /** Names in the set are bytes. */
  #isIgnored(parts) {
    const way = parts.map((part) => Buffer.from(part).toString('latin1'))
    return way.some((_, index) => this.#ignored.has(way.slice(0, index + 1).join('/')))
  }

  close() {
    this.#isClosed = true
    this.#watcher?.close()
    this.#watcher = null
  }
}

function limitOf(error) {
  return new GitError('ERR_GIT_WATCH_LIMIT', `The repository cannot be watched: ${error.message}`)
}

module.exports = { RecursiveTree }
