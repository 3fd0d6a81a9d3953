/** A setting that the server cannot start with. */
class ConfigError extends Error {
  constructor(message) {
    super(message)
    this.name = 'ConfigError'
    this.code = 'ERR_CONFIG'
  }
}

module.exports = { ConfigError }
