/// <reference types="node" />

/**
 * Options of `new SessionRegistry()`. A limit of 0 means none. Counts go up to
 * 16777216, times to 2147483647 ms, sizes to 1 GiB.
 */
export interface RegistryOptions {
  /** Sessions in all. Default 20. */
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
  /**
   * New shells in any minute, for each project or `rateKey`. A session with
   * neither is not counted. Default 10.
   */
  spawnsPerMinute?: number
  /** Output kept for each session, in bytes, 4096 to 1 GiB. Default 262144. */
  historyBytes?: number
  /**
   * Whether sessions keep a screen, for snapshots; `false` costs nothing, an
   * object sets limits. Default true.
   */
  screen?: boolean | ScreenOptions
  /** Input that may wait for a shell to read it, in bytes, 1 to 1 GiB. Default 16777216. */
  maxInputBytes?: number
  /**
   * How long a session whose shell has exited stays, so that its last output
   * can be read, in ms. Viewers that still read are waited for. Default 1000.
   */
  exitLinger?: number
  /** How long, and how often, `retryDelay()` has a connection wait. */
  retry?: {
    /** How often, 0 to 1000. Default 5. */
    tries?: number
    /** The first wait, in ms; each is twice the one before. Default 1000. */
    minDelay?: number
    /** The longest wait, in ms. Default 30000. */
    maxDelay?: number
  }
  /** When memory counts as short, and what is done; `false`: nothing. */
  memory?: MemoryOptions | false
}

/**
 * When memory counts as short. A threshold up to 1 is a share of the smallest
 * limit that applies (the V8 heap's, the control group's, or what this process
 * has and could still get from the machine); a larger one is a number of bytes
 * of this process, resident or in the V8 heap. A level is left again at 95 % of
 * its threshold. A control group in which every task waited for memory for more
 * than 10 % of the last 10 s is a warning, too.
 */
export interface MemoryOptions {
  /** From here on memory is short. Default 0.8. */
  warning?: number
  /** From here on it is about to run out. Default 0.93. */
  critical?: number
  /**
   * Time between two checks, in ms; 0: only `checkMemory()`. A tenth of it when
   * a level is near. Default 10000. Without sessions nothing is checked.
   */
  interval?: number
  /**
   * A session without connection, viewer, input or output for this long is
   * idle, in ms. Default 60000.
   */
  idleAfter?: number
  /** What the history of a quiet session is shrunk to, in bytes, 0 to 1 GiB. Default 16384. */
  keepHistory?: number
  /** What may be done, in this order. All are done by default. */
  actions?: {
    /** At a warning: shrink the histories of quiet sessions. */
    shrinkHistories?: boolean
    /**
     * At a warning: drop the scrollback of quiet sessions' screens, pooled frames
     * and what the allocator keeps.
     */
    dropCaches?: boolean
    /** When critical: call `global.gc`, where node runs with `--expose-gc`. */
    collectGarbage?: boolean
    /** When critical: close idle sessions, a quarter at each check, oldest first. */
    closeInactive?: boolean
    /** When critical: refuse new sessions, with `ERR_SESSION_LIMIT`. */
    refuse?: boolean
    /**
     * When it stays critical and no session is idle: close the oldest, a
     * twentieth at each check, and none that has a connection or viewer before
     * all that have none.
     */
    closeOldest?: boolean
  }
}

/** How short memory is. */
export type MemoryLevel = 'normal' | 'warning' | 'critical'

/** Which limit is nearest; `process` for a threshold in bytes. */
export type MemoryCause = 'heap' | 'cgroup' | 'machine' | 'process'

/** A reading of memory, in bytes; absent where it could not be read. */
export interface MemoryUsage {
  /** Resident memory of this process. */
  rss?: number
  heapUsed?: number
  heapLimit?: number
  /** Memory outside the V8 heap that its objects hold. */
  external?: number
  /** What the control group uses and could not give back at once. */
  cgroupUsed?: number
  cgroupLimit?: number
  /** Percent of the last 10 s in which all its tasks waited for memory. */
  cgroupStall?: number
  machineTotal?: number
  machineAvailable?: number
}

/** What a check of memory found. */
export interface MemoryStatus extends MemoryUsage {
  level: MemoryLevel
  /** The limit that is nearest. */
  cause?: MemoryCause
  /** Bytes used of it. */
  used?: number
  /** Where the level begins: `critical` when it is, else `warning`; bytes. */
  threshold?: number
  /** Whether new sessions are refused. */
  refusing: boolean
  /** Native memory held for sessions. */
  nativeBytes: number
}

/** Memory is short, or no longer is; or something was done about it. */
export interface MemoryPressure {
  level: MemoryLevel
  /** The level before. */
  previous: MemoryLevel
  /** What was done; absent in the event that tells a new level. */
  action?: 'shrinkHistories' | 'dropCaches' | 'collectGarbage' | 'refuse' | 'closeInactive' | 'closeOldest'
  /** Sessions that it was done to. */
  sessions: number
  /** Bytes that it freed, as far as that is known. */
  bytes: number
  cause?: MemoryCause
  used?: number
  threshold?: number
}

