// Fails unless every platform's folder under npm/ holds all that its package
// ships: without the binary it could not be loaded, and without the notices it
// may not be passed on.

const fs = require('node:fs')
const path = require('node:path')
const { platforms } = require('./platforms')

const npm = path.join(__dirname, '..', 'npm')
for (const { name, binary } of platforms) {
  for (const file of [binary, 'THIRD-PARTY-LICENSES']) {
    const shipped = path.join(npm, name, file)
    if (fs.existsSync(shipped)) continue
    console.error(`There is no ${path.relative(process.cwd(), shipped)}`)
    process.exitCode = 1
  }
}
