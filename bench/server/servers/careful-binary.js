const serve = require('./careful')

/** The same with output as binary frames, as the terminal has it: no decoding, no JSON. */
module.exports = (onListening) => serve(onListening, { binary: true })
