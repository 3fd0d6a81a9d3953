// Fails unless CHANGELOG.md keeps its form: an Unreleased heading, then
// versions with dates, newest first, beginning with that of package.json.

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const { version } = JSON.parse(fs.readFileSync(path.join(root, 'package.json'), 'utf8'))
const text = fs.readFileSync(path.join(root, 'CHANGELOG.md'), 'utf8')

const groups = new Set(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'])

function problems() {
  const found = []
  const [unreleased, ...releases] = [...text.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)
  if (unreleased !== '[Unreleased]') found.push('the first heading must be [Unreleased]')
  for (const heading of releases) {
    if (!/^\[\d+\.\d+\.\d+(?:-[\w.]+)?\] - \d{4}-\d\d-\d\d$/.test(heading))
      found.push(`"${heading}" is no version with a date`)
  }
  if (!releases[0]?.startsWith(`[${version}] - `)) {
    found.push(`the newest version must be ${version}, that of package.json, but is ${releases[0] ?? 'none'}`)
  }
  const dates = releases.map((heading) => heading.split(' - ')[1])
  if (dates.some((date, index) => index > 0 && date > dates[index - 1]))
    found.push('versions must be newest first')
  for (const [, group] of text.matchAll(/^### (.*)$/gm)) {
    if (!groups.has(group)) found.push(`"${group}" is none of ${[...groups].join(', ')}`)
  }
  return found
}

for (const problem of problems()) {
  console.error(`CHANGELOG.md: ${problem}`)
  process.exitCode = 1
}
