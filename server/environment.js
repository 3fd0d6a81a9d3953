/**
 * What a shell inherits from its server, and what a project may set in it.
 * Patterns are names, or beginnings of names that end in `*`.
 */

/**
 * What concerns the server alone: the terminal and the tools that it was started
 * from, its supervisor, Node's and npm's settings for it, and its token.
 */
const DENIED = [
  // Terminals and multiplexers: programs would take their terminal for that one.
  ...['TMUX*', 'STY', 'WINDOW', 'ZELLIJ*', 'TERM_PROGRAM*', 'TERM_SESSION_ID', 'VTE_VERSION', 'COLORFGBG'],
  ...['VSCODE_*', 'ITERM_*', 'KITTY_*', 'WEZTERM_*', 'ALACRITTY_*', 'KONSOLE_*', 'GNOME_TERMINAL_*'],
  ...['WT_SESSION', 'WT_PROFILE_ID', 'INSIDE_EMACS', 'ELECTRON_RUN_AS_NODE', 'WINDOWID', 'COLUMNS', 'LINES'],
  // Node and npm.
  ...['NODE_OPTIONS', 'NODE_ENV', 'NODE_CHANNEL_*', 'NODE_UNIQUE_ID', 'npm_*', 'NPM_*', 'INIT_CWD'],
  // Supervisors.
  ...['NOTIFY_SOCKET', 'LISTEN_FDS', 'LISTEN_PID', 'LISTEN_FDNAMES', 'WATCHDOG_*', 'INVOCATION_ID'],
  ...['JOURNAL_STREAM', 'PM2_*', 'pm_*', 'NO_COLOR', 'FORCE_COLOR'],
  'AUTH_TOKEN',
]

/** What decides which code runs, and as whom. */
const GUARDED = [
  ...[
    'LD_*',
    'DYLD_*',
    'PATH',
    'PATHEXT',
    'HOME',
    'SHELL',
    'USER',
    'LOGNAME',
    'COMSPEC',
    'SYSTEMROOT',
    'WINDIR',
  ],
  ...[
    'ENV',
    'BASH_ENV',
    'BASH_FUNC_*',
    'PROMPT_COMMAND',
    'PS0',
    'PS1',
    'PS4',
    'IFS',
    'SHELLOPTS',
    'BASHOPTS',
  ],
  ...['ZDOTDIR', 'INPUTRC', 'EDITOR', 'VISUAL', 'PAGER', 'MANPAGER', 'LESSOPEN', 'LESSCLOSE', 'BROWSER'],
  ...['NODE_OPTIONS', 'NODE_PATH', 'PYTHONPATH', 'PYTHONHOME', 'PYTHONSTARTUP', 'PERL5OPT', 'PERL5LIB'],
  ...['RUBYOPT', 'RUBYLIB', 'JAVA_TOOL_OPTIONS', '_JAVA_OPTIONS', 'JDK_JAVA_OPTIONS'],
  ...[
    'GIT_SSH*',
    'GIT_EXEC_PATH',
    'GIT_EXTERNAL_DIFF',
    'GIT_PAGER',
    'GIT_EDITOR',
    'GIT_ASKPASS',
    'GIT_CONFIG*',
  ],
  ...['SSH_ASKPASS', 'SUDO_ASKPASS'],
]

/** What names of one variable have in common: Windows does not tell them apart by their case. */
function folded(name) {
  return process.platform === 'win32' ? name.toUpperCase() : name
}

/** The regular expression of a pattern. */
function sourceOf(pattern) {
  const name = pattern.replace(/\*$/, '').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return pattern.endsWith('*') ? `${name}.*` : name
}

/** A function that says whether a name is one of some patterns. */
function matcher(patterns) {
  const source = `^(?:${patterns.map(sourceOf).join('|') || '(?!)'})$`
  const [exact, folding] = [new RegExp(source, 's'), new RegExp(source, 'is')]
  return (name) => (process.platform === 'win32' ? folding : exact).test(name)
}

// Made once: an environment is made for each shell.
const isDenied = matcher(DENIED)
const isGuarded = matcher(GUARDED)

/**
 * Sets a variable of an environment, under this name alone: on Windows others that
 * differ in case are taken out, as they would be the same variable.
 *
 * @param {Record<string, string | undefined>} env is changed
 * @param {string} name
 * @param {string} value
 */
function setVariable(env, name, value) {
  const wanted = folded(name)
  if (process.platform === 'win32') {
    for (const other of Object.keys(env)) if (folded(other) === wanted) delete env[other]
  }
  // A name of every object's is one like any other.
  Object.defineProperty(env, name, { value, writable: true, enumerable: true, configurable: true })
}

/**
 * A variable of an environment, on Windows whatever the case of its name. Of
 * several the last counts, as for the programs that are started.
 *
 * @param {Record<string, string | undefined>} env
 * @param {string} name
 * @returns {string | undefined}
 */
function variable(env, name) {
  if (process.platform !== 'win32') return Object.hasOwn(env, name) ? env[name] : undefined
  const wanted = folded(name)
  const known = Object.keys(env).findLast((other) => folded(other) === wanted)
  return known === undefined ? undefined : env[known]
}

/**
 * A shell's environment: what it may inherit of another, with `TERM`,
 * `COLORTERM` and, where none names a UTF-8 locale, `LANG` set.
 *
 * @param {NodeJS.ProcessEnv | null} [base] Default: the environment of this process
 * @param {{ deny?: string[] | null, keep?: string[] | null } | null} [options]
 * patterns that are denied, too, and such that are not
 */
function shellEnvironment(base, options) {
  const { deny, keep } = options ?? {}
  const [denied, kept] = [matcher(deny ?? []), matcher(keep ?? [])]
  const isInherited = (name) => kept(name) || !(isDenied(name) || denied(name))
  const inherited = Object.entries(base ?? process.env).filter(([name]) => isInherited(name))
  const env = Object.fromEntries(inherited)
  setVariable(env, 'TERM', 'xterm-256color')
  setVariable(env, 'COLORTERM', 'truecolor')
  const locale = variable(env, 'LC_ALL') ?? variable(env, 'LC_CTYPE') ?? variable(env, 'LANG')
  if (!/utf-?8/i.test(locale ?? '')) setVariable(env, 'LANG', 'C.UTF-8')
  return env
}

/**
 * An environment with a project's variables, but for those that decide which
 * code runs, and as whom.
 *
 * @param {Record<string, string>} env is left as it is
 * @param {Record<string, string>} variables
 * @param {{ allow?: string[] | null } | null} [options] patterns of variables that the project
 * may set nevertheless
 */
function projectEnvironment(env, variables, options) {
  const allowed = matcher(options?.allow ?? [])
  const merged = { ...env }
  for (const [name, value] of Object.entries(variables)) {
    if (allowed(name) || !isGuarded(name)) setVariable(merged, name, value)
  }
  return merged
}

module.exports = { projectEnvironment, setVariable, shellEnvironment, variable }
