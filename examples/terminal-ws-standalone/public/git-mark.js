/** What the repository of a terminal's directory is like: the branch, how far it is from its upstream, what has changed. */

import { element } from './ui.js'

/** In which order changes are shown, and as what. */
const CHANGES = [
  ['conflicts', '!', 'in conflict'],
  ['staged', '+', 'staged'],
  ['modified', '~', 'modified'],
  ['untracked', '?', 'untracked'],
]
/** Of these a reader learns without looking for it; of a directory without a repository not. */
const TROUBLE = new Set(['ERR_GIT_UNSAFE', 'ERR_GIT_REFUSED', 'ERR_GIT_FAILED', 'ERR_GIT_TIMEOUT'])
/** Branches may have names that turn the direction of the text around them. */
const UNFIT = /[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

export class GitMark {
  #client
  #directory = null
  #projectId
  /** By where it is on the page. */
  #views = new Map()
  #last = null

  /**
   * @param {import('./client/index.js').TerminalClient} client
   * @param {{ projectId?: string | null, share?: string }} about the page's project; who came by a share is told nothing
   */
  constructor(client, { projectId, share }) {
    this.#client = client
    this.#projectId = projectId ?? undefined
    if (share) return
    client.addEventListener('ready', () => this.#subscribe())
    client.addEventListener('control', ({ detail }) => {
      if (detail.type === 'status-update') this.#show(detail)
      if (detail.type === 'directory' && detail.workingDirectory) this.#follow(detail.workingDirectory)
    })
  }

  /** An element that shows it, in place of an earlier one there. @param {'head' | 'tab'} place */
  view(place) {
    const view = element('span', { class: 'git', hidden: true })
    this.#views.set(place, view)
    if (this.#last) fill(view, this.#last)
    return view
  }

  /** The terminal is in another directory now. */
  #follow(directory) {
    if (directory === this.#directory) return
    this.#directory = directory
    if (this.#client.state === 'live') this.#subscribe()
  }

  #subscribe() {
    if (this.#client.access === 'read') return
    this.#client.send({
      type: 'subscribe',
      projectId: this.#projectId,
      projectPath: this.#directory ?? this.#client.workingDir,
      paths: false,
    })
  }

  #show(news) {
    this.#last = news
    for (const view of this.#views.values()) fill(view, news)
  }
}

function fill(view, { status, currentBranch, error, watch }) {
  view.hidden = status === null && !TROUBLE.has(error?.code)
  view.dataset.state = error ? 'error' : status?.counts.conflicts > 0 ? 'conflict' : 'known'
  view.replaceChildren(...(status ? partsOf(status, currentBranch) : ['git']))
  const words = status ? wordsOf(status, currentBranch) : error.message
  view.title =
    watch?.mode === 'poll' ? `${words}\nLooked at every ${secondsOf(watch)}: ${watch.reason}` : words
}

function secondsOf({ least, most }) {
  return `${least / 1000} to ${most / 1000} s`
}

function partsOf({ ahead, behind, counts, detached, commit }, branch) {
  const name = detached ? (commit ?? '').slice(0, 8) : branch.replace(UNFIT, ' ')
  const parts = [element('span', { class: 'git-branch' }, name)]
  if (ahead > 0) parts.push(element('span', {}, `↑${ahead}`))
  if (behind > 0) parts.push(element('span', {}, `↓${behind}`))
  for (const [list, sign] of CHANGES) {
    if (counts[list] > 0) parts.push(element('span', { class: `git-${list}` }, `${sign}${counts[list]}`))
  }
  return parts
}

/** The same for who cannot see signs, or does not know them. */
function wordsOf({ ahead, behind, counts, detached, upstream, isClean }, branch) {
  const where = detached ? 'No branch is checked out' : `Branch ${branch.replace(UNFIT, ' ')}`
  const far = upstream && `${ahead} ahead and ${behind} behind ${upstream.replace(UNFIT, ' ')}`
  const changes = CHANGES.filter(([list]) => counts[list] > 0).map(
    ([list, , word]) => `${counts[list]} ${word}`,
  )
  return [where, far, isClean ? 'no changes' : changes.join(', ')].filter(Boolean).join('; ')
}
