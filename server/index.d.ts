/// <reference types="node" />

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Duplex } from 'node:stream'
import type { ClientOptions, Session, SessionPtyOptions, SessionRegistry } from 'offheap-terminal'

/** What a connection may do: see a session, or use it, too. */
export type TerminalAccess = 'read' | 'write'

/** What `authorize` grants to a connection. Properties beyond these are kept for `open` and `shell`. */
export interface TerminalGrant {
  /**
   * The user. New sessions belong to them; a session of another user is refused
   * (`ERR_FORBIDDEN`, close code 4403). Default: sessions belong to nobody.
   */
  userId?: string | null
  /** The one project whose sessions may be opened. Default: any that the query names. */
  projectId?: string | null
  /** `'read'`: the server refuses input, resizes and all other control. Default `'write'`. */
  access?: TerminalAccess | null
  [property: string]: unknown
}

/** A grant as `open` and `shell` get it. */
export interface TerminalGrantInfo extends TerminalGrant {
  access: TerminalAccess
  /**
   * The client's address, as the connection or a trusted proxy says;
   * `undefined` for a peer on a Unix socket.
   */
  address: string | undefined
}

/** A refusal of `authorize`: a status from 400 to 599, and a line of ASCII text for it. */
export interface TerminalRefusal {
  status: number
  message?: string | null
}

/** What `authorize` decides; `null` is a 401. */
export type TerminalVerdict = (TerminalGrant & object) | TerminalRefusal | null

/**
 * The parameters of a URL's query, or of an `open` message of
 * `offheap.mux.v1`: strings, numbers and booleans, all as strings. They are what
 * a client sent, and nothing has been checked.
 */
export interface TerminalQuery {
  /** The session's id. */
  sessionId?: string
  /** The session's project. */
  projectId?: string
  /** Where a new shell starts: a directory, or a file for its folder. */
  path?: string
  /** The first columns. */
  cols?: string
  /** The first rows. */
  rows?: string
  /** Which xterm.js the client's terminal is, such as `6.0`. */
  xterm?: string
  /** Its width table, such as `11`. */
  unicode?: string
  /** Those of its options that are on, separated by commas. */
  xtermOptions?: string
  /** Columns between its tab stops. */
  tabStopWidth?: string
  /** `history` or `stream`: as the option `history`, for this client. */
  history?: string
  [parameter: string]: string | undefined
}

/** The viewer that sent a message of the application's own: the same object each time. */
export interface TerminalViewer {
  /** What it views. */
  readonly session: Session
  /** What it may do. */
  readonly grant: TerminalGrantInfo
  /** Whether it came by a share: it may see this one terminal, and nothing else of the application. */
  readonly shared: boolean
  /** Aborted when the viewer is gone, also if its connection died without a word. */
  readonly signal: AbortSignal
  /**
   * Sends it a JSON message. Nothing happens once it is gone. A viewer with
   * 1 MiB of messages that it has not read is disconnected; `maxUnreadBytes` is
   * the bound of all viewers together.
   *
   * @param sent - called when the message is out; never once the viewer is gone.
   */
  send(message: object, sent?: () => void): void
}

/** A message of a client: an object with a `type`, otherwise unchecked. */
export interface TerminalMessage {
  type: string
  [property: string]: unknown
}

