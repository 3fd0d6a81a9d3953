/**
 * `offheap-terminal/client`: terminals of a server in the browser, over the protocols `offheap.v1` and
 * `offheap.mux.v1`. ES modules without dependencies, for a bundler or a `<script type="module">`.
 *
 * ```js
 * import { Terminal } from '@xterm/xterm'
 * import { OffheapAddon, TerminalClient } from 'offheap-terminal/client'
 *
 * const client = new TerminalClient('/terminals', { sessionId: 'build' })
 * const terminal = new Terminal()
 * terminal.loadAddon(new OffheapAddon(client))
 * terminal.open(document.getElementById('terminal'))
 * client.connect()
 * ```
 *
 * Errors that are thrown, and the `error` events, carry a `code` of docs/errors.md.
 */

/** An object that lets go of something when it is no longer needed. */
export interface Disposable {
  dispose(): void
}

/** The subprotocol of one session on a connection of its own. */
export declare const PROTOCOL: 'offheap.v1'
/** The subprotocol of many sessions over one connection. */
export declare const MUX_PROTOCOL: 'offheap.mux.v1'

/** Close codes that the client sends or reports. The server keeps the shell after each. */
export declare const CloseCode: {
  /** The circuit is open, or the browser does not allow the connection. Reported in `state`, never sent. */
  readonly tripped: 4000
  /** The peer gave no sign of life. */
  readonly silent: 4004
  /** The page is kept for the browser's "back". */
  readonly parked: 4002
  /** What the server sent cannot be right. */
  readonly broken: 4003
}

/**
 * - `idle`: before `connect()`
 * - `connecting`: until the server announces the session
 * - `live`
 * - `waiting`: for the next attempt, at `retryAt`
 * - `tripped`: the circuit is open; the next attempt is at `retryAt`
 * - `exited`: the shell ended; `connect()` asks for a new one
 * - `refused`: the server said no
 * - `closed`: by `close()`, by the server without an error, or with the page
 */
export type TerminalState =
  | 'idle'
  | 'connecting'
  | 'live'
  | 'waiting'
  | 'tripped'
  | 'exited'
  | 'refused'
  | 'closed'

/** What a viewer may do. Of `'read'`, the server refuses input, sizes and control. */
export type Access = 'read' | 'write'

/**
 * Who answers a program's queries: the server, this viewer, or, with `'none'`, another viewer. `null` where the server
 * does not say: this viewer answers what is not a replay.
 */
export type Answers = 'server' | 'viewer' | 'none' | null

/** When the client tries again. Delays are in milliseconds, whole numbers up to an hour. */
export interface BackoffOptions {
  /** The shortest delay. Default 500. */
  min?: number | null
  /** The longest delay. The delays are random between `min` and a ceiling that doubles up to here. Default 30 000. */
  max?: number | null
  /** A connection that lasted this long makes the delays start over. Default 5000. */
  stableAfter?: number | null
  /** Attempts in a row without a session after which the circuit opens. Default 5. */
  failures?: number | null
  /**
   * How long it stays open at least, and twice that at most; `connect()`, the browser's `online` event and a return
   * to the page end it. Default 30 000.
   */
  pause?: number | null
}

