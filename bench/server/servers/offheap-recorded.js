const serve = require('./offheap')

/** The same with every session recorded, in the folder that the environment names. */
module.exports = (onListening) => serve(onListening, true, process.env.BENCH_RECORDINGS)