/** Options of `new TerminalServer()`. `null` is the same as leaving one out. */
export interface TerminalServerOptions {
  /** The registry whose sessions are served. Closing the server does not close it. */
  registry: SessionRegistry
  /**
   * Decides who may connect, before the handshake is answered. It may be
   * asynchronous.
   *
   * Returns a grant, a refusal with its status, or `null` for 401. What it throws
   * is 403, or its `status`; so is anything else that it returns. After
   * `timeLimit` the client gets 503. A foreign `Origin` is refused before it is
   * called, and a connection with `?share=` is admitted by its share alone.
   *
   * Default: admits clients that have the `token` or, without one, clients on
   * this machine that use a loopback name or the host of one of `origins`.
   */
  authorize?: ((request: IncomingMessage) => TerminalVerdict | Promise<TerminalVerdict>) | null
  /**
   * The token that clients must send in `?token=` or as `Authorization: Bearer`.
   * Only the default `authorize` looks at it. Default: none.
   */
  token?: string | null
  /**
   * Decides which session a connection, or a channel, gets. It may be
   * asynchronous.
   *
   * Returns a session of `registry`; `null`: close code 4404. What it throws is
   * told to the client by its code: `ERR_SESSION_LIMIT`, `ERR_PROJECT_LIMIT` and
   * `ERR_SPAWN_RATE` are 1008, `ERR_CLOSED` is 1013, a `status` of 401 or 403 is
   * 4403, anything else 4000; the message of an error without a `code` is not
   * sent. A session that is closed is 1013, one of another registry 1011, and
   * after `timeLimit` it is 1013; a session that comes later is left to its
   * registry.
   *
   * Default: `findOrCreate()`.
   */
  open?: ((query: TerminalQuery, grant: TerminalGrantInfo) => Session | null | Promise<Session | null>) | null
  /**
   * The shell of a new session, or of one that has none yet (then `session`).
   * The size in the query goes before its own. Default: `defaultShell`.
   */
  shell?:
    | ((query: TerminalQuery, grant: TerminalGrantInfo, session: Session | null) => SessionPtyOptions)
    | null
  /** Origins such as `https://example.com` that may connect beside the server's own. Default none. */
  origins?: string[] | null
  /**
   * Proxies whose `X-Forwarded-For` and `X-Forwarded-Host` are believed:
   * addresses, networks such as `10.0.0.0/8`, `loopback`, `private`, or `unix`
   * for every peer on a Unix socket. Default none.
   */
  trustProxy?: string[] | null
  /**
   * How long a session lives after its last viewer left, by close code, in ms.
   * 0 closes it at once; `undefined` leaves it to the registry's
   * `inactiveTimeout`. At most 2147483647. The code is that of the last viewer
   * with write access, or 1006 if there was none. After 1000 the session is
   * suspended as well.
   *
   * Default: 600000 after 1000, 120000 after 1001, else `undefined`.
   */
  keepAlive?: ((closeCode: number, session: Session) => number | null | undefined) | null
  /**
   * Whether output counts as activity of a session without viewers, and how often
   * the server checks for it, in ms (`true`: 10000). Choose less than half of the
   * registry's `inactiveTimeout`. Default `false`.
   */
  outputKeepsAlive?: boolean | number | null
  /**
   * Time between two pings, in ms, 1 to 2147483647. A peer that has not answered
   * by the next one is disconnected. Default 15000.
   */
  pingInterval?: number | null
  /** The largest message from a client, in bytes, 1024 to 1 GiB; a larger one is 1009. Default 1048576. */
  maxPayload?: number | null
  /**
   * The most bytes that incomplete messages of all connections may hold together,
   * 1 MiB to 1 TiB; each piece that has come counts for 256 bytes more. Past it the
   * connection that holds the most is closed with 1009. Default 33554432 (32 MiB).
   */
  maxIncompleteBytes?: number | null
  /**
   * The most bytes of control messages, and of answers to pings, that wait for the
   * clients of all connections together to read them, 1 MiB to 1 TiB; each counts for
   * 256 bytes more. Past it the connection that holds the most is cut off, as one is
   * that holds 1 MiB. Default 33554432 (32 MiB).
   */
  maxUnreadBytes?: number | null
  /**
   * The most connections that are not authorised, 1 to 1000000: requests that
   * wait for `authorize` (more are 503), and with the listener `connection` those
   * that have sent nothing, or were refused, too (the oldest of the address that
   * has most of them is cut off). Keep it well below the `maxConnections` of the
   * HTTP server: the difference is reserved for who is authorised. Default 1000.
   */
  maxUnauthorized?: number | null
  /**
   * The same for one address, 1 to 1000000: IPv6 addresses count by /64, clients
   * behind a proxy of `trustProxy` by the address that it says. More requests that
   * wait are 429; past it the oldest connection is cut off. Default 64.
   */
  maxUnauthorizedPerAddress?: number | null
  /** The most columns that a client can ask for, 1 to 65535; more become this many. Default 1000. */
  maxCols?: number | null
  /**
   * The most rows that a client can ask for, 1 to 65535; more become this many. Columns times rows are 16777216
   * (4096×4096) at most, whatever both bounds say. Default 500.
   */
  maxRows?: number | null
  /** How long `authorize` and `open` may take, in ms, 1 to 2147483647. Default 10000. */
  timeLimit?: number | null
  /**
   * Message types of the application's own, beside those of the protocol. What a
   * handler throws is sent as an `error` frame. Viewers that may only read do
   * not reach them.
   */
  messages?: Record<string, (message: TerminalMessage, viewer: TerminalViewer) => void> | null
  /**
   * The frames in which JSON clients get the past of a session: `'history'`, or
   * `'stream'` for clients that know no `history`. A stream of the past begins
   * with a reset of the terminal (`ESC c`), so that the past is on it once. A
   * client can choose for itself with `history` in its query. Default `'history'`.
   */
  history?: 'history' | 'stream' | null
  /**
   * What a message of an unknown type does: it is answered with an `error` frame
   * (`ERR_UNKNOWN_MESSAGE`), or ignored. Default `'error'`.
   */
  unknownMessages?: 'error' | 'ignore' | null
  /**
   * Receives errors that have no caller to go to: what `authorize` and `open`
   * throw without a code or status, their invalid results and time-outs, and
   * messages that could not be handled. Default: `console.error`.
   */
  onError?: ((error: unknown) => void) | null
}

