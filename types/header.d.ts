/** Options of `new SessionRegistry()`. A limit of 0 means none. */
export interface RegistryOptions {
  /** Sessions in all, 0 to 16777216. Default 20. */
  maxSessions?: number
  /** Sessions in one project. Default 4. */
  maxSessionsPerProject?: number
  /**
   * What happens to a session too many in its project: the project's oldest is
   * closed, or the new one is refused with `ERR_PROJECT_LIMIT`. Default
   * `'closeOldest'`.
   */
  onProjectLimit?: 'closeOldest' | 'reject'
  /** Focused sessions in one project. Default 4. */
  maxFocusedPerProject?: number
  /**
   * How long a session lives without a connection, a viewer or input, in ms;
   * 0: for ever. Default 300000 (5 minutes).
   */
  inactiveTimeout?: number
  /** New shells in any minute, for each project. Default 10. */
  spawnsPerMinute?: number
  /** Output kept for each session, in bytes, 4096 to 1 GiB. Default 262144. */
  historyBytes?: number
  /** Input that may wait for a shell to read it, in bytes. Default 16777216. */
  maxInputBytes?: number
  /**
   * How long a session whose shell has exited stays, so that its last output
   * can be read, in ms. Viewers that still read are waited for. Default 1000.
   */
  exitLinger?: number
}

/** The shell of `SessionRegistry.create()`. */
export interface SessionPtyOptions {
  /** The program: a path, or a name that is looked up in the child's `PATH`. */
  file: string
  /** Its arguments. Default none. */
  args?: string[]
  /** Columns, 1 to 65535. Default 80. */
  cols?: number
  /** Rows, 1 to 65535. Default 24. */
  rows?: number
  /** The whole environment. Default: that of this process. */
  env?: Record<string, string | undefined>
  /** `TERM`. Default: what `env` says, else `xterm-256color`. */
  name?: string
  /** The working directory. Default: the session's `cwd`. */
  cwd?: string
  /** The user to run as; supplementary groups are dropped. */
  uid?: number
  /** The group to run as; supplementary groups are dropped. */
  gid?: number
  /**
   * How long a background process that holds the terminal open may delay the
   * exit after the shell's end, in ms. Default 1000.
   */
  drainTimeout?: number
  /** Time between SIGHUP and SIGKILL at a close, in ms. Default 2000. */
  killGrace?: number
}

/** Options of `SessionRegistry.create()`. */
export interface CreateOptions {
  /** The project that the session belongs to. Default: none. */
  projectId?: string
  /** Its id, unique in its project. Default: `session_<ms>_<8 characters>`. */
  id?: string
  /** Whose it is. */
  userId?: string
  /** The app's word for its kind. */
  mode?: string
  /** The working directory of its shell. */
  cwd?: string
  /** The app's own data; kept as JSON. */
  metadata?: object
  /** Output kept, in bytes. Default: the registry's `historyBytes`. */
  historyBytes?: number
  /** The shell to start. Without it, the app feeds the session by `append`. */
  pty?: SessionPtyOptions
}

/** What a session is doing. */
export type SessionStatus = 'active' | 'suspended' | 'exited' | 'closed'

/** A session at one moment. */
export interface SessionInfo {
  id: string
  projectId?: string
  userId?: string
  mode?: string
  cwd?: string
  metadata?: any
  status: SessionStatus
  focused: boolean
  suspended: boolean
  /** Attached connections. */
  connections: number
  /** Open viewers. */
  viewers: number
  /** In ms since the epoch. */
  createdAt: number
  /** In ms since the epoch. */
  lastActiveAt: number
  pid?: number
  cols: number
  rows: number
  /** Offset of the oldest byte kept. */
  start: number
  /** Offset past the newest byte. */
  end: number
  /** Native memory that its history occupies, in bytes. */
  historyBytes: number
  exit: { code: number; signal: number } | null
}

/** Why a session was closed. */
export type CloseReason = 'closed' | 'project' | 'exit' | 'inactive' | 'limit' | 'memory' | 'registry'

/** The numbers of a registry. */
export interface RegistryStats {
  sessions: number
  /** Sessions whose shell has exited. */
  exited: number
  suspended: number
  projects: number
  connections: number
  viewers: number
  /** Native memory that histories occupy, in bytes. */
  historyBytes: number
  /** Native memory that screens occupy, in bytes. */
  screenBytes: number
  /** Input that waits for shells, in bytes. */
  inputBytes: number
  /** All native memory held for sessions, in bytes. */
  nativeBytes: number
  /** Bytes that shells printed, ever. */
  bytesOut: number
  /** Bytes of input, ever. */
  bytesIn: number
  /** Bytes that viewers were handed, ever. */
  bytesSent: number
  /** Times that a viewer lost bytes, ever. */
  gaps: number
  /** Bytes that viewers lost, ever. */
  bytesMissed: number
  /** Times that a viewer stalled, ever. */
  stalls: number
  /** Sessions created, ever. */
  created: number
  /** Sessions closed, ever, by reason. */
  closed: Record<CloseReason, number>
  /** Limits hit, ever. */
  limits: Record<'sessions' | 'project' | 'spawnRate' | 'focus', number>
}

