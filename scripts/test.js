/**
 * `npm test`: installs and builds what is missing, then runs the Rust tests and
 * jest over the built addon. The last line counts both.
 */

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { ROOT, prepare } = require('./prepare')

const counts = { passed: 0, failed: 0, skipped: 0 }
let broken = false

prepare()
rustTests()
jestTests()
console.log(`\n${counts.passed} passed, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exit(broken || counts.failed > 0 || counts.passed === 0 ? 1 : 0)

function rustTests() {
  const { status, stdout } = spawnSync('cargo', ['test', '--locked', '--workspace', '--no-fail-fast'], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  process.stdout.write(stdout ?? '')
  for (const [, passed, failed, ignored] of (stdout ?? '').matchAll(
    /^test result: \w+\. (\d+) passed; (\d+) failed; (\d+) ignored/gm,
  )) {
    count(Number(passed), Number(failed), Number(ignored))
  }
  broken ||= status !== 0
}

function jestTests() {
  const report = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-jest-')), 'report.json')
  const jest = path.join(ROOT, 'node_modules', 'jest', 'bin', 'jest.js')
  const args = [jest, '--json', `--outputFile=${report}`, ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { cwd: ROOT, stdio: ['ignore', 'ignore', 'inherit'] })
  broken ||= status !== 0
  const result = JSON.parse(fs.readFileSync(report, 'utf8'))
  const failedSuites = result.numRuntimeErrorTestSuites
  count(
    result.numPassedTests,
    result.numFailedTests + failedSuites,
    result.numPendingTests + result.numTodoTests,
  )
  fs.rmSync(path.dirname(report), { recursive: true })
}

function count(passed, failed, skipped) {
  counts.passed += passed
  counts.failed += failed
  counts.skipped += skipped
}
