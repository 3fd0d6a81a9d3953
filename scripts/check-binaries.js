// Fails unless every platform's folder under npm/ holds all that its package
// ships: without the binary it could not be loaded, and without the notices it
// may not be passed on.

const fs = require('node:fs')
const path = require('node:path')
const { platforms } = require('./platforms')

const npm = path.join(__dirname, '..', 'npm')
for (const { name, binary, keeper } of platforms) {
  for (const file of [binary, keeper, 'THIRD-PARTY-LICENSES'].filter(Boolean)) {
    const shipped = path.join(npm, name, file)
    if (fs.existsSync(shipped) && (file !== keeper || fs.statSync(shipped).mode & 0o100)) continue
    console.error(`There is no ${path.relative(process.cwd(), shipped)}, or it cannot be run`)
    process.exitCode = 1
  }
}
