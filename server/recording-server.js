const fs = require('node:fs/promises')
const path = require('node:path')
const { openRecording } = require('offheap-terminal')
const { Authorization } = require('./authorization')
const { serveCast } = require('./cast-file')
const { coded } = require('./errors')
const { recordingOptionsOf } = require('./options')
const { urlOf } = require('./query')
const { RecordingIndex } = require('./recording-index')
const { isAsked, isBehind, listQueryOf, placeAfter, searchQueryOf, secondsOf } = require('./recording-query')
const { RecordingReaders } = require('./recording-readers')
const { ShareGrant } = require('./shares')

/** Keeps responses out of other sites' pages, and the recordings out of caches. */
const SAFE = { 'X-Content-Type-Options': 'nosniff', 'Cross-Origin-Resource-Policy': 'same-origin' }
const PRIVATE = { ...SAFE, 'Cache-Control': 'no-store' }
const JSON_TYPE = 'application/json; charset=utf-8'

const STATUS = {
  __proto__: null,
  ERR_RECORDING_NOT_FOUND: 404,
  ENOENT: 404,
  ELOOP: 404,
  ERR_METHOD_NOT_ALLOWED: 405,
  ERR_FORBIDDEN: 403,
  ERR_READ_ONLY: 403,
  ERR_RECORDING_BUSY: 409,
  ERR_RECORDING_INVALID: 422,
  ERR_RECORDING_VERSION: 422,
  ERR_RECORDING_LIMIT: 422,
  ERR_INVALID_ARG_TYPE: 400,
  ERR_INVALID_ARG_VALUE: 400,
  ERR_OUT_OF_RANGE: 400,
  ERR_BUSY: 503,
  ERR_CLOSED: 503,
}

/** A share is for one terminal: none lets anybody to recordings. */
const NO_SHARES = { grantOf: () => null }

/** Serves the recordings of a folder over HTTP; `index.d.ts` describes it. */
class RecordingServer {
  #options
  #index
  #readers
  #authorization

  constructor(options) {
    this.#options = recordingOptionsOf(options)
    const dir = path.resolve(this.#options.dir)
    this.#index = new RecordingIndex(dir)
    const { terminal } = this.#options
    // What is wrong with these options is thrown now; a folder is no recording.
    openRecording(dir, terminal).catch(() => {})
    this.#readers = new RecordingReaders((file) => openRecording(file, terminal))
    this.#authorization = new Authorization(this.#options, NO_SHARES)
    // What is there already need not be read by the first who asks.
    this.#index.list().catch(() => {})
  }

  /** Handles a request for a recording; `false` for any other. Needs no `this`. */
  handle = (request, response) => {
    const url = urlOf(request)
    const below = url && this.#below(url.pathname)
    if (below === null) return false
    const refused = ({ status, message }) => send(response, status, { error: message, code: null })
    const granted = (grant) => this.serve(request, response, below, grant)
    this.#authorization.decide(request, url, granted, refused)
    return true
  }

  #below(pathname) {
    const { basePath } = this.#options
    if (pathname === basePath) return ''
    return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length + 1) : null
  }

  async serve(request, response, below, grant) {
    try {
      const held = this.#authorization.grant(grant, request)
      if (held instanceof ShareGrant) throw coded('ERR_FORBIDDEN', 'A share is for one terminal')
      await this.#route(request, response, below, held)
    } catch (error) {
      this.#fail(response, error)
    }
  }

  async #route(request, response, below, grant) {
    const [id, part, detail, ...more] = below === '' ? [] : below.split('/').map(decoded)
    const url = urlOf(request)
    if (more.length > 0) throw unknown()
    if (id === undefined) {
      allow(request, 'GET')
      send(response, 200, await this.#list(url.searchParams, grant))
    } else if (part === undefined) {
      allow(request, 'GET', 'HEAD', 'DELETE')
      const entry = await this.#entry(id, grant)
      if (request.method === 'DELETE') send(response, 200, await this.#remove(entry, grant))
      else await serveCast(request, response, this.#index.file(entry.id), SAFE)
    } else {
      allow(request, 'GET')
      const entry = await this.#entry(id, grant)
      await this.#part(response, entry, { part, detail, parameters: url.searchParams })
    }
  }

  async #part(response, entry, { part, detail, parameters }) {
    const file = this.#index.file(entry.id)
    const read = (act) => this.#readers.use(file, act)
    if (part === 'keyframes' && detail !== undefined) {
      const start = /^\d{1,15}$/.test(detail) ? Number(detail) : Number.NaN
      const screen = Number.isNaN(start) ? null : await read((reader) => reader.keyframe(start))
      if (!screen) throw unknown('There is no keyframe')
      sendBytes(response, screen, 'application/octet-stream')
    } else if (part === 'at' && detail !== undefined) {
      const seconds = secondsOf(detail)
      send(response, 200, await read(async (reader) => momentOf(await reader.at(seconds))))
    } else if (detail !== undefined) {
      throw unknown()
    } else if (part === 'index') {
      send(response, 200, await read((reader) => indexOf(entry, reader)))
    } else if (part === 'markers') {
      send(response, 200, { markers: await read((reader) => reader.markers()) })
    } else if (part === 'search') {
      const { text, limit } = searchQueryOf(parameters)
      send(response, 200, { hits: await read((reader) => reader.search(text, { limit })) })
    } else if (part === 'transcript') {
      const text = await read((reader) => reader.transcript())
      sendBytes(response, Buffer.from(text), 'text/plain; charset=utf-8')
    } else {
      throw unknown()
    }
  }

  async #list(parameters, grant) {
    const query = listQueryOf(parameters)
    const all = await this.#index.list()
    const found = all.filter((entry) => isVisible(entry, grant) && isAsked(entry, query))
    const from = query.after ? found.findIndex((entry) => isBehind(entry, query.after)) : 0
    const page = from < 0 ? [] : found.slice(from, from + query.limit)
    const described = await Promise.all(page.map((entry) => this.#described(entry)))
    const isLast = from < 0 || from + page.length >= found.length
    return {
      recordings: described.filter((each) => each !== null),
      total: found.length,
      next: isLast ? null : placeAfter(page.at(-1)),
    }
  }

  /** What a list says of a recording; `null` for one that is gone meanwhile. */
  async #described(entry) {
    try {
      const { identity, facts } = await this.#readers.facts(this.#index.file(entry.id))
      if (identity !== entry.file) throw coded('ENOENT', 'Another recording has its name by now')
      return { ...publicOf(entry), ...facts }
    } catch (error) {
      if (error.code !== 'ENOENT') throw error
      this.#index.forget(entry.id)
      return null
    }
  }

  async #entry(id, grant) {
    const entry = await this.#index.get(id)
    // Nobody learns of what they may not see.
    if (!entry || !isVisible(entry, grant)) throw unknown()
    return entry
  }

  async #remove(entry, grant) {
    if (grant.access !== 'write') throw coded('ERR_READ_ONLY', 'Who may only read removes nothing')
    const file = this.#index.file(entry.id)
    const { identity, facts } = await this.#readers.facts(file)
    if (identity !== entry.file) throw unknown()
    if (facts.status === 'recording' || (await this.#index.isAwaited(entry.id))) {
      throw coded('ERR_RECORDING_BUSY', 'It is being written: stop the recording first')
    }
    this.#readers.forget(file)
    // The cast first: without its card nobody would know whose it is.
    await fs.unlink(file)
    for (const ending of ['resume', 'keys', 'raw', 'json']) {
      await fs.unlink(this.#index.file(entry.id, ending)).catch(() => {})
    }
    this.#index.forget(entry.id)
    return { id: entry.id, removed: true }
  }

  #fail(response, error) {
    const status = STATUS[error?.code] ?? 500
    if (status === 500) this.#options.onError(error)
    if (response.headersSent) {
      response.destroy()
      return
    }
    if (error.allowed) response.setHeader('Allow', error.allowed)
    if (status === 503) response.setHeader('Retry-After', '1')
    // A message of the system names files of the server.
    const isOwn = typeof error?.code === 'string' && error.code.startsWith('ERR_')
    const message =
      status === 500
        ? 'The recordings cannot be used at the moment'
        : isOwn
          ? error.message
          : 'No such recording'
    const code = status === 404 ? 'ERR_RECORDING_NOT_FOUND' : (error?.code ?? null)
    send(response, status, { error: message, code })
  }

  close() {
    this.#readers.close()
  }
}

