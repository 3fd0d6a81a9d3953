/** How long a test waits for what has to come, in ms: a machine may be busy, so this ends only what hangs. */
const PATIENCE = 60_000

module.exports = { PATIENCE }
