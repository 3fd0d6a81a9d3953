'use strict'

// What the kernel says of a process: descriptors, threads, children, memory.

const fs = require('node:fs')
const { setTimeout: sleep } = require('node:timers/promises')

function fds(pid = process.pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).length
}

/** Descriptors that are pseudo terminals. */
function terminals(pid = process.pid) {
  return fs.readdirSync(`/proc/${pid}/fd`).filter((fd) => isTerminal(`/proc/${pid}/fd/${fd}`)).length
}

function isTerminal(link) {
  try {
    return /ptmx|\/pts\//.test(fs.readlinkSync(link))
  } catch {
    return false
  }
}

function threads(pid = process.pid) {
  return fs.readdirSync(`/proc/${pid}/task`).length
}

/** The children of a process, zombies included. */
function children(pid = process.pid) {
  return fs.readdirSync('/proc').filter((name) => /^\d+$/.test(name) && stat(name)?.parent === pid).map(Number)
}

function zombies(pid = process.pid) {
  return children(pid).filter((child) => stat(child)?.state === 'Z')
}

function stat(pid) {
  try {
    const text = fs.readFileSync(`/proc/${pid}/stat`, 'latin1')
    const [state, parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return { state, parent: Number(parent) }
  } catch {
    return null
  }
}

/** Whether a process runs: neither gone nor a zombie. */
function isRunning(pid) {
  const found = stat(pid)
  return found !== null && found.state !== 'Z'
}

/** Resident memory in bytes. */
function rss(pid = process.pid) {
  return Number(/VmRSS:\s+(\d+)/.exec(fs.readFileSync(`/proc/${pid}/status`, 'latin1'))[1]) * 1024
}

/** Asks again until the answer is truthy; fails, saying what was waited for. */
async function eventually(what, ask, timeout = 8_000) {
  const deadline = Date.now() + timeout
  for (;;) {
    const answer = await ask()
    if (answer) return answer
    if (Date.now() > deadline) throw new Error(`waited ${timeout} ms in vain: ${what}`)
    await sleep(20)
  }
}

module.exports = { children, eventually, fds, isRunning, rss, terminals, threads, zombies }
