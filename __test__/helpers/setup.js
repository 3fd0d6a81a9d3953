// Runs before each spec. Shells are login shells: they get a home without
// anybody's start-up files, so that what they print, and when, is the test's.

const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')

process.env.HOME = fs.mkdtempSync(path.join(os.tmpdir(), 'home-'))
process.env.SHELL = '/bin/bash'