/** A connection of `ws`. */
export interface TerminalWebSocket {
  readonly protocol: string
  readonly readyState: number
  close(code?: number, reason?: string): void
  send(data: unknown, ...more: any[]): void
  on(event: string, listener: (...args: any[]) => void): unknown
}

/** Options of `TerminalServer.share()`. */
export interface ShareOptions {
  /** Default `'read'`. */
  access?: TerminalAccess | null
  /** How long it is valid, in ms, 1 to 2147483647. Default 86400000 (a day). */
  expiresIn?: number | null
}

/** Options of `TerminalServer.close()`. */
export interface CloseOptions {
  /** The close code that clients get: 1000, 1001, 1012, 1013, or 4000 to 4999. Default 1001. */
  code?: number | null
  /** Its reason, at most 123 bytes. Default `'Server is shutting down'`. */
  reason?: string | null
}

/**
 * Serves the sessions of a registry over WebSockets, in the protocols of
 * docs/protocol.md. A client chooses one by its subprotocol: `offheap.v1`,
 * `offheap.mux.v1`, or none for JSON. The server ignores the path.
 *
 * @example
 * ```js
 * const registry = new SessionRegistry()
 * const terminals = new TerminalServer({ registry, token: process.env.AUTH_TOKEN })
 * const server = http.createServer(app)
 * server.on('upgrade', terminals.upgrade)
 * server.listen(4001)
 * ```
 */
