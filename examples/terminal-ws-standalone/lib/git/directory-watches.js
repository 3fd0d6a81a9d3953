/**
 * Directories that are watched, each by itself. Node's recursive watch is not
 * used on Linux: there it is one of its own making over every file and folder,
 * ignored ones included, and loses those that appear while it walks. One for
 * each directory costs one of inotify's watches and no descriptor.
 *
 * Names are bytes there; here they are strings of one character a byte, which
 * compare and cut as text does.
 */

const fs = require('node:fs')
const { GitError } = require('./errors')

/** Directories that come and go, or may not be read: git cannot look into them either. */
const GONE = new Set(['ENOENT', 'ENOTDIR', 'EACCES', 'EPERM', 'ELOOP'])

const QUEUE = '/proc/sys/fs/inotify/max_queued_events'
const USUAL_QUEUE = 16_384

const toBytes = (text) => Buffer.from(text, 'latin1')
const fromBytes = (bytes) => bytes.toString('latin1')
/** A path of Node's, as one of these. */
const fromPath = (file) => fromBytes(Buffer.from(file))

/**
 * The kernel keeps so many events for the whole process, drops what comes when
 * there are more, and libuv does not say so. Where many come in one turn of the
 * loop, anything may be missing, of any repository.
 */
class Overflow {
  #watches = new Set()
  #length = null
  #events = 0

  add(watches) {
    this.#watches.add(watches)
  }

  delete(watches) {
    this.#watches.delete(watches)
  }

  count() {
    if (this.#events === 0) setImmediate(() => this.#turned())
    this.#events += 1
  }

  #turned() {
    this.#length ??= queueLength()
    const isOver = this.#events > this.#length / 2
    this.#events = 0
    if (isOver) for (const watches of [...this.#watches]) watches.missed()
  }
}

function queueLength() {
  try {
    return Number(fs.readFileSync(QUEUE, 'latin1')) || USUAL_QUEUE
  } catch {
    return USUAL_QUEUE
  }
}

const overflow = new Overflow()

class DirectoryWatches {
  #watchers = new Map()
  #most
  #failed
  #isClosed = false

  /**
   * @param {number} most how many there may be
   * @param {object} told
   * @param {(error: GitError) => void} told.failed it cannot watch something any more
   * @param {() => void} told.missed it may have missed anything
   */
  constructor(most, { failed, missed }) {
    this.#most = most
    this.#failed = failed
    this.missed = missed
    overflow.add(this)
  }

  get size() {
    return this.#watchers.size
  }

  get directories() {
    return this.#watchers.keys()
  }

  has(directory) {
    return this.#watchers.has(directory)
  }

  /**
   * Watches a directory; nothing happens where it is watched, or gone.
   *
   * @param {string} directory
   * @param {(name: string | null, isEntry: boolean) => void} changed gets the name of what
   * changed in it, and whether that may have come or gone
   * @returns {boolean} whether it is watched
   * @throws `ERR_GIT_WATCH_LIMIT`
   */
  add(directory, changed) {
    if (this.#isClosed) return false
    if (this.#watchers.has(directory)) return true
    if (this.#watchers.size >= this.#most)
      throw new GitError('ERR_GIT_WATCH_LIMIT', `There are more than ${this.#most} directories to watch`)
    try {
      const watcher = fs.watch(toBytes(directory), { persistent: false, encoding: 'buffer' })
      watcher.on('change', (type, name) => {
        overflow.count()
        changed(name && fromBytes(name), type === 'rename')
      })
      watcher.on('error', (error) => this.#broke(directory, error))
      this.#watchers.set(directory, watcher)
      return true
    } catch (error) {
      if (GONE.has(error.code)) return false
      throw limitOf(error)
    }
  }

  #broke(directory, error) {
    this.remove(directory)
    if (!GONE.has(error.code)) this.#failed(limitOf(error))
  }

  remove(directory) {
    this.#watchers.get(directory)?.close()
    this.#watchers.delete(directory)
  }

  /** A directory and all below it. */
  removeBelow(directory) {
    if (!this.#watchers.has(directory)) return
    for (const each of [...this.#watchers.keys()]) {
      if (each === directory || each.startsWith(`${directory}/`)) this.remove(each)
    }
  }

  clear() {
    for (const watcher of this.#watchers.values()) watcher.close()
    this.#watchers.clear()
  }

  /** Watches nothing from here on, whoever is still looking for directories. */
  close() {
    this.#isClosed = true
    overflow.delete(this)
    this.clear()
  }
}

/** The directories and files in a directory: names, and what they are. Nothing for one that is gone. */
async function* entriesOf(directory) {
  try {
    const options = { encoding: 'buffer', bufferSize: 256 }
    for await (const entry of await fs.promises.opendir(toBytes(directory), options))
      yield { name: fromBytes(entry.name), isDirectory: entry.isDirectory() }
  } catch (error) {
    if (!GONE.has(error.code)) throw error
  }
}

async function isDirectory(file) {
  const stats = await fs.promises.lstat(toBytes(file)).catch(() => null)
  return stats?.isDirectory() ?? false
}

function limitOf(error) {
  const why = error.code === 'ENOSPC' ? 'the limit of inotify is reached' : error.message
  return new GitError('ERR_GIT_WATCH_LIMIT', `The repository cannot be watched: ${why}`)
}

module.exports = { DirectoryWatches, entriesOf, fromBytes, fromPath, isDirectory }
