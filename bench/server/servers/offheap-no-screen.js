const serve = require('./offheap')

/** The same without a screen for each session: no snapshots, and no cost of keeping them possible. */
module.exports = (onListening) => serve(onListening, false)
