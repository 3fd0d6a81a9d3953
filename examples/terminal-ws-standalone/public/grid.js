/** Where the panes stand: side by side in a grid whose last row is filled, or stacked behind tabs. */

const COLUMNS = 60 // divides by 1 to 6: rows of different lengths share one grid
const MIN_WIDTH = 340
const MIN_HEIGHT = 230
const SHAPE = 1.7 // the width to height that terminals look best at

/**
 * How many panes in each row.
 * @param {number} count @param {number} width @param {number} height of the stage, in pixels
 * @returns {number[]}
 */
export function rowsFor(count, width, height) {
  let best = 1
  let bestScore = Infinity
  for (let columns = 1; columns <= Math.min(count, 6); columns += 1) {
    if (columns > 1 && width / columns < MIN_WIDTH) break
    const rows = Math.ceil(count / columns)
    const score =
      Math.abs(Math.log(width / columns / (height / rows) / SHAPE)) + (columns * rows - count) * 0.05
    if (score < bestScore) [best, bestScore] = [columns, score]
  }
  const rows = Math.ceil(count / best)
  const short = rows * best - count // the last rows are one shorter
  return Array.from({ length: rows }, (_, row) => (row < rows - short ? best : best - 1))
}

/**
 * @param {HTMLElement} stage
 * @param {HTMLElement[]} panes
 * @param {'grid' | 'tabs'} layout
 */
export function arrange(stage, panes, layout) {
  stage.dataset.layout = layout
  if (layout === 'tabs' || panes.length === 0) {
    stage.style.gridTemplate = ''
    for (const pane of panes) pane.style.gridColumn = ''
    return
  }
  const rows = rowsFor(panes.length, stage.clientWidth, stage.clientHeight)
  stage.style.gridTemplate = `repeat(${rows.length}, minmax(${MIN_HEIGHT}px, 1fr)) / repeat(${COLUMNS}, minmax(0, 1fr))`
  let next = 0
  for (const length of rows) {
    for (let i = 0; i < length; i += 1) panes[next++].style.gridColumn = `span ${COLUMNS / length}`
  }
}
