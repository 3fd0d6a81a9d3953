// What the client makes of what the server tells of the shell.

const { live } = require('../helpers/fake-connection')

const COMMAND = {
  line: 'make',
  startedAt: 1000,
  endedAt: null,
  duration: null,
  exitCode: null,
  outputStart: 5,
  outputEnd: null,
  trusted: true,
}

/** Listens to what the helper does not. */
function listen(session) {
  const told = []
  for (const type of [
    'shell',
    'title',
    'directory',
    'command',
    'progress',
    'bell',
    'notification',
    'control',
  ])
    session.addEventListener(type, ({ detail }) => told.push([type, detail]))
  return told
}

test('nothing is known at first', () => {
  const { session } = live()
  expect(Object.values(session.shell)).toEqual(Array(8).fill(null))
})

test('what is told is known, and told on', () => {
  const { session, socket } = live()
  const told = listen(session)
  socket.json({
    type: 'shell',
    title: 'a',
    iconName: 'b',
    workingDirectory: '/c',
    command: COMMAND,
    integration: 'zsh',
  })
  expect(session.shell).toMatchObject({
    title: 'a',
    iconName: 'b',
    workingDirectory: '/c',
    integration: 'zsh',
  })
  expect(session.shell).toMatchObject({
    command: COMMAND,
    lastCommand: null,
    progress: null,
    remoteDirectory: null,
  })
  const ended = { ...COMMAND, endedAt: 2000, duration: 1000, exitCode: 2, outputEnd: 9 }
  socket.json({ type: 'command', command: ended })
  expect(session.shell).toMatchObject({ command: null, lastCommand: ended, title: 'a' })
  socket.json({ type: 'title', title: 'd', iconName: null })
  socket.json({ type: 'directory', workingDirectory: null, remoteDirectory: { host: 'h', path: '/p' } })
  socket.json({ type: 'progress', progress: { state: 'warning', value: 7 } })
  socket.json({ type: 'bell', count: 3 })
  socket.json({ type: 'notification', title: null, body: 'text' })
  expect(told.slice(1)).toEqual([
    ['command', { command: ended }],
    ['title', { title: 'd', iconName: null }],
    ['directory', { workingDirectory: null, remoteDirectory: { host: 'h', path: '/p' } }],
    ['progress', { progress: { state: 'warning', value: 7 } }],
    ['bell', { count: 3 }],
    ['notification', { title: null, body: 'text' }],
  ])
})

test('what makes no sense is unknown', () => {
  const { session, socket } = live()
  const told = listen(session)
  socket.json({ type: 'title', title: 7, iconName: {} })
  socket.json({ type: 'directory', workingDirectory: [], remoteDirectory: { host: 'h' } })
  socket.json({ type: 'progress', progress: { state: 'odd', value: 'x' } })
  socket.json({ type: 'command', command: { line: 'x' } })
  socket.json({ type: 'command' })
  socket.json({ type: 'bell', count: 'x' })
  socket.json({ type: 'notification' })
  expect(Object.values(session.shell)).toEqual(Array(8).fill(null))
  expect(told.map(([type]) => type)).toEqual([
    'title',
    'directory',
    'progress',
    'control',
    'control',
    'bell',
    'notification',
  ])
})
