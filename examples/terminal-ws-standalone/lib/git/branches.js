/** What `git for-each-ref` says of branches. */

const { Records, nameOf } = require('./names')

const MAX_BRANCHES = 1000
const FIELDS = ['refname', 'symref', 'HEAD', 'upstream:track,nobracket']

const ARGUMENTS = [
  'for-each-ref',
  `--count=${MAX_BRANCHES}`,
  `--format=${FIELDS.map((field) => `%(${field})%00`).join('')}`,
  'refs/heads',
  'refs/remotes',
]

/** Reads branches as they come. */
class BranchReader {
  #records = new Records((record) => this.#field(record))
  #fields = []
  branches = []

  take(chunk) {
    this.#records.take(chunk)
  }

  #field(record) {
    this.#fields.push(record)
    if (this.#fields.length < FIELDS.length) return
    const [ref, symref, head, track] = this.#fields
    this.#fields = []
    // `origin/HEAD` is another name of a branch that is listed.
    if (symref.length === 0) this.branches.push(branchOf(nameOf(ref).trimStart(), head, track.toString()))
  }
}

function branchOf(ref, head, track) {
  const isRemote = ref.startsWith('refs/remotes/')
  const count = (word) => Number(new RegExp(`${word} (\\d+)`).exec(track)?.[1] ?? 0)
  return {
    name: ref.replace(/^refs\/(?:heads|remotes)\//, ''),
    isRemote,
    isCurrent: head.toString() === '*',
    ahead: count('ahead'),
    behind: count('behind'),
  }
}

module.exports = { ARGUMENTS, BranchReader }
