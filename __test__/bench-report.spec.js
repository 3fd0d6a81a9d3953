// What docs/benchmarks.md shows of the benchmarks is made by programs.

const fs = require('node:fs')
const {
  DOCUMENT,
  FLOOR,
  README,
  between,
  part,
  reachPart,
  reachSummary,
  written,
} = require('../bench/server/report')
const { plot } = require('../bench/server/plot')
const git = require('../bench/git/report')
const recording = require('../bench/recording/report')
const screen = require('../bench/screen/report.cjs')

const WAYS = ['the old way', 'careful JavaScript, binary', 'offheap.v1']
const figures = {
  seconds: 2,
  cpuMs: 500,
  heapPeak: 8e6,
  heapGrowth: -1e6,
  rssPeak: 70e6,
  rssStart: 60e6,
  collections: 12,
  longestPause: 1.25,
  loopDelayP99: 3,
  p50: 0.4,
  p99: 1.8,
}
const each = (rows) => rows.flatMap((row) => WAYS.map((way) => ({ way, ...row, ...figures })))
const results = {
  node: 'v20.20.2',
  platform: 'Linux x64',
  cpus: 2,
  rounds: 3,
  stallSeconds: 20,
  transfer: each([1, 8, 20].map((sessions) => ({ kind: 'log text', sessions, megabytes: 50 * sessions }))),
  echo: each([{ floods: 0 }, { floods: 20 }]),
  stall: [...each([{}]), { way: 'another', died: 'died of SIGABRT', diedAfter: 31.4 }],
}

test('the tables have each figure, and say when a server died', () => {
  const text = part(results).replace(/ +/g, ' ')
  expect(text).toContain(
    '| log text, 50 MB | 8 | offheap.v1 | 200 | 1.3 | 8.0 MB | −1.0 MB | 70.0 MB | 12 | 1.3 | 3.0 |',
  )
  expect(text).toContain('| 20 sessions flooding | the old way | 0.40 | 1.80 | 3.0 |')
  expect(text).toContain('| another | died of SIGABRT after 31 s | | | |')
  expect(text).toContain('Medians of 3 rounds of each, Node 20.20.2')
})

test('the plot has each server at each load, with a look in light and in dark', () => {
  const svg = plot(results)
  for (const way of WAYS) expect(svg.split(`>${way}<`).length - 1).toBe(3 + 3 + 2)
  expect(svg).toContain('prefers-color-scheme: dark')
  expect(svg).not.toMatch(/NaN|undefined|Infinity/)
})

describe('above the floor', () => {
  const cost = (way, cpuMs) => ({
    way,
    kind: 'yes',
    sessions: 8,
    megabytes: 100,
    ...figures,
    cpuMs,
    switches: 5000,
  })
  const transfer = [
    cost(FLOOR, 200),
    cost('careful JavaScript, JSON', 2200),
    cost('careful JavaScript, binary', 1200),
    cost('offheap, JSON, no screen', 450),
    cost('offheap, JSON', 500),
    cost('offheap.v1', 400),
    { way: 'the old way', kind: 'yes', sessions: 8, died: 'died of SIGABRT' },
  ]
  const unwatched = [cost('offheap, JSON', 310), cost('offheap, JSON, no screen', 320)]
  const reach = { ...results, transfer, unwatched, echo: [], stall: [] }

  test('a server is measured by what it adds to reading, and the screen by what it adds to a server', () => {
    const text = reachPart(reach).replace(/ +/g, ' ')
    expect(text).toContain(`| yes | 8 | ${FLOOR} | 2.00 | 50 | | | |`)
    expect(text).toContain('| yes | 8 | careful JavaScript, JSON | 22.00 | 50 | 20.00 | 1.00 | 2.00 |')
    expect(text).toContain('| yes | 8 | offheap, JSON | 5.00 | 50 | 3.00 | 0.15 | 0.30 |')
    expect(text).toContain('| yes | 8 | offheap, JSON | 5.00 | 4.50 | +0.50 |')
    expect(text).toContain('| yes | 8 | nobody watches | 3.10 | 3.20 | −0.10 |')
  })

  test('the README gets the shares alone, and the document keeps what was not measured', () => {
    const summary = reachSummary(reach).replace(/ +/g, ' ')
    expect(summary).toContain('| offheap, JSON, 8 sessions | 0.15 |')
    expect(summary).toContain('| offheap.v1, 8 sessions | 0.10 |')
    expect(summary).toContain('| offheap.v1, 20 sessions | – |')
    const text = fs.readFileSync(DOCUMENT, 'utf8')
    const changed = written(text, reach)
    expect(changed).toContain('nobody watches')
    expect(changed.slice(0, text.indexOf('<!-- end -->'))).toBe(text.slice(0, text.indexOf('<!-- end -->')))
    expect(written(changed, reach)).toBe(changed)
    const readme = fs.readFileSync(README, 'utf8')
    expect(readme.split('the cost above the floor').length - 1).toBe(2)
  })
})

test('the document has a place for them, and the rest of it stays', () => {
  const text = fs.readFileSync(DOCUMENT, 'utf8')
  const changed = between(text, 'tables')
  expect(changed).toMatch(/begin -->\n\ntables\n\n<!-- end/)
  expect(changed.startsWith(text.slice(0, text.indexOf('<!-- made by')))).toBe(true)
  expect(changed.endsWith(text.slice(text.indexOf('<!-- end')))).toBe(true)
})

