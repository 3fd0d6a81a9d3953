// The platforms of the package, as package.json names their Rust targets.

const { binaryName, targets } = require('../package.json').napi

const archs = { x86_64: 'x64', aarch64: 'arm64' }
const systems = {
  'unknown-linux-gnu': { os: 'linux', suffix: '-gnu', libc: 'glibc' },
  'unknown-linux-musl': { os: 'linux', suffix: '-musl', libc: 'musl' },
  'apple-darwin': { os: 'darwin', suffix: '' },
  'pc-windows-msvc': { os: 'win32', suffix: '-msvc' },
}

/** What napi-rs calls a target's platform, and what npm has to know of it. */
function platform(target) {
  const [, arch, rest] = target.match(/^([^-]+)-(.+)$/)
  const { os, suffix, libc } = systems[rest]
  const cpu = archs[arch]
  const name = `${os}-${cpu}${suffix}`
  // Beside the addon lies the keeper, where the system can have one.
  const keeper = os === 'win32' ? undefined : 'offheap-keeper'
  return { target, name, os, cpu, libc, binary: `${binaryName}.${name}.node`, keeper }
}

module.exports = { platforms: targets.map(platform) }