/** Events of a registry and what their listeners get. */
export interface RegistryEvents {
  sessionCreated: SessionInfo
  sessionClosed: { id: string; projectId?: string; reason: CloseReason }
  sessionExited: { id: string; projectId?: string; code: number; signal: number }
  focusChanged: { id: string; projectId?: string; focused: boolean; allFocused: string[] }
  sessionSuspended: { id: string; projectId?: string }
  sessionResumed: { id: string; projectId?: string }
  limitReached: { limit: 'sessions' | 'project' | 'spawnRate' | 'focus'; projectId?: string }
  /** Input that had to wait has been taken. */
  drain: { id: string; projectId?: string }
}

/** Options of `Session.openViewer()`. */
export interface ViewerOptions {
  /**
   * Where to begin: at an offset, at the oldest safe boundary kept (`'tail'`),
   * or at the end (`'now'`). Default `'tail'`.
   */
  from?: number | 'tail' | 'now'
  /**
   * What frames look like: the bytes; the offset of the first byte as 8 bytes,
   * big-endian, then the bytes (`'framed'`, the binary frame of `offheap.v1`);
   * or `{"type":"stream","data":"…","offset":N}` as UTF-8 (`'json'`), N being
   * the offset past the data. Default `'bytes'`.
   */
  format?: 'bytes' | 'framed' | 'json'
  /** Most bytes in a frame, 1024 to 65536. Default 65536. */
  maxFrameBytes?: number
}

/** node-pty's options of `spawn()` on every system. */
export interface IBasePtyForkOptions {
  /** `TERM`. Default: what `env` says, else `xterm-256color`. */
  name?: string
  /** Columns, 1 to 65535. Default 80. */
  cols?: number
  /** Rows, 1 to 65535. Default 24. */
  rows?: number
  /** The working directory. Default: that of this process. */
  cwd?: string
  /** The whole environment. Default: that of this process. `PWD` is set. */
  env?: { [key: string]: string | undefined }
  /** How output becomes strings; `null` for Buffers. Default `'utf8'`. */
  encoding?: string | null
  /** Take the flow control words out of `write` and obey them. Default false. */
  handleFlowControl?: boolean
  /** The word that pauses. Default `'\x13'` (XOFF). */
  flowControlPause?: string
  /** The word that resumes. Default `'\x11'` (XON). */
  flowControlResume?: string
}

/** node-pty's options of `spawn()` on Unix. */
export interface IPtyForkOptions extends IBasePtyForkOptions {
  /** The user to run as; supplementary groups are dropped. */
  uid?: number
  /** The group to run as; supplementary groups are dropped. */
  gid?: number
}

/** node-pty's options of `spawn()` on Windows. There is only ConPTY: no effect. */
export interface IWindowsPtyForkOptions extends IBasePtyForkOptions {
  useConpty?: boolean
  useConptyDll?: boolean
  conptyInheritCursor?: boolean
}

/** Options of `spawn()`: node-pty's, and a few more. */
export interface PtyOptions extends IPtyForkOptions, IWindowsPtyForkOptions {
  /** Input that may wait for the program to read it, in bytes. Default 16777216. */
  maxInputBytes?: number
  /**
   * How long a background process that holds the terminal open may delay the
   * exit after the program's end, in ms. Default 1000.
   */
  drainTimeout?: number
  /** Time between SIGHUP and SIGKILL at a close, in ms. Default 2000. */
  killGrace?: number
}

/** A registration that can be taken back. */
export interface IDisposable {
  dispose(): void
}

/** An event as node-pty has it: a function that adds a listener. */
export interface IEvent<T> {
  (listener: (e: T) => any): IDisposable
}

/** node-pty's terminal; a `Pty` is one, and has more. */
export interface IPty {
  readonly pid: number
  readonly cols: number
  readonly rows: number
  readonly process: string
  handleFlowControl: boolean
  readonly onData: IEvent<string>
  readonly onExit: IEvent<{ exitCode: number; signal?: number }>
  resize(columns: number, rows: number, pixelSize?: { width: number; height: number }): void
  clear(): void
  write(data: string | Buffer): void
  kill(signal?: string): void
  pause(): void
  resume(): void
}

/** Listeners of `Pty.on()`. */
export interface PtyEvents {
  data: (data: string) => void
  exit: (exitCode: number, signal?: number) => void
  drain: () => void
}
