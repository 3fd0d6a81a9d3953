// Lets jest load the client's ES modules without Node's experimental flag.

const esbuild = require('esbuild')

module.exports = {
  process: (source, file) =>
    esbuild.transformSync(source, { format: 'cjs', sourcefile: file, sourcemap: 'inline', target: 'node20' }),
}
