/** The working tree of a repository, watched: every directory in it that is not ignored. */

const { DirectoryWatches, entriesOf, fromPath, isDirectory } = require('./directory-watches')

/** What came and went since the last look; more are as good as everything. */
const MAX_FRESH = 1000
/** New directories that are asked about by name. */
const MAX_NAMED = 100

class WorkingTree {
  #top
  #watches
  #ignoredOf
  #changed
  #repositoryChanged
  #fresh = new Set()
  /** Whether other directories may be ignored than before. */
  #isStale = false
  /** Whether something may have been missed. */
  #isLost = false
  /** Directories that are repositories of their own, by path. */
  nested = new Set()

  /**
   * @param {string} top
   * @param {object} options
   * @param {number} options.most directories that may be watched
   * @param {(names: string[]) => Promise<Set<string>>} options.ignoredOf of these paths, or of all:
   * the ignored directories, relative to the top
   * @param {() => void} options.changed
   * @param {() => void} options.repositoryChanged a the `.git` of the top, or the top itself, came or went
   * @param {(error: Error) => void} options.failed
   */
  constructor(top, { most, ignoredOf, changed, repositoryChanged, failed }) {
    this.#top = fromPath(top)
    this.#watches = new DirectoryWatches(most, { failed, missed: () => this.#missed() })
    this.#ignoredOf = ignoredOf
    this.#changed = changed
    this.#repositoryChanged = repositoryChanged
  }

  get size() {
    return this.#watches.size
  }

  /** @throws `ERR_GIT_WATCH_LIMIT` */
  async watch() {
    await this.#enter([this.#top], await this.#ignoredOf([]))
  }

  /** Rules of what is ignored have changed elsewhere. */
  rulesChanged() {
    this.#isStale = true
  }

  /**
   * Watches the directories that are new, and no longer those that are gone. To
   * be called before git looks: what is in them by then it sees.
   */
  async catchUp() {
    const [fresh, isStale, isLost] = [[...this.#fresh], this.#isStale, this.#isLost]
    this.#fresh.clear()
    this.#isStale = this.#isLost = false
    // One of the same name may be another directory.
    for (const each of fresh) this.#forget(each)
    if (isLost) {
      this.#watches.clear()
      this.nested.clear()
      await this.watch()
      return
    }
    const directories = []
    for (const each of fresh) {
      if (await isDirectory(each)) directories.push(each)
    }
    if (isStale || directories.length > MAX_NAMED) await this.#walkAgain()
    else if (directories.length > 0) await this.#enterNew(directories)
  }

  async #walkAgain() {
    const reached = new Set()
    this.nested.clear()
    await this.#enter([this.#top], await this.#ignoredOf([]), reached)
    for (const each of [...this.#watches.directories]) {
      if (!reached.has(each)) this.#watches.remove(each)
    }
  }

  async #enterNew(directories) {
    const ignored = await this.#ignoredOf(directories.map((each) => this.#relative(each)))
    // Only in a directory that is watched something can be new.
    const entered = directories.filter((each) => !this.#isIgnored(each, ignored))
    await this.#enter(entered, ignored)
  }

  /** Or one above it is: then git names that one. */
  #isIgnored(directory, ignored) {
    const parts = this.#relative(directory).split('/')
    return parts.some((_, index) => ignored.has(parts.slice(0, index + 1).join('/')))
  }

  /** Watches directories and all below them, but for ignored ones and other repositories. */
  async #enter(directories, ignored, reached = new Set()) {
    const waiting = [...directories]
    while (waiting.length > 0) {
      const directory = waiting.pop()
      // First it is watched, and then read: what comes between is in one of both.
      if (!this.#watches.add(directory, (name, isEntry) => this.#event(directory, name, isEntry))) continue
      reached.add(directory)
      const { below, isNested } = await this.#look(directory)
      if (isNested) this.nested.add(directory)
      else waiting.push(...below.filter((each) => !ignored.has(this.#relative(each))))
    }
  }

  async #look(directory) {
    const below = []
    let isNested = false
    for await (const { name, isDirectory: isFolder } of entriesOf(directory)) {
      if (name === '.git') isNested = directory !== this.#top
      else if (isFolder) below.push(`${directory}/${name}`)
    }
    return { below, isNested }
  }

  #event(directory, name, isEntry) {
    if (name === null) this.#isLost = true
    else if (isEntry && this.#isPlace(directory, name)) this.#repositoryChanged()
    else if (name === '.git') this.#isStale ||= directory !== this.#top
    else if (name === '.gitignore') this.#isStale = true
    else if (isEntry) this.#entry(`${directory}/${name}`)
    this.#changed()
  }

  #missed() {
    this.#isLost = true
    this.#changed()
  }

  /** Whether an entry is the repository's `.git`, or the directory itself, which tells of its own end. */
  #isPlace(directory, name) {
    return directory === this.#top && (name === '.git' || directory.endsWith(`/${name}`))
  }

  #entry(file) {
    if (this.#fresh.size < MAX_FRESH) this.#fresh.add(file)
    else this.#isLost = true
  }

  #forget(directory) {
    this.#watches.removeBelow(directory)
    for (const each of this.nested) {
      if (each === directory || each.startsWith(`${directory}/`)) this.nested.delete(each)
    }
  }

  #relative(file) {
    return file.slice(this.#top.length + (this.#top.endsWith('/') ? 0 : 1))
  }

  close() {
    this.#watches.close()
  }
}

module.exports = { WorkingTree }
