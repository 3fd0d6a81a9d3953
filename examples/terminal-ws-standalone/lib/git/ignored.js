/** Which directories of a working tree are ignored: what changes in them concerns nobody. */

const { fromBytes } = require('./directory-watches')
const { GitError } = require('./errors')
const { Records } = require('./names')

const ARGUMENTS = [
  'status',
  '--porcelain=v2',
  '-z',
  '--no-renames',
  '--ignored=matching',
  '--untracked-files=all',
  '--ignore-submodules=all',
]
/** More are no reason to keep their names. */
const MAX_IGNORED = 100_000
const MARK = '!'.charCodeAt(0)
const SLASH = '/'.charCodeAt(0)

/** Reads the directories that git ignores as such; one whose files are ignored is none. */
class IgnoredReader {
  #records = new Records((record) => this.#entry(record))
  /** Relative to the top, as bytes. */
  directories = new Set()

  take(chunk) {
    this.#records.take(chunk)
  }

  #entry(record) {
    if (record[0] !== MARK || record.at(-1) !== SLASH) return
    if (this.directories.size >= MAX_IGNORED)
      throw new GitError('ERR_GIT_WATCH_LIMIT', `More than ${MAX_IGNORED} directories are ignored`)
    this.directories.add(fromBytes(record.subarray(2, -1)))
  }
}

module.exports = { ARGUMENTS, IgnoredReader }
