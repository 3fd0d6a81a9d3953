/**
 * Draws the figures as an SVG that is readable on light and on dark pages: it
 * brings its own background, and follows the reader's colour scheme.
 */

const WIDTH = 880
const LEFT = 190
const RIGHT = 70
const ROW = 17
const GROUP_GAP = 14
const PANEL_HEAD = 44

/** Old, careful, and the package's own: three families, each in lighter and darker. */
const CLASSES = {
  'the old way': 'old',
  'careful JavaScript, JSON': 'careful light',
  'careful JavaScript, binary': 'careful',
  'offheap, JSON, no screen': 'offheap light',
  'offheap.v1, no screen': 'offheap',
  'offheap, JSON': 'screen light',
  'offheap.v1': 'screen',
}

const STYLE = `
  .page { fill: #ffffff; stroke: #d0d7de }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', sans-serif; fill: #1f2328 }
  .title { font-size: 14px; font-weight: 600 }
  .note, .tick { fill: #59636e }
  .grid { stroke: #d0d7de; stroke-width: 1 }
  .old { fill: #8c959f } .careful { fill: #bc4c00 } .offheap { fill: #0969da } .screen { fill: #1a7f37 }
  .range { stroke-width: 4; stroke-linecap: round }
  .range.old { stroke: #8c959f } .range.careful { stroke: #bc4c00 }
  .range.offheap { stroke: #0969da } .range.screen { stroke: #1a7f37 }
  .light { opacity: 0.62 }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117; stroke: #3d444d }
    text { fill: #f0f6fc }
    .note, .tick { fill: #9198a1 }
    .grid { stroke: #30363d }
    .old { fill: #9198a1 } .careful { fill: #f0883e } .offheap { fill: #58a6ff } .screen { fill: #3fb950 }
    .range.old { stroke: #9198a1 } .range.careful { stroke: #f0883e }
    .range.offheap { stroke: #58a6ff } .range.screen { stroke: #3fb950 }
  }`

/** @param {object} results what bench.js wrote */
function plot(results) {
  const log = results.transfer.filter(({ kind, way, died }) => kind === 'log text' && way in CLASSES && !died)
  const bySessions = (value) => groups(log, 'sessions', sessionsOf, (row) => ({ value: value(row) }))
  const echoes = results.echo.filter(({ died }) => !died)
  const panels = [
    barPanel(
      'Throughput, MB/s',
      'more is better',
      bySessions((row) => row.megabytes / row.seconds),
      0,
    ),
    barPanel(
      "Server's CPU, ms for each MB",
      'less is better',
      bySessions((row) => row.cpuMs / row.megabytes),
      1,
    ),
    rangePanel(
      'A key and its echo, ms',
      'p50 and p99, logarithmic; less is better',
      groups(echoes, 'floods', floodsOf, ({ p50, p99 }) => ({ value: p50, to: p99 })),
    ),
  ]
  let y = 12
  const body = panels.map(({ height, draw }) => {
    const drawn = draw(y)
    y += height
    return drawn
  })
  const height = y + 8
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" role="img">
<title>Throughput, CPU and echo latency of each server, at 1, 8 and 20 sessions</title>
<style>${STYLE}
</style>
<rect class="page" x="0.5" y="0.5" width="${WIDTH - 1}" height="${height - 1}" rx="6"/>
${body.join('\n')}
</svg>
`
}

const sessionsOf = (sessions) => (sessions === 1 ? '1 session' : `${sessions} sessions`)
const floodsOf = (floods) => (floods === 0 ? 'idle' : `while ${floods} sessions flood`)

/** Rows under the label that they have in common, in the order they came. */
function groups(rows, key, label, figures) {
  const found = new Map()
  for (const row of rows) {
    const group =
      found.get(row[key]) ?? found.set(row[key], { label: label(row[key]), rows: [] }).get(row[key])
    group.rows.push({ way: row.way, ...figures(row) })
  }
  return [...found.values()]
}

function barPanel(title, note, all, digits) {
  const most = Math.max(...all.flatMap(({ rows }) => rows.map(({ value }) => value)), 0)
  const scale = (value) => (value / most) * (WIDTH - LEFT - RIGHT)
  const bar = ({ way, value }, y) => {
    const width = scale(value).toFixed(1)
    return (
      `<rect class="${CLASSES[way]}" x="${LEFT}" y="${y - 10}" width="${width}" height="12" rx="2"/>` +
      `<text x="${LEFT + Number(width) + 6}" y="${y}">${value.toFixed(digits)}</text>`
    )
  }
  return panel(title, note, all, bar, () => '')
}

function rangePanel(title, note, all) {
  const values = all.flatMap(({ rows }) => rows.flatMap(({ value, to }) => [value, to]))
  const low = Math.floor(Math.log10(Math.min(...values, 1)))
  const high = Math.ceil(Math.log10(Math.max(...values, 10)))
  const x = (value) => LEFT + ((Math.log10(value) - low) / (high - low)) * (WIDTH - LEFT - RIGHT - 60)
  const range = ({ way, value, to }, y) => {
    const [from, end] = [x(value).toFixed(1), x(to).toFixed(1)]
    const name = CLASSES[way]
    return (
      `<line class="range ${name}" x1="${from}" x2="${end}" y1="${y - 4}" y2="${y - 4}"/>` +
      `<circle class="${name.split(' ')[0]}" cx="${from}" cy="${y - 4}" r="4"/>` +
      `<text x="${Number(end) + 8}" y="${y}">${short(value)} – ${short(to)}</text>`
    )
  }
  const grid = (top, bottom) => {
    const decades = Array.from({ length: high - low + 1 }, (_, index) => 10 ** (low + index))
    const line = (value) =>
      `<line class="grid" x1="${x(value)}" x2="${x(value)}" y1="${top}" y2="${bottom}"/>` +
      `<text class="tick" text-anchor="middle" x="${x(value)}" y="${top - 4}">${value}</text>`
    return decades.map(line).join('')
  }
  return panel(title, note, all, range, grid)
}

const short = (value) => value.toFixed(value < 10 ? 1 : 0)

/** A titled panel with its groups of rows; `draw(y)` puts it there. */
function panel(title, note, all, row, grid) {
  const rows = all.reduce((sum, group) => sum + group.rows.length, 0)
  const height = PANEL_HEAD + rows * ROW + all.length * (ROW + GROUP_GAP)
  const draw = (top) => {
    const lines = [
      `<text class="title" x="16" y="${top + 14}">${title}</text>`,
      `<text class="note" x="${WIDTH - 16}" y="${top + 14}" text-anchor="end">${note}</text>`,
      grid(top + 36, top + height - GROUP_GAP),
    ]
    let y = top + PANEL_HEAD
    for (const group of all) {
      lines.push(`<text class="note" x="16" y="${(y += ROW - 5)}">${group.label}</text>`)
      for (const each of group.rows) {
        y += ROW
        lines.push(`<text x="${LEFT - 10}" y="${y}" text-anchor="end">${each.way}</text>`, row(each, y))
      }
      y += GROUP_GAP + 5
    }
    return lines.filter(Boolean).join('\n')
  }
  return { height, draw }
}

module.exports = { plot }
