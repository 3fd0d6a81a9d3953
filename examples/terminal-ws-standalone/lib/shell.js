/** The app's shells: the package's, in the environment that the project's files describe. */

const fs = require('node:fs')
const path = require('node:path')
const { parseEnv } = require('node:util')
const { defaultShell, projectEnvironment, shellEnvironment } = require('offheap-terminal/server')
const { VARIABLES } = require('./config')

/** A settings file is small; a larger one is something else. */
const MAX_ENV_FILE = 64 * 1024
/** Later files win. The order is the app's: its projects rely on `.env`, and then `.env.production`. */
const ENV_FILES = [
  '.env.local',
  '.env.development.local',
  '.env.production.local',
  '.env.development',
  '.env.production',
  '.env',
]

/**
 * Makes the function that says which shell a session gets. Settings of this
 * server are not inherited: a project's server would take its PORT for its own.
 *
 * @param {{ shellEnvDeny: string[], projectEnvAllow: string[], shellIntegration: boolean, screen: boolean }} config
 */
function shells({ shellEnvDeny, projectEnvAllow, shellIntegration, screen }) {
  return (query, grant, session) => {
    const shell = defaultShell(query, grant, session)
    const inherited = shellEnvironment(process.env, { deny: [...VARIABLES, ...shellEnvDeny] })
    const env = projectEnvironment(inherited, envFiles(shell.cwd), { allow: projectEnvAllow })
    return {
      ...shell,
      env: withPrograms(env, path.join(shell.cwd, 'node_modules', '.bin')),
      integration: shellIntegration && Boolean(screen),
    }
  }
}

/** The project's own programs come first. */
function withPrograms(env, folder) {
  const isPath = (name) => name === 'PATH' || (process.platform === 'win32' && /^path$/i.test(name))
  const name = Object.keys(env).find(isPath) ?? 'PATH'
  return { ...env, [name]: env[name] ? `${folder}${path.delimiter}${env[name]}` : folder }
}

function envFiles(cwd) {
  const merged = {}
  for (const name of ENV_FILES) Object.assign(merged, readEnvFile(path.join(cwd, name)))
  return merged
}

function readEnvFile(file) {
  try {
    const stats = fs.statSync(file, { throwIfNoEntry: false })
    if (!stats?.isFile() || stats.size > MAX_ENV_FILE) return {}
    return parseEnv(fs.readFileSync(file, 'utf8'))
  } catch {
    // A file that cannot be read is no reason to refuse a shell.
    return {}
  }
}

module.exports = { shells }
