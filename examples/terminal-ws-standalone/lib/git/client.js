/** One connection's wishes: the messages `subscribe`, `unsubscribe` and `git-refresh`, and the frames for them. */

const { GitError } = require('./errors')

const MAX_SUBSCRIPTIONS = 16
const LISTS = ['modified', 'staged', 'untracked', 'conflicts']

class GitClient {
  #git
  #options
  /** By project. */
  #topics = new Map()

  /**
   * @param {import('./git-status').GitStatus} git
   * @param {object} options
   * @param {'status-update' | 'git-status'} options.statusType the type of frames with a status
   * @param {(message: object, sent?: () => void) => void} options.send
   * @param {string | null} options.projectId the one project that it may ask for; `null`: any
   * @param {(projectId: string) => string | undefined} options.directoryOf where a project is, if a client does not say
   */
  constructor(git, options) {
    this.#git = git
    this.#options = options
  }

  /** @throws what is to be told as an `error` frame */
  message(message) {
    if (message.type === 'subscribe') this.#subscribe(message)
    else if (message.type === 'unsubscribe') this.#unsubscribe(message)
    else this.#refresh(message)
  }

  #subscribe({ projectId, projectPath, paths }) {
    const project = this.#projectOf(projectId)
    const directory = projectPath ?? this.#options.directoryOf(project)
    if (typeof directory !== 'string')
      throw new GitError('ERR_INVALID_ARG_TYPE', 'subscribe: projectPath must be a string')
    if (!this.#topics.has(project) && this.#topics.size >= MAX_SUBSCRIPTIONS)
      throw new GitError('ERR_GIT_LIMIT', `A connection can subscribe to ${MAX_SUBSCRIPTIONS} projects`)
    this.#topics.get(project)?.close()
    const { statusType, send } = this.#options
    const about = { projectId: project, projectPath: directory }
    this.#topics.set(project, new Topic(this.#git, { about, statusType, send, hasPaths: paths !== false }))
  }

  #unsubscribe({ projectId }) {
    const project = this.#projectOf(projectId)
    this.#topics.get(project)?.close()
    this.#topics.delete(project)
  }

  #refresh({ projectId }) {
    const project = this.#projectOf(projectId)
    const topics = project === null ? [...this.#topics.values()] : [this.#topics.get(project)]
    if (topics.length === 0 || !topics[0])
      throw new GitError('ERR_GIT_NOT_SUBSCRIBED', 'git-refresh: subscribe to the project first')
    for (const topic of topics) topic.refresh()
  }

  #projectOf(wanted = null) {
    const { projectId } = this.#options
    if (wanted !== null && typeof wanted !== 'string')
      throw new GitError('ERR_INVALID_ARG_TYPE', 'projectId must be a string')
    if (projectId !== null && wanted !== null && wanted !== projectId)
      throw new GitError('ERR_FORBIDDEN', 'The connection is for another project')
    return wanted ?? projectId
  }

  /** The connection is gone. */
  close() {
    for (const topic of this.#topics.values()) topic.close()
    this.#topics.clear()
  }
}

/** One subscription of a connection. What its peer has no time to read is replaced by what is newer. */
class Topic {
  #options
  #subscription
  #state = null
  #due = { status: false, branches: false }
  #isSending = false
  #isClosed = false

  constructor(git, options) {
    this.#options = options
    const { projectPath } = options.about
    this.#subscription = git.subscribe(projectPath, (state, news) => this.#told(state, news))
  }

  #told(state, { status, branches }) {
    this.#state = state
    this.#due.status ||= status
    this.#due.branches ||= branches
    this.#next()
  }

  #next() {
    if (this.#isSending || this.#isClosed) return
    const message = this.#message()
    if (!message) return
    this.#isSending = true
    this.#options.send({ ...message, ...this.#options.about }, () => {
      this.#isSending = false
      this.#next()
    })
  }

  #message() {
    const { status, currentBranch, error, watch, branches } = this.#state ?? {}
    if (this.#due.status) {
      this.#due.status = false
      const shown = this.#options.hasPaths ? status : withoutPaths(status)
      return { type: this.#options.statusType, status: shown, currentBranch, error, watch }
    }
    if (!this.#due.branches) return null
    this.#due.branches = false
    return { type: 'branches-update', branches }
  }

  refresh() {
    this.#subscription.refresh()
  }

  close() {
    this.#isClosed = true
    this.#subscription.close()
  }
}

function withoutPaths(status) {
  if (status === null) return null
  return Object.fromEntries(Object.entries(status).filter(([name]) => !LISTS.includes(name)))
}

module.exports = { GitClient }
