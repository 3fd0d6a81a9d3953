/** The server's token: where it comes from, and that it does not stay in the environment. */

const crypto = require('node:crypto')
const fs = require('node:fs')
const { ConfigError } = require('./config-error')

/** The variables that say it. */
const TOKEN_VARIABLES = ['AUTH_TOKEN', 'AUTH_TOKEN_FILE']
const TOKEN_BYTES = 16

/**
 * The token of AUTH_TOKEN, or in the file that AUTH_TOKEN_FILE names; empty where
 * there is none. AUTH_TOKEN is taken out of the environment, so that nothing that
 * this process starts has it.
 *
 * @param {NodeJS.ProcessEnv} env
 * @throws `ERR_CONFIG`
 */
function takeToken(env) {
  const { AUTH_TOKEN: token = '', AUTH_TOKEN_FILE: file = '' } = env
  delete env.AUTH_TOKEN
  if (file === '') return token
  if (token !== '') throw new ConfigError('Set AUTH_TOKEN or AUTH_TOKEN_FILE, not both')
  return tokenIn(file)
}

function tokenIn(file) {
  let token
  try {
    token = fs.readFileSync(file, 'utf8').trim()
  } catch (error) {
    throw new ConfigError(`AUTH_TOKEN_FILE=${file} cannot be read: ${error.message}`)
  }
  if (!/^[\x21-\x7e]+$/.test(token)) {
    throw new ConfigError(
      `AUTH_TOKEN_FILE=${file} must hold the token, as one word of ASCII, and nothing else`,
    )
  }
  return token
}

/** A command that starts the server with a token that nobody else knows. */
function startWithToken() {
  const token = crypto.randomBytes(TOKEN_BYTES).toString('hex')
  return process.platform === 'win32'
    ? `$env:AUTH_TOKEN='${token}'; npm start`
    : `AUTH_TOKEN=${token} npm start`
}

module.exports = { TOKEN_VARIABLES, startWithToken, takeToken }
