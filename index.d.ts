/// <reference types="node" />

import type { EventEmitter } from 'node:events'
import type { ReadStream } from 'node:tty'

/**
 * Options of `new SessionRegistry()`. A limit of 0 means none. Counts go up to
 * 16777216, times to 2147483647 ms, sizes to 1 GiB.
 */
export interface RegistryOptions {
  /** Sessions in all. Default 20. */
  maxSessions?: number | null
  /** Sessions in one project. Default 4. */
  maxSessionsPerProject?: number | null
  /**
   * What happens to a session too many in its project: the project's oldest is
   * closed, or the new one is refused with `ERR_PROJECT_LIMIT`. Default
   * `'closeOldest'`.
   */
  onProjectLimit?: 'closeOldest' | 'reject' | null
  /** Focused sessions in one project. Default 4. */
  maxFocusedPerProject?: number | null
  /**
   * How long a session lives without a connection, a viewer or input, in ms;
   * 0: for ever. Default 300000 (5 minutes).
   */
  inactiveTimeout?: number | null
  /**
   * New shells in any minute, for each project or `rateKey`. A session with
   * neither counts for `spawnsPerMinuteTotal` alone. Default 10.
   */
  spawnsPerMinute?: number | null
  /**
   * New shells in any minute in the whole registry, whatever their project or
   * `rateKey`. Default: 6 times `spawnsPerMinute`.
   */
  spawnsPerMinuteTotal?: number | null
  /** Output kept for each session, in bytes, 4096 to 1 GiB. Default 262144. */
  historyBytes?: number | null
  /**
   * Whether sessions keep a screen, for snapshots; `false` costs nothing, an
   * object sets limits. Default true.
   */
  screen?: boolean | ScreenOptions | null
  /** Input that may wait for a shell to read it, in bytes, 1 to 1 GiB. Default 16777216. */
  maxInputBytes?: number | null
  /**
   * How long a session whose shell has exited stays, so that its last output
   * can be read, in ms. Viewers that still read are waited for. Default 1000.
   */
  exitLinger?: number | null
  /**
   * Keeps the sessions' histories in files of this directory, so that another
   * process can `restore()` them after this one has ended, however it ended.
   * The directory is made with mode 0700 where there is none; one that others
   * can use is refused. One registry at a time uses it. Histories have 64 KiB at
   * least then. Default: none.
   */
  journal?: string | JournalOptions | null
  /** When memory counts as short, and what is done; `false`: nothing. */
  memory?: MemoryOptions | false | null
  /**
   * Records every session, unless it says otherwise, in the folder `dir`; also
   * one that is restored and was neither recorded before nor created with
   * `recording: false`. Default: none is recorded.
   */
  recording?: RecordingOptions | false | null
}

/**
 * Where and how a session is recorded. Counts of bytes and times are whole
 * numbers up to 2^53 - 1.
 */
export interface RecordingOptions {
  /**
   * The folder, made for its owner alone where it is missing. One of `dir` and
   * `file` is needed.
   */
  dir?: string | null
  /**
   * The name of the file in `dir`, without `.cast`: up to 200 letters, digits,
   * `.`, `_` and `-`, not beginning with `.`. A name that is taken is refused
   * with `ERR_RECORDING_EXISTS`. Default: the time and the session's id, with a
   * number where that is taken. Not for a registry.
   */
  name?: string | null
  /** The whole path, ending in `.cast`, instead of `dir` and `name`. Not for a registry. */
  file?: string | null
  /** The title in the header, cut at 4096 bytes. Default: none. */
  title?: string | null
  /**
   * Whether input is recorded. What is typed while the terminal does not echo
   * never is. Default false; on Windows nothing is recorded of it.
   */
  input?: boolean | null
  /** Whether the bytes, as they came, are kept in a `.raw` file, too. Default false. */
  raw?: boolean | null
  /**
   * What happens to a shell that prints faster than the disk takes it: it runs
   * on and a marker says how many bytes are missing, or it waits. Default `'gap'`.
   */
  onSlowDisk?: 'gap' | 'pause' | null
  /**
   * A new file begins when the cast has so many bytes, without the screen that a
   * sequel begins with; at least 4096. Default: never.
   */
  rotateBytes?: number | null
  /** A new file begins, with the next output, after so long, in ms; at least 1000. Default: never. */
  rotateInterval?: number | null
  /**
   * The oldest recordings of this package in the folder are removed beyond so
   * many bytes; at least 4096. None that is being written is. Default: no limit.
   */
  maxBytes?: number | null
  /**
   * Recordings of this package in the folder are removed so long after they were
   * written last, in ms by the system's clock; at least 1000. Within an hour after
   * that clock has jumped ahead none is. Default: no limit.
   */
  maxAge?: number | null
}

/** What a recording says of itself; `null` where it does not. */
export interface RecordingHeader {
  /** The version of asciicast, 1 to 3. */
  version: number
  /** Columns at the beginning. */
  cols: number
  /** Rows at the beginning. */
  rows: number
  /** When it began, in seconds since the epoch. */
  timestamp: number | null
  /** The terminal's type. */
  term: string | null
  /** The command line. */
  command: string | null
  title: string | null
  /** Environment variables, at most 1000. */
  env: Record<string, string>
}

/** Something that happened in a recording. */
export interface RecordedEvent {
  /** In seconds since the beginning. */
  time: number
  /** `o` output, `i` input, `r` a new size, `m` a marker, `x` the exit status. */
  code: 'o' | 'i' | 'r' | 'm' | 'x'
  /** What was printed or typed, the size as `80x24`, the marker's label, or the status. */
  data: string
  /** Where the next event begins in the cast, in bytes; in version 1, a number that stands for it. */
  end: number
}

/** A terminal at one moment of a recording. */
export interface RecordedMoment {
  /** When the last event before it happened, in seconds. */
  time: number
  /** Where the next event begins in the cast, in bytes. */
  position: number
  cols: number
  rows: number
  /** Bytes that turn a fresh xterm.js of this size into that terminal. */
  data: Buffer
  /** The visible screen as text. */
  text: string
}

/** A part of a recording that can be played without what comes before. */
export interface RecordingSegment {
  /** When it begins, in seconds. */
  time: number
  /** Its first byte in the cast. */
  start: number
  /** Past its last byte. */
  end: number
  /** Columns at its beginning. */
  cols: number
  /** Rows at its beginning. */
  rows: number
  /**
   * Where the screen at its beginning is in the `.keys` file, in bytes; `null`
   * for an empty screen.
   */
  keyframe: { start: number; length: number } | null
}

/** Where histories are kept that outlive the process. */
export interface JournalOptions {
  /** The directory. On tmpfs it outlives the process, on a disk the machine, too. */
  dir: string
  /** Most bytes that all files together may have. Default: what the device has. */
  maxBytes?: number | null
  /**
   * Shells outlive this process: a small process of their own, the keeper, starts
   * and holds them, and hands them to the next process that has this directory
   * (`SessionRegistry.restore()`). It is started when it is first needed, and
   * ends when it has nothing to keep. On Linux and macOS; elsewhere
   * `ERR_NOT_SUPPORTED`. Default `false`.
   */
  keeper?: boolean | null
  /**
   * How long the keeper lets output wait in the terminals while no process is
   * there, in ms. Programs that print more than fits wait. Then it takes output
   * into the files, and programs go on. Default 5000.
   */
  drainAfter?: number | null
  /**
   * How long shells live while no process is there, in ms. Then they are hung up
   * on. Default 600 000.
   */
  orphanTimeout?: number | null
  /** The keeper's binary. Default: the one that lies beside the addon. */
  keeperPath?: string | null
}

/** Options of `SessionRegistry.restore()`. */
export interface RestoreOptions {
  /**
   * Ask another process that has the sessions to leave them, rather than throw
   * `ERR_KEEPER_BUSY`. Default `false`.
   */
  takeover?: boolean | null
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
  warning?: number | null
  /** From here on it is about to run out. Default 0.93. */
  critical?: number | null
  /**
   * Time between two checks, in ms; 0: only `checkMemory()`. A tenth of it when
   * a level is near. Default 10000. Without sessions nothing is checked.
   */
  interval?: number | null
  /**
   * A session without connection, viewer, input or output for this long is
   * idle, in ms. Default 60000.
   */
  idleAfter?: number | null
  /** What the history of a quiet session is shrunk to, in bytes, 0 to 1 GiB. Default 16384. */
  keepHistory?: number | null
  /**
   * What may be done, in this order. All but `closeHeaviest` are done by default.
   * Where this process has less than a quarter of what is used of the nearest
   * limit, as when one shell's program fills the container, the pressure is not
   * its own: then no session that has a connection or a viewer is closed, except
   * by `closeHeaviest`.
   */
  actions?: {
    /** At a warning: shrink the histories of quiet sessions. */
    shrinkHistories?: boolean | null
    /**
     * At a warning: drop the scrollback of quiet sessions' screens, pooled frames
     * and what the allocator keeps.
     */
    dropCaches?: boolean | null
    /** When critical: call `global.gc`, where node runs with `--expose-gc`. */
    collectGarbage?: boolean | null
    /** When critical: close idle sessions, a quarter at each check, oldest first. */
    closeInactive?: boolean | null
    /** When critical: refuse new sessions, with `ERR_SESSION_LIMIT`. */
    refuse?: boolean | null
    /**
     * When it stays critical and no session is idle: close the session that holds
     * the most memory with its processes, in use or not, if that is at least a
     * twentieth of the limit; one at each check. Default false.
     */
    closeHeaviest?: boolean | null
    /**
     * When it stays critical and nothing else was closed: close the oldest, a
     * twentieth at each check, and none that has a connection or viewer before
     * all that have none.
     */
    closeOldest?: boolean | null
  } | null
}

