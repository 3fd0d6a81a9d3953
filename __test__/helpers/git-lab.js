// A server that tells of git repositories, and a folder for these.

const { once } = require('node:events')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { gitEnvironment, Repository } = require('./repository')
const { children } = require('./proc')
const { startServer } = require('./server')
const { PATIENCE } = require('./patience')

class GitLab {
  /**
   * @param {object | ((lab: GitLab) => object)} [configuration] of the server
   * @param {object} [env] variables of the server's git, beside the usual ones
   */
  static async open(configuration = {}, env = {}) {
    const lab = new GitLab()
    lab.folder = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-git-')))
    lab.env = gitEnvironment(lab.file('home'))
    const { git = {}, ...config } = typeof configuration === 'function' ? configuration(lab) : configuration
    lab.host = await startServer({ ...config, git: { env: { ...lab.env, ...env }, ...git } })
    return lab
  }

  /** What runs in this process already: specs before this one may have left a browser. */
  #others = new Set(children())

  /** The processes that the server runs. */
  programs() {
    return children().filter((pid) => !this.#others.has(pid))
  }

  file = (...names) => path.join(this.folder, ...names)

  /** A repository with one commit. */
  repository(name = 'repository', files) {
    return Repository.make(this.file(name), this.env, files)
  }

  /** A connection for git's status that has subscribed to a directory. */
  async subscribe(directory, more = {}, options = {}) {
    const client = this.connect(options)
    await once(client.socket, 'open')
    client.send({ type: 'subscribe', projectId: 'p', projectPath: directory, ...more })
    return client
  }

  connect({ query, ...options } = {}) {
    return this.host.connect({ path: undefined, ...query }, { path: '/git/p', ...options })
  }

  stats() {
    return this.host.server.gitStats()
  }

  async close() {
    await this.host.stop()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}

/** The newest frame of git's status, once it `matches`. */
function status(client, matches = () => true, type = 'git-status') {
  const newest = () => {
    const last = client.messages.findLast((message) => message.type === type)
    return last && matches(last.status ?? {}, last) ? last : undefined
  }
  return client.until(`a status that ${matches}`, newest, PATIENCE)
}

/** The newest branches, once they match. */
function branches(client, matches) {
  const newest = () => {
    const last = client.messages.findLast(({ type }) => type === 'branches-update')
    return last && matches(last.branches) ? last.branches : undefined
  }
  return client.until('the branches', newest, PATIENCE)
}

/** The newest status that is an error. */
function failure(client, code) {
  return status(client, (_status, { error }) => error?.code === code)
}

module.exports = { GitLab, PATIENCE, branches, failure, status }
