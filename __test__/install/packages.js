const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const { root } = require('./toolbox')

/** The platform that this test runs on, as its package is called. */
function hostPlatform() {
  const base = `${process.platform}-${process.arch}`
  if (process.platform === 'linux')
    return `${base}-${process.report.getReport().header.glibcVersionRuntime ? 'gnu' : 'musl'}`
  return process.platform === 'win32' ? `${base}-msvc` : base
}

/** The host's binary, in its package's folder or beside the loader: the one built last. */
function hostBinary(platform) {
  const name = `offheap-terminal.${platform}.node`
  const built = [path.join(root, 'npm', platform, name), path.join(root, name)].filter(fs.existsSync)
  if (built.length === 0) throw new Error(`${name} has not been built: run npm run build`)
  return built.sort((a, b) => fs.statSync(b).mtimeMs - fs.statSync(a).mtimeMs)[0]
}

/** Packs a folder as `npm publish` would, and says what is in it. */
function pack(box, npm, folder) {
  const [report] = JSON.parse(
    box.run(folder, npm, 'pack', '--json', '--ignore-scripts', '--pack-destination', box.folder),
  )
  const files = report.files.map((file) => file.path).sort()
  return {
    name: report.name,
    files,
    size: report.size,
    unpackedSize: report.unpackedSize,
    file: path.join(box.folder, report.filename),
  }
}

/** A platform's package with its licences; with its binary where it is the host's. */
function stage(box, platform, host) {
  const folder = path.join(box.folder, 'packages', platform)
  fs.mkdirSync(folder, { recursive: true })
  for (const file of ['package.json', 'README.md', 'THIRD-PARTY-LICENSES'])
    fs.copyFileSync(path.join(root, 'npm', platform, file), path.join(folder, file))
  fs.copyFileSync(path.join(root, 'LICENSE'), path.join(folder, 'LICENSE'))
  if (platform !== host) return folder
  const binary = hostBinary(host)
  fs.copyFileSync(binary, path.join(folder, path.basename(binary)))
  if (process.platform !== 'win32')
    fs.copyFileSync(path.join(path.dirname(binary), 'offheap-keeper'), path.join(folder, 'offheap-keeper'))
  return folder
}

/**
 * The main package and those of all platforms, packed from this tree. Package
 * managers look at all of them and take the host's: the others are empty.
 */
function packAll(box, npm) {
  const platform = hostPlatform()
  execFileSync(process.execPath, [path.join(root, 'scripts', 'third-party.js')], { stdio: 'ignore' })
  const packed = fs
    .readdirSync(path.join(root, 'npm'))
    .map((name) => pack(box, npm, stage(box, name, platform)))
  const folder = path.join(box.folder, 'packages', platform)
  const host = {
    ...packed.find(({ name }) => name === `offheap-terminal-${platform}`),
    binary: path.join(folder, `offheap-terminal.${platform}.node`),
    notices: path.join(folder, 'THIRD-PARTY-LICENSES'),
  }
  const main = pack(box, npm, root)
  const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  return { main, host, platform, version, files: [...packed, main].map(({ file }) => file) }
}

module.exports = { packAll }
