// Compiled, never run: fails where index.d.ts promises something else than
// what is written here. `npm run test:types`.

import {
  CircularBuffer,
  type CloseReason,
  type openRecording,
  type Pty,
  type RecordedMoment,
  type Recording,
  type RecordingReader,
  type RegistryStats,
  type Session,
  type SessionInfo,
  SessionRegistry,
  spawn,
  type Viewer,
} from 'offheap-terminal'

/** Holds where both types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

// CircularBuffer
{
  using buffer = new CircularBuffer()
  new CircularBuffer(65536)
  same<ReturnType<typeof buffer.write>, number>()
  buffer.write('text')
  buffer.write(new Uint8Array(1))
  buffer.write(Buffer.from('bytes'))
  same<ReturnType<typeof buffer.read>, Buffer>()
  same<ReturnType<typeof buffer.readFrom>, { data: Buffer; start: number; end: number; missed: number }>()
  same<ReturnType<typeof buffer.readInto>, number>()
  same<ReturnType<typeof buffer.tail>, Buffer>()
  same<ReturnType<typeof buffer.toString>, string>()
  same<typeof buffer.closed, boolean>()
  // @ts-expect-error Numbers are no data.
  buffer.write(1)
  // @ts-expect-error The offset is needed.
  buffer.readFrom()
  // @ts-expect-error Offsets are read-only.
  buffer.end = 0
}

// spawn
{
  const pty = spawn('bash', ['-l'], {
    name: 'xterm-256color',
    cols: 80,
    rows: 30,
    cwd: '/',
    env: process.env,
  })
  same<typeof pty, Pty>()
  spawn('cmd.exe', '/c dir')
  pty.onData((data) => data.length)
  const listening = pty.onExit(({ exitCode, signal }) => {
    same<typeof exitCode, number>()
    return signal
  })
  listening.dispose()
  pty.resize(100, 40)
  pty.kill('SIGTERM')
  // @ts-expect-error The program is needed.
  spawn()
  // @ts-expect-error Columns are a number.
  spawn('bash', [], { cols: '80' })
}

// SessionRegistry, Session, Viewer
{
  using registry = new SessionRegistry({ maxSessions: 2, onProjectLimit: 'reject', historyBytes: 65536 })
  const session = registry.create({
    projectId: 'p',
    metadata: { any: 'thing' },
    pty: { file: 'bash', args: ['-l'] },
  })
  same<typeof session, Session>()
  same<ReturnType<typeof registry.get>, Session | null>()
  same<ReturnType<typeof registry.list>, SessionInfo[]>()
  same<ReturnType<typeof registry.stats>, RegistryStats>()
  same<ReturnType<typeof registry.close>, boolean>()
  registry.close('id')
  registry.close('id', 'project')
  registry.close()
  // @ts-expect-error A session that there is not must not close them all.
  registry.close(registry.get('id')?.id)
  registry.on('sessionClosed', ({ id, reason }) => {
    same<typeof id, string>()
    same<typeof reason, CloseReason>()
  })
  // @ts-expect-error There is no such event.
  registry.on('sessionLost', () => {})
  // @ts-expect-error There is no such policy.
  new SessionRegistry({ onProjectLimit: 'closeNewest' })
  // @ts-expect-error There is no such option.
  registry.create({ shell: 'bash' })

  const info: SessionInfo = session.info()
  info.status satisfies 'active' | 'suspended' | 'exited' | 'closed'
  using viewer = session.openViewer({ from: 'tail', format: 'json' })
  same<typeof viewer, Viewer>()
  same<ReturnType<typeof viewer.read>, Buffer | null>()
  viewer.onReadable(() => viewer.release())
  session.openViewer({ from: 1024 })
  // @ts-expect-error There is no such format.
  session.openViewer({ format: 'xml' })
}

// Recording, RecordingReader
{
  using registry = new SessionRegistry({ recording: { dir: '/recordings', maxAge: 1000 } })
  const session = registry.create({ recording: { name: 'one', input: true, onSlowDisk: 'pause' } })
  same<typeof session.recordings, Recording[]>()
  using recording = session.record({ file: '/recordings/two.cast' })
  same<ReturnType<typeof recording.mark>, boolean>()
  same<ReturnType<typeof recording.stop>, Promise<void>>()
  same<typeof recording.error, { code: string; message: string } | null>()
  same<ReturnType<typeof openRecording>, Promise<RecordingReader>>()
  const read = async (reader: RecordingReader) => {
    same<Awaited<ReturnType<typeof reader.at>>, RecordedMoment>()
    reader.segments()[0]?.keyframe?.length satisfies number | undefined
    same<Awaited<ReturnType<typeof reader.search>>, { time: number; line: string }[]>()
    same<typeof reader.header.title, string | null>()
  }
  same<ReturnType<typeof read>, Promise<void>>()
  // @ts-expect-error There is no such policy.
  session.record({ dir: '/recordings', onSlowDisk: 'stop' })
}
