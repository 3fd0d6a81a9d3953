const fs = require('node:fs/promises')
const path = require('node:path')

/** Files that are read at once while the index is made. */
const READERS = 16
/** The longest card, or header of a cast, in bytes. */
const MAX_HEAD = 64 * 1024
/** How old a cast without a card must be to count as one that never gets any, in ms. */
const SETTLED = 10_000
const ID = /^[A-Za-z0-9_-][A-Za-z0-9._-]{0,199}$/

/**
 * What the recordings of a folder say of themselves, read once for each: a list
 * reads the folder's names and no files but new ones.
 */
class RecordingIndex {
  #dir
  #known = new Map()
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
    if (!this.#known.has(id)) await this.#refresh()
    return this.#known.get(id) ?? null
  }

  forget(id) {
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
    const names = await fs.readdir(this.#dir).catch((error) => {
      // There is none before the first recording.
      if (error.code === 'ENOENT') return []
      throw error
    })
    const there = new Set()
    for (const name of names) {
      if (!name.endsWith('.cast')) continue
      const id = name.slice(0, -'.cast'.length)
      if (ID.test(id)) there.add(id)
    }
    for (const id of this.#known.keys()) if (!there.has(id)) this.forget(id)
    const fresh = [...there].filter((id) => !this.#known.has(id))
    const work = async () => {
      for (let id = fresh.pop(); id !== undefined; id = fresh.pop()) await this.#add(id)
    }
    await Promise.all(Array.from({ length: READERS }, work))
  }

  async #add(id) {
    const entry = (await this.#byCard(id)) ?? (await this.#byHeader(id))
    if (!entry) return
    this.#known.set(id, entry)
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
  async #byHeader(id) {
    const file = this.file(id)
    const stats = await fs.lstat(file).catch(() => null)
    if (!stats?.isFile() || Date.now() - stats.mtimeMs < SETTLED) return null
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

  /** The beginning of a file; `null` where it cannot be read. */
  async #head(id, ending) {
    const handle = await fs.open(this.file(id, ending)).catch(() => null)
    if (!handle) return null
    try {
      const { buffer, bytesRead } = await handle.read({ buffer: Buffer.alloc(4096) })
      if (bytesRead < buffer.length) return buffer.toString('utf8', 0, bytesRead)
      const rest = await handle.read({ buffer: Buffer.alloc(MAX_HEAD) })
      return Buffer.concat([buffer, rest.buffer.subarray(0, rest.bytesRead)]).toString('utf8')
    } catch {
      return null
    } finally {
      await handle.close().catch(() => {})
    }
  }
}

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
