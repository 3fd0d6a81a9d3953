// Everything that repeats the version or the list of platforms follows from
// package.json: the manifests under npm/, optionalDependencies, the lockfile's
// entries of packages that are not published yet, Cargo.toml and Cargo.lock,
// and the version in the generated loader.
//
//   node scripts/sync-packages.js           writes them
//   node scripts/sync-packages.js --check   fails where one differs

const fs = require('node:fs')
const path = require('node:path')
const { platforms } = require('./platforms')

const root = path.join(__dirname, '..')
const read = (file) => fs.readFileSync(path.join(root, file), 'utf8')
const json = (value) => `${JSON.stringify(value, null, 2)}\n`
const main = JSON.parse(read('package.json'))
const { packageName } = main.napi

function manifest({ target, name, os, cpu, libc, binary, keeper }) {
  return {
    name: `${packageName}-${name}`,
    version: main.version,
    description: `The ${target} binary of ${packageName}`,
    license: main.license,
    repository: main.repository,
    type: 'commonjs',
    main: binary,
    files: [binary, ...(keeper ? [keeper] : []), 'THIRD-PARTY-LICENSES'],
    // A program cannot be started from within an archive.
    ...(keeper && { preferUnplugged: true }),
    engines: main.engines,
    os: [os],
    cpu: [cpu],
    ...(libc && { libc: [libc] }),
  }
}

function readme({ target, name }) {
  return `# \`${packageName}-${name}\`\n\nThis is the **${target}** binary of \`${packageName}\`, which installs it by itself.\n`
}

/** The lockfile's copy of package.json, its fields in npm's order. */
function rootEntry({ name, version: _, license, ...rest }) {
  const { optionalDependencies, peerDependencies, peerDependenciesMeta, engines } = main
  const fields = { ...rest, engines, optionalDependencies, peerDependencies, peerDependenciesMeta }
  const sorted = Object.entries(fields).sort(([a], [b]) => a.localeCompare(b, 'en'))
  return { name, version: main.version, license, ...Object.fromEntries(sorted) }
}

/** The lockfile with entries of the platform packages, as `npm ci` wants them. */
function lockfile(manifests) {
  const lock = JSON.parse(read('package-lock.json'))
  const packages = lock.packages
  lock.version = main.version
  packages[''] = rootEntry(packages[''])
  for (const { name, version, cpu, libc, license, os, engines } of manifests) {
    const key = `node_modules/${name}`
    const known = packages[key]?.version === version ? packages[key] : undefined
    packages[key] = known ?? { version, cpu, libc, license, optional: true, os, engines }
  }
  const names = Object.keys(packages).sort((a, b) => a.localeCompare(b, 'en'))
  lock.packages = Object.fromEntries(names.map((name) => [name, packages[name]]))
  return json(lock)
}

/** The workspace's version, which all its crates share. */
function workspace() {
  return read('Cargo.toml').replace(/(\[workspace\.package\]\nversion = )"[^"]+"/, `$1"${main.version}"`)
}

/** The lockfile's entries of the workspace's own crates. */
function cargoLock() {
  return read('Cargo.lock').replace(/(name = "offheap-[a-z]+"\nversion = )"[^"]+"/g, `$1"${main.version}"`)
}

/** The generated loader compares versions where the user asks for it. */
function loader() {
  return read('index.js')
    .replace(/(bindingPackageVersion !== )'[^']+'/g, `$1'${main.version}'`)
    .replace(/(version mismatch, expected )\S+/g, `$1${main.version}`)
}

function expected() {
  const manifests = platforms.map(manifest)
  main.optionalDependencies = Object.fromEntries(
    manifests.map(({ name, version }) => [name, version]).sort(([a], [b]) => a.localeCompare(b, 'en')),
  )
  const files = {
    'package.json': json(main),
    'package-lock.json': lockfile(manifests),
    'Cargo.toml': workspace(),
    'Cargo.lock': cargoLock(),
    'index.js': loader(),
  }
  platforms.forEach((each, index) => {
    files[`npm/${each.name}/package.json`] = json(manifests[index])
    files[`npm/${each.name}/README.md`] = readme(each)
  })
  return files
}

function differing() {
  return Object.entries(expected()).filter(([file, text]) => {
    return !fs.existsSync(path.join(root, file)) || read(file) !== text
  })
}

const changes = differing()
if (process.argv.includes('--check')) {
  for (const [file] of changes) console.error(`${file} does not follow from package.json: run npm run sync`)
  process.exitCode = changes.length > 0 ? 1 : 0
} else {
  for (const [file, text] of changes) {
    fs.mkdirSync(path.dirname(path.join(root, file)), { recursive: true })
    fs.writeFileSync(path.join(root, file), text)
    console.log(`wrote ${file}`)
  }
}
