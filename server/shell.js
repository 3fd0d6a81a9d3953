const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { shellEnvironment } = require('./environment')
const { loginArguments } = require('./login-arguments')

const COLS = 80
const ROWS = 30

/**
 * The shell that a session gets where the application does not say: the first
 * of `$SHELL`, bash and sh that exists, on Windows of `%SHELL%` (which Git Bash
 * sets) and `%COMSPEC%`, as a login shell, in the directory that the session has
 * or the query names.
 *
 * @param {{ path?: string }} query
 * @param {object} _grant
 * @param {import('offheap-terminal').Session | null} [session] one that has no shell yet
 */
function defaultShell(query, _grant, session = null) {
  const file = findShell()
  return {
    file,
    args: loginArguments(file),
    cols: COLS,
    rows: ROWS,
    cwd: workingDirectory(session?.cwd ?? query.path),
    env: shellEnvironment(),
  }
}

function findShell() {
  const { SHELL, COMSPEC } = process.env
  const [candidates, otherwise] =
    process.platform === 'win32'
      ? [[SHELL, COMSPEC], 'cmd.exe']
      : [[SHELL, '/bin/bash', '/usr/bin/bash', '/bin/sh'], '/bin/sh']
  return candidates.find((file) => file && isExecutable(file)) ?? otherwise
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
  const resolved = wanted ? absolute(wanted) : null
  const stats = resolved && statOf(resolved)
  if (stats?.isDirectory()) return resolved
  if (stats?.isFile()) return path.dirname(resolved)
  return os.homedir()
}

/** Null for what is relative to a directory that was removed. */
function absolute(file) {
  try {
    return path.resolve(file)
  } catch {
    return null
  }
}

/** Null for what is not there, may not be looked at, or can be no path. */
function statOf(file) {
  try {
    return fs.statSync(file)
  } catch {
    return null
  }
}

module.exports = { defaultShell }
