/**
 * Makes an error with a stable code, as all errors of the package have one.
 *
 * @param {string} code explained in docs/errors.md
 * @param {string} message names what is wrong and what to do
 */
function coded(code, message, properties = {}) {
  return Object.assign(new Error(message), { code, ...properties })
}

module.exports = { coded }
