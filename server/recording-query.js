const { coded } = require('./errors')

/** Recordings in one response. */
const MOST = 1000
const USUAL = 100
const MAX_TEXT = 1000
const MAX_HITS = 10_000

/**
 * What a list is asked for: `projectId`, `userId`, `from`, `to`, `limit`, `after`.
 *
 * @throws `ERR_OUT_OF_RANGE`, `ERR_INVALID_ARG_VALUE`
 */
function listQueryOf(parameters) {
  return {
    projectId: textOf(parameters, 'projectId'),
    userId: textOf(parameters, 'userId'),
    sessionId: textOf(parameters, 'sessionId'),
    from: timeOf(parameters, 'from') ?? Number.NEGATIVE_INFINITY,
    to: timeOf(parameters, 'to') ?? Number.POSITIVE_INFINITY,
    limit: countOf(parameters, 'limit', USUAL, MOST),
    after: placeOf(parameters),
  }
}

/** What a search is asked for: `text`, `limit`. */
function searchQueryOf(parameters) {
  const text = parameters.get('text') ?? ''
  if (text === '' || text.length > MAX_TEXT) {
    throw coded('ERR_OUT_OF_RANGE', `text must have 1 to ${MAX_TEXT} characters`)
  }
  return { text, limit: countOf(parameters, 'limit', 1000, MAX_HITS) }
}

/**
 * The moment that is asked for, in seconds.
 *
 * @throws `ERR_INVALID_ARG_VALUE`
 */
function secondsOf(text) {
  if (/^\d{1,16}(\.\d{1,16})?$/.test(text)) return Number(text)
  throw coded('ERR_INVALID_ARG_VALUE', 'A moment is a number of seconds, such as 12.5')
}

/** Whether an entry is what a list is asked for. */
function isAsked(entry, { projectId, userId, sessionId, from, to }) {
  return (
    (projectId === null || entry.projectId === projectId) &&
    (userId === null || entry.userId === userId) &&
    (sessionId === null || entry.sessionId === sessionId) &&
    entry.startedAt >= from &&
    entry.startedAt < to
  )
}

/** Where the next page begins: behind this entry. */
function placeAfter({ startedAt, id }) {
  return `${startedAt}~${id}`
}

/** Whether an entry comes behind a place, in lists that have the newest first. */
function isBehind(entry, { startedAt, id }) {
  return entry.startedAt < startedAt || (entry.startedAt === startedAt && entry.id < id)
}

function placeOf(parameters) {
  const text = textOf(parameters, 'after')
  if (text === null) return null
  const [, startedAt, id] = /^(-?\d{1,16})~([\w.-]{1,200})$/.exec(text) ?? []
  if (startedAt === undefined) throw coded('ERR_INVALID_ARG_VALUE', 'after must be the next of a list')
  return { startedAt: Number(startedAt), id }
}

function textOf(parameters, name) {
  const text = parameters.get(name)
  return text === '' ? null : text
}

/** A time in ms since the epoch: as a number, or as ISO 8601. */
function timeOf(parameters, name) {
  const text = textOf(parameters, name)
  if (text === null) return null
  const time = /^\d{1,16}$/.test(text) ? Number(text) : Date.parse(text)
  if (!Number.isFinite(time))
    throw coded('ERR_INVALID_ARG_VALUE', `${name} must be a time, as 2026-01-31T12:00:00Z or in ms`)
  return time
}

function countOf(parameters, name, usual, most) {
  const text = textOf(parameters, name)
  if (text === null) return usual
  const count = /^\d{1,9}$/.test(text) ? Number(text) : 0
  if (count < 1 || count > most)
    throw coded('ERR_OUT_OF_RANGE', `${name} must be a whole number from 1 to ${most}`)
  return count
}

module.exports = { isAsked, isBehind, listQueryOf, placeAfter, searchQueryOf, secondsOf }
