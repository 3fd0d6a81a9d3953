/** What is thrown when descriptors, threads or terminals have run out, and that nothing is left of it. */

const { spawnSync } = require('node:child_process')
const path = require('node:path')
const { PATIENCE } = require('../helpers/patience')

const linux = process.platform === 'linux'
const onLinux = linux ? test : test.skip
const MODULE = JSON.stringify(path.join(__dirname, '..', '..'))

/** Runs a program in a process with few descriptors, and reads what it prints as JSON. */
function withDescriptors(limit, program) {
  const source = `
    const fs = require('node:fs')
    const { SessionRegistry, spawn } = require(${MODULE})
    const fill = () => {
      const taken = []
      try {
        for (;;) taken.push(fs.openSync('/dev/null'))
      } catch {}
      return taken
    }
    const list = fs.openSync('/proc/self/task/' + process.pid + '/children')
    const children = () => {
      const text = Buffer.alloc(4096)
      return text.toString('utf8', 0, fs.readSync(list, text, 0, text.length, 0))
    }
    const attempt = (act) => {
      try {
        act()
        return 'done'
      } catch (error) {
        return [error.code, error.syscall]
      }
    }
    ${program}`
  const script = `ulimit -n ${limit}; exec "$0" -e "$1"`
  const { stdout, stderr, status, signal } = spawnSync('sh', ['-c', script, process.execPath, source], {
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  expect({ stderr, status, signal }).toEqual({ stderr: '', status: 0, signal: null })
  return JSON.parse(stdout)
}

onLinux('without a descriptor: a code, and it works once there are some', () => {
  const told = withDescriptors(
    64,
    `
    const taken = fill()
    const told = [attempt(() => new SessionRegistry()), attempt(() => spawn('true', []))]
    for (const fd of taken) fs.closeSync(fd)
    const registry = new SessionRegistry()
    registry.closeAll()
    told.push(attempt(() => new SessionRegistry()))
    const pty = spawn('sh', ['-c', 'exit 3'])
    pty.onExit(({ exitCode }) => {
      console.log(JSON.stringify([...told, exitCode]))
      process.exit(0)
    })`,
  )
  expect(told).toEqual([['EMFILE', 'epoll_create'], ['EMFILE', expect.any(String)], 'done', 3])
})

onLinux('with few descriptors a spawn works, or throws and leaves nothing running and no zombie', () => {
  for (const started of [false, true]) {
    const results = withDescriptors(
      64,
      `
      if (${started}) spawn('true', []).on('exit', () => {})
      setTimeout(() => {
        const taken = fill()
        const results = []
        for (let free = 0; free < 12; free++) {
          if (free > 0) fs.closeSync(taken.pop())
          let pty
          const result = attempt(() => {
            pty = spawn('sleep', ['1000'])
          })
          results.push([result, children() !== ''])
          if (pty) break
        }
        console.log(JSON.stringify(results))
        process.exit(0)
      }, 300)`,
    )
    const failed = results.slice(0, -1)
    expect(failed.length).toBeGreaterThan(0)
    for (const [[code], hasChildren] of failed) expect([code, hasChildren]).toEqual(['EMFILE', false])
    expect(results.at(-1)).toEqual(['done', true])
  }
})

/** A user that has no processes. Root is not bound by the limit. */
const user = { uid: 54321, gid: 54321 }
const isRoot = process.getuid?.() === 0
const mayBeUser = () => spawnSync(process.execPath, ['-e', `require(${MODULE})`], user).status === 0

onLinux('without a thread or a process: a code, and it works once there are some', () => {
  if (!isRoot || !mayBeUser()) return
  const source = `
    const { spawn: spawnProcess } = require('node:child_process')
    const { SessionRegistry, spawn } = require(${MODULE})
    const told = []
    const attempt = (act) => {
      try {
        act()
        told.push('done')
      } catch (error) {
        told.push([error.code, error.syscall])
      }
    }
    const sleepers = []
    const fill = () => {
      while (sleepers.length < 100) {
        const child = spawnProcess('sleep', ['1000'], { stdio: 'ignore' }).on('error', () => {})
        if (child.pid === undefined) return
        sleepers.push(child)
      }
      throw new Error('There is no limit')
    }
    const release = async () => {
      const child = sleepers.pop()
      child.kill('SIGKILL')
      await new Promise((resolve) => child.once('exit', resolve))
    }
    const main = async () => {
      fill()
      attempt(() => new SessionRegistry())
      attempt(() => spawn('sleep', ['1000']))
      await release()
      attempt(() => new SessionRegistry())
      attempt(() => spawn('sleep', ['1000']))
      await release()
      attempt(() => spawn('true', []))
      for (const child of sleepers) child.kill('SIGKILL')
      console.log(JSON.stringify(told))
      process.exit(0)
    }
    main()`
  const script = 'ulimit -u 60 && exec "$0" -e "$1"'
  const options = { ...user, encoding: 'utf8', timeout: PATIENCE }
  const { stdout, stderr, status } = spawnSync(
    'bash',
    ['--norc', '-c', script, process.execPath, source],
    options,
  )
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 })
  const noThread = ['EAGAIN', 'pthread_create']
  expect(JSON.parse(stdout)).toEqual([noThread, noThread, 'done', ['EAGAIN', 'spawn'], 'done'])
})

/** Terminals of its own for a process, of which there are two. */
const twoTerminals =
  'mount -t devpts -o newinstance,ptmxmode=0666,max=2 devpts /dev/pts && mount --bind /dev/pts/ptmx /dev/ptmx'
const namespace = ['--user', '--map-root-user', '--mount']

onLinux('without a terminal: ENOSPC', () => {
  if (spawnSync('unshare', [...namespace, 'sh', '-c', twoTerminals]).status !== 0) return // Not allowed here.
  const source = `
    const { spawn } = require(${MODULE})
    const terminals = [spawn('cat', []), spawn('cat', [])]
    try {
      spawn('cat', [])
    } catch (error) {
      console.log(JSON.stringify([error.code, error.syscall, error.path]))
    }
    for (const terminal of terminals) terminal.close()`
  const run = ['sh', '-c', `${twoTerminals} && exec "$0" -e "$1"`, process.execPath, source]
  const { stdout } = spawnSync('unshare', [...namespace, ...run], { encoding: 'utf8' })
  expect(JSON.parse(stdout)).toEqual(['ENOSPC', 'openpty', '/dev/ptmx'])
})
