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
