// Runs before each spec. Shells are login shells: they get a home without
// anybody's start-up files, so that what they print, and when, is the test's.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

const HOME = path.join(os.tmpdir(), `offheap-home-${process.pid}`)
fs.mkdirSync(HOME, { recursive: true })
process.env.HOME = HOME
process.env.SHELL = '/bin/bash'
process.on('exit', () => fs.rmSync(HOME, { recursive: true, force: true }))
