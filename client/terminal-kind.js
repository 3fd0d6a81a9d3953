/** What an xterm.js is, in the words of a server's query: which one, and how it is set up. */

/** Options that change what output does, and are on or off. */
const OPTIONS = ['scrollOnEraseInDisplay', 'reflowCursorLine', 'convertEol']
const WINDOW_OPTIONS = ['pushTitle', 'popTitle']
/** Parts of the image add-on, on by default there. */
const IMAGES = ['sixelSupport', 'iipSupport', 'kittySupport']
/** An option of xterm.js that came with 6.1. Versions are not to be asked for. */
const SINCE_6_1 = 'vtExtensions'

/**
 * @param {import('@xterm/xterm').Terminal} terminal
 * @param {boolean | Record<string, boolean>} [images] whether it has the image add-on, which cannot be seen, or the
 *   options of that
 * @returns {Record<string, string>} parameters of a query
 */
export function terminalKind(terminal, images = false) {
  const options = terminal.options ?? {}
  const on = [
    ...OPTIONS.filter((name) => options[name] === true),
    ...namesOf(images),
    ...WINDOW_OPTIONS.filter((name) => options.windowOptions?.[name] === true),
  ]
  const kind = {
    xterm: SINCE_6_1 in options ? '6.1' : '6.0',
    unicode: unicodeVersion(terminal),
    // An empty parameter would say nothing.
    xtermOptions: on.join() || 'none',
  }
  if (Number.isInteger(options.tabStopWidth)) kind.tabStopWidth = String(options.tabStopWidth)
  return kind
}

/** All parts of the image add-on have one name together. */
function namesOf(images) {
  const on = images ? IMAGES.filter((part) => images[part] ?? true) : []
  return on.length === IMAGES.length ? ['images'] : on
}

/** xterm.js tells it only to who may use what is proposed; who may not has no other than its own. */
function unicodeVersion(terminal) {
  try {
    return terminal.unicode.activeVersion
  } catch {
    return '6'
  }
}
