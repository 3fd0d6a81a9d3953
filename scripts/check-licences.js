// Fails when a crate in Cargo.lock has a licence that deny.toml does not
// allow, or when the npm package depends on anything but its own binaries.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { choose } = require('./spdx')

const root = path.join(__dirname, '..')

function allowedLicences() {
  const [, list] = fs.readFileSync(path.join(root, 'deny.toml'), 'utf8').match(/^allow = \[([^\]]*)\]/m)
  return [...list.matchAll(/"([^"]+)"/g)].map(([, name]) => name)
}

function crates() {
  const args = ['metadata', '--format-version', '1', '--locked']
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 }
  return JSON.parse(execFileSync('cargo', args, options)).packages
}

function main() {
  const allowed = allowedLicences()
  const all = crates()
  const refused = all.filter(({ license }) => !license || !choose(license, allowed))
  const problems = refused.map(
    ({ name, version, license }) => `${name} ${version}: ${license ?? 'no licence'}`,
  )
  const manifest = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
  if (manifest.dependencies)
    problems.push(`package.json has dependencies: ${Object.keys(manifest.dependencies)}`)
  for (const problem of problems) console.error(problem)
  if (problems.length > 0) process.exitCode = 1
  else console.log(`${all.length} crates, all under allowed licences; no npm dependencies`)
}

main()
