/** What git itself keeps of a repository, watched: HEAD, the index, refs, the configuration. */

const { DirectoryWatches, entriesOf, fromPath } = require('./directory-watches')

/** Directories of refs, of the repository and those in it. */
const MAX_DIRECTORIES = 2000
/** Files in a git directory that say something of branches, and those that say something of files. */
const OF_BRANCHES = new Set(['HEAD', 'packed-refs', 'config', 'config.worktree', 'refs', 'reftable'])
const OF_FILES = new Set(['index', 'MERGE_HEAD', 'CHERRY_PICK_HEAD', 'REVERT_HEAD', 'REBASE_HEAD'])

class GitFiles {
  #location
  #watches
  #told
  #isStale = false
  #nested = []

  /**
   * @param {import('./location').Location} location
   * @param {object} told
   * @param {(branches: boolean) => void} told.changed whether branches may have, too
   * @param {() => void} told.rulesChanged of what is ignored
   * @param {(error: Error) => void} told.failed
   */
  constructor(location, told) {
    this.#location = location
    this.#told = told
    this.#watches = new DirectoryWatches(MAX_DIRECTORIES, {
      failed: told.failed,
      missed: () => this.#ref(null, true),
    })
  }

  get size() {
    return this.#watches.size
  }

  /** @throws `ERR_GIT_WATCH_LIMIT` */
  async watch() {
    const { gitDir, commonDir } = this.#location
    for (const directory of new Set([gitDir, commonDir])) this.#watchFiles(fromPath(directory))
    const common = fromPath(commonDir)
    this.#watches.add(`${common}/info`, (name) => this.#info(name))
    this.#watches.add(`${common}/reftable`, () => this.#told.changed(true))
    await this.#watchRefs(`${common}/refs`)
  }

  #watchFiles(directory) {
    this.#watches.add(directory, (name) => {
      if (name === null || OF_BRANCHES.has(name)) this.#told.changed(true)
      else if (OF_FILES.has(name)) this.#told.changed(false)
    })
  }

  #info(name) {
    if (name !== 'exclude' && name !== 'sparse-checkout') return
    this.#told.rulesChanged()
    this.#told.changed(false)
  }

  async #watchRefs(top) {
    const waiting = [top]
    while (waiting.length > 0) {
      const directory = waiting.pop()
      if (!this.#watches.add(directory, (name, isEntry) => this.#ref(name, isEntry))) continue
      for await (const { name, isDirectory } of entriesOf(directory)) {
        if (isDirectory) waiting.push(`${directory}/${name}`)
      }
    }
  }

  #ref(name, isEntry) {
    if (name?.endsWith('.lock')) return
    if (isEntry) this.#isStale = true
    this.#told.changed(true)
  }

  /**
   * Watches refs in folders that are new, and the commits of the repositories
   * within this one.
   *
   * @param {string[]} nested the git directories of these, as bytes
   */
  async catchUp(nested) {
    const isSame =
      nested.length === this.#nested.length && nested.every((each, at) => each === this.#nested[at])
    if (!this.#isStale && isSame) return
    this.#isStale = false
    this.#nested = nested
    // A folder of the same name may be another one: all are watched anew.
    this.#watches.clear()
    await this.watch()
    for (const gitDir of nested) {
      this.#watches.add(gitDir, (name) => name === 'HEAD' && this.#told.changed(false))
      await this.#watchRefs(`${gitDir}/refs/heads`)
    }
  }

  close() {
    this.#watches.close()
  }
}

module.exports = { GitFiles }
