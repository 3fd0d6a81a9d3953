module.exports = {
  testEnvironment: 'node',
  testMatch: ['**/__test__/**/*.spec.js'],
  testTimeout: 60_000,
  setupFiles: ['<rootDir>/__test__/helpers/setup.js'],
  // Each spec runs servers, shells or a browser of its own.
  maxWorkers: 2,
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/npm/'],
  // The page's modules; nothing else is transformed.
  transform: { '/public/[^/]+\\.js$': '<rootDir>/__test__/helpers/esm-transform.js' },
}
