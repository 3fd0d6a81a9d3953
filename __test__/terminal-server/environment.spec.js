// What a shell inherits, and what a project may set in it.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const {
  defaultShell,
  projectEnvironment,
  setVariable,
  shellEnvironment,
  variable,
} = require('offheap-terminal/server')
const { withPrograms } = require('../../examples/terminal-ws-standalone/lib/programs')
const { startTerminals } = require('../helpers/terminals')
const { PROMPT } = require('../helpers/workspace')

const SERVERS_OWN = {
  TMUX: '/tmp/tmux-0/default,1,0',
  TMUX_PANE: '%1',
  STY: '1.pts-0',
  TERM_PROGRAM: 'vscode',
  TERM_PROGRAM_VERSION: '1.0',
  VSCODE_IPC_HOOK_CLI: '/tmp/vscode.sock',
  NODE_OPTIONS: '--max-old-space-size=64',
  NODE_ENV: 'production',
  NODE_CHANNEL_FD: '3',
  npm_lifecycle_event: 'start',
  npm_config_prefix: '/none',
  NPM_TOKEN: 'npm_secret',
  NO_COLOR: '1',
  AUTH_TOKEN: 's3cret',
  NOTIFY_SOCKET: '/run/systemd/notify',
  COLUMNS: '200',
}
const INNOCENT = {
  PATH: '/bin',
  HOME: '/home/a',
  EDITOR: 'vi',
  TMUXINATOR: undefined,
  NODE_PATH: '/lib',
  A_TOKEN: 'x',
}

/** Runs with another platform's rules for names. */
function asOn(platform, act) {
  const real = Object.getOwnPropertyDescriptor(process, 'platform')
  Object.defineProperty(process, 'platform', { ...real, value: platform })
  try {
    return act()
  } finally {
    Object.defineProperty(process, 'platform', real)
  }
}

describe('shellEnvironment', () => {
  test('leaves out what is the server’s own, and nothing else', () => {
    const { TMUXINATOR, ...kept } = INNOCENT
    expect(shellEnvironment({ ...SERVERS_OWN, ...kept, LANG: 'de_DE.UTF-8' })).toEqual({
      ...kept,
      LANG: 'de_DE.UTF-8',
      TERM: 'xterm-256color',
      COLORTERM: 'truecolor',
    })
  })

  test('can be told of more, and of less', () => {
    const env = shellEnvironment(
      { DATABASE_URL: 'x', MY_A: '1', MY_B: '2', NODE_ENV: 'test', TMUX: 'x' },
      { deny: ['DATABASE_URL', 'MY_*'], keep: ['NODE_ENV', 'MY_B'] },
    )
    expect(env).toMatchObject({ NODE_ENV: 'test', MY_B: '2' })
    expect(Object.keys(env).sort()).toEqual(['COLORTERM', 'LANG', 'MY_B', 'NODE_ENV', 'TERM'])
  })

  test.each([
    [{}, 'C.UTF-8'],
    [{ LANG: 'C' }, 'C.UTF-8'],
    [{ LANG: 'de_DE.utf8' }, 'de_DE.utf8'],
    [{ LC_ALL: 'en_US.UTF-8' }, undefined],
    [{ LC_ALL: 'C', LANG: 'en_US.UTF-8' }, 'C.UTF-8'],
  ])('names a UTF-8 locale: %j', (base, lang) => {
    expect(shellEnvironment(base).LANG).toBe(lang)
  })

  test('on Windows the case of a name does not matter', () => {
    const base = { Node_Options: '--x', Tmux: 'x', Path: 'C:\\bin', term: 'dumb' }
    const env = asOn('win32', () => shellEnvironment(base))
    expect(env).toEqual({ Path: 'C:\\bin', TERM: 'xterm-256color', COLORTERM: 'truecolor', LANG: 'C.UTF-8' })
    expect(asOn('linux', () => shellEnvironment(base))).toMatchObject({
      Node_Options: '--x',
      Tmux: 'x',
      term: 'dumb',
    })
  })

  test('is what shells get, this process’ by default', async () => {
    Object.assign(process.env, SERVERS_OWN)
    const host = await startTerminals()
    try {
      const client = host.connect()
      await client.sees(PROMPT)
      const names = Object.keys(SERVERS_OWN).filter((name) => name !== 'COLUMNS')
      client.type(`env | grep -cE '^(${names.join('|')})='; echo che""cked $TERM\r`)
      await client.sees('checked xterm-256color\r\n')
      expect(client.output).toContain('\r\n0\r\nchecked')
    } finally {
      for (const name of Object.keys(SERVERS_OWN)) delete process.env[name]
      await host.stop()
    }
  })
})