/** How short memory is. */
export type MemoryLevel = 'normal' | 'warning' | 'critical'

/** Which limit is nearest; `process` for a threshold in bytes. */
export type MemoryCause = 'heap' | 'cgroup' | 'machine' | 'process'

/** Readings of memory to judge by, in bytes; what is absent is read. */
export interface MemoryUsage {
  /** Resident memory of this process. */
  rss?: number | null
  heapUsed?: number | null
  heapLimit?: number | null
  /** Memory outside the V8 heap that its objects hold. */
  external?: number | null
  /** What the control group uses and could not give back at once. */
  cgroupUsed?: number | null
  cgroupLimit?: number | null
  /** Percent of the last 10 s in which all its tasks waited for memory. */
  cgroupStall?: number | null
  machineTotal?: number | null
  machineAvailable?: number | null
}

/** What a check of memory found; a number that could not be read is `null`. */
export interface MemoryStatus extends Record<keyof MemoryUsage, number | null> {
  level: MemoryLevel
  /** The limit that is nearest. */
  cause: MemoryCause | null
  /** Bytes used of it. */
  used: number | null
  /** Where the level begins: `critical` when it is, else `warning`; bytes. */
  threshold: number | null
  /** The session that holds the most memory; `null` while the level is normal. */
  heaviest: HeaviestSession | null
  /** Whether new sessions are refused. */
  refusing: boolean
  /** Native memory held for sessions. */
  nativeBytes: number
}

/** The session that holds the most memory. */
export interface HeaviestSession extends SessionName {
  /**
   * What its history and its screen occupy, and, on Linux, the resident memory of
   * the processes of its terminal, as far as they have not left its session
   * (`setsid`).
   */
  bytes: number
}

/** Memory is short, or no longer is; or something was done about it. */
export interface MemoryPressure {
  level: MemoryLevel
  /** The level before. */
  previous: MemoryLevel
  /** What was done; `null` in the event that tells a new level. */
  action:
    | 'shrinkHistories'
    | 'dropCaches'
    | 'collectGarbage'
    | 'refuse'
    | 'closeInactive'
    | 'closeHeaviest'
    | 'closeOldest'
    | null
  /** Sessions that it was done to. */
  sessions: number
  /** Bytes that it freed, as far as that is known. */
  bytes: number
  cause: MemoryCause | null
  used: number | null
  threshold: number | null
  /** As the check found it; `null` when the level is normal. */
  heaviest: HeaviestSession | null
}

/**
 * What a client's terminal is: which xterm.js, and how it is set up. The names of
 * options are those of xterm.js. The default is an xterm.js 6.0 as it comes.
 */
export interface ClientOptions {
  /** The version, as far as versions differ in what output does. Default `'6.0'`. */
  xtermVersion?: '6.0' | '6.1' | null
  /**
   * The width table, `terminal.unicode.activeVersion`: `'6'` without an add-on,
   * `'11'` with xterm.js' Unicode 11 add-on, `'15-graphemes'` with its add-on for
   * graphemes. Default `'6'`.
   */
  unicodeVersion?: '6' | '11' | '15-graphemes' | null
  /** Whether programs may save and restore the titles (`CSI 22 t`, `CSI 23 t`). Default: neither. */
  windowOptions?: { pushTitle?: boolean | null; popTitle?: boolean | null } | null
  /** Whether erasing the whole screen scrolls it away. Default `false`. */
  scrollOnEraseInDisplay?: boolean | null
  /** Whether a resize lays out the line with the cursor anew, too. Default `false`. */
  reflowCursorLine?: boolean | null
  /** Whether a line feed also returns, until a program says otherwise. Default `false`. */
  convertEol?: boolean | null
  /**
   * Whether it has the image add-on, or which parts of it: images then move the
   * cursor. The place that they take stays as it is. An object has the add-on's own
   * options, each `true` by default; those of other names are ignored. With
   * `xtermVersion: '6.1'` it is add-on 0.10, which has kitty's graphics, and before
   * that 0.9. Default `false`.
   */
  images?:
    | boolean
    | { sixelSupport?: boolean | null; iipSupport?: boolean | null; kittySupport?: boolean | null }
    | null
  /** Columns from one tab stop to the next, 1 to 65535. Default 8. */
  tabStopWidth?: number | null
}

/** What a session's screen keeps beside what is visible, and what terminal it is that it follows. */
export interface ScreenOptions extends ClientOptions {
  /** Lines that have scrolled off, at most; 0 to 1048576. Default 1000. */
  scrollbackLines?: number | null
  /** Bytes of such lines, at most; 0 to 1 GiB. Default 262144. */
  scrollbackBytes?: number | null
}

/** Options of `Session.snapshot()`. */
export interface SnapshotOptions {
  /** Lines of scrollback, at most; 0 to 1048576. Default: all that are kept. */
  scrollback?: number | null
  /** Bytes, or the JSON of a `history` frame. Default `'bytes'`. */
  format?: 'bytes' | 'json' | null
}

/** The shell of `SessionRegistry.create()`. */
export interface SessionPtyOptions {
  /** The program: a path, or a name that is looked up in the child's `PATH`. */
  file: string
  /** Its arguments. Default none. */
  args?: string[] | null
  /** What it sees as its own name, such as `'-bash'`. Default: `file`. No effect on Windows. */
  argv0?: string | null
  /** Columns, 1 to 65535. Default 80. */
  cols?: number | null
  /** Rows, 1 to 65535; `cols * rows` is 16777216 (4096×4096) at most. Default 24. */
  rows?: number | null
  /** The whole environment. Default: that of this process. */
  env?: Record<string, string | undefined> | null
  /** `TERM`. Default: what `env` says, else `xterm-256color`. */
  name?: string | null
  /** The working directory. Default: the session's `cwd`. */
  cwd?: string | null
  /** The user to run as; supplementary groups are dropped. */
  uid?: number | null
  /** The group to run as; supplementary groups are dropped. */
  gid?: number | null
  /**
   * How long a background process that holds the terminal open may delay the
   * exit after the shell's end, in ms. Default 1000.
   */
  drainTimeout?: number | null
  /** Time between SIGHUP and SIGKILL at a close, in ms. Default 2000. */
  killGrace?: number | null
  /**
   * Whether the shell reads the package's scripts, which tell what it does: prompts, commands, directories. Needed for
   * `Session.run()`. For bash from 4.4 on, zsh and fish, by the name of the file, with no arguments but `-l`,
   * `--login` and `-i`; for others, and on Windows, it has no effect, and `Session.integration` is `null`. The user's
   * files are read as ever. Default false.
   */
  integration?: boolean | null
}

/** Options of `SessionRegistry.create()`. */
export interface CreateOptions {
  /** The project that the session belongs to. Default: none. */
  projectId?: string | null
  /** Its id, unique in its project. Default: `session_<ms>_<8 characters>`. */
  id?: string | null
  /** The owner's user id. */
  userId?: string | null
  /** An application-defined kind. */
  mode?: string | null
  /** The working directory of its shell. */
  cwd?: string | null
  /** The app's own data; kept as JSON. */
  metadata?: object | null
  /**
   * Whom the shell is counted for in `spawnsPerMinute`, such as the address of
   * who asked. Default: its project.
   */
  rateKey?: string | null
  /**
   * Whether it has the focus of its project: `true`, if need be in the place of the
   * session that was used least recently; `false`, not until `focus()` gives it.
   * Default: where fewer than `maxFocusedPerProject` have it. A session without a
   * project always has the focus.
   */
  focused?: boolean | null
  /** Output kept, in bytes, 4096 to 1 GiB. Default: the registry's `historyBytes`. */
  historyBytes?: number | null
  /** Whether it keeps a screen. Default: the registry's `screen`. */
  screen?: boolean | ScreenOptions | null
  /**
   * Where and how it is recorded, from before its shell starts; `false`: not.
   * Default: the registry's `recording`, which what is given here changes.
   */
  recording?: RecordingOptions | boolean | null
  /** The shell to start. Without it, the app feeds the session by `append`. */
  pty?: SessionPtyOptions | null
}

/** Changes of `Session.update()`: `undefined` leaves a value, `null` takes it away. */
export interface SessionUpdate {
  /** The owner's user id. */
  userId?: string | null
  /** An application-defined kind. */
  mode?: string | null
  /** The working directory of a shell that is started later. */
  cwd?: string | null
  /** The app's own data; kept as JSON. */
  metadata?: object | null
}

/** What a session is doing; `lost`: it was restored, and nobody knows how its shell ended. */
export type SessionStatus = 'active' | 'suspended' | 'exited' | 'closed' | 'lost'

/** What names a session for good. */
export interface SessionName {
  /** Unique in its project. */
  id: string
  projectId: string | null
  /**
   * Counts up with each session that the registry creates: a late event cannot be
   * taken for one of a new session of the same id.
   */
  incarnation: number
}

