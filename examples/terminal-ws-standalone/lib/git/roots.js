/** Which directories may be asked for. */

const fs = require('node:fs/promises')
const path = require('node:path')
const { GitError } = require('./errors')

class Roots {
  #asked
  #real = null

  /** @param {string[]} roots absolute directories; none: all that the server's user can read */
  constructor(roots) {
    this.#asked = roots
  }

  /**
   * The real path of a directory that a client names; of a file, its folder.
   * One that is not there, and one that may not be seen, look alike from
   * outside the roots.
   *
   * @param {unknown} wanted
   * @returns {Promise<{ directory: string, isThere: boolean }>}
   * @throws `ERR_INVALID_ARG_VALUE`, `ERR_FORBIDDEN`
   */
  async directoryOf(wanted) {
    if (typeof wanted !== 'string' || !path.isAbsolute(wanted) || wanted.includes('\0'))
      throw new GitError('ERR_INVALID_ARG_VALUE', 'projectPath must be an absolute path')
    this.#real ??= await Promise.all(this.#asked.map(async (root) => (await nearest(root)).directory))
    const found = await nearest(path.resolve(wanted))
    if (!this.contain(found.directory))
      throw new GitError('ERR_FORBIDDEN', 'projectPath is outside the directories that may be seen')
    return found
  }

  /** Whether a real path is in one of them. Known once a directory was asked for. */
  contain(directory) {
    const roots = this.#real ?? this.#asked
    return roots.length === 0 || roots.some((root) => isWithin(directory, root))
  }
}

/** The real path of a directory, as far as it is there. */
async function nearest(wanted) {
  const missing = []
  for (let directory = wanted; ; directory = path.dirname(directory)) {
    const real = await fs.realpath(directory).catch(() => null)
    const stats = real && (await fs.stat(real).catch(() => null))
    if (stats?.isDirectory()) return { directory: path.join(real, ...missing), isThere: missing.length === 0 }
    if (stats && missing.length === 0) return { directory: path.dirname(real), isThere: true }
    if (path.dirname(directory) === directory) return { directory: wanted, isThere: false }
    missing.unshift(path.basename(directory))
  }
}

/** Whether a directory is another one, or below it. */
function isWithin(directory, root) {
  const way = path.relative(root, directory)
  return way === '' || (way !== '..' && !way.startsWith(`..${path.sep}`) && !path.isAbsolute(way))
}

module.exports = { Roots, isWithin }