/** Absent, `undefined` and `null` are the default. */
export interface TerminalClientOptions {
  /** The session. Default: the server makes a new one, whose id is in `client.sessionId` once it is `ready`. */
  sessionId?: string | null
  /** The project that the session belongs to. */
  projectId?: string | null
  /** The folder that a new shell starts in. */
  path?: string | null
  /** The server's token. It is sent in the query: browsers allow no header. Of a `TerminalMux`, give it to that. */
  token?: string | null
  /** A token for one shared terminal. */
  share?: string | null
  /** Further parameters of the query. They go before what the display says of itself there. */
  query?: Record<string, string | number> | null
  /** Bytes that the server may send past the last acknowledgement, 65 536 to 16 777 216. Default 262 144. */
  window?: number | null
  /** Bytes parsed after which an acknowledgement is sent, up to 16 777 216. Default 65 536. */
  ackEvery?: number | null
  /** When and how often a lost connection is tried again. */
  backoff?: BackoffOptions | null
  /** How long an attempt may take, in ms. Default 10 000. */
  connectTimeout?: number | null
  /** After this long without a message the server is asked for a sign of life, in ms. Default 15 000. */
  idlePing?: number | null
  /** After this long without an answer the connection is given up, in ms. Default 10 000. */
  pingTimeout?: number | null
  /** Bytes of input that are kept while there is no connection, up to 1 MiB. Default 4096. */
  offlineInput?: number | null
  /** How old they may be when the connection is back, in ms. Default 15 000. They never go to another shell. */
  offlineInputAge?: number | null
  /** Bytes of input that may wait for the server to take them, up to 256 MiB. Default 16 MiB. */
  maxPendingInput?: number | null
  /** The largest size taken from the server; a larger one is ignored, with an `error`. Default 1000 columns … */
  maxCols?: number | null
  /** … and 500 rows. Both up to 65 535. */
  maxRows?: number | null
  /** Default: the browser's. */
  WebSocket?: typeof WebSocket | null
}

/** Who is connected to the session, this viewer included. */
export interface Viewers {
  count: number
  /** Those that may only read; `null` where the server does not say. */
  readers: number | null
}

/** A command of a shell. Times are in ms since the epoch, `duration` in ms. */
export interface ShellCommand {
  /** Without control characters; `null` where the shell has not told it. */
  line: string | null
  startedAt: number
  /** `null` while it runs, as `duration` is. */
  endedAt: number | null
  duration: number | null
  /** `null` while it runs, and where the shell has not told it. */
  exitCode: number | null
  /** Where its output begins and ends in the session's, in bytes. */
  outputStart: number | null
  outputEnd: number | null
  /** The shell has proved that it told this itself. */
  trusted: boolean
}

/** What the server knows of the session's shell; `null` where it does not, or is of an older version. */
export interface ShellFacts {
  /** The window title that a program has set last, and the icon name. */
  title: string | null
  iconName: string | null
  /** Where the shell is. */
  workingDirectory: string | null
  /** Where a shell on another machine is that talks through this terminal. */
  remoteDirectory: { host: string; path: string } | null
  /** The command that runs. */
  command: ShellCommand | null
  /** The last one that has ended. */
  lastCommand: ShellCommand | null
  /** How far a program says it is, in percent; `value` is `null` where it is not known. */
  progress: { state: 'normal' | 'error' | 'indeterminate' | 'warning'; value: number | null } | null
  /** The shell that the server has integrated. */
  integration: string | null
}

/** The events of a `TerminalClient` and their `detail`. */
export interface TerminalClientEvents {
  /** The state changed. `code` and `reason` are those of the close, where there was one, or of the exit. */
  state: {
    state: TerminalState
    previous: TerminalState
    /** When the next attempt is, in ms since the epoch; `null` where none is planned. */
    retryAt: number | null
    /** Attempts since a connection was stable. */
    attempt: number
    code: number | null
    reason: string
  }
  /** The server announced the session. `resumed` is false for a new shell; the size is the session's. */
  ready: {
    sessionId: string
    workingDir: string | null
    resumed: boolean
    cols: number | null
    rows: number | null
    access: Access
  }
  /** The terminal has the size that the viewers agreed on. */
  size: { cols: number; rows: number }
  /** Output from one offset up to another is lost to this viewer; unless `announced`, the client noticed itself. */
  gap: { from: number; to: number; announced: boolean }
  /** A snapshot of the screen was parsed; the stream goes on at `offset`. */
  snapshot: { offset: number; length: number; cols: number; rows: number }
  /** The shell ended, and all its output was received. */
  exit: { code: number | null; signal: string | number | null }
  /** The server said that something was not done, or sent something that was discarded. */
  error: { message: string; code: string | null }
  /**
   * Input was not sent, because of: `full`, a bound; `too old` or `new shell`, at a reconnection; `disconnected` in
   * the middle of a large input; `interrupted`, a large input by Ctrl-C; `read-only`; or a state without hope.
   */
  inputdropped: {
    bytes: number
    reason: 'full' | 'too old' | 'new shell' | 'disconnected' | 'interrupted' | 'read-only' | TerminalState
  }
  /** `access` changed. */
  access: { access: Access }
  /** `lost` changed. */
  lost: { lost: boolean }
  /** `viewers` changed. */
  viewers: Viewers
  /** `recording` changed. */
  recording: { recording: boolean }
  /** What is known of the shell; once for each connection. */
  shell: ShellFacts
  /** `shell.title` or `shell.iconName` changed. */
  title: Pick<ShellFacts, 'title' | 'iconName'>
  /** `shell.workingDirectory` or `shell.remoteDirectory` changed. */
  directory: Pick<ShellFacts, 'workingDirectory' | 'remoteDirectory'>
  /** A command began, or ended: then `endedAt` is a number. */
  command: { command: ShellCommand }
  /** `shell.progress` changed. */
  progress: Pick<ShellFacts, 'progress'>
  /** The bell rang, as the server heard it; at most twice a second, and also where no output is sent. */
  bell: { count: number }
  /** A program notifies its user, as the server heard it; at most twice a second. Each text is 1024 bytes at most. */
  notification: { title: string | null; body: string }
  /** Any other message of the server, as `focusUpdate`. */
  control: { type: string; [name: string]: unknown }
}

