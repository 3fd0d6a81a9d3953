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

// A mock of node-pty's interface stands in for what spawn returns.
class Mock implements IPty {
  readonly pid = 1
  readonly cols = 80
  readonly rows = 24
  readonly process = 'mock'
  handleFlowControl = false
  readonly onData: IEvent<string> = () => ({ dispose() {} })
  readonly onExit: IEvent<{ exitCode: number; signal?: number }> = () => ({ dispose() {} })
  resize(_columns: number, _rows: number): void {}
  clear(): void {}
  write(_data: string | Buffer): void {}
  kill(_signal?: string): void {}
  pause(): void {}
  resume(): void {}
}
const mocked: typeof pty.spawn = () => new Mock()
const mocks: IPty[] = [mocked('sh'), pty.fork('sh', [], {}), pty.createTerminal('sh', [], {})]

const ours = new pty.Pty('sh', ['-c', 'true'], { argv0: '-sh', spawnErrors: 'print' })
const iPty: IPty = ours
const direct: boolean = ours.on('exit', (code: number, signal?: number) => [code, signal]).write('x')
ours.once('data', (text) => text.length).off('drain', () => {})
ours
  .on('close', () => {})
  .on('error', (error: Error) => error.message)
  .addListener('foo', () => {})
ours.onDrain(() => facts.length)
ours.pipe(process.stdout, { end: false }).write('x')
ours.setEncoding(null)
ours.end('bytes')
ours.kill(9)
ours.unref()
ours.close()
const names: [string, number, number] = [ours.ptsName, ours.fd, ours.listenerCount('data')]

const opened = pty.open({ cols: 80, rows: 24 })
opened.master.on('data', (data) => opened.slave.write(data))
opened.destroy()
const bare: { master: number; slave: number; pty: string } | undefined = pty.native?.open(80, 24)

const values = [direct, iPty, mocks, names, bare]
// @ts-expect-error: listeners are functions
ours.on('data', values)
// @ts-expect-error: columns are numbers
pty.spawn('sh', [], { cols: '80' })
