// The suite with a binary of another platform: see scripts/test-foreign.sh.

module.exports = {
  ...require('../../jest.config'),
  rootDir: '../..',
  // The page is the same everywhere.
  testPathIgnorePatterns: ['/node_modules/', '/__test__/browser/'],
}
