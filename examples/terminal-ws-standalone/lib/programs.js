/**
 * A project's own programs, `node_modules/.bin`, in the PATH of its shells:
 * behind the system's folders, so that no project replaces `ls`.
 *
 * The PATH that a login shell is given may not last: on Debian and Alpine
 * /etc/profile sets it anew. So the shell is told to add the folder itself, when
 * its profile has run: bash by PROMPT_COMMAND, other POSIX shells by ENV. zsh
 * keeps what it is given.
 */

const path = require('node:path')
const { setVariable, variable } = require('offheap-terminal/server')

/** Adds the folder where it is missing. */
const ADD = 'case ":$PATH:" in *":$PROJECT_BIN:"*) ;; *) PATH="$PATH:$PROJECT_BIN" ;; esac'
/** The same as a file. */
const ADD_FILE = path.join(__dirname, 'add-programs.sh')
/** Shells that read the file that ENV names when they are interactive. */
const POSIX = new Set(['sh', 'dash', 'ash', 'ksh', 'ksh93', 'mksh', 'busybox'])

/**
 * @param {Record<string, string>} env is left as it is
 * @param {string} folder
 * @param {string} shell the shell's path
 */
function withPrograms(env, folder, shell) {
  const onWindows = process.platform === 'win32'
  const { delimiter } = onWindows ? path.win32 : path.posix
  // It would be two folders.
  if (folder.includes(delimiter)) return env
  const searched = variable(env, 'PATH')
  const longer = { ...env }
  if (searched) setVariable(longer, 'PATH', `${searched}${delimiter}${folder}`)
  return onWindows ? longer : withHook({ ...longer, PROJECT_BIN: folder }, shell)
}

function withHook(env, shell) {
  const kind = path.basename(shell)
  if (kind === 'bash') {
    return { ...env, PROMPT_COMMAND: env.PROMPT_COMMAND ? `${ADD}\n${env.PROMPT_COMMAND}` : ADD }
  }
  return POSIX.has(kind) && !env.ENV ? { ...env, ENV: ADD_FILE } : env
}

module.exports = { withPrograms }
