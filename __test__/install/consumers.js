// What a user of the package writes, once for each way to load it.

const body = `
const buffer = new CircularBuffer(4096)
buffer.write('kept')
const pty = spawn('/bin/sh', ['-c', 'echo sum=$((6 * 7))'], { cols: 80, rows: 24 })
let output = ''
pty.onData((data) => { output += data })
pty.onExit(({ exitCode }) => console.log(JSON.stringify({ output, exitCode, kept: buffer.toString() })))
`

const cjs = `const { CircularBuffer, spawn } = require('offheap-terminal')\n${body}`
const esm = `import { CircularBuffer, spawn } from 'offheap-terminal'\n${body}`

const typescript = `
import { CircularBuffer, SessionRegistry, spawn, type Pty, type Session } from 'offheap-terminal'

using buffer = new CircularBuffer(4096)
const end: number = buffer.write(new Uint8Array([104, 105]))
const registry = new SessionRegistry({ maxSessions: 2, onProjectLimit: 'reject' })
registry.on('sessionExited', ({ id, code }: { id: string; code: number }) => console.log(id, code))
const session: Session = registry.create({ pty: { file: 'sh', args: ['-c', 'true'], cols: 80, rows: 24 } })
const history: Buffer = session.history()
const pty: Pty = spawn('sh', ['-c', 'true'], { cols: 80 })
pty.onExit(({ exitCode, signal }) => console.log(exitCode, signal, end, history))
// @ts-expect-error A capacity is a number.
new CircularBuffer('4096')
// @ts-expect-error There is no such option.
registry.create({ shell: 'sh' })
`

const tsconfig = (module, moduleResolution) =>
  JSON.stringify({
    compilerOptions: {
      module,
      moduleResolution,
      target: 'es2022',
      lib: ['es2022', 'esnext.disposable'],
      strict: true,
      noEmit: true,
      skipLibCheck: false,
    },
    files: ['consumer.ts'],
  })

module.exports = { cjs, esm, typescript, tsconfig }