/** Typed listeners. */
declare class Emitter<Events> extends EventTarget {
  addEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: CustomEvent<Events[Name]>) => void,
    options?: boolean | AddEventListenerOptions,
  ): void
  addEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | AddEventListenerOptions,
  ): void
  removeEventListener<Name extends keyof Events>(
    type: Name,
    listener: (event: CustomEvent<Events[Name]>) => void,
    options?: boolean | EventListenerOptions,
  ): void
  removeEventListener(
    type: string,
    listener: EventListenerOrEventListenerObject | null,
    options?: boolean | EventListenerOptions,
  ): void
}

/** How bytes are to be taken by a display. */
export interface WriteKind {
  /** They were printed before this connection: what they ask has been answered, or never will be. */
  readonly old: boolean
  /** A terminal of this page has shown them: what they do is done. */
  readonly shown: boolean
  /** Who answers queries in them. */
  readonly answers: Answers
}

/** What shows the output of a client. `OffheapAddon` is one for xterm.js; write your own for something else. */
export interface Display {
  readonly cols: number
  readonly rows: number
  /** The text area in pixels, where known. */
  readonly width?: number | null
  readonly height?: number | null
  /**
   * What it is, as parameters of the query: `xterm`, `unicode`, `xtermOptions` and `tabStopWidth`, see docs/protocol.md.
   * `OffheapAddon` says it of its terminal each time that the client connects. Default: the server's own assumption.
   */
  readonly query?: Record<string, string> | null
  /** Whether the alternate screen is shown. */
  readonly isSecondScreen?: boolean
  /** Shows bytes, and calls back once they are parsed, in order. They may end within a sequence or a character. */
  write(data: Uint8Array, kind: WriteKind, parsed: () => void): void
  /** Becomes as a new terminal of its size: what was written before is gone. */
  reset(): void
  /** Takes the session's size. */
  resize(cols: number, rows: number): void
}

/**
 * One terminal session of a server: it resumes at the exact byte after a lost connection, acknowledges what was
 * parsed, and replaces what was lost by a snapshot.
 */
export declare class TerminalClient extends Emitter<TerminalClientEvents> {
  /**
   * @param target the server's address, relative to the page or absolute (`http:`, `https:`, `ws:` or `wss:`), or a
   *   shared connection
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE`, `RangeError` `ERR_OUT_OF_RANGE`
   */
  constructor(target: string | URL | TerminalMux, options?: TerminalClientOptions | null)

