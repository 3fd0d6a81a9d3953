/** Which shell a new session gets, where it starts, and its environment. */

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { parseEnv } = require('node:util')
const { VARIABLES } = require('./config')

const COLS = 80
const ROWS = 30
/** A settings file is small; a larger one is something else. */
const MAX_ENV_FILE = 64 * 1024
/** Later files win, as the frameworks that use them have it. */
const ENV_FILES = ['.env', '.env.development', '.env.local', '.env.development.local']

/** The options of `session.spawn()`. */
function shellOptions(cwd) {
  return { file: findShell(), args: ['-l'], cols: COLS, rows: ROWS, cwd, env: environment(cwd) }
}

function findShell() {
  const candidates = [process.env.SHELL, '/bin/bash', '/usr/bin/bash', '/bin/sh']
  if (process.platform === 'win32') return process.env.COMSPEC ?? 'cmd.exe'
  return candidates.find((file) => file && isExecutable(file)) ?? '/bin/sh'
}

function isExecutable(file) {
  try {
    fs.accessSync(file, fs.constants.X_OK)
    return fs.statSync(file).isFile()
  } catch {
    return false
  }
}

/** A directory that exists: the one asked for, a file's folder, or home. */
function workingDirectory(wanted) {
  const resolved = path.resolve(wanted ?? '')
  const stats = wanted && statOf(resolved)
  if (stats?.isDirectory()) return resolved
  if (stats?.isFile()) return path.dirname(resolved)
  return os.homedir()
}

/** Null for what is not there, may not be looked at, or can be no path. */
function statOf(file) {
  try {
    return fs.statSync(file)
  } catch {
    return null
  }
}

function environment(cwd) {
  const env = { ...inherited(), ...envFiles(cwd) }
  env.TERM = 'xterm-256color'
  env.COLORTERM = 'truecolor'
  if (!/utf-?8/i.test(env.LC_ALL ?? env.LC_CTYPE ?? env.LANG ?? '')) env.LANG = 'C.UTF-8'
  const bin = path.join(cwd, 'node_modules', '.bin')
  env.PATH = env.PATH ? `${bin}${path.delimiter}${env.PATH}` : bin
  return env
}

/**
 * The server's environment but for its own settings, its token among them, and
 * for what npm tells its scripts: a project's server would take the one's PORT
 * for its own, and nvm refuses to work beside the other.
 */
function inherited() {
  const isOurs = (name) => VARIABLES.includes(name) || /^npm_/i.test(name)
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !isOurs(name)))
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

module.exports = { shellOptions, workingDirectory }
