/**
 * Terminals for tests: started, gathered and awaited in a line.
 */

const { setTimeout: sleep } = require('node:timers/promises')
const { spawn } = require('../..')
const { PATIENCE } = require('./patience')

/** Starts a program and gathers what it prints. */
function start(file, args = [], options = {}) {
  const pty = spawn(file, args, options)
  const run = { pty, chunks: [], exit: null, dataAfterExit: 0 }
  run.exited = new Promise((resolve) => {
    pty.onExit((event) => {
      run.exit = event
      resolve(event)
    })
  })
  pty.onData((chunk) => {
    run.chunks.push(chunk)
    if (run.exit) run.dataAfterExit++
  })
  run.text = () => run.chunks.join('')
  run.bytes = () => Buffer.concat(run.chunks)
  run.prints = (what) => until(() => run.text().includes(what), `output of ${JSON.stringify(what)}`)
  return run
}

/** Runs a shell script to its end. */
async function shell(script, options) {
  const run = start('sh', ['-c', script], options)
  await run.exited
  return run
}

/** Waits for a condition; what is waited for is named when it does not come. */
async function until(condition, what, timeout = PATIENCE) {
  const end = Date.now() + timeout
  for (;;) {
    const value = await condition()
    if (value) return value
    if (Date.now() > end) throw new Error(`waited ${timeout} ms for ${what}`)
    await sleep(10)
  }
}

/** Does something `count` times, some at once. */
async function batches(count, width, act) {
  for (let done = 0; done < count; done += width) {
    const size = Math.min(width, count - done)
    await Promise.all(Array.from({ length: size }, (_, index) => act(done + index)))
  }
}

module.exports = { batches, shell, sleep, start, until }