/** A session at one moment. */
export interface SessionInfo extends SessionName {
  userId: string | null
  mode: string | null
  cwd: string | null
  metadata: any
  status: SessionStatus
  /** A mark for the server module and the app; without a project always set. */
  focused: boolean
  /** A mark that the server module obeys: it sends no output to clients. */
  suspended: boolean
  /** Attached connections. */
  connections: number
  /** Open viewers. */
  viewers: number
  /** In ms since the epoch. */
  createdAt: number
  /** In ms since the epoch. */
  lastActiveAt: number
  pid: number | null
  cols: number
  rows: number
  /** Offset of the oldest byte kept. */
  start: number
  /** Offset past the newest byte. */
  end: number
  /** Native memory that its history occupies, in bytes; 0 in a journal, whose pages are the system's. */
  historyBytes: number
  /**
   * How the shell ended; `null` while it has not. The code is -1 where that is not to be known: its keeper was killed,
   * and the system (Linux before 6.15, macOS) does not tell.
   */
  exit: { code: number; signal: number } | null
  /** Whether it is being recorded. */
  recording: boolean
  /** The window title that a program has set last. */
  title: string | null
  iconName: string | null
  /** Where the shell is, as `Session.workingDirectory`. */
  workingDirectory: string | null
  /** Where a shell on another machine is that talks through this terminal. */
  remoteDirectory: RemoteDirectory | null
  /** The command that runs. */
  command: ShellCommand | null
  /** The last command that has ended. */
  lastCommand: ShellCommand | null
  /** How far a program says it is. */
  progress: ShellProgress | null
  /** The shell that was started with `integration: true`. */
  integration: 'bash' | 'zsh' | 'fish' | null
}

/** A directory of another machine, as a shell there tells it. */
export interface RemoteDirectory {
  /** The other machine's name. */
  host: string
  /** An absolute path there. */
  path: string
}

/** How far a program says it is. */
export interface ShellProgress {
  state: 'normal' | 'error' | 'indeterminate' | 'warning'
  /** In percent, 0 to 100; `null` where it is not known. */
  value: number | null
}

/** A command of a shell. */
export interface ShellCommand {
  /**
   * Its line, of up to 4096 bytes; control characters, such as line feeds, are blanks. `null` where the shell has not
   * told it.
   */
  line: string | null
  /** In ms since the epoch. */
  startedAt: number
  /** In ms since the epoch; `null` while it runs. */
  endedAt: number | null
  /** How long it ran, in ms; `null` while it runs. */
  duration: number | null
  /** `null` while it runs, and where the shell has not told it. */
  exitCode: number | null
  /** The offset of its output's first byte, for `readFrom()`. */
  outputStart: number
  /** The offset past its output's last byte; `null` while it runs. */
  outputEnd: number | null
  /** The shell is integrated, and has proved that it told this itself: no program can. */
  trusted: boolean
}

/** Options of `Session.run()` and `Session.waitFor()`. */
export interface WaitOptions {
  /** How long to wait, in ms; 0: for ever. Default 30000. */
  timeout?: number | null
  /** Ends the wait; the promise is rejected with its reason. */
  signal?: AbortSignal | null
}

/** Options of `Session.run()`. */
export interface RunOptions extends WaitOptions {
  /** The most bytes of output that are looked at, from its end. Default 1048576. */
  maxOutput?: number | null
}

/** What a command has come to. */
export interface RunResult {
  /**
   * What it printed, as text: without escape sequences, lines ending in `\n`, and of a line that was written over
   * again and again the last text.
   */
  output: string
  /** `null` where the shell has not told it. */
  exitCode: number | null
  /** How long it ran, in ms. */
  duration: number
  /** The beginning of the output is missing: there was more than `maxOutput`, or than the history keeps. */
  truncated: boolean
}

/** Options of `Session.waitFor()`. */
export interface WaitForOptions extends WaitOptions {
  /**
   * Where a text is looked for: on the visible screen as it is, or in the output as it comes, without escape sequences
   * and carriage returns. Default: `'screen'`, without a screen `'output'`.
   */
  in?: 'screen' | 'output' | null
  /** For `'output'`: the offset from which on. Default: from now on. */
  from?: number | null
  /** For `'idle'`: how long there must be no output, in ms. Default 500. */
  quiet?: number | null
}

/** What was found; for `'prompt'` and `'idle'` the text is `null`. */
export interface WaitResult {
  /** What the pattern matched. */
  text: string | null
  /** The groups of the expression, in their order. */
  groups: (string | null)[]
}

/** What a `Session` has beside the members of its class. */
export interface Session {
  /**
   * Types a command at the prompt of a shell with `integration`, and waits for its end. A shell that is still starting
   * is waited for. What runs after a time-out or an abort runs on: `write('\x03')` interrupts it.
   *
   * @param line - One line, without control characters, of up to 32768 bytes. The shell takes it as if it were typed:
   * its own expansions apply.
   * @throws rejects with `ERR_NOT_INTEGRATED`, `ERR_SHELL_BUSY` while a command runs or something is typed at the
   * prompt, `ERR_TIMED_OUT`, `ERR_SHELL_EXITED`, `ERR_TOO_MANY_WAITS` past 16 waits, `ERR_INPUT_QUEUE_FULL`,
   * `ERR_SCREEN_DISABLED`, `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; the
   * signal's reason.
   * @example
   * ```js
   * const { output, exitCode } = await session.run('git status --short', { timeout: 10_000 })
   * ```
   */
  run(line: string, options?: RunOptions | null): Promise<RunResult>
  /**
   * Waits until the shell is at its prompt with nothing typed (`'prompt'`; any shell whose marks say so), until there
   * is no output for a while (`'idle'`), or for a text or a regular expression. It is searched outside the V8 heap in
   * time that grows with the text alone: expressions have the syntax of Rust's `regex-lite` crate, which is JavaScript's
   * without look-around, back-references and classes of Unicode; the flags `i`, `m` and `s` count. A match in output is at most 8192 bytes
   * longer than what comes at once.
   *
   * @throws rejects with `ERR_TIMED_OUT`, `ERR_SHELL_EXITED`, `ERR_TOO_MANY_WAITS`, `ERR_SCREEN_DISABLED`,
   * `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for an expression that cannot be used,
   * `ERR_OUT_OF_RANGE`; the signal's reason.
   */
  waitFor(
    pattern: 'prompt' | 'idle' | (string & {}) | RegExp,
    options?: WaitForOptions | null,
  ): Promise<WaitResult>
}

/**
 * Why a session was closed:
 * - `closed`: by `close()` or `closeAll()`; `project`: by `closeProject()`; `registry`: by `shutdown()`
 * - `exit`: its shell has ended; `inactive`: `inactiveTimeout` or its connection's `keepAlive` was up
 * - `limit`: it was its project's oldest, and another was created; `memory`: memory was short
 * - `left`: for the next process to restore; `fault`: a fault of this package that concerned it alone
 */
export type CloseReason =
  | 'closed'
  | 'project'
  | 'exit'
  | 'inactive'
  | 'limit'
  | 'memory'
  | 'registry'
  | 'left'
  | 'fault'

/**
 * Limits of a registry: `maxSessions`, `maxSessionsPerProject`, `spawnsPerMinute` (in all, too), `maxFocusedPerProject`,
 * and memory that is critical.
 */
export type LimitName = 'sessions' | 'project' | 'spawnRate' | 'focus' | 'memory'

