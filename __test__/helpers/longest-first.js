// The order of the specs: long ones first, so that none of them is alone at the
// end. Without a cache jest goes by the files' sizes, which say little.

const path = require('node:path')
const Sequencer = require('@jest/test-sequencer').default

const LONG = [
  'browser/client',
  'pty/burst',
  'server/dying-connections',
  'browser/page-features',
  'server/slow-viewer',
  'browser/page',
  'oracle',
  'server/stream-protocol',
  'browser/app-page',
  'pty/teardown',
  'browser/recordings',
  'server/git-cost',
  'browser/visit',
  'browser/images',
  'server/access',
  'loading',
  'server/hostile',
]
const TESTS = path.join(__dirname, '..')

/** A test's place among the long ones, or behind them. */
function place({ path: file }) {
  const name = path
    .relative(TESTS, file)
    .replace(/\.spec\.js$/, '')
    .replaceAll(path.sep, '/')
  const at = LONG.indexOf(name)
  return at < 0 ? LONG.length : at
}

class LongestFirst extends Sequencer {
  async sort(tests) {
    const sorted = await super.sort(tests)
    return sorted.toSorted((one, other) => place(one) - place(other))
  }
}

module.exports = LongestFirst
