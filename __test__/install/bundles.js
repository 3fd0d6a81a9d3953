// An application and the bundlers that make one file of it, by the settings of
// docs/install.md: a test looks for them there, so that the page is what is run.

const fs = require('node:fs')
const path = require('node:path')

const { cjs, served } = require('./consumers')

/** The settings of a bundler, as the page prints them. */
function printed(file) {
  const page = fs.readFileSync(path.join(__dirname, '..', '..', 'docs', 'install.md'), 'utf8')
  const block = page.match(new RegExp('```js\\n// ' + file.replaceAll('.', '\\.') + '\\n([^]*?)```'))
  if (!block) throw new Error(`docs/install.md has no ${file}`)
  return block[1]
}

const builders = {
  esbuild: {
    packages: ['esbuild@0.28.2'],
    files: { 'build.mjs': printed('build.mjs') },
    run: ['build.mjs'],
  },
  webpack: {
    packages: ['webpack@5.113.0', 'webpack-cli@7.3.1'],
    files: { 'webpack.config.js': printed('webpack.config.js') },
    run: ['node_modules/webpack/bin/webpack.js'],
  },
}

/** Both entries in one program, each in a scope of its own. */
const bundled = `{\n${cjs}\n}\n{\n${served}\n}\n`

module.exports = { builders, bundled }