  /** What it is doing. */
  readonly state: TerminalState
  /** The session's id; `null` until the server has made one. */
  readonly sessionId: string | null
  /** Where its shell started; `null` before it is ready. */
  readonly workingDir: string | null
  /** What this viewer may do; `'write'` until the server says otherwise. Input of a `'read'` viewer is dropped. */
  readonly access: Access
  /** Who is there; `null` before the server has said so. */
  readonly viewers: Viewers | null
  /** Whether the session is being recorded, as the server says. */
  readonly recording: boolean
  /** What is known of the shell. */
  readonly shell: ShellFacts
  /**
   * Whether the session has no shell any more, since its server has ended with it: what it printed can be read, and
   * `spawn()` starts a new one in it.
   */
  readonly lost: boolean
  /** Who answers what programs ask their terminal. */
  readonly answers: Answers
  /** The offset of the next byte expected; `null` where the session's screen is needed first. */
  readonly offset: number | null
  /** The offset up to which the terminal has parsed. */
  readonly parsed: number
  /** Whether the terminal is parsing bytes that were printed before this connection. */
  readonly replaying: boolean
  /** Bytes of input that wait for the server to take them. */
  readonly pendingInput: number
  /** Whether the client itself is resizing the display at this moment. */
  readonly applyingSize: boolean

  /**
   * Shows the output in a display. `dispose()` of what is returned closes the connection.
   * @throws `Error` `ERR_ALREADY_ATTACHED`
   */
  attach(display: Display): Disposable
  /**
   * Connects now, if it is not connected, all failures forgiven; resumes at `offset`. After `exited` it asks for a
   * new shell.
   * @throws `Error` `ERR_NO_TERMINAL` without a display
   */
  connect(): void
  /**
   * Ends the connection, not the shell; no reconnection follows.
   * @param code 1000 (the default) or 3000 to 4999; with any other the browser chooses
   */
  close(code?: number, reason?: string): void
  /** `close()`, and lets go of the page's events. */
  dispose(): void
  /**
   * Sends input for the shell. Without a connection it is kept, as the options say.
   * @returns false when it was dropped; an `inputdropped` event says why
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`
   */
  input(data: string | Uint8Array): boolean
  /**
   * Asks for a size, now and at each connection. What the viewers agreed on comes as `size`.
   * @param cols 1 to 65 535, as `rows`
   * @param pixels of the text area, where known, each up to 65 535
   * @returns whether it was sent now
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`, `RangeError` `ERR_OUT_OF_RANGE`
   */
  resize(
    cols: number,
    rows: number,
    pixels?: { readonly width?: number | null; readonly height?: number | null } | null,
  ): boolean
  /**
   * Asks the server for a new shell in a session that is `lost`; it prints where the old one has stopped.
   * @returns whether that was sent; an `error` follows if the server does not start one
   */
  spawn(): boolean
  /**
   * Tells the server the terminal's colours, as `#rrggbb`, now and at each connection.
   * @returns whether they were sent now; the same ones are not sent again
   * @throws `TypeError` `ERR_INVALID_ARG_VALUE`
   */
  setTheme(theme: { foreground: string; background: string; cursor: string }): boolean
  /** Sends a control message, as `{ type: 'focus' }`. @returns false where the session is not live or read-only */
  send(message: { type: string; [name: string]: unknown }): boolean
}

/** The events of a `TerminalMux`. */
export interface TerminalMuxEvents {
  /** A frame was discarded that belongs to no session. */
  error: { message: string; code: string }
}

/**
 * A connection that sessions share: `new TerminalClient(mux, { sessionId })`. It is opened for the first session,
 * closed after the last, and opened again for the next. A server takes up to 64 sessions on one.
 */
export declare class TerminalMux extends Emitter<TerminalMuxEvents> {
  /** @throws `TypeError` `ERR_INVALID_ARG_TYPE` or `ERR_INVALID_ARG_VALUE` */
  constructor(
    url: string | URL,
    options?: { token?: string | null; WebSocket?: typeof WebSocket | null } | null,
  )
  /** Sessions on the connection. */
  readonly channels: number
}

export interface OffheapAddonOptions {
  /**
   * Whether to paste `lines` lines into a program that runs each at once. Only `true`, or a promise of it, pastes.
   * Default: the browser's `confirm()`.
   */
  confirmPaste?: ((paste: { text: string; lines: number }) => boolean | Promise<boolean>) | null
  /** From how many lines on it is asked. Default 5. */
  confirmLines?: number | null
  /**
   * Whether the terminal has the image add-on, or the options that it was made with, of which `sixelSupport`,
   * `iipSupport` and `kittySupport` count, `true` by default: for the server's screen, where images move the cursor.
   * Default `false`.
   */
  images?:
    | boolean
    | { sixelSupport?: boolean | null; iipSupport?: boolean | null; kittySupport?: boolean | null }
    | null
}

