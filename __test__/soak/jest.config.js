module.exports = {
  testMatch: ['<rootDir>/*.soak.js'],
  testTimeout: 300_000,
  setupFiles: ['<rootDir>/../helpers/setup.js'],
  maxWorkers: 1,
}
