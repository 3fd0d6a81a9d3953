/** The app's shells: the package's, in the environment that the project's files describe. */

const path = require('node:path')
const { defaultShell, projectEnvironment, shellEnvironment } = require('offheap-terminal/server')
const { VARIABLES } = require('./config')
const { readEnvFiles } = require('./env-files')
const { withPrograms } = require('./programs')

class Shells {
  #deny
  #allow
  #isIntegrated
  #problems = []

  /** @param {{ shellEnvDeny: string[], projectEnvAllow: string[], shellIntegration: boolean, screen: boolean }} config */
  constructor({ shellEnvDeny, projectEnvAllow, shellIntegration, screen }) {
    // Settings of this server are not inherited: a project's server would take its PORT for its own.
    this.#deny = [...VARIABLES, ...shellEnvDeny]
    this.#allow = projectEnvAllow
    this.#isIntegrated = Boolean(shellIntegration && screen)
  }

  /** Which shell a session gets. */
  optionsFor(query, grant, session) {
    const shell = defaultShell(query, grant, session)
    const inherited = shellEnvironment(shell.env, { deny: this.#deny })
    const { variables, problems } = readEnvFiles(shell.cwd)
    this.#problems.push(...problems)
    const env = projectEnvironment(inherited, variables, { allow: this.#allow })
    const programs = path.join(shell.cwd, 'node_modules', '.bin')
    return { ...shell, env: withPrograms(env, programs, shell.file), integration: this.#isIntegrated }
  }

  /** What was wrong with the project's files since this was asked last. */
  takeProblems() {
    const problems = this.#problems
    this.#problems = []
    return problems
  }
}

module.exports = { Shells }
