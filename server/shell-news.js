/** What clients are told of a session's shell: by event of the registry, the message that it becomes. */
const SHELL_NEWS = {
  titleChanged: ({ title, iconName }) => ({ type: 'title', title, iconName }),
  directoryChanged: ({ workingDirectory, remoteDirectory }) => ({
    type: 'directory',
    workingDirectory,
    remoteDirectory,
  }),
  commandStarted: ({ command }) => ({ type: 'command', command }),
  commandFinished: ({ command }) => ({ type: 'command', command }),
  progressChanged: ({ progress }) => ({ type: 'progress', progress }),
  bell: ({ count }) => ({ type: 'bell', count }),
  notification: ({ title, body }) => ({ type: 'notification', title, body }),
}

/** What is known of a session's shell, for a client that comes. */
function shellFacts(session) {
  const { title, iconName, workingDirectory, remoteDirectory, command, lastCommand, progress, integration } =
    session.info()
  return {
    type: 'shell',
    title,
    iconName,
    workingDirectory,
    remoteDirectory,
    command,
    lastCommand,
    progress,
    integration,
  }
}

module.exports = { SHELL_NEWS, shellFacts }
