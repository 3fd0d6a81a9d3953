/** Which repository a directory is in, by the files that are there: no program is asked. */

const fs = require('node:fs/promises')
const path = require('node:path')

const MAX_POINTER = 8192

/**
 * @typedef {object} Location
 * @property {string} top the working tree's top; of a bare repository its directory
 * @property {string} gitDir where HEAD and the index are
 * @property {string} commonDir where refs and the configuration are: another one for a worktree
 * @property {boolean} bare
 */

/**
 * The repository of a directory, or `null`. A damaged one is one, too: git says
 * what is wrong with it.
 *
 * @param {string} directory its real path
 * @param {(directory: string) => boolean} [mayBe] whether a repository may be there
 * @returns {Promise<Location | null>}
 */
async function locate(directory, mayBe = () => true) {
  for (let top = directory; mayBe(top); top = path.dirname(top)) {
    const location = (await repositoryAt(top)) ?? (await bareAt(top))
    if (location) return location
    if (path.dirname(top) === top) return null
  }
  return null
}

/** The repository whose working tree begins here. */
async function repositoryAt(top) {
  const entry = path.join(top, '.git')
  const gitDir = await gitDirOf(entry)
  return gitDir && { top, gitDir, commonDir: await commonDirOf(gitDir), bare: false }
}

/** What `.git` is, or says; `null` for nothing, and for a folder that git would not take either. */
async function gitDirOf(entry) {
  const stats = await fs.stat(entry).catch(() => null)
  if (stats?.isDirectory()) return (await exists(path.join(entry, 'HEAD'))) ? real(entry) : null
  if (!stats?.isFile()) return null
  const [, target] = /^gitdir: (.+?)[\r\n]*$/s.exec(await pointer(entry)) ?? []
  return target ? real(path.resolve(path.dirname(entry), target)) : entry
}

async function bareAt(top) {
  if (path.basename(top) === '.git') return null
  const parts = await Promise.all(['HEAD', 'objects', 'refs'].map((name) => exists(path.join(top, name))))
  return parts.every(Boolean) ? { top, gitDir: top, commonDir: top, bare: true } : null
}

async function commonDirOf(gitDir) {
  const target = (await pointer(path.join(gitDir, 'commondir'))).trim()
  return target ? real(path.resolve(gitDir, target)) : gitDir
}

/** A small file's text; empty for one that is none. */
async function pointer(file) {
  const stats = await fs.stat(file).catch(() => null)
  if (!stats?.isFile() || stats.size > MAX_POINTER) return ''
  return fs.readFile(file, 'utf8').catch(() => '')
}

function exists(file) {
  return fs.lstat(file).then(
    () => true,
    () => false,
  )
}

/** The real path of what may be gone. */
function real(file) {
  return fs.realpath(file).catch(() => file)
}

module.exports = { gitDirOf, locate }
