const { execFileSync, spawnSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..', '..')
const modules = path.join(root, 'target', 'install-test', 'node_modules')

/** Installs the pinned package managers and compilers once, outside the tree. */
function installTools() {
  const folder = path.dirname(modules)
  fs.mkdirSync(folder, { recursive: true })
  const wanted = ['package.json', 'package-lock.json'].filter((name) => {
    const text = fs.readFileSync(path.join(__dirname, name))
    const copy = path.join(folder, name)
    if (fs.existsSync(copy) && fs.readFileSync(copy).equals(text)) return false
    fs.writeFileSync(copy, text)
    return true
  })
  if (wanted.length === 0 && fs.existsSync(modules)) return
  execFileSync('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: folder,
    stdio: 'inherit',
  })
}

/** The scripts that stand behind the commands, to be run by Node. */
const tools = {
  verdaccio: path.join(modules, 'verdaccio/bin/verdaccio'),
  npm: npmCli(),
  pnpm: path.join(modules, 'pnpm/bin/pnpm.cjs'),
  yarn1: path.join(modules, 'yarn/bin/yarn.js'),
  yarn4: path.join(modules, '@yarnpkg/cli-dist/bin/yarn.js'),
  tsc5: path.join(modules, 'typescript-5/bin/tsc'),
  tsc7: path.join(modules, 'typescript-7/bin/tsc'),
}

function npmCli() {
  const beside = path.join(path.dirname(process.execPath), '..', 'lib/node_modules/npm/bin/npm-cli.js')
  if (fs.existsSync(beside)) return fs.realpathSync(beside)
  const folder = execFileSync('npm', ['root', '--global'], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  return path.join(folder.trim(), 'npm/bin/npm-cli.js')
}

/**
 * A world of its own: a home without settings, a registry, and a PATH on which
 * there is Node and nothing else, so no compiler, make, Python or Rust.
 */
class Box {
  constructor(folder, registry) {
    this.folder = folder
    this.bin = path.join(folder, 'bin')
    fs.mkdirSync(this.bin)
    fs.symlinkSync(process.execPath, path.join(this.bin, 'node'))
    this.registry = registry
  }

  /** An empty project, with the files given. */
  project(name, files = {}) {
    const folder = path.join(this.folder, name)
    fs.mkdirSync(folder)
    const manifest = { name, version: '1.0.0', private: true }
    for (const [file, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
      fs.writeFileSync(path.join(folder, file), text)
    }
    return folder
  }

  environment() {
    const { host } = new URL(this.registry)
    return {
      PATH: this.bin,
      HOME: this.folder,
      TERM: 'xterm',
      npm_config_registry: this.registry,
      npm_config_cache: path.join(this.folder, 'npm-cache'),
      npm_config_update_notifier: 'false',
      [`npm_config_//${host}/:_authToken`]: 'anyone',
      YARN_REGISTRY: this.registry,
      YARN_NPM_REGISTRY_SERVER: this.registry,
      YARN_UNSAFE_HTTP_WHITELIST: '127.0.0.1',
      YARN_ENABLE_TELEMETRY: '0',
      YARN_ENABLE_GLOBAL_CACHE: 'false',
    }
  }

  /** Runs a script of ours with Node; its output, whatever its exit code. */
  try(cwd, ...args) {
    const options = { cwd, env: this.environment(), encoding: 'utf8', timeout: 120_000 }
    const { status, stdout, stderr } = spawnSync(process.execPath, args, options)
    return { status, output: stdout + stderr, stdout }
  }

  run(cwd, ...args) {
    const { status, output, stdout } = this.try(cwd, ...args)
    if (status !== 0) throw new Error(`node ${args.join(' ')} ended with ${status}:\n${output}`)
    return stdout
  }
}

module.exports = { Box, installTools, root, tools }
