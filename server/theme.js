const { coded } = require('./errors')

const COLOURS = ['foreground', 'background', 'cursor']
const COLOUR = /^#(?:[0-9a-f]{3}|[0-9a-f]{6})$/i

/**
 * The colours of a `theme` message: `#rgb` or `#rrggbb`, each optional.
 *
 * @throws `ERR_INVALID_ARG_VALUE` naming the one that is none.
 */
function themeOf(message) {
  const theme = {}
  for (const name of COLOURS) {
    const value = message[name] ?? null
    if (value !== null && !(typeof value === 'string' && COLOUR.test(value))) {
      throw coded('ERR_INVALID_ARG_VALUE', `theme: ${name} must be a colour such as "#1e1e1e"`)
    }
    theme[name] = value
  }
  return theme
}

module.exports = { themeOf }
