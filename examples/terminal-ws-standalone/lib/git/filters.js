/**
 * The filters of a repository, switched off: `.gitattributes` says which files
 * go through one, and the configuration what it runs. `git status` would run
 * it over files whose time has changed.
 */

const { isUtf8 } = require('node:buffer')
const fs = require('node:fs/promises')
const path = require('node:path')
const { GitError } = require('./errors')

const MAX_CONFIG = 1024 * 1024
const MAX_FILTERS = 500
/** What is said of each instead. */
const OFF = { clean: '', smudge: '', process: '', required: 'false' }

class Filters {
  #program
  #location
  #known = null

  /**
   * @param {import('./program').GitProgram} program
   * @param {{ top: string, gitDir: string, commonDir: string }} location of the repository
   */
  constructor(program, location) {
    this.#program = program
    this.#location = location
  }

  /**
   * The settings that switch every filter off, as the configuration is now.
   *
   * @returns {Promise<[string, string][]>}
   * @throws `ERR_GIT_REFUSED` for filters that cannot be named, and what `GitProgram.run` throws
   */
  async off(signal) {
    const files = await this.#stamp()
    if (this.#known?.files === files) return this.#known.settings
    const { names, includes } = namesIn(await this.#list(signal))
    const settings = names.flatMap((name) =>
      Object.entries(OFF).map(([variable, value]) => [`filter.${name}.${variable}`, value]),
    )
    // What another file says may change without these.
    this.#known = includes ? null : { files, settings }
    return settings
  }

  /** What tells one content of the configuration's files from the next. */
  async #stamp() {
    const { gitDir, commonDir } = this.#location
    const files = [path.join(commonDir, 'config'), path.join(gitDir, 'config.worktree')]
    const stats = await Promise.all(files.map((file) => fs.stat(file, { bigint: true }).catch(() => null)))
    return stats.map((each) => each && `${each.ino} ${each.size} ${each.mtimeNs} ${each.ctimeNs}`).join('/')
  }

  async #list(signal) {
    const chunks = []
    let bytes = 0
    const take = (chunk) => {
      bytes += chunk.length
      if (bytes > MAX_CONFIG) throw refused(`its configuration has more than ${MAX_CONFIG} bytes`)
      chunks.push(chunk)
    }
    const args = ['config', '--list', '-z', '--show-scope', '--name-only']
    await this.#program.run(args, { cwd: this.#location.top, take, signal })
    return Buffer.concat(chunks)
  }
}

/** By the list of scopes and names: the filters of all scopes, and whether the repository's names other files. */
function namesIn(list) {
  const names = new Set()
  let includes = false
  // Byte for byte: a name that is no UTF-8 must not be taken for another.
  const fields = list.toString('latin1').split('\0')
  for (let index = 0; index + 1 < fields.length; index += 2) {
    const [scope, name] = [fields[index], fields[index + 1]]
    const isOwn = scope === 'local' || scope === 'worktree'
    if (isOwn && /^include(?:if)?\./i.test(name)) includes = true
    const [, filter] = /^filter\.(.*)\.(?:clean|smudge|process|required)$/is.exec(name) ?? []
    if (filter !== undefined) names.add(filter)
  }
  if (names.size > MAX_FILTERS) throw refused(`it has more than ${MAX_FILTERS} filters`)
  return { names: [...names].map(textOf), includes }
}

function textOf(name) {
  const bytes = Buffer.from(name, 'latin1')
  if (!isUtf8(bytes)) throw refused('it has a filter whose name is no UTF-8')
  return bytes.toString()
}

function refused(why) {
  return new GitError('ERR_GIT_REFUSED', `The repository's filters cannot be switched off: ${why}`)
}

module.exports = { Filters }
