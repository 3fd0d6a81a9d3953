const { coded } = require('./errors')

/**
 * Calls a function of the application that may return a promise, and hands on
 * what comes of it: exactly once, at once where it is no promise, and after
 * `ms` at the latest. The callbacks must not throw.
 *
 * @param {number} ms
 * @param {() => unknown} act
 * @param {(value: any) => void} done
 * @param {(error: unknown) => void} failed also when time is up: `ERR_TIMED_OUT`
 */
function within(ms, act, done, failed) {
  let result
  let then
  try {
    result = act()
    then = result?.then
  } catch (error) {
    failed(error)
    return
  }
  if (typeof then !== 'function') {
    done(result)
    return
  }
  let settled = false
  const settle = (next) => (value) => {
    if (settled) return
    settled = true
    clearTimeout(timer)
    next(value)
  }
  const timer = setTimeout(settle(failed), ms, coded('ERR_TIMED_OUT', `No answer within ${ms} ms`))
  timer.unref()
  Promise.resolve(result).then(settle(done), settle(failed))
}

module.exports = { within }