/** The events of an `OffheapAddon`: what a program wants done. A replay, history or snapshot does none of it again. */
export interface OffheapAddonEvents {
  /** A program rang the bell. */
  bell: Record<string, never>
  /** OSC 52: text of at most 1 MiB for a clipboard, `selection` being as sent (`c` where it is empty). */
  clipboard: { selection: string; text: string }
  /** OSC 9 (without a title) and OSC 777. Each text is at most 4096 characters long. */
  notification: { title: string; body: string }
  /** A paste failed, as `confirmPaste` did. */
  error: { message: string; code: string }
}

/** What the add-on uses of an xterm.js; version 6 and later have it. */
export interface TerminalLike {
  readonly cols: number
  readonly rows: number
  readonly element: HTMLElement | undefined
  readonly options: object
  readonly modes: { readonly bracketedPasteMode: boolean; readonly sendFocusMode: boolean }
  write(data: Uint8Array, callback?: () => void): void
  reset(): void
  resize(cols: number, rows: number): void
}

/**
 * Joins a client and an xterm.js: output, input, size, theme and pastes. Load it after other add-ons: what it takes
 * out, as queries that the server answers, they are not to see.
 */
export declare class OffheapAddon extends Emitter<OffheapAddonEvents> {
  /** @throws `TypeError` `ERR_INVALID_ARG_TYPE`, `RangeError` `ERR_OUT_OF_RANGE` */
  constructor(client: TerminalClient, options?: OffheapAddonOptions | null)
  /** Called by xterm.js. @throws `Error` `ERR_ALREADY_ATTACHED` */
  activate(terminal: TerminalLike): void
  /** Called by xterm.js. Closes the client's connection. */
  dispose(): void
  /**
   * Pastes text as from the clipboard: without C0 controls but tab, CR and LF, DEL, C1 controls and `ESC [ 201 ~`,
   * between brackets where the program wants them, in pieces that the server takes.
   * @returns false where nothing was sent or kept
   * @throws what `confirmPaste` throws; `TypeError` `ERR_INVALID_ARG_TYPE`
   */
  paste(text: string): Promise<boolean>
}

/** What a server says of a recording. */
export interface RecordingAbout {
  /** The file's name without `.cast`. */
  id: string
  /** The session that was recorded; `null` in casts of other tools, as are its project and its user. */
  sessionId: string | null
  projectId: string | null
  userId: string | null
  /** In ms since the epoch. */
  startedAt: number
  /** The version of asciicast, 2 or 3. */
  version: number
  /** The width table of the terminal, as xterm.js's `unicode.activeVersion`: the player's must be the same. */
  unicodeVersion: '6' | '11' | '15-graphemes'
  /** Columns at the beginning. */
  cols: number
  /** Rows at the beginning. */
  rows: number
  /** The command line. */
  command: string | null
  title: string | null
  /** In seconds. */
  duration: number
  /** `recording` while it is being written; `interrupted`: cut off by a crash or a disk that took no more. */
  status: 'complete' | 'recording' | 'interrupted'
  /** Bytes of the cast. */
  bytes: number
  /** The parts that it is read by: time, first byte, columns, rows, and 1 where there is a keyframe. */
  segments: [time: number, start: number, cols: number, rows: number, hasKeyframe: 0 | 1][]
}

/** Absent, `undefined` and `null` are the default. */
export interface RecordingPlayerOptions {
  /** Where it is shown: an xterm.js, for which nobody else writes or sets a size. */
  terminal: RecordingTerminal
  /** The server's token, which is sent as `Authorization: Bearer`. */
  token?: string | null
  /** How many times as fast as it happened, 1/16 to 64. Default 1. */
  speed?: number | null
  /** Longer pauses are cut to so many seconds; more than 0. Default: none is. */
  idleLimit?: number | null
  /** Default: the browser's. */
  fetch?: typeof fetch | null
}

