const path = require('node:path')

/** A pattern for the files of a folder. */
const within = (folder) => `^${path.join(__dirname, folder, '/').replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')}`

module.exports = {
  testEnvironment: '<rootDir>/__test__/helpers/environment.js',
  testMatch: ['**/__test__/**/*.spec.js'],
  // More than PATIENCE of the helpers, so that what waits says what for.
  testTimeout: 240_000,
  globalSetup: '<rootDir>/__test__/helpers/scratch.js',
  globalTeardown: '<rootDir>/__test__/helpers/remove-scratch.js',
  setupFiles: ['<rootDir>/__test__/helpers/setup.js'],
  // Each spec runs servers, shells or a browser of its own: more at a time would only
  // make them wait for each other.
  maxWorkers: 2,
  testSequencer: '<rootDir>/__test__/helpers/longest-first.js',
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/npm/'],
  // The browser's modules; nothing else is transformed.
  transform: { [within('client')]: '<rootDir>/__test__/helpers/esm-transform.js' },
}
