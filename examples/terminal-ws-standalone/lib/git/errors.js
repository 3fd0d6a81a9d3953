/** What goes wrong with git, as clients are told: a stable code, and a message a person can act on. */

const MAX_MESSAGE = 300

class GitError extends Error {
  constructor(code, message) {
    super(message)
    this.name = 'GitError'
    this.code = code
  }

  /** As it goes into frames. */
  toJSON() {
    return { code: this.code, message: this.message }
  }
}

/** What a program said on its stderr, as one line without control characters. */
function lineOf(text) {
  return text
    .replace(/[\x00-\x1f\x7f-\x9f]+/g, ' ')
    .trim()
    .slice(0, MAX_MESSAGE)
}

module.exports = { GitError, lineOf }
