// The notices that others' licences ask to be passed on with a binary: of the
// crates that are linked into it, of Rust's standard library, and of what the
// tables in it were made from.
//
//   node scripts/third-party.js              writes THIRD-PARTY-LICENSES of every platform
//   node scripts/third-party.js linux-x64-gnu   ... of one
//   node scripts/third-party.js --check      fails where a notice cannot be had, and writes nothing

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { fromFolder, preferred } = require('./notices')
const { platforms } = require('./platforms')
const { choose } = require('./spdx')
const { standardLibrary } = require('./standard-library')

const root = path.join(__dirname, '..')
const { name: ours, version: ourVersion } = require('../package.json')

function cargo(...args) {
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
  return execFileSync('cargo', args, options)
}

/** Every package in the lockfile, by name and version. */
function packages() {
  const { packages: all } = JSON.parse(cargo('metadata', '--format-version', '1', '--locked'))
  return new Map(all.map((each) => [`${each.name} v${each.version}`, each]))
}

/** The crates that a target's binary is linked from; ours, which have a path and no version of a registry, left out. */
function linked(target) {
  const filter = ['--edges', 'normal,no-proc-macro', '--prefix', 'none', '--format', '{p}']
  const lines = cargo('tree', '--locked', '--target', target, ...filter).split('\n')
  const foreign = lines.filter((line) => !line.includes(`(${root}`))
  const names = foreign.map((line) => line.match(/^\S+ v\S+/)?.[0]).filter(Boolean)
  return [...new Set(names)].sort()
}

function crate({ name, version, license, manifest_path }) {
  const licences = license && choose(license, preferred)
  if (!licences) throw new Error(`${name} ${version} has a licence that is not provided for: ${license}`)
  return { name, version, licences, texts: fromFolder(name, path.dirname(manifest_path), licences) }
}

/** The widths of characters are those that these packages answer. */
function tables() {
  return ['@xterm/xterm', '@xterm/addon-unicode11'].map((name) => {
    const manifest = require.resolve(`${name}/package.json`)
    const { version, license } = require(manifest)
    return {
      name: `${name} (its widths of characters)`,
      version,
      licences: [license],
      texts: fromFolder(name, path.dirname(manifest), [license]),
    }
  })
}

const tidy = (text) =>
  text
    .split('\n')
    .map((line) => line.trimEnd())
    .join('\n')
    .replace(/^\n+|\n+$/g, '')

/** The notices as a text, each once, with all those that it is the notice of. */
function written(platform, entries) {
  const byText = new Map()
  for (const { name, version, licences, texts } of entries) {
    const title = `${name}${version && ` ${version}`} (${licences.join(' and ')})`
    for (const text of texts.map(tidy)) byText.set(text, [...(byText.get(text) ?? []), title])
  }
  const rule = '-'.repeat(80)
  const sections = [...byText].map(([text, titles]) => `${rule}\n${titles.join('\n')}\n${rule}\n\n${text}\n`)
  return `${ours}-${platform.name} ${ourVersion} is licensed as LICENSE says. Its binary contains what follows,
under the licences named here; where there was a choice, one was made.

${sections.join('\n')}`
}

function main(args) {
  const wanted = args.filter((arg) => arg !== '--check')
  const unknown = wanted.filter((name) => !platforms.some((each) => each.name === name))
  if (unknown.length > 0) throw new Error(`No platform of this package: ${unknown.join(', ')}`)
  const all = packages()
  const common = [...standardLibrary(), ...tables()]
  for (const platform of platforms.filter(({ name }) => wanted.length === 0 || wanted.includes(name))) {
    const crates = linked(platform.target).map((name) => crate(all.get(name)))
    const text = written(platform, [...crates, ...common])
    if (!args.includes('--check'))
      fs.writeFileSync(path.join(root, 'npm', platform.name, 'THIRD-PARTY-LICENSES'), text)
    console.log(`${platform.name}: notices of ${crates.length} crates, ${text.length} characters`)
  }
}

main(process.argv.slice(2))