/** What the player uses of an xterm.js. */
export interface RecordingTerminal {
  readonly cols: number
  readonly rows: number
  write(data: string | Uint8Array, callback?: () => void): void
  reset(): void
  resize(cols: number, rows: number): void
}

/** The events of a `RecordingPlayer`. Times are in seconds since the beginning. */
export interface RecordingPlayerEvents {
  /** What the recording is made of was read; again while it is being written. */
  load: RecordingAbout
  /** The screen is that of another time. */
  time: { time: number }
  /** It plays, or no longer. */
  state: { playing: boolean }
  /** The terminal has another size. */
  size: { cols: number; rows: number }
  /** It has played to its end. */
  end: Record<string, never>
  /** It stopped, since a part could not be read. */
  error: { message: string; code: string }
}

/**
 * Plays a recording that a `RecordingServer` serves. For a seek it asks the server for the screen at that time, a few
 * KB; to play on, it reads the events that follow, by HTTP ranges. Any moment of a recording of any length is there at
 * once, and is what xterm.js would show if it had been given everything until then, with at least 256 lines of
 * scrollback where there were as many. Times are in seconds since the beginning. It has no controls of its own.
 *
 * ```js
 * const terminal = new Terminal({ scrollback: 1000, allowProposedApi: true }) // and the Unicode 11 add-on
 * const player = new RecordingPlayer('/api/recordings/20260131T120000000Z-build', { terminal })
 * await player.load()
 * await player.seek(90)
 * player.play()
 * ```
 *
 * Its promises reject with the server's `code`s, with `ERR_RECORDING_FETCH`, with `ERR_RECORDING_RANGE` where something
 * on the way serves no ranges, with `ERR_RECORDING_CHANGED`, with `ERR_RECORDING_LIMIT` for a terminal of more than 4194304 characters,
 * with `ERR_RECORDING_INVALID` for what is no recording, and with `ERR_RECORDING_VERSION` for version 1.
 */
export declare class RecordingPlayer extends Emitter<RecordingPlayerEvents> {
  /** @throws `TypeError` `ERR_INVALID_ARG_TYPE`, `RangeError` `ERR_OUT_OF_RANGE` */
  constructor(url: string | URL, options: RecordingPlayerOptions)
  /** `null` before `load()`. */
  readonly about: RecordingAbout | null
  /** How long the recording is, as far as that is known; 0 before `load()`. */
  readonly duration: number
  /** Where it is, or is going to be once a seek is done. */
  readonly time: number
  /** Whether it plays, or will once a seek is done, rather than stands still. */
  readonly playing: boolean
  /** Whether it is at its end. */
  readonly ended: boolean
  /** Bytes that the server has sent. */
  readonly bytesRead: number
  /**
   * How many times as fast as it happened, 1/16 to 64. Default 1.
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`, `RangeError` `ERR_OUT_OF_RANGE`
   */
  speed: number
  /**
   * Longer pauses are cut to so many seconds, more than 0; `null`, the default: none is.
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`, `RangeError` `ERR_OUT_OF_RANGE`
   */
  idleLimit: number | null
  /** Reads what the recording is made of, and shows its beginning. To be called first. */
  load(): Promise<void>
  /**
   * Shows the terminal at a time; before the beginning or behind the end it is that. What plays goes on playing from
   * there; where it fails, from where it was. Fulfilled when it is on the screen, or when another call has overtaken
   * this one.
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`
   */
  seek(seconds: number): Promise<void>
  /** Plays on; from the beginning where it has ended. One that is being written is followed. */
  play(): void
  /** Stops. Fulfilled when the screen is that of `time`. */
  pause(): Promise<void>
  /** Learns how long a recording is by now that is being written. */
  refresh(): Promise<void>
  /** The markers in order, at most 100000. */
  markers(): Promise<{ time: number; label: string }[]>
  /**
   * Where text was printed, regardless of case.
   * @param options `limit`: the most places, 1 to 10000. Default 1000.
   * @throws `TypeError` `ERR_INVALID_ARG_TYPE`
   */
  search(text: string, options?: { limit?: number | null }): Promise<{ time: number; line: string }[]>
  /** Stops, and lets go of the terminal, which stays as it is. */
  dispose(): void
}
