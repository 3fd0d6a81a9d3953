const crypto = require('node:crypto')
const { coded } = require('./errors')
const { MAX_TIME } = require('./options')
const { keyOf } = require('./session-key')

const DAY = 24 * 60 * 60_000
const TOKEN_BYTES = 24
/** Shares that may be valid at once. */
const MAX_SHARES = 10_000

/** The right to one session, for whoever has its token. */
class Share {
  /** Whom it let in: closed when it ends. */
  connections = new Set()

  constructor(session, access, timer) {
    this.session = session
    this.access = access
    this.timer = timer
  }
}

/**
 * What a connection may do that came by a share. An application cannot make
 * one, so what `authorize` returns is never taken for it.
 */
class ShareGrant {
  constructor(share, address) {
    this.share = share
    this.access = share.access
    this.address = address
  }

  get session() {
    return this.share.session
  }
}

/** The shares of a server, by their tokens' digests: the tokens are not kept. */
class Shares {
  #shares = new Map()
  /** The digests of each session that has shares. */
  #bySession = new Map()

  /**
   * @returns {string} the token, of 192 random bits
   * @throws `ERR_CLOSED`, `ERR_SHARE_LIMIT`, `ERR_INVALID_ARG_TYPE`,
   * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`
   */
  add(session, { access, expiresIn } = {}) {
    const [granted, time] = [access ?? 'read', expiresIn ?? DAY]
    if (typeof session?.openViewer !== 'function') {
      throw coded('ERR_INVALID_ARG_TYPE', 'session must be a Session')
    }
    if (granted !== 'read' && granted !== 'write') {
      throw coded('ERR_INVALID_ARG_VALUE', 'access must be "read" or "write"')
    }
    if (typeof time !== 'number') throw coded('ERR_INVALID_ARG_TYPE', 'expiresIn must be a number')
    if (!Number.isInteger(time) || time < 1 || time > MAX_TIME) {
      throw coded('ERR_OUT_OF_RANGE', `expiresIn must be a whole number of ms from 1 to ${MAX_TIME}`)
    }
    if (session.closed) throw coded('ERR_CLOSED', 'The session is closed')
    if (this.#shares.size >= MAX_SHARES) {
      throw coded('ERR_SHARE_LIMIT', `${MAX_SHARES} shares are valid, which is the limit: revoke some`)
    }
    const token = crypto.randomBytes(TOKEN_BYTES).toString('base64url')
    const key = digest(token)
    const timer = setTimeout(() => this.#end(key), time)
    timer.unref()
    this.#shares.set(key, new Share(session, granted, timer))
    const name = keyOf(session)
    this.#bySession.set(name, (this.#bySession.get(name) ?? new Set()).add(key))
    return token
  }

  /** What a token grants now; `null` for one that is unknown, revoked or expired. */
  grantOf(token, address) {
    const share = this.#shares.get(digest(token))
    return share && !share.session.closed ? new ShareGrant(share, address) : null
  }

  /** Whether a grant still holds. */
  holds({ share }) {
    return share.timer !== null
  }

  revoke(token) {
    return this.#end(digest(token))
  }

  #end(key) {
    const share = this.#shares.get(key)
    if (!share) return false
    this.#shares.delete(key)
    const name = keyOf(share.session)
    const others = this.#bySession.get(name)
    others.delete(key)
    if (others.size === 0) this.#bySession.delete(name)
    clearTimeout(share.timer)
    share.timer = null
    for (const connection of [...share.connections]) connection.shareEnded()
    return true
  }

  /** A session is closed, and its connections with it: so are its shares. */
  sessionClosed(news) {
    for (const key of [...(this.#bySession.get(keyOf(news)) ?? [])]) {
      // Its id may be another session's by now.
      if (this.#shares.get(key).session.closed) this.#end(key)
    }
  }

  clear() {
    for (const key of [...this.#shares.keys()]) this.#end(key)
  }
}

function digest(token) {
  return crypto.createHash('sha256').update(token).digest('base64')
}

module.exports = { ShareGrant, Shares }