describe('setVariable and variable', () => {
  test('on Windows there is one variable, whatever the case of its name, and the last counts', () => {
    asOn('win32', () => {
      const env = { Path: 'system', PATHEXT: '.EXE' }
      expect([variable(env, 'PATH'), variable(env, 'path')]).toEqual(['system', 'system'])
      expect(variable({ ...env, PATH: 'own' }, 'Path')).toBe('own')
      expect(variable({ PATH: 'system', Path: 'own' }, 'PATH')).toBe('own')
      setVariable(env, 'PATH', 'own')
      expect(env).toEqual({ PATH: 'own', PATHEXT: '.EXE' })
      const both = { Path: 'a', PATH: 'b', path: 'c' }
      setVariable(both, 'Path', 'd')
      expect(both).toEqual({ Path: 'd' })
    })
  })

  test('elsewhere names are what they are', () => {
    asOn('linux', () => {
      const env = { Path: 'mine', PATH: '/bin' }
      setVariable(env, 'path', 'x')
      expect(env).toEqual({ Path: 'mine', PATH: '/bin', path: 'x' })
      expect([variable(env, 'PATH'), variable(env, 'constructor')]).toEqual(['/bin', undefined])
    })
  })

  test('the example’s shells on Windows keep the system’s folders, whatever they are called', () => {
    const add = (env) => asOn('win32', () => withPrograms(env, 'C:\\p\\node_modules\\.bin', 'cmd.exe'))
    const longer = 'C:\\Windows;C:\\p\\node_modules\\.bin'
    for (const name of ['Path', 'PATH', 'path']) {
      const env = { SystemRoot: 'C:\\Windows', [name]: 'C:\\Windows' }
      expect(add(env)).toEqual({ SystemRoot: 'C:\\Windows', PATH: longer })
      expect(env[name]).toBe('C:\\Windows')
    }
    expect(add({ Path: 'C:\\Other', PATH: 'C:\\Windows' })).toEqual({ PATH: longer })
    expect(add({ TERM: 'x' })).toEqual({ TERM: 'x' })
  })
})

describe('null is as good as nothing', () => {
  test('in the options of both', () => {
    const base = { NODE_ENV: 'x', A: '1' }
    const plain = shellEnvironment(base)
    expect(shellEnvironment(base, null)).toEqual(plain)
    expect(shellEnvironment(base, { deny: null, keep: null })).toEqual(plain)
    expect(shellEnvironment(null)).toEqual(shellEnvironment())
    for (const options of [null, { allow: null }]) {
      expect(projectEnvironment({ A: '1' }, { PATH: 'x', B: '2' }, options)).toEqual({ A: '1', B: '2' })
    }
  })
})

