// Lets jest load the page's ES modules without Node's experimental flag: their
// imports and exports are few and plain, and become `require` and `exports`.

const IMPORT = /^import (\{[^}]*\}) from ('[^']+');?$/gm
const EXPORT = /^export ((?:async )?(?:class|function|const) (\w+))/gm

module.exports = {
  process(source) {
    const names = []
    const code = source
      .replace(IMPORT, 'const $1 = require($2)')
      .replace(EXPORT, (_match, declaration, name) => {
        names.push(name)
        return declaration
      })
    if (/^(import|export)\b/m.test(code))
      throw new Error('an import or export of a kind that is not known here')
    const last = names.map((name) => `exports.${name} = ${name}`).join('\n')
    return { code: `"use strict";${code}\n${last}\n` }
  },
}
