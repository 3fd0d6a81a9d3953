'use strict'

// Compares the states of two terminals, and counts what cannot be the same.

class Comparison {
  constructor() {
    this.cells = 0
    this.tolerated = 0
    this.hidden = 0
    this.oneRow = 0
  }

  /** The differences, as text; none if the terminals are the same. */
  differences(one, other) {
    const found = []
    for (const key of ['alternate', 'modes', 'charsets', 'titles', 'parser']) {
      if (one[key] !== other[key]) found.push(`${key}: ${one[key]}, not ${other[key]}`)
    }
    // What was printed before a resize may have moved away from the cursor.
    if (one.join === 0 && other.join !== 0) this.hidden++
    else if (one.join !== other.join) found.push(`join: ${one.join}, not ${other.join}`)
    if (one.pen.shown !== other.pen.shown) found.push(`pen: ${one.pen.shown}, not ${other.pen.shown}`)
    else if (one.pen.hidden !== other.pen.hidden) this.hidden++
    this.buffers(one.normal, other.normal, found, 'normal')
    this.buffers(one.alt, other.alt, found, 'alt')
    return found
  }

  buffers(one, other, found, name) {
    for (const key of ['cursor', 'base', 'margins', 'saved', 'tabs']) {
      const [a, b] = [JSON.stringify(one[key]), JSON.stringify(other[key])]
      if (a !== b) found.push(`${name} ${key}: ${a}, not ${b}`)
    }
    this.lines(one, other, found, name)
  }

  lines(one, other, found, name) {
    if (one.lines.length !== other.lines.length)
      found.push(`${name}: ${one.lines.length} lines, not ${other.lines.length}`)
    // A client may keep fewer rows of scrollback; they are compared from the end.
    const count = Math.min(one.lines.length, other.lines.length)
    for (let back = 1; back <= count; back++) {
      const [y, at] = [one.lines.length - back, other.lines.length - back]
      const [a, b] = [one.lines[y], other.lines[at]]
      for (let x = 0; x < a.length; x++) {
        this.cells++
        if (!this.sameCell(a[x], b[x])) {
          found.push(`${name} cell ${y},${x} (base ${one.base}): ${a[x]}, not ${b[x]}`)
          return
        }
      }
      if (back >= count || one.wrapped[y] === other.wrapped[at]) continue
      // With a single row there is no way back to a row that did not fill up.
      if (one.lines.length === one.base + 1) this.oneRow++
      else found.push(`${name} wrapped ${y} (base ${one.base}): ${one.wrapped[y]}`)
    }
  }

  // An empty cell that shows more than a background is restored as a space.
  sameCell(one, other) {
    if (one === other) return true
    const plain = (cell) => cell.replace(/^~/, ' |1|')
    if (plain(one) !== plain(other)) return false
    this.tolerated++
    return true
  }
}

module.exports = { Comparison }
