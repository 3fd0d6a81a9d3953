'use strict'

module.exports = {
  testEnvironment: 'node',
  testMatch: ['**/__test__/**/*.spec.js'],
  testTimeout: 60_000,
  // Each spec runs servers, shells or a browser of its own.
  maxWorkers: 2,
  modulePathIgnorePatterns: ['<rootDir>/target/', '<rootDir>/npm/'],
}
