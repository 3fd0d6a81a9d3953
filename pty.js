// node-pty's interface: `Pty` as JavaScript sees it, an `EventEmitter` over the
// native terminal. Which listeners there are is kept here; the native side has
// a copy of the list and calls the listeners of output itself, so that a chunk
// of output costs one call for each listener and nothing else.

const { Buffer } = require('node:buffer')
const { EventEmitter } = require('node:events')
const { pipe } = require('./pty-pipe.js')
const { openTerminal } = require('./pty-open.js')

/** The events that the native side knows, by its numbers for them. */
const KINDS = new Map([
  ['data', 0],
  ['drain', 1],
  ['end', 2],
  ['close', 3],
  ['exit', 4],
])

/** Who holds output back by `pause()`. */
const CALLER = Symbol('caller')

const PAUSE = '\x13'
const RESUME = '\x11'

/**
 * Where a terminal keeps what is its own: `native`, `flow`, `subscriptions`, `holders`
 * and `events`. A symbol and not private fields, which a `Proxy` does not have.
 */
const STATE = Symbol('state')

function failure(Class, code, message) {
  const error = new Class(message)
  error.code = code
  return error
}

/** What a terminal keeps, or an error for what is none. */
function stateOf(pty) {
  const state = pty?.[STATE]
  if (state === undefined) {
    throw failure(TypeError, 'ERR_INVALID_THIS', 'Value of "this" must be of type Pty')
  }
  return state
}

/** The size that node-pty makes of a number: a fraction is cut off. */
function whole(size) {
  return typeof size === 'number' && size > 0 ? Math.max(1, Math.trunc(size)) : size
}

/** The options as the native side takes them; what is no size is node-pty's default. */
function prepared(options) {
  if (typeof options !== 'object' || options === null) return options
  return {
    ...options,
    cols: whole(options.cols || undefined),
    rows: whole(options.rows || undefined),
  }
}

/** What `spawnErrors` says: whether errors of starting are printed into the terminal. */
function printsErrors(options) {
  const way = options?.spawnErrors ?? 'throw'
  if (way !== 'throw' && way !== 'print') {
    const message = `The property "options.spawnErrors" must be one of 'throw', 'print'. Received ${String(way)}`
    throw failure(TypeError, 'ERR_INVALID_ARG_VALUE', message)
  }
  return way === 'print' && process.platform !== 'win32'
}

/** What a lack of means and not the program or its directory is the cause of. */
const SCARCE = ['EAGAIN', 'EMFILE', 'ENFILE', 'ENOMEM']
/** The calls after node-pty's fork, whose errors it prints, and its names for them. */
const CALLS = new Map([
  ['spawn', 'execvp(3)'],
  ['chdir', 'chdir(2)'],
  ['setgroups', 'setgroups(2)'],
  ['setgid', 'setgid(2)'],
  ['setuid', 'setuid(2)'],
])

/** Starts the native terminal, or as node-pty does one that says why not. */
function start(Native, file, args, options) {
  const wanted = prepared(options)
  const prints = printsErrors(options)
  try {
    return new Native(file, args, wanted)
  } catch (error) {
    const call = CALLS.get(error.syscall)
    if (!prints || !call || SCARCE.includes(error.code)) throw error
    const reason = error.message.slice(error.message.lastIndexOf(': ') + 2)
    const script = ['-c', 'printf "%s\\n" "$1" >&2; exit 1', 'sh', `${call} failed.: ${reason}`]
    const changes = { cwd: '/', argv0: undefined, uid: undefined, gid: undefined }
    return new Native('/bin/sh', script, { ...wanted, ...changes })
  }
}

/** The words that hold output back and let it go on, and whether they are obeyed. */
function flowControl(options) {
  const word = (name, otherwise) => {
    const given = options?.[name] || otherwise
    if (typeof given === 'string') return given
    const message = `The "options.${name}" argument must be of type string`
    throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', message)
  }
  return {
    enabled: boolean(options?.handleFlowControl ?? false, 'options.handleFlowControl'),
    pause: word('flowControlPause', PAUSE),
    resume: word('flowControlResume', RESUME),
  }
}

function boolean(value, name) {
  if (typeof value === 'boolean') return value
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', `The "${name}" argument must be of type boolean`)
}

function isWord(data, word) {
  return typeof data === 'string'
    ? data === word
    : data instanceof Uint8Array && Buffer.from(word).equals(data)
}

/** The name of an event: an object would be turned into text each time, by code of its own. */
function named(event) {
  if ((typeof event !== 'object' || event === null) && typeof event !== 'function') return event
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "event" argument must be of type string or symbol')
}

/**
 * Holds output back for somebody: for who called `pause()`, or for a stream that is
 * full. The terminal is read again when nobody is left for whom it waits.
 */
function hold(pty, holder) {
  const { holders, native } = stateOf(pty)
  holders.add(holder)
  if (native.setPaused(true)) pty.emit('pause')
}

/** Takes that back. */
function release(pty, holder) {
  const { holders, native } = stateOf(pty)
  holders.delete(holder)
  if (holders.size === 0 && native.setPaused(false)) process.nextTick(() => pty.emit('resume'))
}

/** A listener, which is a function. */
function callable(listener) {
  if (typeof listener === 'function') return listener
  throw failure(TypeError, 'ERR_INVALID_ARG_TYPE', 'The "listener" argument must be of type function')
}

