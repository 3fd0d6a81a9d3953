// The package as its users get it: published to a registry on loopback, then
// installed on a machine without a compiler, by every package manager.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const { cjs, esm, keeper, server, typescript, tsconfig } = require('./consumers')
const { packAll } = require('./packages')
const { startRegistry } = require('./registry')
const { bundled, builders } = require('./bundles')
const { manifest, tests } = require('./tui')
const { Box, installTools, root, tools } = require('./toolbox')

let folder
let registry
let box
let packed

beforeAll(async () => {
  installTools()
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-install-'))
  registry = await startRegistry(folder, tools.verdaccio)
  box = new Box(folder, registry.url)
  packed = packAll(box, tools.npm)
  for (const file of packed.files) box.run(folder, tools.npm, 'publish', file, '--ignore-scripts')
}, 300_000)

afterAll(async () => {
  await registry?.stop()
  if (folder) fs.rmSync(folder, { recursive: true, force: true })
})

// Yarn 4 waits a day before it takes a new version; this one is seconds old.
const yarn4 = 'enableScripts: false\nnpmMinimalAgeGate: 0\n'

const shells = { 'app.cjs': cjs, 'app.mjs': esm }
const programs = { ...shells, 'keeper.cjs': keeper }

/** Runs both programs and expects what a shell really said. */
function expectShells(project, ...runner) {
  for (const program of Object.keys(shells)) {
    const said = JSON.parse(box.run(project, ...runner, program))
    expect(said).toEqual({ output: 'sum=42\r\n', exitCode: 0, kept: 'kept' })
  }
  if (process.platform === 'win32') return
  expect(JSON.parse(box.run(project, ...runner, 'keeper.cjs'))).toEqual({ same: true, status: 'active' })
}

/** Ours among the packages that an installation brought. */
function installed(project) {
  return fs
    .readdirSync(path.join(project, 'node_modules'))
    .filter((name) => name.startsWith('offheap-terminal'))
}

