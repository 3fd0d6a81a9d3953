'use strict'

// xterm.js' add-on for graphemes as browsers have it. Where there is a `Buffer`, the
// add-on decodes its table with it and takes the memory behind it for the table alone,
// but Node.js puts small buffers into a pool that others share.

const { Buffer } = globalThis
globalThis.Buffer = undefined
try {
  module.exports = require('@xterm/addon-unicode-graphemes')
} finally {
  globalThis.Buffer = Buffer
}
