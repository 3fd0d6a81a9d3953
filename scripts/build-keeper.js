// Builds the keeper's binary and puts it beside the addon.
//
//   node scripts/build-keeper.js [--release] [--target <triple>] [--use-napi-cross | --cross-compile]
//
// The flags are those of `napi build`, which knows how to build for another
// platform. As `napi build` does, it names the target even where that is this
// machine: cargo then takes what the addon was built of. There is no keeper on
// Windows.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const args = process.argv.slice(2)
const target = args.includes('--target') ? args[args.indexOf('--target') + 1] : undefined
const crosses = args.includes('--use-napi-cross') || args.includes('--cross-compile')

/** This machine, as the compiler calls it. */
function hostTriple() {
  return execFileSync('rustc', ['-vV'], { cwd: root, encoding: 'utf8' }).match(/^host: (\S+)$/m)[1]
}

function build() {
  if (crosses) {
    const napi = require.resolve('@napi-rs/cli/dist/cli.js')
    const what = ['build', '--no-js', '--output-dir', '.', '-p', 'offheap-keeper', '--bin', 'offheap-keeper']
    execFileSync(process.execPath, [napi, ...what, ...args], { cwd: root, stdio: 'inherit' })
    return
  }
  const triple = target ?? hostTriple()
  const what = ['--locked', '-p', 'offheap-keeper', '--bin', 'offheap-keeper']
  const named = target ? [] : ['--target', triple]
  execFileSync('cargo', ['build', ...what, ...named, ...args], { cwd: root, stdio: 'inherit' })
  const directory = process.env.CARGO_TARGET_DIR ?? path.join(root, 'target')
  const built = path.join(
    directory,
    triple,
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
