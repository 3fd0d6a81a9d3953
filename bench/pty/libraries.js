/** The libraries under test, behind one face: `open(file, args, options)`. */

const ours = require('../..')

const peer = (name) => {
  try {
    return require(name)
  } catch {
    return null
  }
}

const like = (library, encoding) => (file, args, options) =>
  library.spawn(file, args, { ...options, encoding })

/** A session's terminal: its output goes into the ring, and onto a screen if there is one, and no further. */
function ring(screen) {
  const registry = new ours.SessionRegistry({
    maxSessions: 0,
    maxSessionsPerProject: 0,
    spawnsPerMinute: 0,
    screen,
  })
  return (file, args) => {
    const session = registry.create({ pty: { file, args } })
    const exit = new Promise((resolve) => {
      const told = ({ id }) => {
        if (id !== session.id) return
        registry.off('sessionExited', told)
        resolve()
      }
      registry.on('sessionExited', told)
    })
    return { pid: session.pid, exit, bytes: () => session.end, onData() {}, kill: () => session.close() }
  }
}

function listed() {
  const all = {
    'offheap-terminal, ring': { open: ring(false), kind: 'ring' },
    'offheap-terminal, ring and screen': { open: ring(true), kind: 'ring' },
    'offheap-terminal, Buffers': { open: like(ours, null), kind: 'buffers' },
    'offheap-terminal, strings': { open: like(ours, 'utf8'), kind: 'strings' },
  }
  for (const name of ['node-pty', 'zigpty']) {
    const library = peer(name)
    if (!library) continue
    all[`${name}, Buffers`] = { open: like(library, null), kind: 'buffers' }
    all[`${name}, strings`] = { open: like(library, 'utf8'), kind: 'strings' }
  }
  return all
}

module.exports = { LIBRARIES: listed() }
