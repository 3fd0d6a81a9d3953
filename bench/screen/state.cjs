'use strict'

// Everything an @xterm/headless terminal knows, in a form that two terminals
// can be compared by.

const { Unicode11Addon } = require('@xterm/addon-unicode11')
const { UnicodeGraphemesAddon } = require('./graphemes-addon.cjs')

/** By the version that the screen calls it. */
const TERMINALS = {
  '6.0': require('@xterm/headless').Terminal,
  6.1: require('xterm-headless-beta').Terminal,
}

const EXTENDED = 0x10000000
const UNDERLINE = 0x10000000
const INVERSE = 0x04000000
const STRIKETHROUGH = 0x80000000
const OVERLINE = 0x40000000

function open({ cols, rows, lines = 1000, unicode = '11', xterm = '6.0', options = {} }) {
  const term = new TERMINALS[xterm]({
    ...options,
    cols,
    rows,
    scrollback: lines,
    allowProposedApi: true,
    logLevel: 'off',
  })
  // Links are kept even when the lines they were opened on are gone.
  term._core._oscLinkService._removeMarkerFromLink = () => {}
  if (unicode === '11') term.loadAddon(new Unicode11Addon())
  if (unicode === '15-graphemes') term.loadAddon(new UnicodeGraphemesAddon())
  term.unicode.activeVersion = unicode
  return term
}

function write(term, bytes) {
  if (bytes.length > 0) term._core.writeSync(bytes)
}

// A colour of the palette leaves parts of an earlier RGB colour in the word.
function color(word) {
  const mode = word & 0x03000000
  if (mode === 0) return 0
  return mode === 0x03000000 ? word & 0x03ffffff : word & 0x030000ff
}

function linkOf(core, ext) {
  const data = ext.urlId ? core._oscLinkService.getLinkData(ext.urlId) : undefined
  return data ? `${data.id ?? ''};${data.uri}` : ''
}

function style(core, fg, bg, ext) {
  const flags = (fg & 0xfc000000) >>> 0
  const more = (bg & 0xfc000000 & ~EXTENDED) >>> 0
  const extended = (bg & EXTENDED) !== 0
  const kind = extended ? (ext._ext >> 26) & 7 : fg & UNDERLINE ? 1 : 0
  const underline = fg & UNDERLINE ? kind : 0
  const tint = extended && underline ? color(ext.underlineColor) : 0
  const link = extended ? linkOf(core, ext) : ''
  return [
    color(fg),
    (underline ? flags : flags & ~UNDERLINE) >>> 0,
    color(bg),
    more,
    underline,
    tint,
    link,
  ].join()
}

function cellOf(core, line, x) {
  const content = line._data[x * 3]
  const fg = line._data[x * 3 + 1]
  const bg = line._data[x * 3 + 2]
  const width = content >>> 22
  const text =
    content & 0x200000
      ? line._combined[x]
      : content & 0x1fffff
        ? String.fromCodePoint(content & 0x1fffff)
        : ''
  const ext = bg & EXTENDED ? line._extendedAttrs[x] : null
  if (text === '' && width === 1) {
    // An empty cell shows its background and little else.
    const underlined = fg & UNDERLINE && (!ext || (ext._ext >> 26) & 7)
    const marked = underlined || fg & (INVERSE | STRIKETHROUGH) || bg & OVERLINE || (ext && linkOf(core, ext))
    if (!marked) return `_,${color(bg)}`
    return `~${style(core, fg, bg, ext)}`
  }
  // A stub keeps the attributes of its character.
  return `${text}|${width}|${style(core, fg, bg, ext)}`
}

function lineOf(core, line, cols) {
  const cells = []
  const width = (x) => (x >= 0 && x < cols ? line._data[x * 3] >>> 22 : 1)
  const isStub = (x) => x < cols && line._data[x * 3] >>> 22 === 0 && !(line._data[x * 3] & 0x3fffff)
  for (let x = 0; x < cols; x++) {
    const cell = cellOf(core, line, x)
    // Half a wide character, which some sequences leave, is restored as a blank.
    if (width(x) === 2 && !isStub(x + 1)) cells.push(cell.replace(/^.*\|2\|/, ' |1|'))
    else if (isStub(x) && width(x - 1) !== 2) cells.push(`_,${color(line._data[x * 3 + 2])}`)
    else cells.push(cell)
  }
  return cells
}