export declare class TerminalServer {
  /**
   * @throws `ERR_INVALID_ARG_TYPE`, `ERR_OUT_OF_RANGE`, `ERR_INVALID_ARG_VALUE`
   * for an origin or a proxy that is none, or an unknown `history` or
   * `unknownMessages`.
   */
  constructor(options: TerminalServerOptions)
  /**
   * The listener for the `upgrade` event of an HTTP or HTTPS server; it needs no
   * `this`. A refusal is answered with its status, and ends the connection.
   *
   * @throws `ERR_MISSING_PEER` where the package `ws` is not installed.
   */
  get upgrade(): (request: IncomingMessage, socket: Duplex, head: Buffer) => void
  /**
   * The listener for the `connection` event of an HTTP server (of an HTTPS server:
   * `secureConnection`); it needs no `this`. It bounds the connections that are
   * not authorised, from before their first byte: see `maxUnauthorized`.
   *
   * @example
   * ```js
   * server.on('connection', terminals.connection)
   * server.on('upgrade', terminals.upgrade)
   * ```
   */
  get connection(): (socket: Duplex) => void
  /**
   * Says that the application has authorised who is at a connection, by a request
   * of its own: it does not count for `maxUnauthorized` any more. Terminals do so
   * by themselves.
   *
   * @param socket - `request.socket`.
   */
  admit(socket: Duplex): void
  /**
   * Answers the handshake of a WebSocket of the application's own, for paths that
   * lead to no terminal. It is authorized as a terminal's is, with the same
   * limits; its messages are bounded by `maxPayload`, its peer is pinged, and
   * `close()` closes it. A share is refused with 403.
   *
   * @param accepted - receives the connection, its grant, and the query of its URL.
   * @throws `ERR_MISSING_PEER` where the package `ws` is not installed.
   */
  accept(
    request: IncomingMessage,
    socket: Duplex,
    head: Buffer,
    accepted: (
      ws: TerminalWebSocket,
      grant: TerminalGrantInfo,
      query: Record<string, string | undefined>,
    ) => void,
  ): void
  /**
   * Serves a connection of a `ws` server of the application's own, which has
   * answered the handshake (and chosen one of the subprotocols above). Without a
   * grant it calls `authorize`, and a refusal is a close: 4401 for 401, 4403 for
   * 403, 1013 for 429 and 503, else 1008. With one, the application has checked the
   * request itself, its `Origin` included.
   *
   * @throws `ERR_INVALID_GRANT`
   */
  connect(ws: TerminalWebSocket, request: IncomingMessage, grant?: TerminalGrant | null): void
  /**
   * Finds the session that `sessionId` and `projectId` of a query name, or
   * creates one; one without a shell gets `shell`. A session whose clients have
   * all received its exit is replaced, unless the query has an `offset`; a restored
   * one is kept, and gets a new shell. With
   * `access: 'read'` nothing is created: returns `null`.
   *
   * For an `open` that changes the query first.
   *
   * @throws `ERR_FORBIDDEN` for another user's session, or another project than
   * the granted one, and what `SessionRegistry.create()` and
   * `Session.spawn()` throw.
   */
  findOrCreate(query: TerminalQuery, grant: TerminalGrantInfo): Session | null
  /**
   * Starts `shell` in a restored session whose own is gone (`lost`, or `exited`):
   * what it prints follows what the session has, on a line of its own and without
   * the modes that were set. Viewers are told by a message `spawned`.
   *
   * Clients that may type do it by a message `spawn`, unless they came by a share,
   * or the server has an `open` and no `shell`.
   *
   * @param query what `shell` gets. Default: nothing
   * @param grant what `shell` gets. Default: `{ access: 'write' }`
   * @throws `ERR_SESSION_STARTED` when it has a shell, or had one under this
   * server, and what else `Session.spawn()` throws; `ERR_INVALID_ARG_TYPE`.
   */
  newShell(session: Session, query?: TerminalQuery | null, grant?: Partial<TerminalGrantInfo> | null): void
  /**
   * Makes a token whose holder can open this session, and no other, as
   * `?share=TOKEN` or by `share` in an `open` message. It is valid until it
   * expires, is revoked, or the session or the server is closed; its viewers are
   * then disconnected with 4403. At most 10000 are valid at once.
   *
   * @returns 192 random bits as text for URLs. The server keeps only a digest.
   * @throws `ERR_CLOSED`, `ERR_SHARE_LIMIT`, `ERR_INVALID_ARG_TYPE`,
   * `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`.
   */
  share(session: Session, options?: ShareOptions | null): string
  /**
   * Ends a share at once.
   *
   * @returns `false` when there is none of that token.
   * @throws `ERR_INVALID_ARG_TYPE`.
   */
  revoke(token: string): boolean
  /**
   * Refuses new connections (503), closes those that there are, and waits until
   * what was sent to them is out: at most 3 s. Sessions live on in their
   * registry, as after that close code. Idempotent.
   *
   * @throws `ERR_OUT_OF_RANGE`, as a rejection.
   */
  close(options?: CloseOptions | null): Promise<void>
}