describe('the screen', () => {
  const engines = [860e6, 160e6, 30e6]
  const snapshots = [[2e-6, 2048], [], [14e-6, 1024]]
  const results = {
    node: 'v20.20.2',
    platform: 'linux x64',
    cpus: 2,
    rounds: 5,
    names: ['offheap-terminal', 'drawn', 'other'],
    versions: ['', '0.26.0', '1.2.3'],
    xterm: '6.0.0',
    throughput: [{ name: 'plain lines', engines, bare: 1633e6, xterm: 57e6 }],
    memory: [{ name: 'a new screen', engines: [2900, 101376, 63078], counted: 2800, xterm: 206848 }],
    snapshots: [
      {
        name: 'plain lines',
        engines: snapshots,
        xterm: [94e-6, 1741],
        all: { ours: [12e-6, 53248], xterm: [3.8e-3, 76800] },
      },
    ],
    bounds: [
      { name: 'reset (RIS)', ms: 62.6 },
      { name: 'erase below (ED)', ms: 22.6 },
    ],
  }

  test('the tables have a column for each engine, and for snapshots of those that make them', () => {
    const text = screen.part(results).replace(/ +/g, ' ')
    expect(text).toContain('| drawn 0.26.0 | other 1.2.3 | @xterm/headless 6.0.0 |')
    expect(text).toContain('| plain lines | 860 | 1633 | 160 | 30 | 57 |')
    expect(text).toContain('| a new screen | 2.8 | 2.7 | 99 | 62 | 202 |')
    expect(text).toContain('| plain lines | 2.0 (2.0) | 14.0 (1.0) | 94.0 (1.7) | 12.0 (52) | 3800 (75) |')
    expect(text).toContain('take 63 ms: reset (RIS)')
  })

  test('the document has a place for them', () => {
    const text = fs.readFileSync(screen.DOCUMENT, 'utf8')
    expect(screen.place(text, 'tables')).toMatch(/begin here\. -->\n\ntables\n\n<!-- The figures/)
  })
})

test('git’s figures are a table, and have their place in the document', () => {
  const text = git.tables({
    node: 'v20.20.2',
    platform: 'Linux x64',
    cpus: 2,
    files: 10_000,
    plain: [20, 30],
    latency: Array.from({ length: 100 }, (_, index) => index + 1),
    oldLatency: [2500, 4000],
    quiet: { seconds: 60, cpuMs: 0, oldCpuMs: 900, runs: 0 },
    burst: { changes: 5000, runs: 3, writtenMs: 800 },
    shared: { subscriptions: 100, watches: 1 },
    left: { cycles: 1000, watches: 0, inotify: 0, descriptors: 0 },
  })
  expect(text).toMatch(/p50, p95 +\| 50 ms, 95 ms +\| 2500 ms, 4000 ms/)
  expect(text).toMatch(/5000 changes in 800 ms +\| 3 /)
  expect(text).toMatch(/1000 subscribers that vanished[^|]+\| 0, 0 /)
  const document = fs.readFileSync(git.DOCUMENT, 'utf8')
  expect(git.placed(document, 'figures')).toContain(`begin -->\n\nfigures\n\n<!-- made by bench/git`)
})

test('recordings’ figures are tables, and have their place in the document', () => {
  const disk = { printed: 100e6, cast: 110e6, keys: 32e6, gzip: 0.1234, zstd: null, missing: 0 }
  const results = {
    node: 'v20.20.2',
    platform: 'Linux x64',
    cpus: 2,
    rounds: 3,
    where: '/tmp',
    flood: [
      {
        kind: 'log text',
        sessions: 8,
        megabytes: 100,
        off: { seconds: 1, cpuMs: 200 },
        on: { seconds: 1.25, cpuMs: 220 },
        recorder: { userMs: 12, systemMs: 8 },
        disk,
      },
    ],
    long: {
      bytes: 1e9,
      hours: 8,
      events: 5,
      resizes: 2,
      keys: 300e6,
      segments: 4001,
      keyframesSeconds: 12.34,
      search: [{ text: 'needle', hits: 1, seconds: 2.5 }],
      seek: {
        load: 50,
        seeks: Array.from({ length: 100 }, (_, index) => ({ ms: index + 1, bytes: (index + 1) * 10_000 })),
        compared: 100,
        different: [17],
        replaySeconds: 80,
      },
    },
    list: { recordings: 10_000, first: 900, later: [10, 20, 30], changed: [40], thousand: 100 },
  }
  const text = recording.part(results).replace(/ +/g, ' ')
  expect(text).toContain(
    '| log text, 100 MB | 8 | 100 | 80 | −20.0 % | 2.00 | 2.20 | +10.0 % | 0.12 + 0.08 | none |',
  )
  expect(text).toContain('| log text | 1.100 | 0.320 | 0.123 | not measured |')
  expect(text).toContain('p50, p95, most | 50 ms, 95 ms, 100 ms |')
  expect(text).toContain('most | 0.50 MB, 1.00 MB |')
  expect(text).toContain('| 99 of 100 (it takes 80 s) |')
  expect(text).toContain('for "needle" | 2.50 s, 1 place |')
  expect(text).toContain('| a list of 10000 recordings, 100 shown: p50, p95, most | 20 ms, 30 ms, 30 ms |')
  const { flood, ...others } = results
  expect(recording.tables(others)).not.toContain('MB/s')
  const document = fs.readFileSync(recording.DOCUMENT, 'utf8')
  const changed = recording.written(document, results)
  expect(changed).toContain('99 of 100')
  expect(recording.written(changed, results)).toBe(changed)
})
