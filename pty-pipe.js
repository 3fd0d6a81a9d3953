// `pipe()` of a terminal: its output goes to a stream, at the stream's pace.

/**
 * Writes a terminal's output to a stream until either ends. The terminal waits
 * while the stream is full.
 */
function pipe(pty, destination, options) {
  if (typeof destination?.write !== 'function' || typeof destination.on !== 'function') {
    const error = new TypeError('The "destination" argument must be a writable stream')
    error.code = 'ERR_INVALID_ARG_TYPE'
    throw error
  }
  const onData = (data) => {
    if (destination.write(data) === false) pty.pause()
  }
  const onDrain = () => pty.resume()
  const onEnd = () => {
    stop()
    if (options?.end !== false && destination !== process.stdout && destination !== process.stderr) {
      destination.end()
    }
  }
  const stop = () => {
    pty.off('data', onData)
    pty.off('end', onEnd)
    for (const event of ['close', 'finish']) destination.off(event, onGone)
    destination.off('drain', onDrain)
  }
  const onGone = () => {
    stop()
    pty.resume()
  }
  destination.on('drain', onDrain)
  for (const event of ['close', 'finish']) destination.once(event, onGone)
  destination.emit('pipe', pty)
  pty.on('data', onData)
  pty.on('end', onEnd)
  return destination
}

module.exports = { pipe }