/** The numbers of a registry; without another word, those of now. */
export interface RegistryStats {
  sessions: number
  /** Sessions whose shell has exited. */
  exited: number
  /** Sessions whose shell runs and that are marked as suspended. */
  suspended: number
  /** Sessions without a connection. */
  detached: number
  /** Projects that have sessions. */
  projects: number
  /** Connections that are attached to sessions. */
  connections: number
  /** Open viewers. */
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

/** Events of a registry and what their listeners get. */
export interface RegistryEvents {
  /** `create()` has made a session, and started its shell if it has one. */
  sessionCreated: SessionInfo
  /** `Session.update()` has changed something. */
  sessionUpdated: SessionInfo
  /** The session is closed: it is in no index any more, and its memory is free. */
  sessionClosed: SessionName & { reason: CloseReason }
  /** The shell has ended, and all it printed is in the history. */
  sessionExited: SessionName & { code: number; signal: number }
  /** The session got or lost the focus of its project; `allFocused`: the ids of those that have it now. */
  focusChanged: SessionName & { focused: boolean; allFocused: string[] }
  /** The session was marked as suspended. */
  sessionSuspended: SessionName
  /** The mark was taken away. */
  sessionResumed: SessionName
  /** A connection has attached that was not attached before. */
  sessionAttached: SessionName & { connectionId: string }
  /** A connection has left; sessions that close tell only that. */
  sessionDetached: SessionName & { connectionId: string }
  /** A session was refused by a limit, or closed for one of its project (`'project'`). */
  limitReached: { limit: LimitName; projectId: string | null }
  /** Memory is short, or no longer is; or something was done about it. */
  memoryPressure: MemoryPressure
  /** `restore()` has brought it back; `alive`: with its shell. */
  sessionRestored: SessionName & { alive: boolean }
  /**
   * A file that `restore()` could not read, and that stays where it is: another
   * session of that name exists (`ERR_SESSION_EXISTS`), or it is damaged
   * (`ERR_JOURNAL_DAMAGED`), of another version (`ERR_JOURNAL_VERSION`), another
   * user's (`ERR_JOURNAL_ACCESS`), or the system refuses (`ERR_JOURNAL_SYSTEM`,
   * `ERR_JOURNAL_FULL`). Or a recording (`.cast`) of a session that was restored
   * and that could not go on, with the codes of `openRecording()`: another begins
   * in its place where the registry records.
   */
  journalError: { code: string; message: string; path: string }
  /** Input that had to wait has been taken. */
  drain: SessionName
  /** The session is recorded from now on, or no longer. */
  recordingChanged: SessionName & { recording: boolean }
  /**
   * A program has set another title or icon name. This event and the following ones come at most 20 times a second for
   * each session, after 32 at once: of states the latest is told, of more than 32 commands that wait the oldest are
   * dropped.
   */
  titleChanged: SessionName & { title: string | null; iconName: string | null }
  /** The shell has told another directory; `workingDirectory` is what it told, `null` for nothing that can be told. */
  directoryChanged: SessionName & { workingDirectory: string | null; remoteDirectory: RemoteDirectory | null }
  /** The shell has begun a command. */
  commandStarted: SessionName & { command: ShellCommand }
  /** The command has ended. */
  commandFinished: SessionName & { command: ShellCommand }
  /** A program says how far it is; `null`: no longer. */
  progressChanged: SessionName & { progress: ShellProgress | null }
  /** The bell rang `count` times. Together with notifications at most twice a second, after 4 at once. */
  bell: SessionName & { count: number }
  /** A program notifies its user (OSC 9, 777, 99). Of more than 4 that wait the newest are dropped. */
  notification: SessionName & { title: string | null; body: string }
}

/** Options of `Session.openViewer()`. */
export interface ViewerOptions {
  /**
   * Where to begin: at an offset, at the oldest safe boundary kept (`'tail'`),
   * at the end (`'now'`), or with the screen and then the output that follows it
   * (`'snapshot'`; without a screen, as `'tail'`). Default `'tail'`.
   *
   * A snapshot stands for the moment at which it is first asked for by `read()`. That
   * of a large screen is made in pieces of 384 KiB, one a call: until it is complete,
   * `read()` returns `null`, and the listener is called in the next turns of the event
   * loop. It comes in as many frames as it takes: `'framed'` ones have the highest bit of their offset set,
   * `'json'` ones are `history` frames, the last of which has the `offset`.
   * Viewers that begin while nothing is printed, or while one is being made, share
   * one snapshot. At most 64 snapshots of 32 MiB together are being made or wait to be
   * sent in a process, with the screens that are kept for them; beyond that those of
   * stalled viewers are dropped and made anew when they read again. A viewer
   * gets four at once and then four a second, and making them takes at most a
   * quarter of the thread's time, after 10 ms at once: then, too, `read()` returns
   * `null`, and the listener is called when it can go on.
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
  format?: 'bytes' | 'framed' | 'json' | null
  /**
   * For `'framed'` only: a channel's number, 0 to 4294967295, that stands before
   * the offset as 4 bytes, big-endian (the binary frame of `offheap.mux.v1`).
   */
  channel?: number | null
  /** Most bytes in a frame, 1024 to 65536. Default 65536. */
  maxFrameBytes?: number | null
}

/** node-pty's options of `spawn()` on every system, as its types have them. `PtyOptions` takes `null` as well. */
export interface IBasePtyForkOptions {
  /** `TERM`. Default: what `env` says, else `xterm-256color`. */
  name?: string
  /** Columns, up to 65535. A fraction is cut off; 0 and NaN are the default, 80. */
  cols?: number
  /** Rows, up to 65535, `cols * rows` up to 16777216 (4096×4096). The same; the default is 24. */
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

/** Options of which each may be `null`, which is the same as leaving it out. */
export type Nullable<T> = { [K in keyof T]: T[K] | null }

/** Options of `spawn()`: node-pty's, and a few more. `null` is the same as leaving one out, but for `encoding`. */
export interface PtyOptions extends Nullable<IPtyForkOptions>, Nullable<IWindowsPtyForkOptions> {
  /** Input that may wait for the program to read it, in bytes, 1 to 1 GiB. Default 16777216. */
  maxInputBytes?: number | null
  /**
   * How long a background process that holds the terminal open may delay the
   * exit after the program's end, in ms. Default 1000.
   */
  drainTimeout?: number | null
  /** Time between SIGHUP and SIGKILL at a close, in ms. Default 2000. */
  killGrace?: number | null
  /**
   * What the program sees as its own name; `'-bash'` makes a shell a login shell.
   * Default: `file`. No effect on Windows.
   */
  argv0?: string | null
  /**
   * What happens when the program or its directory is not there or may not be
   * used: `'throw'`, an error with a code, or `'print'`, node-pty's way on Unix, a
   * message in the terminal and the exit code 1. Default `'throw'`.
   */
  spawnErrors?: 'throw' | 'print' | null
}

/** A registration that can be taken back. */
export interface IDisposable {
  dispose(): void
}

/** An event as node-pty has it: a function that adds a listener. */
export type IEvent<T> = (listener: (e: T) => any) => IDisposable

/**
 * node-pty's terminal, and what `spawn()` returns: a mock of node-pty's is one,
 * too. A `Pty` has more.
 */
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

/** The events of a `Pty`. */
export interface PtyEvents {
  /** Output; a Buffer with `encoding: null`. */
  data: (data: string) => void
  /** The program has ended, after its last output. Told to late listeners too. */
  exit: (exitCode: number, signal?: number) => void
  /** All input that had to wait has been taken. */
  drain: () => void
  /** No output will come any more. */
  end: () => void
  /** The terminal is gone: after `end`. */
  close: () => void
  /** `pause()` was called. */
  pause: () => void
  /** `resume()` was called. */
  resume: () => void
}

/** What a `Pty` has beside the members of its class. */
export interface Pty extends IPty, EventEmitter {
  /**
   * Adds a listener for output. A function that may be called by itself.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  readonly onData: IEvent<string>
  /**
   * Adds a listener for the exit: `{ exitCode, signal }`, `signal` being a
   * number, 0 when no signal ended the program.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  readonly onExit: IEvent<{ exitCode: number; signal?: number }>
  /**
   * Adds a listener that is called when all input that had to wait has been
   * taken.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  readonly onDrain: IEvent<void>
  /**
   * Whether `write` takes the flow control words as orders to pause and resume.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  handleFlowControl: boolean
  /** The path of the program's side, such as `/dev/pts/3`; empty on Windows. */
  readonly ptsName: string
  /** The number of the master's descriptor; -1 once it is gone, and on Windows. */
  readonly fd: number
  on<E extends keyof PtyEvents>(event: E, listener: PtyEvents[E]): this
  on(event: string | symbol, listener: (...args: any[]) => void): this
  once<E extends keyof PtyEvents>(event: E, listener: PtyEvents[E]): this
  once(event: string | symbol, listener: (...args: any[]) => void): this
  off<E extends keyof PtyEvents>(event: E, listener: PtyEvents[E]): this
  off(event: string | symbol, listener: (...args: any[]) => void): this
  removeListener<E extends keyof PtyEvents>(event: E, listener: PtyEvents[E]): this
  removeListener(event: string | symbol, listener: (...args: any[]) => void): this
  /**
   * Writes what is given, as the last of the input. The program meets no end of
   * file by it, as in node-pty: that is `'\x04'` at the start of a line.
   */
  end(data?: string | Uint8Array | null): void
  /**
   * Writes the output to a stream, at the stream's pace, and ends the stream
   * with it unless `end` is false. Of several streams the slowest one sets the
   * pace, and none makes a terminal go on that was paused by `pause()`.
   *
   * @returns The stream.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  pipe<T extends NodeJS.WritableStream>(destination: T, options?: { end?: boolean | null } | null): T
  /**
   * How output becomes strings from here on; nothing or `null` for Buffers.
   *
   * @throws `ERR_UNKNOWN_ENCODING`, `ERR_INVALID_ARG_TYPE`.
   */
  setEncoding(encoding?: string | null): void
  /**
   * Does nothing: only ConPTY keeps a screen of its own, and it offers no way to
   * clear it but in a library that node-pty brings along.
   */
  clear(): void
  /** Stops reading: the program waits when the terminal's buffer is full. */
  pause(): void
  /** Reads on, unless a stream that it is piped to is full. */
  resume(): void
  /** Lets the process exit although the program runs. */
  unref(): void
  /** Keeps the process running while the program runs: the default. */
  ref(): void
  /** node-pty's name for `close()`. */
  destroy(): void
  /** The same as `close()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * Starts a program on a pseudo terminal, as node-pty's `spawn` does. The terminal
 * is a `Pty`; `new Pty(…)` is the same with the type that says so.
 *
 * @param file - The program: a path, or a name that is looked up in the child's
 * `PATH`. Default `sh`, on Windows `cmd.exe`.
 * @param args - Its arguments; on Windows also one command line.
 * @throws The errno's name as `code` (`ENOENT`, `EACCES`, `ENOTDIR`, …) with
 * `errno`, `syscall` and `path`; `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`,
 * `ERR_OUT_OF_RANGE`, `ERR_UNKNOWN_ENCODING`.
 *
 * @example
 * ```js
 * const pty = spawn('bash', ['-l'], { name: 'xterm-256color', cols: 80, rows: 30 })
 * pty.onData((data) => process.stdout.write(data))
 * pty.onExit(({ exitCode, signal }) => console.log(exitCode, signal))
 * pty.write('ls\r')
 * ```
 */
export declare function spawn(
  file?: string | null,
  args?: string[] | string | null,
  options?: PtyOptions | null,
): IPty
/** node-pty's older name for `spawn`. */
export declare const fork: typeof spawn
/** node-pty's oldest name for `spawn`. */
export declare const createTerminal: typeof spawn

/** Options of `open()`. */
export interface IPtyOpenOptions {
  /** Columns, up to 65535. Default 80. */
  cols?: number | null
  /** Rows, up to 65535; `cols * rows` is 16777216 (4096×4096) at most. Default 24. */
  rows?: number | null
  /** How what comes out of both sides becomes strings; `null` for Buffers. Default `'utf8'`. */
  encoding?: string | null
}

/** A terminal without a program. Its events are those of its master. */
export interface OpenTerminal extends EventEmitter {
  readonly master: ReadStream
  readonly slave: ReadStream
  /** -1: there is no program. */
  readonly pid: number
  /** The number of the master's descriptor; -1 once it is closed. */
  readonly fd: number
  /** The path of the slave, such as `/dev/pts/3`. */
  readonly ptsName: string
  /** The name of the process in the foreground, if there is one. */
  readonly process: string | undefined
  /** Gives the slave input. */
  write(data: string | Uint8Array): boolean
  /** Sets the window size, in the bounds of `open()`. @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. */
  resize(cols: number, rows: number): void
  pause(): void
  resume(): void
  /** Closes both sides. */
  destroy(): void
  /** The same as `destroy()`. */
  close(): void
  /** The same as `destroy()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * Opens a terminal without a program, both sides of which are streams of this
 * process, as node-pty's `open` does. Its memory is Node's own, not native.
 *
 * @throws `ERR_NOT_SUPPORTED` on Windows; `ERR_UNKNOWN_ENCODING`,
 * `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`; `ENOSPC`, `EMFILE`, … with `syscall`.
 */
export declare function open(options?: IPtyOpenOptions | null): OpenTerminal

/**
 * node-pty's native functions for terminals that the caller keeps by their
 * descriptors, but `fork`; `null` on Windows, as there.
 */
export declare const native: {
  open(cols: number, rows: number): { master: number; slave: number; pty: string }
  process(fd: number, pty?: string): string | undefined
  resize(fd: number, cols: number, rows: number): void
} | null

/**
 * Which binding artifact the generated loader actually loaded: `'native'` for
 * a native addon, otherwise the `platformArchABI` of the WASI flavor. Every
 * flavor napi-rs can build is listed, because `NAPI_RS_NATIVE_LIBRARY_PATH`
 * can point the loader at a WASI artifact this package does not build itself.
 */
export declare const __napiBindingTarget: 'native' | 'wasm32-wasi' | 'wasm32-wasip1'

/**
 * A bounded history of bytes, outside the V8 heap.
 *
 * Every byte ever written has an absolute offset, counted from 0. When the
 * buffer is full the oldest bytes make room; offsets go on. Memory is taken on
 * demand, from 4 KiB up to the capacity, and given back by `clear()` and
 * `close()`.
 *
 * @example
 * ```js
 * const history = new CircularBuffer(64 * 1024)
 * history.write('hello\r
')
 * history.write(Buffer.from([0x1b, 0x5b, 0x6d]))
 * console.log(history.toString(), history.start, history.end)
 * history.close()
 * ```
 */
export declare class CircularBuffer {
  /**
   * Makes an empty buffer. Nothing is allocated before the first write.
   *
   * @param capacity - Most bytes kept, 1 to 1073741824 (1 GiB). Default 65536.
   * @throws `ERR_INVALID_ARG_TYPE` when `capacity` is no number,
   * `ERR_OUT_OF_RANGE` when it is no integer within the bounds.
   */
  constructor(capacity?: number | null)
  /** Most bytes kept; 0 once closed. */
  get capacity(): number
  /** Bytes kept now. */
  get length(): number
  /** Offset of the oldest byte kept. */
  get start(): number
  /** Offset past the newest byte: how many bytes were ever written. */
  get end(): number
  /** Bytes of native memory held for the history now. */
  get allocated(): number
  /** Whether `close()` has been called. */
  get closed(): boolean
  /**
   * Appends bytes, or a string as UTF-8 (a lone surrogate becomes U+FFFD).
   * Of data larger than the capacity the newest bytes are kept; offsets
   * count all of it.
   *
   * Arrays of up to 1 KiB and strings of up to 1024 UTF-16 units are
   * gathered, at most 8 KiB of UTF-8, and go over together, before anything
   * is read. The room for them is made by the first such write, freed by
   * `close()`, and not counted in `allocated`.
   *
   * @returns The new `end`.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
   */
  write(data: string | Uint8Array): number
  /**
   * A copy of everything kept.
   *
   * @throws `ERR_CLOSED`.
   */
  read(): Buffer
  /**
   * A copy of the bytes from `offset` on. Where they are gone already, the
   * copy begins with the oldest byte kept and `missed` says how many bytes
   * are missing; beyond the end it is empty.
   *
   * @param offset - 0 to 2^53 - 1.
   * @param maxBytes - Most bytes to return. Default: all.
   * @returns `start` and `end` are the offsets of `data`.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  readFrom(offset: number, maxBytes?: number | null): { data: Buffer, start: number, end: number, missed: number }
  /**
   * Copies bytes from `offset` on into `target`, as many as fit.
   *
   * @returns How many bytes were copied; they begin at
   * `Math.max(offset, start)`.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  readInto(target: Uint8Array, offset: number): number
  /**
   * A copy of the newest bytes, beginning at a safe boundary: not inside a
   * UTF-8 character and not inside an escape sequence.
   *
   * @param maxBytes - Most bytes to return.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  tail(maxBytes: number): Buffer
  /**
   * The newest bytes as text, from a safe boundary on. What is not UTF-8
   * becomes U+FFFD.
   *
   * @param maxBytes - Most bytes to decode. Default: all.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`,
   * `ERR_STRING_TOO_LONG`.
   */
  toString(maxBytes?: number | null): string
  /**
   * Drops all bytes and gives their memory back. Offsets go on.
   *
   * @throws `ERR_CLOSED`.
   */
  clear(): void
  /**
   * Changes the capacity, keeping the newest bytes.
   *
   * @param capacity - 1 to 1073741824.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  resize(capacity: number): void
  /**
   * Frees the memory at once. Further calls do nothing; other methods throw
   * `ERR_CLOSED`.
   */
  close(): void
  /** The same as `close()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * A program on a pseudo terminal: node-pty's terminal, and more. It is an
 * `EventEmitter` of `data` (the output), `exit` (code, signal), `drain`, `end`
 * (no output will come any more), `close` (after it), `pause` and `resume`.
 *
 * Without a data listener no output comes to JavaScript; the newest 256 KiB
 * wait for the first one. With one, each call carries all that is ready, up to
 * 64 KiB, and a listener that is slow makes the terminal wait: nothing is lost.
 * A listener that comes after others gets what they have not had. The exit is
 * told after the last byte, also to a listener that comes after it.
 *
 * A live terminal keeps the process running, as in node-pty; `unref()` lifts
 * that.
 */
export declare class Pty {
  /**
   * Starts a program, as `spawn()` does.
   *
   * @param file - The program: a path, or a name that is looked up in the
   * child's `PATH`. Default `sh`, on Windows `cmd.exe`.
   * @param args - Its arguments; on Windows also one command line.
   * @throws The errno's name as `code` (`ENOENT`, `EACCES`, `ENOTDIR`, …) with
   * `errno`, `syscall` and `path`; `ERR_INVALID_ARG_TYPE`,
   * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`, `ERR_UNKNOWN_ENCODING`.
   */
  constructor(file?: string | null, args?: string[] | string | null, options?: PtyOptions | null)
  /** The program's process id. */
  get pid(): number
  /** Columns. */
  get cols(): number
  /** Rows. */
  get rows(): number
  /**
   * The name of the process in the foreground; the program's own where it is
   * not known.
   */
  get process(): string
  /** Input bytes that wait for the program to read. */
  get writableLength(): number
  /** Whether the terminal was closed or its exit has been told. */
  get closed(): boolean
  /**
   * Gives input to the program, in order. All of it is taken or nothing.
   *
   * @returns `false` when some of it has to wait (`drain` follows), or the
   * program has exited (then it goes nowhere).
   * @throws `ERR_INPUT_QUEUE_FULL` past `maxInputBytes`,
   * `ERR_INVALID_ARG_TYPE`.
   */
  write(data: string | Uint8Array): boolean
  /**
   * Sets the window size. Nothing happens once the program has exited.
   *
   * @param cols - Above 0, up to 65535. A fraction is cut off.
   * @param rows - The same; `cols * rows` is 16777216 (4096×4096) at most.
   * @param pixelSize - The size in pixels, for programs that draw images.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  resize(cols: number, rows: number, pixelSize?: { width: number, height: number } | null): void
  /**
   * Sends a signal to the program's process group and the group in the
   * foreground. Returns at once; nothing happens once the program has exited.
   *
   * Without a signal the terminal hangs up: SIGHUP, and SIGKILL after
   * `killGrace` (2 s) for what ignores it. A terminal that is paused is
   * resumed by that, and by SIGHUP, SIGTERM and SIGKILL: its exit comes after
   * its last output.
   *
   * @param signal - A name such as `'SIGTERM'` or a number.
   * @throws `ERR_UNKNOWN_SIGNAL`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  kill(signal?: string | number | null): void
  /**
   * Closes the terminal at once: hangs up, frees its memory, and kills after
   * `killGrace` what is left of the process group. Output that was not read
   * is dropped; the exit is still told. Idempotent.
   */
  close(): void
}

/**
 * A recording that is being written. It comes from `Session.record()` or
 * `Session.recordings`, and ends with the shell's exit, the session's close or
 * `stop()`. A recording that nobody holds goes on.
 *
 * @example
 * ```js
 * const recording = session.record({ dir: '/var/lib/app/recordings' })
 * recording.mark('deploy')
 * await recording.stop()
 * const { duration } = await openRecording(recording.file)
 * ```
 */
export declare class Recording {
  /** The cast that is being written, or was last: after a rotation another one. */
  get file(): string
  /** Bytes of the casts written so far, in all files. */
  get bytes(): number
  /** Bytes of output that are missing, since the disk was slower. */
  get missed(): number
  /**
   * What keeps it from being written at this moment, such as a full disk
   * (`ENOSPC`), or from going on in a next file: both are tried again every
   * second. Or what ended it, such as `ENOENT` when its file was removed.
   */
  get error(): { code: string, message: string } | null
  /** Whether it has ended and everything is in the file. */
  get ended(): boolean
  /**
   * Puts a marker at this moment.
   *
   * @param label - Cut at 4096 bytes.
   * @returns `false` when the recording has ended, or more than 1 MiB of
   * markers and input waits for a slow disk.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  mark(label: string): boolean
  /**
   * Ends the recording after what was printed so far. The session goes on.
   * Idempotent.
   *
   * @returns A promise that is fulfilled when everything is in the file, or
   * after 5 seconds in which the disk refused: then `error` says why.
   */
  stop(): Promise<void>
  /** The same as `stop()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * A recording that is open for reading. Times are in seconds since its
 * beginning. The object is a handle: what it reads stays outside the V8 heap.
 */
export declare class RecordingReader {
  /** What the recording says of itself; `null` where it does not. */
  get header(): RecordingHeader
  /** How long it is, in seconds. */
  get duration(): number
  /**
   * `complete`, `recording` while it is being written, or `interrupted` when
   * it was cut off by a crash or a disk that took no more.
   */
  get status(): 'complete' | 'recording' | 'interrupted'
  /**
   * The terminal at a time, after everything that happened until then. Costs
   * the same anywhere: it begins at the nearest keyframe.
   *
   * @param seconds - 0 or more; beyond the end it is the end.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
   * `openRecording()`.
   */
  at(seconds: number): Promise<RecordedMoment>
  /**
   * The width table of the terminal that was recorded, as far as that is known: a
   * player's `unicode.activeVersion` must be the same.
   */
  get unicodeVersion(): '6' | '11' | '15-graphemes'
  /**
   * Events in order: those from a place on, a page at a time.
   *
   * @param start - Where to begin in the cast, in bytes: the `end` of an event, the
   * `position` of a moment, or the `start` of a segment. Default 0.
   * @param options - `limit`: the most events, 1 to 10000. Default 1000.
   * @returns As many events as there are, up to the limit, or fewer once their data
   * comes to 1 MiB; none at the end. Events of kinds that asciicast does not know
   * are left out.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
   * `openRecording()`.
   * @example
   * ```js
   * let page = await reader.events()
   * while (page.length > 0) {
   *   for (const { time, code, data } of page) console.log(time, code, data)
   *   page = await reader.events(page.at(-1).end)
   * }
   * ```
   */
  events(start?: number | null, options?: { limit?: number | null } | null): Promise<RecordedEvent[]>
  /** The parts that can each be played without what comes before, in order. */
  segments(): RecordingSegment[]
  /**
   * The screen at the beginning of a segment.
   *
   * @param start - The `start` of a segment.
   * @returns Bytes that turn a fresh xterm.js of the segment's size into that
   * terminal; `null` for a segment without a keyframe, or where it is damaged.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  keyframe(start: number): Promise<Buffer | null>
  /**
   * What was printed, as plain text: lines without escape sequences, and
   * without what full-screen programs drew. At most 64 MiB.
   *
   * @throws Rejects as `openRecording()`.
   */
  transcript(): Promise<string>
  /**
   * Where text was printed, regardless of case, in lines of plain text as
   * they stood when they ended; in what full-screen programs drew, too. Of a line
   * that is longer than 1024 bytes, that much about the first place is returned.
   *
   * @param options - `limit`: the most places, 1 to 100000. Default 1000.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`. Rejects as
   * `openRecording()`.
   */
  search(text: string, options?: { limit?: number | null } | null): Promise<{ time: number, line: string }[]>
  /**
   * The markers, in order: at most 100000. A label is cut at 4096 bytes.
   *
   * @throws Rejects as `openRecording()`.
   */
  markers(): Promise<{ time: number, label: string }[]>
  /**
   * Writes the recording as asciicast version 2 into a new file, for tools
   * that read no other.
   *
   * @throws `ERR_INVALID_ARG_TYPE`. Rejects with `ERR_RECORDING_EXISTS`, and
   * as `openRecording()`; then there is no such file.
   */
  toV2(file: string): Promise<void>
  /**
   * Closes the files, when what is under way is done; everything else throws
   * `ERR_CLOSED` from here on. Idempotent. A reader that is forgotten is closed
   * with it.
   */
  close(): void
  /** The same as `close()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * A session of a registry: its history, its viewers and, if it was created
 * with `pty`, its shell. The object is a handle: all data stays outside the
 * V8 heap, and the session lives in its registry until it is closed. Methods
 * change it; an assignment to a property, or to one that it does not have, throws
 * `ERR_READ_ONLY_PROPERTY`.
 */
export declare class Session {
  /** The session's id, unique within its project. */
  get id(): string
  /** The project it belongs to. */
  get projectId(): string | null
  /**
   * Counts up with each session that the registry creates: tells this one from
   * an earlier or a later one of the same id.
   */
  get incarnation(): number
  /** The owner's user id. */
  get userId(): string | null
  /** An application-defined kind. */
  get mode(): string | null
  /** The working directory, as the app names it. */
  get cwd(): string | null
  /**
   * A copy of the app's own data; `null` without any. To change it, call
   * `update()`: what is done to the copy changes nothing.
   */
  get metadata(): any
  /**
   * `active`, `suspended`, `exited`, `closed`, or `lost`: restored, while nobody
   * knows how its shell ended.
   */
  get status(): SessionStatus
  /** Whether it is marked as focused; without a project it always is. */
  get focused(): boolean
  /** Whether it is marked as suspended; see `setSuspended()`. */
  get suspended(): boolean
  /** Connections attached to it. */
  get connections(): number
  /** Viewers open on it. */
  get viewers(): number
  /** When it was created, in ms since the epoch. */
  get createdAt(): number
  /**
   * When it was last used (input, a connection, focus), in ms since the
   * epoch.
   */
  get lastActiveAt(): number
  /** The shell's process id; `null` for a session without one. */
  get pid(): number | null
  /**
   * The name of the process in the terminal's foreground; `null` where it is
   * not known.
   */
  get process(): string | null
  /** Columns of the terminal. */
  get cols(): number
  /** Rows of the terminal. */
  get rows(): number
  /** Offset of the oldest byte kept. */
  get start(): number
  /** Offset past the newest byte: how many bytes were ever printed. */
  get end(): number
  /** How the shell ended; `null` while it runs. */
  get exit(): { code: number, signal: number } | null
  /** Input bytes that wait for the shell to read. */
  get writableLength(): number
  /** Whether the session has been closed. */
  get closed(): boolean
  /**
   * Starts a shell on a session that was created without one, or was restored
   * without one. It is counted for `rateKey`, by default the session's project.
   *
   * @throws `ERR_SESSION_STARTED` when it has, or had, one; `ERR_SPAWN_RATE`,
   * for a restored session also `ERR_SESSION_LIMIT` and `ERR_PROJECT_LIMIT`;
   * `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`; the errno's
   * name with `errno`, `syscall` and `path`. When it fails nothing has
   * changed.
   */
  spawn(pty: SessionPtyOptions & { rateKey?: string | null }): void
  /**
   * Changes what the app says of the session; the registry's `sessionUpdated`
   * follows when that differs from before. What is `undefined` stays as it is,
   * `null` takes a value away. A new `cwd` is for a later `spawn()`.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for metadata that
   * JSON cannot represent, `ERR_JOURNAL_TOO_LARGE`, `ERR_CLOSED`. When it fails nothing has changed.
   */
  update(changes: SessionUpdate): void
  /** Notes that the session is in use: the inactivity time-out starts again. */
  touch(): void
  /**
   * Gives input to the shell, in order. All of it is taken or nothing.
   *
   * @returns `false` when some of it has to wait, or the shell has exited
   * (then it goes nowhere); the `drain` event of the registry follows when
   * all that waited has been taken.
   * @throws `ERR_INPUT_QUEUE_FULL` past `maxInputBytes`,
   * `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
   */
  write(data: string | Uint8Array): boolean
  /**
   * Adds output from elsewhere, for apps that run their own node-pty.
   *
   * @returns The new `end`.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_CLOSED`.
   */
  append(data: string | Uint8Array): number
  /**
   * Sets the terminal's size. Nothing changes when it throws.
   *
   * @param cols - 1 to 65535.
   * @param rows - 1 to 65535; `cols * rows` is 16777216 (4096×4096) at most.
   * @param pixelSize - The size of all of it in pixels, which programs may ask
   * for; 0, the default, is unknown.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  resize(cols: number, rows: number, pixelSize?: { width?: number, height?: number } | null): void
  /**
   * Sends a signal to the shell's process group and the foreground group.
   * Nothing happens once the shell has exited.
   *
   * @param signal - A name such as `'SIGTERM'` or a number. Default: hang up
   * (SIGHUP), and kill after `killGrace` (2 s) what ignores it.
   * @throws `ERR_UNKNOWN_SIGNAL`, `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`,
   * `ERR_CLOSED`.
   */
  kill(signal?: string | number | null): void
  /**
   * A copy of the newest output, from a safe boundary on.
   *
   * @param maxBytes - Most bytes to return. Default: all that is kept.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  history(maxBytes?: number | null): Buffer
  /**
   * A copy of the output from an offset on, as `CircularBuffer.readFrom`.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  readFrom(offset: number, maxBytes?: number | null): { data: Buffer, start: number, end: number, missed: number }
  /**
   * Records the session from now on, beginning with the screen as it is. The
   * files are made by this call; everything else is written by a thread of its
   * own, which no shell and no caller waits for.
   *
   * @param options - Default: the registry's `recording`.
   * @throws `ERR_RECORDING_EXISTS`, `ERR_RECORDING_NAME`, `ERR_CLOSED`,
   * `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; the
   * errno's name (`EACCES`, `ENOSPC`, …). Then there are no files.
   */
  record(options?: RecordingOptions | null): Recording
  /** Whether the session is being recorded. */
  get recording(): boolean
  /**
   * The recordings of this session, oldest first: all that are being written,
   * and up to 16 that have ended.
   */
  get recordings(): Recording[]
  /**
   * Opens a viewer.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  openViewer(options?: ViewerOptions | null): Viewer
  /** Everything that is known of the session now. */
  info(): SessionInfo
  /**
   * Marks the session as suspended, or takes the mark away. The server module
   * obeys it: it sends no output to the session's clients until it is resumed.
   * The shell, the history and viewers go on.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  setSuspended(suspended: boolean): void
  /** Lets the process exit although the session's shell runs. */
  unref(): void
  /** Keeps the process running while the session's shell runs: the default. */
  ref(): void
  /**
   * Closes the session: when this returns it is in no index any more, its
   * memory is free, its viewers are closed and its process group has been
   * hung up on (and is killed after `killGrace`, 2 s, if it ignores that).
   * Idempotent.
   */
  close(): void
  /** The same as `close()`, for `using`. */
  [globalThis.Symbol.dispose](): void
  /**
   * The screen now: bytes that turn a fresh xterm.js of the same size into
   * what one shows that has read everything, and the offset from which the
   * output goes on. It contains no query and has no side effect.
   *
   * It is made in this call, which takes some 4 ms for each megabyte. A viewer that
   * begins with the screen gets it in pieces: `openViewer({ from: 'snapshot' })`.
   *
   * @returns With `format: 'json'`, `data` is
   * `{"type":"history","data":"…","offset":N}`, ready to be sent as text. `cols` is at
   * least 2, as in xterm.js.
   * @throws `ERR_SCREEN_DISABLED` for a session with `screen: false`,
   * `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  snapshot(options?: SnapshotOptions | null): { data: Buffer, offset: number, cols: number, rows: number }
  /**
   * The visible screen as text: lines without blanks at their end, joined by line
   * feeds.
   *
   * @throws `ERR_SCREEN_DISABLED`, `ERR_CLOSED`.
   */
  screenText(): string
  /** Whether it keeps a screen. */
  get screen(): boolean
  /**
   * Sets the clients' colours, so that a program that asks for them gets the
   * right answer (OSC 10, 11 and 12). Without a call they are those of xterm.js'
   * default theme, white on black; so are colours that are left out. A session
   * without a screen answers nothing.
   *
   * @param theme - Colours as `#rgb` or `#rrggbb`.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE` for what is no such
   * colour, `ERR_CLOSED`.
   */
  setTheme(theme: { foreground?: string | null, background?: string | null, cursor?: string | null }): void
  /**
   * Says what the clients' terminal is, so that the screen is exact for it: which
   * xterm.js, and how it is set up. What is left out is as in the session's
   * `screen` options; `null` is all of that. It holds from here on: what is
   * drawn already stays where it is, and a character that takes other columns in
   * the new terminal keeps the place that it has. A session without a screen
   * ignores it.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  setClient(client: ClientOptions | null): void
  /**
   * The window title that a program has set last, without control characters, of
   * 1024 bytes at most; `null` without one, and without a screen.
   */
  get title(): string | null
  /** The icon name, as `title`. */
  get iconName(): string | null
  /**
   * Where the shell is: as it has told last (OSC 7, OSC 633, OSC 1337), or else,
   * on Linux and macOS, the directory of the process in the foreground; `null`
   * where that is not to be known. What a shell tells is not checked: the
   * directory may be gone.
   */
  get workingDirectory(): string | null
  /**
   * Where a shell on another machine is that talks through this terminal, as over
   * ssh; `null` once a shell of this machine has told where it is.
   */
  get remoteDirectory(): RemoteDirectory | null
  /** The command that runs, as the shell tells it; `null` while none does. */
  get command(): ShellCommand | null
  /** The last command that has ended; `null` before. */
  get lastCommand(): ShellCommand | null
  /**
   * How far a program says it is (OSC 9;4); `null` where it does not. The next
   * prompt takes it away.
   */
  get progress(): ShellProgress | null
  /**
   * The shell that was started with `pty: { integration: true }`; `null` for one
   * without, and for a shell that there are no scripts for.
   */
  get integration(): 'bash' | 'zsh' | 'fish' | null

}

/**
 * Owns sessions, with their limits and clocks, outside the V8 heap.
 *
 * Events: `sessionCreated`, `sessionUpdated`, `sessionClosed`, `sessionExited`,
 * `focusChanged`, `sessionSuspended`, `sessionResumed`, `sessionAttached`,
 * `sessionDetached`, `sessionRestored`, `limitReached`, `memoryPressure`,
 * `journalError`, `drain`, `recordingChanged`.
 *
 * Events that a call causes have been emitted when the call returns, unless a
 * listener made the call: then they follow at the next turn of the event loop.
 * No other event is emitted inside a call, except what happened before to the
 * same sessions and had not been emitted yet. Events of one session come in
 * their order.
 *
 * An id without a project means the session that has no project, or else the
 * only one of that id; where several projects have it, methods that take an id
 * throw `ERR_SESSION_AMBIGUOUS`.
 *
 * @example
 * ```js
 * const registry = new SessionRegistry({ maxSessions: 20 })
 * registry.on('sessionExited', ({ id, code }) => console.log(id, code))
 * const session = registry.create({
 *   projectId: 'demo',
 *   pty: { file: 'bash', args: ['-l'], cols: 80, rows: 30, env: process.env },
 * })
 * session.write('ls\r')
 * registry.close(session.id)
 * ```
 */
export declare class SessionRegistry {
  /**
   * Makes an empty registry.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`,
   * `ERR_OUT_OF_RANGE`; `EMFILE` or `EAGAIN` where the process has no
   * descriptor or no thread left for it; for the journal
   * `ERR_JOURNAL_ACCESS`, `ERR_JOURNAL_BUSY`, `ERR_JOURNAL_SYSTEM`,
   * `ERR_NOT_SUPPORTED`.
   */
  constructor(options?: RegistryOptions | null)
  /**
   * Creates a session; with `pty`, its shell is started on a terminal whose
   * output goes straight into the session's history. When it fails, nothing
   * has changed.
   *
   * @throws `ERR_SESSION_LIMIT`, `ERR_PROJECT_LIMIT`, `ERR_SPAWN_RATE`,
   * `ERR_SESSION_EXISTS`, `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`,
   * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`; for the journal
   * `ERR_JOURNAL_FULL`, `ERR_JOURNAL_TOO_LARGE`, `ERR_JOURNAL_ACCESS`,
   * `ERR_JOURNAL_SYSTEM`; for the shell the errno's name (`ENOENT`, `EACCES`, …) with `errno`, `syscall` and `path`.
   */
  create(options?: CreateOptions | null): Session
  /**
   * Finds a session by its id and project.
   *
   * @returns `null` when there is none.
   * @throws `ERR_SESSION_AMBIGUOUS`, `ERR_INVALID_ARG_TYPE`.
   */
  get(id: string, projectId?: string | null): Session | null
  /**
   * The sessions of a project, or all, oldest first.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  list(projectId?: string | null): SessionInfo[]
  /**
   * Closes a session; see `Session.close()`. `shutdown()` closes the registry.
   *
   * @returns `false` when there is none of that name.
   * @throws `ERR_INVALID_ARG_TYPE` for an id that is no string, or is missing;
   * `ERR_SESSION_AMBIGUOUS`.
   */
  close(id: string, projectId?: string | null): boolean
  /**
   * Closes all sessions of a project.
   *
   * @returns How many there were.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  closeProject(projectId: string): number
  /**
   * Closes all sessions. The registry stays open.
   *
   * @returns How many there were.
   */
  closeAll(): number
  /**
   * Gives a session its project's focus: a mark for the server module and the
   * app, without an effect on viewers. Where more than
   * `maxFocusedPerProject` have it, the least recently active one loses it.
   *
   * @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
   * `ERR_INVALID_ARG_TYPE`.
   */
  focus(id: string, projectId?: string | null): void
  /**
   * Takes a session's focus away.
   *
   * @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
   * `ERR_INVALID_ARG_TYPE`.
   */
  blur(id: string, projectId?: string | null): void
  /**
   * Ids of a project's focused sessions, least recently active first.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  focused(projectId: string): Array<string>
  /**
   * Marks a project's sessions as suspended: a mark that the server module
   * obeys by not sending their output to clients until they are resumed. Shells
   * and viewers go on.
   *
   * @returns How many sessions changed.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  suspend(projectId: string): number
  /**
   * Takes that mark from a project's sessions.
   *
   * @returns The sessions that were suspended.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  resume(projectId: string): SessionInfo[]
  /**
   * Notes that a connection uses a session: it is not inactive meanwhile.
   *
   * @throws `ERR_SESSION_NOT_FOUND`, `ERR_SESSION_AMBIGUOUS`,
   * `ERR_INVALID_ARG_TYPE`.
   */
  attach(sessionId: string, connectionId: string, projectId?: string | null): void
  /**
   * Notes that a connection is gone. A session that it leaves without any is
   * closed after `keepAlive` ms, or after the registry's `inactiveTimeout`. The
   * time counts from here on, or from the end of the last viewer on.
   *
   * @returns How many sessions it was attached to.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  detach(connectionId: string, options?: { keepAlive?: number | null } | null): number
  /**
   * Adds a listener.
   *
   * @throws `ERR_INVALID_ARG_VALUE` for an unknown event,
   * `ERR_INVALID_ARG_TYPE`.
   */
  on<E extends keyof RegistryEvents>(event: E, listener: (event: RegistryEvents[E]) => void): this
  /**
   * Removes a listener.
   *
   * @throws `ERR_INVALID_ARG_VALUE`, `ERR_INVALID_ARG_TYPE`.
   */
  off<E extends keyof RegistryEvents>(event: E, listener: (event: RegistryEvents[E]) => void): this
  /**
   * Restores the sessions that an earlier process has left in the directory of
   * the option `journal`, oldest first: with their names, their histories at
   * the same offsets and their screens. With a keeper their shells go on, at
   * the next byte. Without one, or where a shell has ended meanwhile, they are
   * `lost`, or `exited` where the exit is known, count for no limit, and stay
   * until they are closed or `inactiveTimeout` has passed; it starts afresh.
   * `Session.spawn()` starts a new shell in one of them.
   *
   * With `takeover`, another process that has the sessions is asked to leave
   * them, and ended if it has not after a second. It is told by `sessionClosed`
   * with the reason `left`. Waits for a keeper for 2 s at most.
   *
   * `sessionRestored` follows for each. A file that cannot be restored stays
   * where it is, and `journalError` tells of it. Sessions that are here
   * already are left alone, so it may be called again.
   *
   * @throws `ERR_JOURNAL_DISABLED` without the option, `ERR_JOURNAL_SYSTEM`,
   * `ERR_CLOSED`, `ERR_INVALID_ARG_TYPE`; with a keeper `ERR_KEEPER_BUSY`,
   * `ERR_KEEPER_TIMEOUT`, `ERR_KEEPER_START`, `ERR_KEEPER_VERSION`,
   * `ERR_KEEPER_DIRECTORY`, `ERR_KEEPER_DESCRIPTORS`, `ERR_KEEPER_LOST`,
   * `ERR_JOURNAL_BUSY`. Then nothing has changed, and what is kept stays so.
   */
  restore(options?: RestoreOptions | null): SessionInfo[]
  /**
   * Closes the registry, but leaves its sessions in their journals, for the
   * next process to restore; without a journal it is `shutdown()`. With a keeper
   * shells go on; without one they end, since their terminals are this
   * process's. Input that a program has not read yet is dropped. `sessionClosed`
   * follows for each with the reason `left`. A process that ends without a word
   * leaves them, too.
   *
   * @returns How many sessions can be restored.
   */
  leave(): number
  /** Whether the registry has been closed. */
  get closed(): boolean
  /**
   * Closes the registry with all its sessions; it takes no more. Idempotent.
   *
   * @returns `false` when it was closed already.
   */
  shutdown(): boolean
  /** The same as `shutdown()`, for `using`. */
  [globalThis.Symbol.dispose](): void
  /**
   * The registry's numbers. They are counted as they change, so that asking
   * costs the same however many sessions there are.
   */
  stats(): RegistryStats
  /**
   * The registry's numbers for a Prometheus server, in its text format
   * 0.0.4; to be served as `text/plain; version=0.0.4; charset=utf-8`.
   */
  metrics(): string
  /**
   * Checks memory now, does what the `memory` options say, and has emitted
   * the `memoryPressure` events of it when it returns.
   *
   * @param usage - Readings that replace those of the system, for tests and
   * for limits that only the app knows of.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_CLOSED`.
   */
  checkMemory(usage?: MemoryUsage | null): MemoryStatus
  /**
   * How many sessions fit into an amount of memory: `memory / (F + M)`,
   * rounded down and at least 1. F is what any session needs (about 2 KiB); M
   * is the mean of what this registry's sessions hold now, or held when they
   * were closed, in histories, screens and waiting input, and is at most a
   * full history and scrollback; before there was any session, it is that.
   *
   * @param memory - Bytes. Default: what the sessions hold now, and what is
   * left before memory is critical.
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  maxSessionsFor(memory?: number | null): number
}

/**
 * A reader of a session: a cursor, not a queue. It costs the same whether it
 * is current or a gigabyte behind, and it never holds up others for longer
 * than a second.
 *
 * Read one frame at a time, send it, and call `release()` when it is out. The
 * listener of `onReadable` is called again when there is more: at once for an
 * echo, a few milliseconds later, with more in it, for a flood.
 *
 * A frame never ends inside a UTF-8 character or an escape sequence (unless a
 * sequence is longer than 4 KiB): what is unfinished waits, however long, for
 * its rest, for 4 KiB of it, or for the end of the session's output.
 *
 * @example
 * ```js
 * const viewer = session.openViewer({ from: 'tail', format: 'json' })
 * viewer.onReadable(() => {
 *   const frame = viewer.read()
 *   if (frame) ws.send(frame, { binary: false }, () => viewer.release())
 * })
 * ```
 */
export declare class Viewer {
  /**
   * The next frame, or `null` when everything has been read, or a snapshot is
   * not made yet: see `screenDue`.
   *
   * The Buffer is the caller's for good, unless it calls `release()`: then
   * its memory is used again for a later frame, of this or another viewer.
   */
  read(): Buffer | null
  /**
   * Says that a frame is out: call it once for each, from the callback of
   * `ws.send`. Its memory may be used again from here on, and the listener is
   * called when there is more to read. Where several frames were read before
   * the first was released, their memory is left to the garbage collector.
   */
  release(): void
  /**
   * Sets the one listener that is called when there is something to read: at
   * the next turn of the event loop if there is now, and after that once
   * each time that `read()` has returned `null`, or `release()` was called,
   * and more has come. It is called a last time when the session closes.
   *
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  onReadable(listener: () => void): void
  /**
   * The lost bytes that the last frame follows, once; `null` when it follows
   * the frame before. Frames of the `json` format say it themselves.
   */
  takeGap(): { from: number, to: number } | null
  /**
   * The snapshot of which the last frame is the first piece, once; `null`
   * when it is none. `length` is that of all its pieces together, in bytes,
   * without what the format puts before them; the output goes on at
   * `offset`. Frames of the `json` format need no such word: a snapshot comes
   * as `history` frames, the last of which has the offset.
   */
  takeSnapshot(): { offset: number, cols: number, rows: number, length: number } | null
  /**
   * Marks what lies between the cursor and the present end as sent again:
   * JSON frames of it are of the given type. Terminal queries are taken out of
   * `history` and `resumed` ones, since nobody waits for an answer, and so are
   * BEL, notifications and the clipboard (OSC 52). With a screen, `buffered` ones
   * hold none of these either.
   *
   * @param type - `history` and `buffered` name the frames; `resumed`
   * frames are `stream` frames.
   * @returns The offset up to which it holds.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  replayAs(type: 'history' | 'buffered' | 'resumed'): number
  /**
   * Moves the cursor ahead to an offset, where what lies between comes by
   * other means, such as a snapshot. It never moves back, and not past the
   * end.
   *
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`.
   */
  seek(offset: number): void
  /**
   * Offset of the next byte of output to be read. While a snapshot is being made
   * or read, that is the one behind it.
   */
  get offset(): number
  /** Bytes between the cursor and the session's end. */
  get lag(): number
  /**
   * Bytes that were lost to this viewer, because the history moved on
   * before it read them.
   */
  get missed(): number
  /**
   * Whether a snapshot is to come next, or not all of its frames have been read.
   * `read()` may return `null` meanwhile; the listener is called when it goes on.
   */
  get screenDue(): boolean
  /** Whether the viewer or its session has been closed. */
  get closed(): boolean
  /**
   * Closes the viewer: `read()` returns `null` from here on, the listener is
   * not called again, and a terminal that waited for it reads on.
   */
  close(): void
  /** The same as `close()`, for `using`. */
  [globalThis.Symbol.dispose](): void
}

/**
 * Opens a recording of any origin: asciicast version 1, 2 or 3. One that is
 * still being written can be read, too, as far as it goes.
 *
 * @param file - The path of the cast.
 * @param options - What the terminal that was recorded was like, for keyframes
 * that have to be made; of our own recordings the card beside the cast says it.
 * Default: an xterm.js 6.0 as it comes.
 * @throws Rejects with `ERR_RECORDING_INVALID`, `ERR_RECORDING_VERSION`,
 * `ERR_RECORDING_LIMIT` or the errno's name (`ENOENT`, …). Throws
 * `ERR_INVALID_ARG_TYPE`.
 */
export declare function openRecording(file: string, options?: ClientOptions | null): Promise<RecordingReader>