/**
 * Whose a recording is decides as for sessions: a grant for one project is for no
 * other, and what belongs to somebody is for nobody else. Of what other tools
 * wrote it is not known, so only who may see everything sees it.
 */
function isVisible(entry, grant) {
  const [userId, projectId] = [grant.userId ?? null, grant.projectId ?? null]
  if (!entry.isOwned) return userId === null && projectId === null
  if (projectId !== null && entry.projectId !== projectId) return false
  return userId === null || entry.userId === null || entry.userId === userId
}

function publicOf({ isOwned: _, file: __, ...entry }) {
  return entry
}

/** What a player needs to know before it reads any of the cast. */
function indexOf(entry, reader) {
  const { header, duration, status } = reader
  const segments = reader.segments()
  return {
    ...publicOf(entry),
    version: header.version,
    unicodeVersion: reader.unicodeVersion,
    cols: header.cols,
    rows: header.rows,
    duration,
    status,
    bytes: segments.at(-1).end,
    /** Time, first byte, columns, rows, and whether there is a keyframe: a recording has thousands. */
    segments: segments.map(({ time, start, cols, rows, keyframe }) => [
      time,
      start,
      cols,
      rows,
      keyframe ? 1 : 0,
    ]),
  }
}

/** A terminal at a moment; a recording is text, and so is what draws its screens. */
function momentOf(moment) {
  return { ...moment, data: moment.data.toString() }
}

function allow({ method }, ...methods) {
  if (methods.includes(method)) return
  throw coded('ERR_METHOD_NOT_ALLOWED', `Only ${methods.join(', ')}`, { allowed: methods.join(', ') })
}

function unknown(message = 'No such recording') {
  return coded('ERR_RECORDING_NOT_FOUND', message)
}

/** What is not properly encoded is the name of nothing. */
function decoded(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return ''
  }
}

function send(response, status, body) {
  sendBytes(response, Buffer.from(JSON.stringify(body)), JSON_TYPE, status)
}

function sendBytes(response, body, type, status = 200) {
  if (response.headersSent || response.destroyed) return
  response.writeHead(status, { ...PRIVATE, 'Content-Type': type, 'Content-Length': body.length })
  response.end(body)
}

module.exports = { RecordingServer }
