// asciinema's own tools read what is recorded: version 3 by the command line tool
// in Rust (crates.io), version 2 by the older one in Python (PyPI). Both are
// installed where they are missing, which takes minutes the first time; set
// ASCIINEMA to a binary of version 3 to spare that.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { SessionRegistry, openRecording } = require('../..')
const { eventually } = require('../helpers/proc')

const TOOLS = path.join(__dirname, '..', '..', 'target', 'asciinema')
const MINUTES = 60_000

/** The tool of version 3. */
function rustTool() {
  if (process.env.ASCIINEMA) return process.env.ASCIINEMA
  const tool = path.join(TOOLS, 'bin', 'asciinema')
  if (!fs.existsSync(tool))
    execFileSync('cargo', ['install', 'asciinema', '--version', '^3', '--locked', '--root', TOOLS], {
      stdio: 'inherit',
    })
  return tool
}

/** What runs the tool of version 2. */
function pythonTool() {
  const folder = path.join(TOOLS, 'python')
  if (!fs.existsSync(folder))
    execFileSync('python3', ['-m', 'pip', 'install', '--quiet', '--target', folder, 'asciinema==2.4.0'], {
      stdio: 'inherit',
    })
  return (args) =>
    execFileSync('python3', ['-m', 'asciinema', ...args], {
      env: { ...process.env, PYTHONPATH: folder, LC_ALL: 'C.UTF-8' },
    })
}

let dir
let registry
beforeEach(() => {
  dir = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-asciinema-'))
  registry = new SessionRegistry({ maxSessions: 0, spawnsPerMinute: 0, exitLinger: 60_000 })
})
afterEach(() => {
  registry.shutdown()
  fs.rmSync(dir, { recursive: true, force: true })
})

/** A recording with everything that one can have: sizes, a marker, colours, wide characters, bytes that are no text. */
async function recorded() {
  const script =
    'printf "\\033[1mone\\033[m grüße 漢字\\n\\377"; read x; seq 1 3000; printf "\\033]0;title\\007two\\n"; exit 3'
  const pty = { file: '/bin/sh', args: ['-c', script], cols: 80, rows: 24 }
  const session = registry.create({ recording: { dir, name: 'all', input: true }, pty })
  await eventually('the first line', () => session.history().includes('one'))
  session.resize(100, 30)
  const [recording] = session.recordings
  recording.mark('between')
  session.write('\n')
  await eventually('the end', () => recording.ended)
  return recording.file
}

const eventsOf = (text) =>
  text
    .trimEnd()
    .split('\n')
    .slice(1)
    .map((line) => JSON.parse(line))
const outputOf = (events) => events.map(([, code, data]) => (code === 'o' ? data : '')).join('')

test(
  'the tool of version 3 plays and converts it',
  async () => {
    const file = await recorded()
    const tool = rustTool()
    const events = eventsOf(fs.readFileSync(file, 'utf8'))
    const convert = (format, ending) => {
      const to = path.join(dir, `converted.${ending}`)
      execFileSync(tool, ['convert', '--output-format', format, file, to])
      return fs.readFileSync(to, 'utf8')
    }
    // It puts the size first, for terminals that can be told one.
    expect(convert('raw', 'raw').replace(/^\x1b\[8;24;80t/, '')).toBe(outputOf(events))
    const second = eventsOf(convert('asciicast-v2', 'cast'))
    expect(outputOf(second)).toBe(outputOf(events))
    expect(second.map(([, code]) => code).filter((code) => code !== 'x')).toEqual(
      events.map(([, code]) => code).filter((code) => code !== 'x'),
    )
    // Its version 2 may leave out the exit, which can come later than the last output.
    const reader = await openRecording(file)
    const ours = (await reader.events()).filter(({ code }) => code !== 'x')
    const theirs = second.filter(([, code]) => code !== 'x')
    expect(Math.abs(theirs.at(-1)[0] - ours.at(-1).time)).toBeLessThan(0.002)
    expect(convert('txt', 'txt')).toContain('grüße 漢字')
    // On a terminal of its own, as somebody plays it.
    const player = registry.create({
      pty: {
        file: tool,
        args: ['play', '--speed', '1000', '--idle-time-limit', '0.01', file],
        cols: 100,
        rows: 30,
      },
    })
    await eventually('its end', () => player.exit !== null, 2 * MINUTES)
    expect(player.exit.code).toBe(0)
    expect(player.history().toString()).toContain('two')
  },
  20 * MINUTES,
)

test(
  'the tool of version 2 plays our version 2',
  async () => {
    const file = await recorded()
    const second = path.join(dir, 'second.cast')
    const reader = await openRecording(file)
    await reader.toV2(second)
    const python = pythonTool()
    const expected = outputOf(eventsOf(fs.readFileSync(file, 'utf8')))
    expect(python(['cat', second]).toString()).toBe(expected)
    expect(python(['play', '-s', '1000', '-i', '0.01', second]).toString()).toContain('two')
  },
  5 * MINUTES,
)
