/** What the server tells of a session's shell, checked: a server may be of any version. */

const textOf = (value) => (typeof value === 'string' ? value : null)
const numberOf = (value) => (Number.isFinite(value) ? value : null)
const STATES = ['normal', 'error', 'indeterminate', 'warning']

function remoteOf(remote) {
  const [host, path] = [textOf(remote?.host), textOf(remote?.path)]
  return host === null || path === null ? null : { host, path }
}

function commandOf(command) {
  const startedAt = numberOf(command?.startedAt)
  if (startedAt === null) return null
  const { line, endedAt, duration, exitCode, outputStart, outputEnd, trusted } = command
  return {
    line: textOf(line),
    startedAt,
    endedAt: numberOf(endedAt),
    duration: numberOf(duration),
    exitCode: numberOf(exitCode),
    outputStart: numberOf(outputStart),
    outputEnd: numberOf(outputEnd),
    trusted: trusted === true,
  }
}

function progressOf(progress) {
  return STATES.includes(progress?.state) ? { state: progress.state, value: numberOf(progress.value) } : null
}

const NOTHING = {
  title: null,
  iconName: null,
  workingDirectory: null,
  remoteDirectory: null,
  command: null,
  lastCommand: null,
  progress: null,
  integration: null,
}

/** By message, what it changes. */
const CHANGES = {
  __proto__: null,
  title: ({ title, iconName }) => ({ title: textOf(title), iconName: textOf(iconName) }),
  directory: ({ workingDirectory, remoteDirectory }) => ({
    workingDirectory: textOf(workingDirectory),
    remoteDirectory: remoteOf(remoteDirectory),
  }),
  progress: ({ progress }) => ({ progress: progressOf(progress) }),
  shell: (message) => ({
    ...CHANGES.title(message),
    ...CHANGES.directory(message),
    ...CHANGES.progress(message),
    command: commandOf(message.command),
    lastCommand: commandOf(message.lastCommand),
    integration: textOf(message.integration),
  }),
}

export class ShellFacts {
  facts = { ...NOTHING }

  /** Takes a message, and returns the `detail` of the event that it becomes; null for a message about something else. */
  take(message) {
    switch (message.type) {
      case 'bell':
        return { count: numberOf(message.count) ?? 1 }
      case 'notification':
        return { title: textOf(message.title), body: textOf(message.body) ?? '' }
      case 'command':
        return this.#command(commandOf(message.command))
      default:
        return this.#change(CHANGES[message.type]?.(message))
    }
  }

  #command(command) {
    if (command === null) return null
    const isOver = command.endedAt !== null
    this.facts = { ...this.facts, command: isOver ? null : command, ...(isOver && { lastCommand: command }) }
    return { command }
  }

  #change(change) {
    if (change === undefined) return null
    this.facts = { ...this.facts, ...change }
    return change
  }
}
