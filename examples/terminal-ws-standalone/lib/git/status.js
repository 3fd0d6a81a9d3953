/** What `git status --porcelain=v2 --branch -z` says, as the app's frames have it. */

const { Records, nameOf } = require('./names')

const ARGUMENTS = [
  'status',
  '--porcelain=v2',
  '--branch',
  '-z',
  '--ahead-behind',
  '--no-renames',
  '--untracked-files=normal',
  '--ignored=no',
  // A submodule's own configuration is not looked at: that its commit is another one is seen without.
  '--ignore-submodules=dirty',
]

/** Paths of all lists; what is beyond them is only counted. */
const MAX_PATHS = 10_000
/** The same in characters of JSON. */
const MAX_TEXT = 1024 * 1024
/** How many fields are before the path, by the kind of entry. */
const FIELDS = { 1: 8, 2: 9, u: 10 }
const SPACE = 0x20

/** Reads a status as it comes, and keeps no more of it than fits. */
class StatusReader {
  #records = new Records((record) => this.#entry(record))
  #lists = { modified: [], staged: [], untracked: [], conflicts: [] }
  #counts = { modified: 0, staged: 0, untracked: 0, conflicts: 0 }
  #branch = {}
  #paths = 0
  #text = 0
  #truncated = false
  #skipsOne = false

  take(chunk) {
    this.#records.take(chunk)
  }

  #entry(record) {
    if (this.#skipsOne) {
      // Where a renamed file was.
      this.#skipsOne = false
      return
    }
    const kind = String.fromCharCode(record[0])
    if (kind === '#') this.#header(record.toString())
    else if (kind === '?') this.#add('untracked', record.subarray(2))
    else if (kind in FIELDS) this.#changed(kind, record)
  }

  #header(line) {
    const [, name, value] = /^# branch\.(\w+) (.*)$/s.exec(line) ?? []
    if (name) this.#branch[name] = value
  }

  #changed(kind, record) {
    this.#skipsOne = kind === '2'
    const file = record.subarray(startOf(record, FIELDS[kind]))
    if (kind === 'u') {
      this.#add('conflicts', file)
      return
    }
    const [inIndex, inTree] = [String.fromCharCode(record[2]), String.fromCharCode(record[3])]
    if (inIndex !== '.') this.#add('staged', file)
    if (inTree !== '.') this.#add('modified', file)
  }

  #add(list, bytes) {
    this.#counts[list] += 1
    if (this.#truncated) return
    const name = nameOf(bytes)
    this.#text += JSON.stringify(name).length
    this.#paths += 1
    this.#truncated = this.#paths > MAX_PATHS || this.#text > MAX_TEXT
    if (!this.#truncated) this.#lists[list].push(name)
  }

  /** The status, and the branch's name: `HEAD` where none is checked out. */
  get result() {
    const { oid, head, upstream, ab } = this.#branch
    const [, ahead, behind] = /^\+(\d+) -(\d+)$/.exec(ab ?? '') ?? []
    const detached = head === '(detached)'
    const status = {
      ...this.#lists,
      ahead: Number(ahead ?? 0),
      behind: Number(behind ?? 0),
      isClean: Object.values(this.#counts).every((count) => count === 0),
      counts: this.#counts,
      truncated: this.#truncated,
      commit: oid === undefined || oid === '(initial)' ? null : oid,
      detached,
      upstream: upstream ?? null,
    }
    return { status, currentBranch: detached ? 'HEAD' : (head ?? null) }
  }
}

/** Where the field after so many spaces begins. */
function startOf(record, spaces) {
  let at = 0
  for (let count = 0; count < spaces; count += 1) at = record.indexOf(SPACE, at) + 1
  return at
}

module.exports = { ARGUMENTS, StatusReader }
