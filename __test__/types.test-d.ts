// Compiled, never run: fails where index.d.ts promises something else than
// what is written here. `npm run test:types`.

import { createServer } from 'node:http'
import {
  CircularBuffer,
  type CloseReason,
  type HeaviestSession,
  type IPty,
  type IPtyForkOptions,
  type Nullable,
  openRecording,
  Pty,
  type PtyOptions,
  type RecordedMoment,
  type Recording,
  type RecordingReader,
  type RegistryStats,
  type RunResult,
  type Session,
  type SessionInfo,
  SessionRegistry,
  type ShellCommand,
  spawn,
  type Viewer,
} from 'offheap-terminal'
import {
  Access,
  defaultShell,
  isLoopback,
  loginArguments,
  projectEnvironment,
  type RecordingEntry,
  RecordingServer,
  refuseUpgrade,
  setVariable,
  shellEnvironment,
  type TerminalGrantInfo,
  type TerminalQuery,
  TerminalServer,
  variable,
} from 'offheap-terminal/server'

/** Holds where both types are the same, not only assignable. */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false
function same<A, B>(..._proof: Same<A, B> extends true ? [] : [never]): void {}

// CircularBuffer
{
  using buffer = new CircularBuffer()
  new CircularBuffer(65536)
  new CircularBuffer(null)
  buffer.readFrom(0, null)
  buffer.toString(null)
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
  same<typeof pty, IPty>()
  spawn('cmd.exe', '/c dir')
  spawn(null, null, null)
  const nothing: Required<Nullable<PtyOptions>> = {
    ...{ name: null, cols: null, rows: null, cwd: null, env: null, encoding: null },
    ...{ handleFlowControl: null, flowControlPause: null, flowControlResume: null, uid: null, gid: null },
    ...{ useConpty: null, useConptyDll: null, conptyInheritCursor: null },
    ...{ maxInputBytes: null, drainTimeout: null, killGrace: null, argv0: null, spawnErrors: null },
  }
  spawn('bash', [], nothing satisfies PtyOptions)
  const forNodePty: IPtyForkOptions = { cwd: '/', uid: 1 }
  spawn('bash', [], forNodePty)
  new Pty('bash').pipe(process.stdout, { end: null })
  pty.onData((data) => data.length)
  const listening = pty.onExit(({ exitCode, signal }) => {
    same<typeof exitCode, number>()
    return signal
  })
  listening.dispose()
  pty.resize(100, 40)
  pty.kill('SIGTERM')
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
    focused: false,
  })
  registry.create({ focused: null, pty: { file: 'bash', argv0: null, cwd: null } })
  same<typeof session, Session>()
  session.resize(80, 24)
  session.resize(80, 24, { width: 720, height: 408 })
  session.setTheme({ foreground: '#fff', background: null })
  // @ts-expect-error A colour is text.
  session.setTheme({ cursor: 7 })
  same<ReturnType<typeof registry.get>, Session | null>()
  same<ReturnType<typeof registry.list>, SessionInfo[]>()
  same<ReturnType<typeof registry.stats>, RegistryStats>()
  same<ReturnType<typeof registry.close>, boolean>()
  registry.close('id')
  registry.close('id', 'project')
  registry.close('id', null)
  same<ReturnType<typeof registry.shutdown>, boolean>()
  // @ts-expect-error Without an id nothing is closed.
  registry.close()
  // @ts-expect-error A session that there is not has no id.
  registry.close(registry.get('id')?.id)
  registry.on('sessionClosed', ({ id, projectId, incarnation, reason }) => {
    same<typeof projectId, string | null>()
    same<typeof incarnation, number>()
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
  same<typeof info.projectId, string | null>()
  session.update({ metadata: { any: 'other' }, mode: null })
  // @ts-expect-error A session's data is changed by update().
  session.metadata = {}
  registry.on('sessionUpdated', (updated) => same<typeof updated, SessionInfo>())
  registry.on('memoryPressure', ({ heaviest, action }) => {
    same<typeof heaviest, HeaviestSession | null>()
    if (action === null) heaviest?.incarnation.toFixed()
  })
  info.status satisfies 'active' | 'suspended' | 'exited' | 'closed' | 'lost'
  new SessionRegistry({ journal: '/var/lib/app' })
  new SessionRegistry({ journal: { dir: '/var/lib/app', maxBytes: 1e9 } })
  // @ts-expect-error The directory is needed.
  new SessionRegistry({ journal: { maxBytes: 1e9 } })
  same<ReturnType<typeof registry.restore>, SessionInfo[]>()
  same<ReturnType<typeof registry.leave>, number>()
  registry.on('sessionRestored', ({ alive }) => same<typeof alive, boolean>())
  registry.on('journalError', ({ code, path }) => same<typeof path, typeof code>())
  using viewer = session.openViewer({ from: 'tail', format: 'json' })
  same<typeof viewer, Viewer>()
  same<ReturnType<typeof viewer.read>, Buffer | null>()
  viewer.onReadable(() => viewer.release())
  session.openViewer({ from: 1024 })
  // @ts-expect-error There is no such format.
  session.openViewer({ format: 'xml' })
}

// TerminalServer
{
  const registry = new SessionRegistry()
  new TerminalServer({ registry })
  const terminals: TerminalServer = new TerminalServer({
    registry,
    authorize: async ({ headers }) =>
      headers.cookie ? { userId: 'ann', projectId: 'p', access: 'read', team: 'core' } : null,
    open: async (query, grant) => {
      same<typeof query, TerminalQuery>()
      same<typeof grant, TerminalGrantInfo>()
      same<typeof grant.access, 'read' | 'write'>()
      same<typeof query.sessionId, string | undefined>()
      return terminals.findOrCreate(query, grant)
    },
    shell: (query, grant, session) => ({ ...defaultShell(query, grant, session), args: ['-l'] }),
    history: 'stream',
    unknownMessages: 'ignore',
    origins: ['https://a.example'],
    trustProxy: ['loopback'],
    keepAlive: (closeCode, session) => (closeCode === 1000 && session.projectId ? 60_000 : undefined),
    outputKeepsAlive: true,
    pingInterval: null,
    maxPayload: 1 << 20,
    messages: { hello: (message, { session, send }) => send({ type: message.type, id: session.id }) },
    onError: (error) => console.error(error),
  })
  const server = createServer()
  server.on('upgrade', terminals.upgrade)
  server.on('upgrade', (request, socket, head) =>
    terminals.accept(request, socket, head, (ws, { userId, address }, { path }) => {
      ws.send(JSON.stringify({ userId, address, path }))
    }),
  )
  new TerminalServer({
    registry,
    messages: {
      watch(_message, { shared, signal, send }) {
        if (!shared) send({ type: 'watched' }, () => signal.throwIfAborted())
      },
    },
  })
  same<ReturnType<typeof terminals.share>, string>()
  const token = terminals.share(registry.create(), { access: 'write', expiresIn: 60_000 })
  same<ReturnType<typeof terminals.revoke>, boolean>()
  terminals.revoke(token)
  same<ReturnType<typeof terminals.newShell>, void>()
  terminals.newShell(registry.create(), { path: '/' }, { userId: 'ann' })
  same<ReturnType<typeof terminals.close>, Promise<void>>()
  terminals.close({ code: 1012 })
  terminals.close({ code: null, reason: null })
  terminals.close(null)
  new TerminalServer({ registry, authorize: () => ({ status: 403, message: 'no' }) })
  new TerminalServer({
    registry,
    maxUnauthorized: 250,
    maxUnauthorizedPerAddress: 8,
    maxIncompleteBytes: null,
    maxUnreadBytes: 1 << 20,
  })
  server.on('connection', terminals.connection)
  server.on('request', ({ socket }) => terminals.admit(socket))
  // @ts-expect-error The registry is needed.
  new TerminalServer({})
  // @ts-expect-error There is no such option.
  new TerminalServer({ registry, path: '/terminals' })
  // @ts-expect-error There is no such access.
  terminals.share(registry.create(), { access: 'admin' })
  // @ts-expect-error A grant needs no less.
  new TerminalServer({ registry, authorize: () => 'yes' })

  server.on('upgrade', (request, socket) => {
    const refused = new Access({ token: 't', loopback: isLoopback('localhost') }).refuse(request)
    if (refused) refuseUpgrade(socket, refused)
  })
  new Access(null)
  const env = shellEnvironment(process.env, { deny: ['SECRET_*'] })
  shellEnvironment(null, null)
  shellEnvironment(null, { deny: null, keep: null })
  projectEnvironment(env, {}, { allow: null })
  projectEnvironment(env, {}, null)
  setVariable(env, 'PATH', '/bin')
  same<ReturnType<typeof variable>, string | undefined>()
  variable(env, 'PATH')
  same<ReturnType<typeof loginArguments>, string[]>()
  loginArguments('pwsh.exe', 'win32')
  projectEnvironment(env, { PORT: '3000' }, { allow: ['HOME'] })
}

// RecordingServer
{
  const recordings = new RecordingServer({
    dir: '/recordings',
    terminal: { unicodeVersion: '11' },
    authorize: () => ({ projectId: 'p' }),
    token: null,
  })
  createServer((request, response) => {
    same<boolean, ReturnType<typeof recordings.handle>>()
    if (!recordings.handle(request, response))
      void recordings.serve(request, response, '', { access: 'read' })
  })
  const entry = {} as RecordingEntry
  same<typeof entry.duration, number | null>()
  // @ts-expect-error A folder is needed.
  new RecordingServer({})
  recordings.close()
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
  void openRecording('/recordings/two.cast', null).then((reader) => {
    same<ReturnType<typeof reader.keyframe>, Promise<Buffer | null>>()
    void reader.search('text', { limit: null })
  })
  same<typeof session.recording, boolean>()
  registry.on('recordingChanged', ({ id, recording }) =>
    same<[typeof id, typeof recording], [string, boolean]>(),
  )
  const read = async (reader: RecordingReader) => {
    same<Awaited<ReturnType<typeof reader.at>>, RecordedMoment>()
    for (const { code, end } of await reader.events(null, { limit: 5 }))
      same<[typeof code, typeof end], ['o' | 'i' | 'r' | 'm' | 'x', number]>()
    same<typeof reader.unicodeVersion, '6' | '11' | '15-graphemes'>()
    reader.segments()[0]?.keyframe?.length satisfies number | undefined
    same<Awaited<ReturnType<typeof reader.search>>, { time: number; line: string }[]>()
    same<typeof reader.header.title, string | null>()
  }
  same<ReturnType<typeof read>, Promise<void>>()
  // @ts-expect-error There is no such policy.
  session.record({ dir: '/recordings', onSlowDisk: 'stop' })
}

// What a session knows of its shell
{
  const registry = new SessionRegistry()
  const session = registry.create({ pty: { file: 'bash', integration: true } })
  same<typeof session.title, string | null>()
  same<typeof session.workingDirectory, string | null>()
  same<typeof session.command, ShellCommand | null>()
  same<SessionInfo['lastCommand'], ShellCommand | null>()
  same<typeof session.integration, 'bash' | 'zsh' | 'fish' | null>()
  same<ShellCommand['exitCode'], number | null>()
  registry.on('commandFinished', ({ id, command }) => {
    same<typeof id, string>()
    same<typeof command, ShellCommand>()
  })
  registry.on('bell', ({ count }) => same<typeof count, number>())
  const ran = session.run('ls', { timeout: 1000, signal: new AbortController().signal, maxOutput: 10 })
  same<Awaited<typeof ran>, RunResult>()
  session.waitFor('prompt')
  session.waitFor('text', { in: 'output', from: 0 })
  session.waitFor(/(text)/).then(({ text, groups: [first] }) => {
    same<typeof text, string | null>()
    same<typeof first, string | null>()
  })
  // @ts-expect-error A screen or the output.
  session.waitFor('text', { in: 'air' })
  registry.create({ screen: { images: { iipSupport: false } } })
  // @ts-expect-error The add-on is there, or parts of it are.
  registry.create({ screen: { images: 'sixel' } })
  // @ts-expect-error It is on or off.
  registry.create({ pty: { file: 'bash', integration: 'zsh' } })
}
