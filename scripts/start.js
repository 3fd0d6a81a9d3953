/** `npm start`: installs and builds what is missing, then serves. */

const path = require('node:path')
const { ROOT, prepare } = require('./prepare')

prepare()
const server = path.join(ROOT, 'examples', 'terminal-ws-standalone', 'terminal-ws-standalone.js')
require(server).main()
