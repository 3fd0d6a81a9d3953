// Builds the keeper's binary and puts it beside the addon.
//
//   node scripts/build-keeper.js [--release] [--target <triple>] [--use-napi-cross | --cross-compile]
//
// The flags are those of `napi build`, which knows how to build for another
// platform. There is no keeper on Windows.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const args = process.argv.slice(2)
const target = args.includes('--target') ? args[args.indexOf('--target') + 1] : undefined
const crosses = args.includes('--use-napi-cross') || args.includes('--cross-compile')

function build() {
  if (crosses) {
    const napi = require.resolve('@napi-rs/cli/dist/cli.js')
    const what = ['build', '--no-js', '--output-dir', '.', '-p', 'offheap-keeper', '--bin', 'offheap-keeper']
    execFileSync(process.execPath, [napi, ...what, ...args], { cwd: root, stdio: 'inherit' })
    return
  }
  execFileSync('cargo', ['build', '--locked', '-p', 'offheap-keeper', '--bin', 'offheap-keeper', ...args], {
    cwd: root,
    stdio: 'inherit',
  })
  const directory = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target')
  const built = path.join(
    directory,
    target ?? '',
    args.includes('--release') ? 'release' : 'debug',
    'offheap-keeper',
  )
  const place = path.join(root, 'offheap-keeper')
  // A keeper that runs from the old file keeps it.
  fs.rmSync(place, { force: true })
  fs.copyFileSync(built, place)
  fs.chmodSync(place, 0o755)
}

if ((target ?? process.platform).match(/windows|win32/)) console.log('There is no keeper on Windows.')
else build()
