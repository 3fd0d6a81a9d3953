// Fails unless every platform's binary lies in its folder under npm/: without
// one, a package would be published that cannot be loaded.

const fs = require('node:fs')
const path = require('node:path')

const npm = path.join(__dirname, '..', 'npm')
for (const platform of fs.readdirSync(npm)) {
  const binary = path.join(npm, platform, `offheap-terminal.${platform}.node`)
  if (fs.existsSync(binary)) continue
  console.error(`There is no ${path.relative(process.cwd(), binary)}`)
  process.exitCode = 1
}
