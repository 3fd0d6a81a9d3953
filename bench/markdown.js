/** Tables of figures, and their place in a page. */

/** A rule under a column's head has three dashes at least. */
const LEAST = 3

/** Columns as wide as their widest cell, as the formatter wants them. */
function table(head, rows) {
  const lines = [head, ...rows].map((cells) => head.map((_, index) => String(cells[index] ?? '')))
  const widths = head.map((_, index) => Math.max(LEAST, ...lines.map((cells) => cells[index].length)))
  const line = (cells) => `| ${cells.map((cell, index) => cell.padEnd(widths[index])).join(' | ')} |`
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`
  return [line(lines[0]), rule, ...lines.slice(1).map(line)].join('\n')
}

/** Replaces what stands between two marks of a text. */
function between(text, first, last, replacement) {
  const [begin, end] = [text.indexOf(first), text.indexOf(last)]
  if (begin < 0 || end < begin) throw new Error(`there is no place for the tables: ${first} … ${last}`)
  return `${text.slice(0, begin + first.length)}\n\n${replacement}\n\n${text.slice(end)}`
}

module.exports = { table, between }
