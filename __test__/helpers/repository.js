// Real git repositories, made with a configuration that is nobody's own.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

/** The environment of both git and the server: no configuration of the developer's. */
function gitEnvironment(home, more = {}) {
  fs.mkdirSync(home, { recursive: true })
  const settings = '[user]\n\tname = Test\n\temail = test@example.com\n[init]\n\tdefaultBranch = main\n'
  const rest = '[protocol "file"]\n\tallow = always\n[commit]\n\tgpgsign = false\n'
  fs.writeFileSync(path.join(home, '.gitconfig'), settings + rest)
  return { PATH: process.env.PATH, HOME: home, GIT_CONFIG_NOSYSTEM: '1', ...more }
}

class Repository {
  constructor(folder, env) {
    this.folder = folder
    this.env = env
  }

  /** A new repository with one commit of these files. */
  static make(folder, env, files = { 'a.txt': 'one\n' }) {
    fs.mkdirSync(folder, { recursive: true })
    const repository = new Repository(fs.realpathSync(folder), env)
    repository.git('init', '-q')
    for (const [name, text] of Object.entries(files)) repository.write(name, text)
    repository.git('add', '-A')
    repository.git('commit', '-q', '--allow-empty', '-m', 'first')
    return repository
  }

  git(...args) {
    const options = { cwd: this.folder, env: this.env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }
    return execFileSync('git', args, options)
  }

  /** Puts so many files into the index, and none onto the disk. */
  stage(count, prefix = 'staged') {
    const blob = this.git('hash-object', '-w', '--stdin').trim()
    const lines = Array.from({ length: count }, (_, index) => `100644 ${blob}\t${prefix}-${index}\n`)
    const options = { cwd: this.folder, env: this.env, input: lines.join('') }
    execFileSync('git', ['update-index', '--index-info'], options)
  }

  file(...names) {
    return path.join(this.folder, ...names)
  }

  write(name, text) {
    fs.mkdirSync(path.dirname(this.file(name)), { recursive: true })
    fs.writeFileSync(this.file(name), text)
  }
}

module.exports = { Repository, gitEnvironment }
