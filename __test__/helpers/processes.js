/**
 * What the system says about this process and others (Linux).
 */

const fs = require('node:fs')

/** Open descriptors: number and what it leads to. */
function descriptors(pid = 'self') {
  const folder = `/proc/${pid}/fd`
  return fs.readdirSync(folder).flatMap((fd) => {
    try {
      return [{ fd: Number(fd), target: fs.readlinkSync(`${folder}/${fd}`) }]
    } catch {
      return [] // the one that listed the folder
    }
  })
}

const threads = () => fs.readdirSync('/proc/self/task').length

/** Children of this process, by state; `Z` is a zombie. */
function children() {
  return processes().filter((entry) => entry.parent === process.pid)
}

/** All processes. */
function processes() {
  return fs.readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? (describe(name) ?? []) : []))
}

/** One process, or null when it is gone. */
function describe(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { pid: Number(pid), state: fields[0], parent: Number(fields[1]), group: Number(fields[2]) }
  } catch {
    return null
  }
}

/** Whether a process runs; a zombie does not. */
function runs(pid) {
  const entry = describe(pid)
  return entry !== null && entry.state !== 'Z'
}

/** CPU time of this process with all its threads, in ms. */
function cpuTime() {
  const { user, system } = process.cpuUsage()
  return (user + system) / 1000
}

/** Terminals whose masters this process holds. */
const masters = () => descriptors().filter(({ target }) => target.endsWith('ptmx')).length

module.exports = { children, cpuTime, describe, descriptors, masters, processes, runs, threads }
