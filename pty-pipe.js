// `pipe()` of a terminal: its output goes to a stream, at the stream's pace.

/**
 * Writes a terminal's output to a stream until either ends. The terminal waits
 * while the stream is full.
 *
 * @param {{ hold: () => void, release: () => void }} flow holds output back for this
 * stream, and takes that back
 */
function pipe(pty, destination, options, flow) {
  if (typeof destination?.write !== 'function' || typeof destination.on !== 'function') {
    const error = new TypeError('The "destination" argument must be a writable stream')
    error.code = 'ERR_INVALID_ARG_TYPE'
    throw error
  }
  const onData = (data) => {
    if (destination.write(data) === false) flow.hold()
  }
  const onEnd = () => {
    stop()
    const isOurs = destination !== process.stdout && destination !== process.stderr
    if ((options?.end ?? true) && isOurs) destination.end()
  }
  const stop = () => {
    pty.off('data', onData)
    pty.off('end', onEnd)
    for (const event of ['close', 'finish']) destination.off(event, stop)
    destination.off('drain', flow.release)
    flow.release()
  }
  destination.on('drain', flow.release)
  for (const event of ['close', 'finish']) destination.once(event, stop)
  destination.emit('pipe', pty)
  pty.on('data', onData)
  pty.on('end', onEnd)
  return destination
}

module.exports = { pipe }