/** Options of `new RecordingServer()`. `null` is the same as leaving one out. */
export interface RecordingServerOptions {
  /** The folder of the recordings: the `recording.dir` of a registry. It need not exist yet. */
  dir: string
  /** Where `handle` finds its requests. Default `'/api/recordings'`. */
  basePath?: string | null
  /**
   * As `TerminalServerOptions.authorize`, with the same rules: a grant for a
   * `projectId` is for the recordings of that project, one for a `userId` for those
   * of that user and those of nobody, and `access: 'read'` is not for removing any.
   * Casts of other tools are for grants with neither. Requests with `?share=` are
   * refused (401).
   *
   * Default: admits clients that have the `token` or, without one, clients on this
   * machine.
   */
  authorize?: TerminalServerOptions['authorize']
  /** As `TerminalServerOptions.token`. */
  token?: string | null
  /** As `TerminalServerOptions.origins`. */
  origins?: string[] | null
  /** As `TerminalServerOptions.trustProxy`. */
  trustProxy?: string[] | null
  /**
   * What the players' terminals are where a recording does not say it, as casts of
   * other tools: keyframes are made for such. Default: an xterm.js 6.0 as it comes.
   */
  terminal?: ClientOptions | null
  /** How long `authorize` may take, in ms, 1 to 2147483647. Default 10000. */
  timeLimit?: number | null
  /** Receives what fails without the client's doing. Default: `console.error`. */
  onError?: ((error: unknown) => void) | null
}

/** A recording in a list of `RecordingServer`. */
export interface RecordingEntry {
  /** The file's name without `.cast`. */
  id: string
  /** The session that was recorded; `null` in casts of other tools, as are its project and its user. */
  sessionId: string | null
  projectId: string | null
  userId: string | null
  /** In ms since the epoch. */
  startedAt: number
  /** Columns and rows at the beginning. */
  cols: number | null
  rows: number | null
  /** The command line. */
  command: string | null
  title: string | null
  /** Bytes of the cast. */
  bytes: number
  /** In seconds; `null` where it cannot be read. */
  duration: number | null
  /** `recording` while it is being written. */
  status: 'complete' | 'recording' | 'interrupted' | 'damaged'
  /** Why it cannot be read: a code of `openRecording()`. */
  code: string | null
}

/**
 * Serves the recordings of a folder over HTTP, under any server of Node's; see
 * docs/recording.md for the requests. What is listed is read once and kept, about
 * 1 KB for each recording; a list reads the folder's names, and of the recordings
 * in the response how long they are.
 *
 * @example
 * ```js
 * const recordings = new RecordingServer({ dir: '/var/lib/app/recordings', authorize })
 * const server = http.createServer((request, response) => {
 *   if (!recordings.handle(request, response)) app(request, response)
 * })
 * ```
 */
export declare class RecordingServer {
  /** @throws `ERR_INVALID_ARG_TYPE`, `ERR_INVALID_ARG_VALUE`, `ERR_OUT_OF_RANGE`. */
  constructor(options: RecordingServerOptions)
  /**
   * Handles a request below `basePath`. It needs no `this`.
   *
   * @returns `false` for any other request, to which nothing was done.
   */
  handle: (request: IncomingMessage, response: ServerResponse) => boolean
  /**
   * Handles a request that the application has authorized itself, its `Origin`
   * included. Never rejects.
   *
   * @param below - The path below the place of the recordings, as in the URL,
   * without a slash before it; empty for the list.
   */
  serve(
    request: IncomingMessage,
    response: ServerResponse,
    below: string,
    grant: TerminalGrant,
  ): Promise<void>
  /** Closes files that are open. */
  close(): void
}

/** Options of `new Access()`. */
export interface AccessOptions {
  /** What requests must carry, in `?token=` or as `Authorization: Bearer`. Default: none is asked for. */
  token?: string | null
  /** Origins that are allowed beside the server's own. Default none. */
  origins?: string[] | null
  /**
   * Whether the server is for this machine alone: then it must be called by a
   * loopback name, or the host of one of `origins`. Default true.
   */
  loopback?: boolean | null
  /** As `TerminalServerOptions.trustProxy`. */
  trustProxy?: string[] | null
}