describe('defaultShell', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-shell-'))
  const { SHELL, COMSPEC } = process.env
  afterEach(() => {
    process.env.SHELL = SHELL
    if (COMSPEC === undefined) delete process.env.COMSPEC
  })
  afterAll(() => fs.rmSync(folder, { recursive: true }))

  const program = (name) => {
    fs.writeFileSync(path.join(folder, name), '', { mode: 0o755 })
    return path.join(folder, name)
  }
  const chosen = (shell, comspec) => {
    Object.assign(process.env, { SHELL: shell, COMSPEC: comspec })
    const { file, args } = asOn('win32', () => defaultShell({}, {}))
    return [file, args]
  }

  test('on Windows is what the system or Git Bash names, with the arguments that it takes', () => {
    const [cmd, bash, pwsh] = ['cmd.exe', 'bash.exe', 'pwsh.exe'].map(program)
    expect(chosen('', cmd)).toEqual([cmd, []])
    expect(chosen(bash, cmd)).toEqual([bash, ['--login', '-i']])
    expect(chosen('', pwsh)).toEqual([pwsh, ['-NoLogo']])
    expect(chosen('/no/such/bash', '')).toEqual(['cmd.exe', []])
  })

  const onUnix = process.platform === 'win32' ? test.skip : test
  onUnix('is at home where the server’s own directory was removed', () => {
    const gone = path.join(folder, 'gone')
    fs.mkdirSync(gone)
    const script = `
      const fs = require('node:fs')
      const { defaultShell } = require(${JSON.stringify(path.join(__dirname, '..', '..', 'server'))})
      fs.rmdirSync(process.cwd())
      const at = (path, cwd) => defaultShell({ path }, {}, cwd && { cwd }).cwd
      console.log(JSON.stringify([at(), at('sub'), at('..'), at('/'), at('/', 'sub')]))`
    const options = { cwd: gone, encoding: 'utf8', env: { ...process.env, HOME: folder } }
    const { stdout, stderr } = spawnSync(process.execPath, ['-e', script], options)
    expect([stderr, JSON.parse(stdout)]).toEqual(['', [folder, folder, folder, '/', folder]])
  })
})

describe('projectEnvironment', () => {
  const base = { PATH: '/bin', HOME: '/home/a' }

  test('adds what a project sets', () => {
    const merged = projectEnvironment(base, { PORT: '3000', AUTH_TOKEN: 'its own', NODE_ENV: 'development' })
    expect(merged).toEqual({ ...base, PORT: '3000', AUTH_TOKEN: 'its own', NODE_ENV: 'development' })
    expect(base).toEqual({ PATH: '/bin', HOME: '/home/a' })
  })

  test.each([
    ...[
      'LD_PRELOAD',
      'LD_LIBRARY_PATH',
      'LD_AUDIT',
      'DYLD_INSERT_LIBRARIES',
      'PATH',
      'HOME',
      'SHELL',
      'IFS',
      'ENV',
    ],
    ...[
      'BASH_ENV',
      'BASH_FUNC_ls%%',
      'PROMPT_COMMAND',
      'PS1',
      'NODE_OPTIONS',
      'PYTHONSTARTUP',
      'GIT_SSH_COMMAND',
    ],
    ...['ZDOTDIR', 'PAGER', 'LESSOPEN', 'PERL5OPT', 'RUBYOPT', 'SHELLOPTS'],
  ])('not what decides which code runs: %s', (name) => {
    expect(projectEnvironment(base, { [name]: 'evil' })).toEqual(base)
  })

  test('unless it may', () => {
    const variables = {
      HOME: '/project',
      PATH: '/evil',
      LD_PRELOAD: 'evil.so',
      LD_LIBRARY_PATH: '/project/lib',
    }
    expect(projectEnvironment(base, variables, { allow: ['HOME', 'LD_LIBRARY*'] })).toEqual({
      PATH: '/bin',
      HOME: '/project',
      LD_LIBRARY_PATH: '/project/lib',
    })
  })

  test('on Windows the case of a name does not matter', () => {
    const windows = { Path: 'C:\\bin', ComSpec: 'cmd.exe', port: '1' }
    const merged = asOn('win32', () =>
      projectEnvironment(windows, { PATH: 'evil', comspec: 'evil', PORT: '2' }),
    )
    expect(merged).toEqual({ Path: 'C:\\bin', ComSpec: 'cmd.exe', PORT: '2' })
  })

  test('a name of every object is a name', () => {
    const variables = JSON.parse('{"__proto__":"x","constructor":"y"}')
    const merged = projectEnvironment(base, variables)
    expect(Object.getPrototypeOf(merged)).toBe(Object.prototype)
    expect(merged.constructor).toBe('y')
  })
})
