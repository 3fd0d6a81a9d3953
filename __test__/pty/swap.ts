/** What a TypeScript user of node-pty writes; `types.spec.js` compiles it. */

import type {
  IBasePtyForkOptions,
  IDisposable,
  IEvent,
  IPty,
  IPtyForkOptions,
  IWindowsPtyForkOptions,
} from '../..'
import * as pty from '../..'

const base: IBasePtyForkOptions = {
  name: 'xterm',
  cols: 80,
  rows: 24,
  cwd: '/',
  env: process.env,
  encoding: null,
}
const unix: IPtyForkOptions = { ...base, uid: 1, gid: 1, handleFlowControl: true, flowControlPause: 'p' }
const windows: IWindowsPtyForkOptions = {
  ...base,
  useConpty: true,
  useConptyDll: false,
  conptyInheritCursor: false,
}
const terminal: IPty = pty.spawn('sh', ['-c', 'true'], unix)
const other: pty.IPty = pty.spawn('cmd.exe', '/c dir', windows)

const onData: IEvent<string> = terminal.onData
const data: IDisposable = onData((text: string) => text.length)
const exit: IDisposable = terminal.onExit(({ exitCode, signal }) => exitCode + (signal ?? 0))
data.dispose()
exit.dispose()
terminal.handleFlowControl = false
terminal.write('text')
terminal.write(Buffer.from('bytes'))
terminal.resize(terminal.cols, terminal.rows, { width: 1, height: 1 })
terminal.clear()
terminal.pause()
terminal.resume()
terminal.kill('SIGTERM')
const facts: [number, string] = [other.pid, other.process]

const ours = pty.spawn('sh', [])
const direct: boolean = ours.on('exit', (code: number, signal?: number) => [code, signal]).write('x')
ours.once('data', (text) => text.length).off('drain', () => {})
ours.onDrain(() => facts.length)
ours.unref()
ours.close()

// @ts-expect-error: there is no such event
ours.on('nothing', () => direct)
// @ts-expect-error: columns are numbers
pty.spawn('sh', [], { cols: '80' })
