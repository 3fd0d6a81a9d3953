const fs = require('node:fs/promises')
const { coded } = require('./errors')
const { identityOf } = require('./file-identity')
const { Turns } = require('./turns')

/** Recordings that are kept open. */
const MOST = 16
/** Facts that are remembered. */
const FACTS = 10_000
/** Readings at once, of what may take a thread of Node's pool for long, and how many wait. */
const AT_ONCE = 2
const WAITING = 64

/** Open readers, and what was found out about recordings that have not changed since. */
class RecordingReaders {
  #open
  #readers = new Map()
  #facts = new Map()
  #turns = new Turns(AT_ONCE, WAITING)
  /** A list asks for many: they wait for each other, not for a search. With both, a thread of Node's four stays free. */
  #quick = new Turns(1, Number.POSITIVE_INFINITY)

  /** @param {(file: string) => Promise<import('offheap-terminal').RecordingReader>} open */
  constructor(open) {
    this.#open = open
  }

  /** Does something with a recording as it is now, in its turn. */
  use(file, act) {
    return this.#turns.take(async () => act(await this.#reader(file)))
  }

  /** Which file it is, and how large, how long and how whole: `null`s, and a code, where it cannot be read. */
  async facts(file) {
    const stats = await statsOf(file)
    const stamp = stampOf(stats)
    const known = this.#facts.get(file)
    const identity = identityOf(stats)
    if (known?.stamp === stamp && known.status !== 'recording') return { identity, facts: known.facts }
    const read = async () => {
      const { duration, status } = await this.#reader(file)
      return { duration, status, code: null }
    }
    const facts = await this.#quick.take(read).catch((error) => {
      if (error.code === 'ENOENT') throw error
      return { duration: null, status: 'damaged', code: error.code ?? null }
    })
    const found = { bytes: stats.size, ...facts }
    this.#facts.delete(file)
    this.#facts.set(file, { stamp, status: facts.status, facts: found })
    if (this.#facts.size > FACTS) this.#facts.delete(this.#facts.keys().next().value)
    return { identity, facts: found }
  }

  async #reader(file) {
    const stamp = stampOf(await statsOf(file))
    const known = this.#readers.get(file)
    this.#readers.delete(file)
    // One that was being written may have ended since, without another byte.
    if (known && known.stamp === stamp && known.reader.status !== 'recording') {
      this.#readers.set(file, known)
      return known.reader
    }
    known?.reader.close()
    const reader = await this.#open(file)
    this.#readers.get(file)?.reader.close()
    this.#readers.set(file, { stamp, reader })
    if (this.#readers.size > MOST) this.forget(this.#readers.keys().next().value)
    return reader
  }

  /** Closes what is open of a recording, once what is under way is done. */
  forget(file) {
    this.#facts.delete(file)
    this.#readers.get(file)?.reader.close()
    this.#readers.delete(file)
  }

  close() {
    for (const file of [...this.#readers.keys()]) this.forget(file)
  }
}

/** A link could lead anywhere. */
async function statsOf(file) {
  const stats = await fs.lstat(file)
  if (!stats.isFile()) throw coded('ENOENT', 'It is not a regular file')
  return stats
}

function stampOf({ ino, size, mtimeMs }) {
  return `${ino}-${size}-${mtimeMs}`
}

module.exports = { RecordingReaders }