/** What a session's screen keeps beside what is visible. */
export interface ScreenOptions {
  /** Lines that have scrolled off, at most; 0 to 1048576. Default 1000. */
  scrollbackLines?: number
  /** Bytes of such lines, at most; 0 to 1 GiB. Default 262144. */
  scrollbackBytes?: number
  /**
   * The width table of the clients' terminals: `'11'` with xterm.js' Unicode 11
   * add-on, `'6'` without. Default `'11'`.
   */
  unicodeVersion?: '6' | '11'
}

/** Options of `Session.snapshot()`. */
export interface SnapshotOptions {
  /** Lines of scrollback, at most; 0 to 1048576. Default: all that are kept. */
  scrollback?: number
  /** Bytes, or the JSON of a `history` frame. Default `'bytes'`. */
  format?: 'bytes' | 'json'
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
  /**
   * Whom the shell is counted for in `spawnsPerMinute`, such as the address of
   * who asked. Default: its project.
   */
  rateKey?: string
  /** Output kept, in bytes, 4096 to 1 GiB. Default: the registry's `historyBytes`. */
  historyBytes?: number
  /** Whether it keeps a screen. Default: the registry's `screen`. */
  screen?: boolean | ScreenOptions
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

/** Limits of a registry. */
export type LimitName = 'sessions' | 'project' | 'spawnRate' | 'focus' | 'memory'

/** The numbers of a registry. */
export interface RegistryStats {
  sessions: number
  /** Sessions whose shell has exited. */
  exited: number
  /** Sessions whose shell runs and whose output is held back. */
  suspended: number
  /** Sessions without a connection. */
  detached: number
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
  limits: Record<LimitName, number>
  /** As of the last check of memory. */
  memoryLevel: MemoryLevel
}

export interface SessionRegistry {
  /**
   * Closes the registry with all its sessions. Only a call without any argument
   * does: `close(undefined)` throws `ERR_INVALID_ARG_TYPE`.
   *
   * @returns `false` when it was closed already.
   */
  close(): boolean
}

/** Events of a registry and what their listeners get. */
export interface RegistryEvents {
  sessionCreated: SessionInfo
  sessionClosed: { id: string; projectId?: string; reason: CloseReason }
  sessionExited: { id: string; projectId?: string; code: number; signal: number }
  focusChanged: { id: string; projectId?: string; focused: boolean; allFocused: string[] }
  sessionSuspended: { id: string; projectId?: string }
  sessionResumed: { id: string; projectId?: string }
  /** A connection has attached that was not attached before. */
  sessionAttached: { id: string; projectId?: string; connectionId: string }
  /** A connection has left; sessions that close tell only that. */
  sessionDetached: { id: string; projectId?: string; connectionId: string }
  limitReached: { limit: LimitName; projectId?: string }
  memoryPressure: MemoryPressure
  /** Input that had to wait has been taken. */
  drain: { id: string; projectId?: string }
}

/** Options of `Session.openViewer()`. */
export interface ViewerOptions {
  /**
   * Where to begin: at an offset, at the oldest safe boundary kept (`'tail'`),
   * at the end (`'now'`), or with the screen and then the output that follows it
   * (`'snapshot'`; without a screen, as `'tail'`). Default `'tail'`.
   *
   * A snapshot is made when its first frame is read. It comes in as many frames
   * as it takes: `'framed'` ones have the highest bit of their offset set,
   * `'json'` ones are `history` frames, the last of which has the `offset`.
   * Viewers that begin while nothing is printed share one snapshot; 64 MiB of
   * them wait to be sent at most, beyond which those of stalled viewers are
   * dropped and made anew when they read again.
   */
  from?: number | 'tail' | 'now' | 'snapshot' | null
  /**
   * What the viewer gets where it has lost bytes: the output from the oldest
   * safe boundary on (`'skip'`), or the screen (`'snapshot'`). Default
   * `'snapshot'` for a viewer that begins with it, else `'skip'`.
   */
  onGap?: 'skip' | 'snapshot' | null
  /** Most lines of scrollback in its snapshots, 0 to 1048576. Default: all. */
  scrollback?: number | null
  /**
   * What frames look like: the bytes; the offset of the first byte as 8 bytes,
   * big-endian, then the bytes (`'framed'`, the binary frame of `offheap.v1`);
   * or `{"type":"stream","data":"…","offset":N}` as UTF-8 (`'json'`), N being
   * the offset past the data. Default `'bytes'`.
   */
  format?: 'bytes' | 'framed' | 'json'
  /**
   * For `'framed'` only: a channel's number, 0 to 4294967295, that stands before
   * the offset as 4 bytes, big-endian (the binary frame of `offheap.mux.v1`).
   */
  channel?: number
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
  /** Input that may wait for the program to read it, in bytes, 1 to 1 GiB. Default 16777216. */
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
export type IEvent<T> = (listener: (e: T) => any) => IDisposable

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