describe('what is published', () => {
  test('the main package holds what a user needs and nothing else', () => {
    const docs = fs.readdirSync(path.join(root, 'docs')).filter((name) => name.endsWith('.md'))
    expect(packed.main.files).toEqual([
      'CHANGELOG.md',
      'LICENSE',
      'README.md',
      'circular-buffer.js',
      ...fs
        .readdirSync(path.join(root, 'client'))
        .map((name) => `client/${name}`)
        .sort(),
      ...docs.map((name) => `docs/${name}`).sort(),
      'index.d.ts',
      'index.js',
      'integration.js',
      'main.js',
      'package.json',
      'pty-open.js',
      'pty-pipe.js',
      'pty.js',
      'read-only.js',
      ...fs
        .readdirSync(path.join(root, 'server'))
        .map((name) => `server/${name}`)
        .sort(),
      'session-wait.js',
      'shell-integration/bash/offheap.bash',
      'shell-integration/fish/offheap.fish',
      'shell-integration/zsh/.zshenv',
      'shell-integration/zsh/offheap.zsh',
    ])
  })

  test('the package of this platform is its binaries, and under 4 MB', () => {
    const binary = `offheap-terminal.${packed.platform}.node`
    expect(packed.host.files).toEqual([
      'LICENSE',
      'README.md',
      'THIRD-PARTY-LICENSES',
      ...(process.platform === 'win32' ? [] : ['offheap-keeper']),
      binary,
      'package.json',
    ])
    expect(packed.host.unpackedSize).toBeLessThan(4_000_000)
  })

  test('it names every crate that its binary was compiled from, with a licence', () => {
    // Panics say where they are from: the binary holds paths of crates.
    const binary = fs.readFileSync(packed.host.binary, 'latin1')
    const crates = [...binary.matchAll(/(?:index\.crates\.io-[0-9a-f]+|rust\/deps)[/\\]([\w-]+)-\d/g)]
    const names = new Set(crates.map(([, name]) => name))
    expect(names.has('tokio') && names.has('hashbrown')).toBe(true)
    const notices = fs.readFileSync(packed.host.notices, 'utf8')
    const unnamed = [...names].filter((name) => !new RegExp(`^${name}(?: \\S+)? \\(`, 'm').test(notices))
    expect(unnamed).toEqual([])
    for (const other of ["Rust's standard library", '@xterm/xterm', 'Copyright (c) Tokio Contributors'])
      expect(notices).toContain(other)
  })

  test('every platform has notices, of the crates of that platform', () => {
    const about = (name) =>
      fs
        .readFileSync(path.join(root, 'npm', name, 'THIRD-PARTY-LICENSES'), 'utf8')
        .match(/^[\w-]+(?= \d\S* \()/gm)
    for (const name of fs.readdirSync(path.join(root, 'npm'))) {
      const names = about(name)
      expect(names).toEqual(expect.arrayContaining(['tokio', 'napi']))
      expect(names.includes('portable-pty')).toBe(name.startsWith('win32'))
      expect(names.includes('rustix')).toBe(!name.startsWith('win32'))
    }
  })

  test('nothing runs at installation, and nothing else is depended on', () => {
    const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
    for (const script of ['preinstall', 'install', 'postinstall', 'prepare'])
      expect(manifest.scripts[script]).toBeUndefined()
    expect(manifest.dependencies).toBeUndefined()
    expect(fs.existsSync(path.join(root, 'binding.gyp'))).toBe(false)
  })

  afterAll(() => {
    const kilobytes = (bytes) => `${Math.round(bytes / 1000)} kB`
    for (const { name, size, unpackedSize } of [packed.main, packed.host]) {
      process.stdout.write(`${name}: ${kilobytes(size)} packed, ${kilobytes(unpackedSize)} unpacked\n`)
    }
  })
})

describe('without a compiler', () => {
  test('the box has none', () => {
    const probe =
      "for (const tool of ['cc', 'gcc', 'make', 'python3', 'cargo', 'rustc', 'npm']) require('child_process').spawnSync(tool).error.code === 'ENOENT' || process.exit(1)"
    expect(box.try(folder, '-e', probe).status).toBe(0)
  })

  test('npm', () => {
    const project = box.project('npm', programs)
    box.run(project, tools.npm, 'install', 'offheap-terminal', '--ignore-scripts')
    expect(installed(project)).toEqual(['offheap-terminal', `offheap-terminal-${packed.platform}`])
    expectShells(project)
  })

  test('pnpm', () => {
    const project = box.project('pnpm', programs)
    box.run(
      project,
      tools.pnpm,
      'add',
      'offheap-terminal',
      '--ignore-scripts',
      '--store-dir',
      path.join(folder, 'pnpm-store'),
    )
    expect(installed(project)).toEqual(['offheap-terminal'])
    expectShells(project)
  })

  test('yarn 1', () => {
    const project = box.project('yarn1', programs)
    box.run(project, tools.yarn1, 'add', 'offheap-terminal', '--ignore-scripts', '--non-interactive')
    expectShells(project)
  })

  test('yarn 4 with node_modules', () => {
    const project = box.project('yarn4', {
      ...programs,
      'yarn.lock': '',
      '.yarnrc.yml': `nodeLinker: node-modules\n${yarn4}`,
    })
    box.run(project, tools.yarn4, 'add', 'offheap-terminal')
    expectShells(project)
  })

  test("yarn 4 with plug'n'play", () => {
    const project = box.project('yarn4-pnp', {
      ...programs,
      'yarn.lock': '',
      '.yarnrc.yml': `nodeLinker: pnp\npnpEnableEsmLoader: true\n${yarn4}`,
    })
    box.run(project, tools.yarn4, 'add', 'offheap-terminal')
    expectShells(project, tools.yarn4, 'node')
  })
})

describe('the migrated server', () => {
  test('serves a shell and its page from the installed package', () => {
    const project = box.project('server')
    const example = path.join(root, 'examples', 'terminal-ws-standalone')
    fs.cpSync(example, project, { recursive: true, filter: (file) => !file.includes('node_modules') })
    fs.writeFileSync(path.join(project, 'client.cjs'), server)
    const libraries = [
      'ws',
      '@xterm/xterm',
      '@xterm/addon-fit',
      '@xterm/addon-webgl',
      '@xterm/addon-unicode11',
    ]
    box.run(project, tools.npm, 'install', 'offheap-terminal', ...libraries, '--ignore-scripts')
    expect(JSON.parse(box.run(project, 'client.cjs'))).toEqual({
      addon: fs.realpathSync(path.join(project, 'node_modules', 'offheap-terminal', 'main.js')),
      page: 200,
      library: 200,
    })
  })
})

describe('in the place of node-pty', () => {
  test('a terminal testing framework that depends on it drives shells', () => {
    const files = { 'package.json': manifest('tui', packed.version), 'shell.test.ts': tests }
    const project = box.project('tui', files)
    fs.symlinkSync('/bin/bash', path.join(box.bin, 'bash'))
    fs.symlinkSync(execFileSync('which', ['stty'], { encoding: 'utf8' }).trim(), path.join(box.bin, 'stty'))
    fs.symlinkSync(execFileSync('which', ['sleep'], { encoding: 'utf8' }).trim(), path.join(box.bin, 'sleep'))
    box.run(project, tools.npm, 'install', '--ignore-scripts')
    const installed = JSON.parse(
      fs.readFileSync(path.join(project, 'node_modules', 'node-pty', 'package.json'), 'utf8'),
    )
    expect(installed.name).toBe('offheap-terminal')
    const { status, output } = box.try(project, 'node_modules/@microsoft/tui-test/index.js')
    expect(output).toContain('5 passed')
    expect(status).toBe(0)
  })
})

describe('bundled, as docs/install.md says', () => {
  test.each(Object.keys(builders))('by %s', (bundler) => {
    const project = box.project(bundler, { 'app.js': bundled, ...builders[bundler].files })
    box.run(
      project,
      tools.npm,
      'install',
      'offheap-terminal',
      'ws@8',
      ...builders[bundler].packages,
      '--ignore-scripts',
    )
    box.run(project, ...builders[bundler].run)
    fs.rmSync(path.join(project, 'app.js'))
    // The package is beside the bundle and not in it.
    const bundle = fs.readFileSync(path.join(project, 'dist/app.cjs'), 'utf8')
    for (const name of ['offheap-terminal', 'offheap-terminal/server']) {
      expect(bundle).toMatch(new RegExp(`require\\(["']${name}["']\\)`))
    }
    const said = box
      .run(project, 'dist/app.cjs')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(said).toHaveLength(2)
    expect(said).toContainEqual({ output: 'sum=42\r\n', exitCode: 0, kept: 'kept' })
    expect(said).toContainEqual({ served: true, code: 1000 })
  })
})

describe('types', () => {
  let project

  beforeAll(() => {
    project = box.project('types', { 'consumer.ts': typescript })
    box.run(project, tools.npm, 'install', 'offheap-terminal', '@types/node@24', '--ignore-scripts')
  })

  test.each([
    ['5', 'node16', 'node16'],
    ['5', 'esnext', 'bundler'],
    ['7', 'nodenext', 'nodenext'],
    ['7', 'esnext', 'bundler'],
  ])('TypeScript %s, module %s', (major, module, resolution) => {
    fs.writeFileSync(path.join(project, 'tsconfig.json'), tsconfig(module, resolution))
    const { status, output } = box.try(project, tools[`tsc${major}`], '--project', project)
    expect(output).toBe('')
    expect(status).toBe(0)
  })
})

describe('without the package of the platform', () => {
  test('the error names the platform, the package and what to do', () => {
    const project = box.project('omitted', shells)
    box.run(project, tools.npm, 'install', 'offheap-terminal', '--omit=optional', '--ignore-scripts')
    for (const program of Object.keys(shells)) {
      const { status, output } = box.try(project, program)
      expect(status).toBe(1)
      expect(output).toContain('ERR_NATIVE_BINDING')
      expect(output).toContain(`The package offheap-terminal-${packed.platform} is not installed`)
      expect(output).toContain('--omit=optional')
      expect(output).toContain(`--os=${process.platform} --cpu=${process.arch}`)
    }
  })
})
