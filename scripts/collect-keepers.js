// Puts the keepers that the builds have made into the packages of their
// platforms. Artifacts lose the right to be executed: it is given back.
//
//   node scripts/collect-keepers.js <directory of bindings-<triple> folders>

const fs = require('node:fs')
const path = require('node:path')
const { platforms } = require('./platforms')

const artifacts = path.resolve(process.argv[2] ?? 'artifacts')
for (const { name, target, keeper } of platforms.filter((platform) => platform.keeper)) {
  const place = path.join(__dirname, '..', 'npm', name, keeper)
  fs.copyFileSync(path.join(artifacts, `bindings-${target}`, keeper), place)
  fs.chmodSync(place, 0o755)
}
