/** The connections `/git/<projectId>`, and what terminals' connections say of git. */

const { GitClient } = require('./client')
const { GitError } = require('./errors')

/** What may wait for a peer that asks and does not read, in bytes. */
const MAX_WAITING = 8 * 1024 * 1024
const MESSAGES = ['subscribe', 'unsubscribe', 'git-refresh']

class GitConnections {
  #git
  #registry
  /** The clients of terminals' connections, which live as long as these. */
  #clients = new WeakMap()

  /**
   * @param {import('./git-status').GitStatus} git
   * @param {import('offheap-terminal').SessionRegistry} registry says where projects are
   */
  constructor(git, registry) {
    this.#git = git
    this.#registry = registry
  }

  /** Handlers for the option `messages` of a `TerminalServer`. */
  get handlers() {
    return Object.fromEntries(
      MESSAGES.map((type) => [type, (message, viewer) => this.#said(message, viewer)]),
    )
  }

  #said(message, viewer) {
    if (viewer.shared) throw new GitError('ERR_FORBIDDEN', 'A share is for one terminal, not for its project')
    this.#clientOf(viewer).message(message)
  }

  #clientOf(viewer) {
    const known = this.#clients.get(viewer)
    if (known) return known
    const { session, grant, signal } = viewer
    const client = new GitClient(this.#git, {
      statusType: 'status-update',
      send: (message, sent) => viewer.send(message, sent),
      projectId: grant.projectId ?? null,
      directoryOf: () => session.workingDirectory ?? session.cwd,
    })
    this.#clients.set(viewer, client)
    signal.addEventListener('abort', () => client.close(), { once: true })
    return client
  }

  /**
   * Serves a connection of `/git/<projectId>`.
   *
   * @param {import('ws').WebSocket} ws
   * @param {string} projectId
   * @param {string | undefined} directory to subscribe to at once
   */
  serve(ws, projectId, directory) {
    const send = (message, sent) => sendTo(ws, message, sent)
    const client = new GitClient(this.#git, {
      statusType: 'git-status',
      send,
      projectId,
      directoryOf: (project) => this.#directoryOf(project),
    })
    ws.on('close', () => client.close())
    ws.on('message', (data) => answer(client, data, send))
    if (directory !== undefined) obey(client, { type: 'subscribe', projectPath: directory }, send)
  }

  /** Where a project's oldest terminal is. */
  #directoryOf(projectId) {
    const [oldest] = this.#registry.list(projectId)
    return oldest?.workingDirectory ?? oldest?.cwd
  }
}

function answer(client, data, send) {
  try {
    obey(client, JSON.parse(data), send)
  } catch {
    send({ type: 'error', message: 'The message must be JSON', code: 'ERR_INVALID_JSON' })
  }
}

function obey(client, message, send) {
  if (message?.type === 'ping') {
    send({ type: 'pong' })
  } else if (!MESSAGES.includes(message?.type)) {
    send({ type: 'error', message: 'Unknown message type', code: 'ERR_UNKNOWN_MESSAGE' })
  } else {
    try {
      client.message(message)
    } catch (error) {
      send({ type: 'error', message: error.message, code: error.code })
    }
  }
}

function sendTo(ws, message, sent) {
  if (ws.readyState !== ws.OPEN) return
  if (ws.bufferedAmount > MAX_WAITING) ws.terminate()
  else ws.send(JSON.stringify(message), (error) => error ?? sent?.())
}

module.exports = { GitConnections }