/** Gives the native side the listeners of an event: those of `onData` and its like come first. */
function update(pty, event, added) {
  const kind = KINDS.get(event)
  if (kind === undefined) return
  const { native, subscriptions } = stateOf(pty)
  const subscribed = subscriptions.get(event) ?? []
  const listeners = [...subscribed.map(({ call }) => call), ...pty.rawListeners(event)]
  native.listen(kind, listeners, pty, added)
}

/** A function such as `onData`, which may be called by itself. */
function subscriber(pty, event, adapt) {
  return function subscribe(listener) {
    callable(listener)
    const all = stateOf(pty).subscriptions
    const subscription = { call: adapt(listener) }
    all.set(event, [...(all.get(event) ?? []), subscription])
    update(pty, event, subscription.call)
    const dispose = () => {
      // None are known once `removeAllListeners` has removed them.
      const known = all.get(event) ?? []
      if (!known.includes(subscription)) return
      all.set(
        event,
        known.filter((other) => other !== subscription),
      )
      update(pty, event)
    }
    return { dispose, [Symbol.dispose]: dispose }
  }
}

const asIs = (listener) => listener
const asEvent = (listener) => (exitCode, signal) => listener({ exitCode, signal })

/** The class for users over the native one. */
function terminal(Native) {
  return class Pty extends EventEmitter {
    constructor(file, args, options) {
      super()
      const flow = flowControl(options)
      const native = start(Native, file, args, options)
      const value = { native, flow, subscriptions: new Map(), holders: new Set(), events: {} }
      Object.defineProperty(this, STATE, { value })
    }

    get pid() {
      return stateOf(this).native.pid
    }

    get cols() {
      return stateOf(this).native.cols
    }

    get rows() {
      return stateOf(this).native.rows
    }

    get process() {
      return stateOf(this).native.process
    }

    get ptsName() {
      return stateOf(this).native.ttyName
    }

    get fd() {
      return stateOf(this).native.descriptor
    }

    get writableLength() {
      return stateOf(this).native.writableLength
    }

    get closed() {
      return stateOf(this).native.closed
    }

    get handleFlowControl() {
      return stateOf(this).flow.enabled
    }

    set handleFlowControl(enabled) {
      stateOf(this).flow.enabled = boolean(enabled, 'handleFlowControl')
    }

    get onData() {
      return (stateOf(this).events.data ??= subscriber(this, 'data', asIs))
    }

    get onExit() {
      return (stateOf(this).events.exit ??= subscriber(this, 'exit', asEvent))
    }

    get onDrain() {
      return (stateOf(this).events.drain ??= subscriber(this, 'drain', asIs))
    }

    on(event, listener) {
      super.on(named(event), callable(listener))
      update(this, event, listener)
      return this
    }

    addListener(event, listener) {
      return this.on(event, listener)
    }

    prependListener(event, listener) {
      super.prependListener(named(event), callable(listener))
      update(this, event, listener)
      return this
    }

    removeListener(event, listener) {
      super.removeListener(named(event), callable(listener))
      update(this, event)
      return this
    }

    off(event, listener) {
      return this.removeListener(event, listener)
    }

    removeAllListeners(...events) {
      super.removeAllListeners(...events.map(named))
      for (const event of events.length > 0 ? events : KINDS.keys()) {
        stateOf(this).subscriptions.delete(event)
        update(this, event)
      }
      return this
    }

    emit(event, ...args) {
      const subscribed = stateOf(this).subscriptions.get(event) ?? []
      for (const { call } of subscribed) call(...args)
      return super.emit(named(event), ...args) || subscribed.length > 0
    }

    write(data) {
      const { flow, native } = stateOf(this)
      if (flow.enabled && isWord(data, flow.pause)) this.pause()
      else if (flow.enabled && isWord(data, flow.resume)) this.resume()
      else return native.write(data)
      return true
    }

    end(data) {
      if (data !== undefined && data !== null) this.write(data)
    }

    pipe(destination, options) {
      const holder = {}
      return pipe(this, destination, options, {
        hold: () => hold(this, holder),
        release: () => release(this, holder),
      })
    }

    resize(cols, rows, pixelSize) {
      stateOf(this).native.resize(whole(cols), whole(rows), pixelSize)
    }

    setEncoding(encoding) {
      stateOf(this).native.setEncoding(encoding || null)
    }

    clear() {}

    kill(signal) {
      stateOf(this).native.kill(signal === '' ? undefined : signal)
    }

    pause() {
      hold(this, CALLER)
    }

    resume() {
      release(this, CALLER)
    }

    unref() {
      stateOf(this).native.setReferenced(false)
    }

    ref() {
      stateOf(this).native.setReferenced(true)
    }

    close() {
      stateOf(this).native.close()
    }

    destroy() {
      this.close()
    }

    [Symbol.dispose]() {
      this.close()
    }
  }
}

/** What node-pty exports, over what `addon` does. */
function nodePty(addon) {
  const { openBareTerminal, processOfBareTerminal, resizeBareTerminal } = addon
  const Pty = terminal(addon.Pty)
  const spawn = (file, args, options) => new Pty(file, args, options)
  const isWindows = process.platform === 'win32'
  const native = isWindows
    ? null
    : {
        open: (cols, rows) => openBareTerminal(whole(cols), whole(rows)),
        process: (fd) => processOfBareTerminal(fd) ?? undefined,
        resize: (fd, cols, rows) => resizeBareTerminal(fd, whole(cols), whole(rows)),
      }
  const open = (options) => openTerminal(native, options)
  return { Pty, spawn, fork: spawn, createTerminal: spawn, open, native }
}

module.exports = { nodePty }
