const { Access } = require('./access')
const { coded } = require('./errors')
const { isLoopback } = require('./names')
const { ShareGrant } = require('./shares')
const { within } = require('./time-limit')
const { WaitingRoom } = require('./waiting-room')

const UNAUTHORIZED = { status: 401, message: 'Unauthorized' }
const FORBIDDEN = { status: 403, message: 'Forbidden' }
const TIMED_OUT = { status: 503, message: 'Not authorized in time' }

/** Decides who may connect, and to what. */
class Authorization {
  #access
  #options
  #shares
  #waiting

  /**
   * @param {object} options those of the server
   * @param {import('./shares').Shares} shares
   */
  constructor(options, shares) {
    const { token, origins, trustProxy } = options
    this.#options = options
    this.#shares = shares
    this.#waiting = new WaitingRoom(options)
    // Whoever has the token may use any name of the server.
    this.#access = new Access({ token, origins, trustProxy, loopback: token === null })
  }

  /**
   * Decides on a request, at once or within the time limit. Exactly one of the
   * callbacks is called.
   *
   * @param {import('node:http').IncomingMessage} request
   * @param {URL} url its URL
   * @param {(grant: object) => void} granted
   * @param {(refusal: { status: number, message: string }) => void} refused
   */
  decide(request, url, granted, refused) {
    const { address } = this.#access.clientOf(request)
    const foreign = this.#access.refuseOrigin(request)
    const share = url.searchParams.get('share')
    if (foreign) {
      refused(foreign)
    } else if (share !== null) {
      const grant = this.#shares.grantOf(share, address)
      if (grant) granted(grant)
      else refused(UNAUTHORIZED)
    } else {
      this.#ask(request, url, address, granted, refused)
    }
  }

  #ask(request, url, address, granted, refused) {
    const { refusal: busy, leave } = this.#waiting.enter(address)
    if (busy) {
      refused(busy)
      return
    }
    const authorize = this.#options.authorize ?? (() => this.#byDefault(request, url, address))
    const decided = (answer) => {
      leave()
      const { grant, refusal } = this.#verdict(answer, address)
      if (grant) granted(grant)
      else refused(refusal)
    }
    const failed = (error) => {
      leave()
      refused(this.#failure(error))
    }
    within(this.#options.timeLimit, () => authorize(request), decided, failed)
  }

  /** Whoever has the token or, where there is none, programs and pages of this machine. */
  #byDefault(request, url, address) {
    const refused = this.#access.refuseWithToken(request, url)
    if (refused) return refused
    const isLocal = this.#options.token !== null || address === undefined || isLoopback(address)
    return isLocal ? { access: 'write' } : FORBIDDEN
  }

  /** What `authorize` returned, as a grant or a refusal; what is neither is refused, and reported. */
  #verdict(answer, address) {
    if (answer === null || answer === undefined || answer === false) return { refusal: UNAUTHORIZED }
    if (isStatus(answer.status)) return { refusal: refusalOf(answer) }
    try {
      return { grant: grantOf(answer, address) }
    } catch (error) {
      this.#options.onError(error)
      return { refusal: FORBIDDEN }
    }
  }

  #failure(error) {
    if (isStatus(error?.status)) return refusalOf(error)
    this.#options.onError(error)
    return error?.code === 'ERR_TIMED_OUT' ? TIMED_OUT : FORBIDDEN
  }

  /** A grant of an application that has seen to the request itself. */
  grant(answer, request) {
    return answer instanceof ShareGrant ? answer : grantOf(answer, this.#access.clientOf(request).address)
  }
}

function grantOf(answer, address) {
  const access = answer?.access ?? 'write'
  if (typeof answer !== 'object' || answer === null || (access !== 'read' && access !== 'write')) {
    throw coded('ERR_INVALID_GRANT', 'authorize must return an object with access "read" or "write", or null')
  }
  for (const name of ['userId', 'projectId']) {
    if ((answer[name] ?? null) !== null && typeof answer[name] !== 'string') {
      throw coded('ERR_INVALID_GRANT', `authorize returned a ${name} that is no string`)
    }
  }
  return { ...answer, access, address }
}

function isStatus(status) {
  return Number.isInteger(status) && status >= 400 && status <= 599
}

/** A message goes into a header's line and a close frame: plain and short. */
function refusalOf({ status, message }) {
  const text = typeof message === 'string' ? message.replace(/[^\x20-\x7e]/g, ' ').slice(0, 100) : ''
  return { status, message: text || 'Refused' }
}

module.exports = { Authorization }
