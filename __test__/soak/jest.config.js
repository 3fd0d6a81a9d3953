module.exports = {
  testMatch: ['<rootDir>/*.soak.js'],
  testTimeout: 300_000,
  globalSetup: '<rootDir>/../helpers/homes.js',
  globalTeardown: '<rootDir>/../helpers/remove-homes.js',
  setupFiles: ['<rootDir>/../helpers/setup.js'],
  maxWorkers: 1,
}
