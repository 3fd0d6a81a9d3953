/** A project's `.env` files: what they set, and which of them cannot be used and why. */

const fs = require('node:fs')
const path = require('node:path')
const { parseEnv } = require('node:util')

/** A settings file is small; a larger one is something else. */
const MAX_BYTES = 64 * 1024
/** Later files win. The order is the app's: its projects rely on `.env`, and then `.env.production`. */
const FILES = [
  '.env.local',
  '.env.development.local',
  '.env.production.local',
  '.env.development',
  '.env.production',
  '.env',
]
/** What a name leads to nothing with. */
const ABSENT = new Set(['ENOENT', 'ENOTDIR'])
/** Opening what became a FIFO meanwhile must not wait for its writer. */
const OPEN = fs.constants.O_RDONLY | (fs.constants.O_NONBLOCK ?? 0)

const UTF_16 = ['fffe', 'feff']
const UTF_8_MARK = 'efbbbf'

class Unusable extends Error {}

/**
 * @param {string} cwd the project's directory
 * @returns {{ variables: Record<string, string>, problems: string[] }} a sentence for each file that is not used
 */
function readEnvFiles(cwd) {
  const variables = {}
  const problems = []
  for (const name of FILES) {
    try {
      Object.assign(variables, parseEnv(textOf(path.join(cwd, name))))
    } catch (error) {
      if (ABSENT.has(error.code)) continue
      const reason = error instanceof Unusable ? error.message : `it cannot be read (${error.code})`
      problems.push(`${name} is not used: ${reason}.`)
    }
  }
  return { variables, problems }
}

function textOf(file) {
  check(fs.statSync(file))
  const descriptor = fs.openSync(file, OPEN)
  try {
    check(fs.fstatSync(descriptor))
    const bytes = Buffer.alloc(MAX_BYTES)
    return decoded(bytes.subarray(0, fs.readSync(descriptor, bytes)))
  } finally {
    fs.closeSync(descriptor)
  }
}

function check(stats) {
  if (stats.isDirectory()) throw new Unusable('it is a directory')
  if (!stats.isFile()) throw new Unusable('it is no regular file')
  if (stats.size > MAX_BYTES) throw new Unusable(`it is larger than ${MAX_BYTES / 1024} KiB`)
}

/** No variable can hold a NUL, and as UTF-16 every other byte is one. */
function decoded(bytes) {
  if (UTF_16.includes(bytes.toString('hex', 0, 2))) {
    throw new Unusable('it is UTF-16, and must be saved as UTF-8')
  }
  if (bytes.includes(0))
    throw new Unusable('it contains a NUL byte, as UTF-16 does; it must be saved as UTF-8')
  return bytes.toString('utf8', bytes.toString('hex', 0, 3) === UTF_8_MARK ? 3 : 0)
}

module.exports = { readEnvFiles }
