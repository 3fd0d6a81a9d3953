// A process that reads a flood, with a recorder or without, for one viewer:
//   node flood.js <file to print> <folder of the recording, or nothing>

const { SessionRegistry } = require('../..')

const [file, dir] = process.argv.slice(2)
const registry = new SessionRegistry({ recording: dir ? { dir } : null, exitLinger: 60_000 })
const began = { clock: process.hrtime.bigint(), cpu: process.cpuUsage() }
const session = registry.create({ pty: { file: '/bin/cat', args: [file] } })
const viewer = session.openViewer({ from: 0 })
let bytes = 0
const drain = () => {
  for (let frame = viewer.read(); frame; frame = viewer.read()) {
    bytes += frame.length
    viewer.release()
  }
}
viewer.onReadable(drain)
drain()
registry.on('sessionExited', async () => {
  drain()
  const [recording] = session.recordings
  while (recording && !recording.ended) await new Promise((resolve) => setTimeout(resolve, 1))
  const { user, system } = process.cpuUsage(began.cpu)
  const seconds = Number(process.hrtime.bigint() - began.clock) / 1e9
  const missed = recording?.missed ?? 0
  console.log(
    JSON.stringify({
      seconds,
      cpu: (user + system) / 1e6,
      bytes,
      printed: session.end,
      missed,
      file: recording?.file ?? null,
    }),
  )
  process.exit(0)
})
