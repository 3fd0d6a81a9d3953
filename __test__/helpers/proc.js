// What the kernel says of a process (Linux): descriptors, threads, children, memory.

const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')
const { PATIENCE } = require('./patience')

/** Open descriptors: number and what it leads to. */
function descriptors(pid = process.pid) {
  const folder = `/proc/${pid}/fd`
  return fs.readdirSync(folder).flatMap((fd) => {
    try {
      return [{ fd: Number(fd), target: fs.readlinkSync(`${folder}/${fd}`) }]
    } catch {
      return [] // the one that listed the folder
    }
  })
}

/** Descriptors that are either end of a pseudo terminal. */
function terminals(pid = process.pid) {
  return descriptors(pid).filter(({ target }) => /ptmx|\/pts\//.test(target)).length
}

/** Terminals whose masters a process holds. */
function masters(pid = process.pid) {
  return descriptors(pid).filter(({ target }) => target.endsWith('ptmx')).length
}

function threads(pid = process.pid) {
  return fs.readdirSync(`/proc/${pid}/task`).length
}

/** The children of a process, zombies included. */
function children(pid = process.pid) {
  const pids = fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  return pids.filter((name) => stat(name)?.parent === pid).map(Number)
}

function zombies(pid = process.pid) {
  return children(pid).filter((child) => stat(child)?.state === 'Z')
}

/** State and parent of a process, or null when it is gone. */
function stat(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return null
  }
}

/** Whether a process runs: neither gone, nor a zombie, nor being waited for at this moment (X). */
function isRunning(pid) {
  const found = stat(pid)
  return found !== null && !'ZX'.includes(found.state)
}

/** Resident memory in bytes. */
function rss(pid = process.pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024
}

/** CPU time of this process with all its threads, in ms. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Asks again until the answer is truthy; fails, saying what was waited for. */
async function eventually(what, ask, timeout = PATIENCE) {
  const deadline = Date.now() + timeout
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain: ${what}`)
    await sleep(20)
  }
}

module.exports = {
  children,
  cpuTime,
  descriptors,
  eventually,
  isRunning,
  masters,
  rss,
  terminals,
  threads,
  zombies,
}