/**
 * The checks of `TerminalServer` for an application's own HTTP routes: `Host`
 * (against names that are rebound to this server), `Origin`, and a token.
 */
export declare class Access {
  /** @throws `ERR_INVALID_ARG_VALUE` for an origin or a proxy that is none. */
  constructor(options?: AccessOptions | null)
  /** Checks `Host` and `Origin`; `null` for a welcome request. */
  refuse(request: IncomingMessage): { status: number; message: string } | null
  /** Checks `Origin` alone. */
  refuseOrigin(request: IncomingMessage): { status: number; message: string } | null
  /** Checks `Host`, `Origin` and the token. */
  refuseWithToken(request: IncomingMessage, url: URL): { status: number; message: string } | null
  /** Who makes the request, and the host that it asks for, as a trusted proxy says where there is one. */
  clientOf(request: IncomingMessage): { address: string | undefined; host: string | undefined }
}

/**
 * The shell that sessions get by default: the first of `$SHELL`, bash and sh
 * that exists, on Windows of `%SHELL%` (which Git Bash sets) and `%COMSPEC%`, with
 * `loginArguments()`, of 80 columns and 30 rows, in the directory of the session or
 * of the query's `path`, or at home, with `shellEnvironment()`.
 */
export declare function defaultShell(
  query: TerminalQuery,
  grant: TerminalGrant,
  session?: Session | null,
): SessionPtyOptions & { cwd: string; env: Record<string, string | undefined> }

/**
 * The arguments that make a program a login shell, as it takes them: `-l`, for
 * PowerShell `-Login`. On Windows it is `-NoLogo` for PowerShell, `--login -i` for Git's
 * bash, and nothing for `cmd.exe` and `wsl.exe`.
 *
 * @param file - The shell's path or name.
 * @param platform - `process.platform` of where it runs. Default: this one.
 */
export declare function loginArguments(file: string, platform?: string | null): string[]

/** Options of `shellEnvironment()`. A pattern is a name, or a beginning of names that ends in `*`. */
export interface ShellEnvironmentOptions {
  /** Patterns that are left out, beside those of the package. */
  deny?: string[] | null
  /** Patterns that are inherited all the same. */
  keep?: string[] | null
}

/**
 * The environment of a shell: what it may inherit from `base` (by default this
 * process), with `TERM`, `COLORTERM` and, where no locale is UTF-8, `LANG` set.
 * Left out is what concerns the server alone: the terminal and the tools it was
 * started from, its supervisor, and its token; docs/server.md has the list.
 */
export declare function shellEnvironment(
  base?: Record<string, string | undefined> | null,
  options?: ShellEnvironmentOptions | null,
): Record<string, string | undefined>

/**
 * A copy of an environment with a project's variables (of its `.env` files, for
 * example), but for those that decide which code runs, and as whom: `PATH`,
 * `LD_*`, `NODE_OPTIONS`, `HOME`, … docs/server.md has the list.
 *
 * @param options - `allow`: patterns that the project may set all the same.
 */
export declare function projectEnvironment(
  env: Record<string, string | undefined>,
  variables: Record<string, string | undefined>,
  options?: { allow?: string[] | null } | null,
): Record<string, string | undefined>

/**
 * Sets a variable of an environment, under this name alone: on Windows, where a copy
 * of `process.env` has `Path` and not `PATH`, others that differ in case are taken out.
 *
 * @param env - Is changed.
 */
export declare function setVariable(
  env: Record<string, string | undefined>,
  name: string,
  value: string,
): void

/**
 * A variable of an environment, on Windows whatever the case of its name. Of several
 * the last counts, as for the programs that are started.
 */
export declare function variable(env: Record<string, string | undefined>, name: string): string | undefined

/** Whether a host name or an address stays on this machine, whoever resolves it. */
export declare function isLoopback(name: string): boolean

/** Answers an upgrade with a status instead, for paths that lead to no terminal, and ends its connection. */
export declare function refuseUpgrade(socket: Duplex, refusal: { status: number; message: string }): void