/** 6.1 saves all character sets and two modes in place of the one in use. */
function savedModesOf(buffer) {
  if (!buffer.savedCharsets) return { charset: JSON.stringify(buffer.savedCharset ?? null) }
  return {
    // As many as had been designated.
    charsets: JSON.stringify(Array.from(buffer.savedCharsets, (charset) => charset ?? null)),
    level: buffer.savedGlevel,
    modes: [buffer.savedOriginMode, buffer.savedWraparoundMode].join(),
  }
}

function savedOf(core, buffer) {
  const { cols, rows } = core
  const data = buffer.savedCurAttrData
  return {
    x: Math.min(buffer.savedX, cols - 1),
    y: Math.min(Math.max(buffer.savedY - buffer.ybase, 0), rows - 1),
    fg: color(data.fg),
    fgFlags: (data.fg & 0xfc000000) >>> 0,
    bg: color(data.bg),
    bgFlags: (data.bg & 0xfc000000 & ~EXTENDED) >>> 0,
    ...savedModesOf(buffer),
  }
}

function bufferOf(core, buffer, active) {
  const { cols } = core
  const tabs = []
  for (let x = 0; x < cols; x++) if (buffer.tabs[x]) tabs.push(x)
  const lines = []
  const wrapped = []
  // After some resizes xterm.js' alternate buffer keeps rows that scrolled off.
  const first = core._bufferService.buffers.alt === buffer ? buffer.ybase : 0
  for (let y = first; y < buffer.lines.length; y++) {
    const line = buffer.lines.get(y)
    lines.push(lineOf(core, line, cols))
    wrapped.push(y > first && line.isWrapped)
  }
  // After others it has lost rows of its screen, and shows blank ones at the end.
  while (lines.length > 0 && first > 0 && lines.length < core.rows) {
    lines.push(Array.from({ length: cols }, () => '_,0'))
    wrapped.push(false)
  }
  return {
    cursor: active ? [Math.min(buffer.x, cols), buffer.y] : null,
    base: buffer.ybase - first,
    margins: [buffer.scrollTop, buffer.scrollBottom],
    saved: savedOf(core, buffer),
    tabs: tabs.join(),
    lines,
    wrapped,
  }
}

function penOf(core) {
  const pen = core._inputHandler._curAttrData
  const ext = pen.extended
  return {
    shown: style(core, pen.fg, pen.bg, ext),
    // What a restored cursor can leave behind without effect so far.
    hidden: [
      pen.fg & UNDERLINE,
      pen.bg & EXTENDED,
      (ext._ext >> 26) & 7,
      color(ext.underlineColor),
      linkOf(core, ext),
    ].join(),
  }
}

/** The width and the kind of what was printed last. A grapheme add-on keeps more of it, which it never looks at. */
function joinOf(state) {
  return ((state >> 1) & 3) | (((state >> 3) & 15) << 2)
}

function state(term) {
  const core = term._core
  const { normal, alt, active } = core._bufferService.buffers
  const input = core._inputHandler
  const charsets = core._charsetService
  const mouse = core.coreMouseService ?? core.mouseStateService
  return {
    alternate: active === alt,
    normal: bufferOf(core, normal, active === normal),
    alt: bufferOf(core, alt, active === alt),
    pen: penOf(core),
    modes: JSON.stringify([
      core.coreService.modes,
      core.coreService.decPrivateModes,
      core.coreService.isCursorHidden,
      core.optionsService.options.convertEol,
      core.optionsService.options.cursorBlink,
      mouse.activeProtocol,
      mouse.activeEncoding,
    ]),
    charsets: JSON.stringify([
      charsets.charset ?? null,
      charsets.glevel,
      [0, 1, 2, 3].map((g) => charsets._charsets[g] ?? null),
    ]),
    titles: JSON.stringify([
      input._windowTitle,
      input._iconName,
      input._windowTitleStack,
      input._iconNameStack,
    ]),
    parser: String(input._parser.currentState),
    join: joinOf(input._parser.precedingJoinState),
  }
}

module.exports = { open, write, state }
