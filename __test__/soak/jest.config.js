module.exports = {
  testMatch: ['<rootDir>/*.soak.js'],
  testTimeout: 300_000,
  globalSetup: '<rootDir>/../helpers/scratch.js',
  globalTeardown: '<rootDir>/../helpers/remove-scratch.js',
  setupFiles: ['<rootDir>/../helpers/setup.js'],
  maxWorkers: 1,
}
