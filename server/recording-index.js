const { constants } = require('node:fs')
const fs = require('node:fs/promises')
const path = require('node:path')
const { identityOf } = require('./file-identity')

/** Files that are read at once while the index is made. */
const READERS = 16
/** The longest card, or header of a cast, in bytes. */
const MAX_HEAD = 256 * 1024
/** What comes before the text of a bookmark, in bytes. */
const BOOKMARK_PLACES = 128
/** How old a cast without a card must be to count as one that never gets any, in ms. */
const SETTLED = 10_000
/** A name that a recorder has made up has the time in it: no other recording gets it. */
const MADE_UP = /^\d{8}T\d{9}Z-/
const ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/** So long after it has changed a folder may still change without having another time, in ms. */
const COARSE = 3000
/** To open a pipe must not wait for its other end, and a link could lead anywhere. */
const SAFELY = constants.O_RDONLY | (constants.O_NONBLOCK ?? 0) | (constants.O_NOFOLLOW ?? 0)

/**
 * What the recordings of a folder say of themselves, read once for each: a list
 * reads the folder's names where they have changed, and no files but new ones.
 */
class RecordingIndex {
  #dir
  #known = new Map()
  /** Which folder it was, and when it had changed, when its names were read; `null` where that does not say that they are known. */
  #changed = null
  /** Newest first; `null` when something has changed. */
  #sorted = null
  #scan = null
  #next = null

  /** @param {string} dir */
  constructor(dir) {
    this.#dir = dir
  }

  /** The path of a recording's file. */
  file(id, ending = 'cast') {
    return path.join(this.#dir, `${id}.${ending}`)
  }

  /** All recordings, newest first, as they are now. */
  async list() {
    await this.#refresh()
    this.#sorted ??= [...this.#known.values()].sort(
      (a, b) => b.startedAt - a.startedAt || (a.id < b.id ? 1 : -1),
    )
    return this.#sorted
  }

  /** One recording; `null` for an id that is none, whatever it looks like. */
  async get(id) {
    if (!ID.test(id)) return null
    const known = this.#known.get(id)
    const stats = known && (await lstat(this.file(id)))
    // The file of a name may be another one by now.
    if (stats && identityOf(stats) === known.file) return known
    if (known) this.forget(id)
    await this.#refresh()
    return this.#known.get(id) ?? null
  }

  forget(id) {
    this.#changed = null
    if (this.#known.delete(id)) this.#sorted = null
  }

  /** One scan at a time: who asks while one runs waits for the next, which sees what there was when they asked. */
  #refresh() {
    if (!this.#scan) {
      this.#scan = this.#read().finally(() => {
        this.#scan = null
      })
      return this.#scan
    }
    this.#next ??= this.#scan
      .catch(() => {})
      .then(() => {
        this.#next = null
        return this.#refresh()
      })
    return this.#next
  }

  async #read() {
    const begun = Date.now()
    const folder = await fs.stat(this.#dir).catch((error) => {
      // There is none before the first recording.
      if (error.code === 'ENOENT') return null
      throw error
    })
    const stamp = folder && `${folder.ino}-${folder.mtimeMs}`
    if (stamp !== null && stamp === this.#changed) return
    const names = folder ? await fs.readdir(this.#dir) : []
    const there = new Set()
    for (const name of names) {
      if (!name.endsWith('.cast')) continue
      const id = name.slice(0, -'.cast'.length)
      if (ID.test(id)) there.add(id)
    }
    for (const id of this.#known.keys()) if (!there.has(id)) this.forget(id)
    const looked = [...there].filter((id) => !this.#known.has(id) || !MADE_UP.test(id))
    const work = async () => {
      for (let id = looked.pop(); id !== undefined; id = looked.pop()) await this.#look(id)
    }
    await Promise.all(Array.from({ length: READERS }, work))
    const isWhole = [...there].every((id) => this.#known.has(id))
    const isSettled = folder !== null && begun - folder.mtimeMs > COARSE
    this.#changed = isWhole && isSettled ? stamp : null
  }

  /** Learns of a recording, anew where another one has its name. */
  async #look(id) {
    const stats = await lstat(this.file(id))
    if (stats && this.#known.get(id)?.file === identityOf(stats)) return
    this.forget(id)
    if (!stats?.isFile()) return
    const entry = (await this.#byCard(id)) ?? (await this.#byHeader(id, stats))
    if (!entry) return
    this.#known.set(id, { ...entry, file: identityOf(stats) })
    this.#sorted = null
  }

  async #byCard(id) {
    const card = parse(await this.#head(id, 'json'))
    if (card?.version !== 1 || typeof card.session !== 'string' || !Number.isFinite(card.started)) return null
    return {
      id,
      sessionId: card.session,
      projectId: text(card.project),
      userId: text(card.user),
      startedAt: card.started,
      cols: whole(card.cols),
      rows: whole(card.rows),
      command: text(card.command),
      title: text(card.title),
      isOwned: true,
    }
  }

  /** A cast of other origin, or one whose card is not written yet. */
  async #byHeader(id, stats) {
    if (Date.now() - stats.mtimeMs < SETTLED) return null
    const header = parse((await this.#head(id, 'cast'))?.split('\n', 1)[0]) ?? {}
    const { cols, rows } =
      header.version === 3 ? (header.term ?? {}) : { cols: header.width, rows: header.height }
    const startedAt = Number.isFinite(header.timestamp) ? header.timestamp * 1000 : stats.mtimeMs
    return {
      id,
      sessionId: null,
      projectId: null,
      userId: null,
      startedAt: Math.trunc(startedAt),
      cols: whole(cols),
      rows: whole(rows),
      command: text(header.command),
      title: text(header.title),
      isOwned: false,
    }
  }

  /**
   * Whether another process is to go on with a recording: its bookmark names the
   * journal of its session, which is there.
   */
  async isAwaited(id) {
    const bookmark = await this.#start(id, 'resume')
    const journal = parse(bookmark?.toString('utf8', BOOKMARK_PLACES))?.journal
    return typeof journal === 'string' && (await lstat(journal)) !== null
  }

  async #head(id, ending) {
    return (await this.#start(id, ending))?.toString('utf8') ?? null
  }

  /** The beginning of a file; `null` where it cannot be read. */
  async #start(id, ending) {
    const handle = await fs.open(this.file(id, ending), SAFELY).catch(() => null)
    if (!handle) return null
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4096) })
      if (bytesRead < buffer.length) return buffer.subarray(0, bytesRead)
      const rest = await handle.read({ buffer: Buffer.alloc(MAX_HEAD) })
      return Buffer.concat([buffer, rest.buffer.subarray(0, rest.bytesRead)])
    } catch {
      return null
    } finally {
      await handle.close().catch(() => {})
    }
  }
}

const lstat = (file) => fs.lstat(file).catch(() => null)

function parse(json) {
  try {
    const value = JSON.parse(json)
    return typeof value === 'object' ? value : null
  } catch {
    return null
  }
}

const text = (value) => (typeof value === 'string' ? value : null)
const whole = (value) => (Number.isSafeInteger(value) && value > 0 ? value : null)

module.exports = { RecordingIndex }
