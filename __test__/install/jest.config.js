module.exports = { testMatch: ['<rootDir>/*.e2e.js'], testTimeout: 120_000 }
