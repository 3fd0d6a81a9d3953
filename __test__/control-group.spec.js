// Memory in a real control group, where this machine lets one be made: a program
// in one terminal takes nearly all of it, and nobody else pays for that.

const { execFileSync } = require('node:child_process')
const os = require('node:os')
const path = require('node:path')
const { controlGroup } = require('./helpers/control-group')
const { PATIENCE } = require('./helpers/patience')

const LIMIT = 512 << 20

const group = controlGroup(LIMIT)
const inGroup = group ? test : test.skip

afterAll(() => {
  group?.remove()
})

/** Takes some memory for each line, and says so. */
const HOG = `
  const held = []
  process.stdin.on('data', (lines) => {
    for (const _ of lines.toString().matchAll(/more/g)) {
      held.push(Buffer.alloc(4 << 20, 1))
      process.stdout.write('.')
    }
  })`

const SERVER = `
  const { SessionRegistry } = require('.')
  const registry = new SessionRegistry({ memory: { interval: 0, idleAfter: 0, actions: { closeHeaviest: CLOSE } } })
  const closed = []
  registry.on('sessionClosed', ({ id, reason }) => closed.push(id + ' ' + reason))
  for (const id of ['one', 'two', 'three']) {
    registry.create({ id, pty: { file: '/bin/sh', args: ['-c', 'exec cat'] } })
    registry.attach(id, 'connection of ' + id)
  }
  const hog = registry.create({ id: 'hog', pty: { file: process.execPath, args: ['-e', process.env.HOG] } })
  registry.attach('hog', 'connection of hog')
  const later = (ms) => new Promise((resolve) => setTimeout(resolve, ms))
  // However slow the machine is, it takes no more before memory was looked at.
  const taken = () => hog.history().toString().split('.').length - 1
  const takeMore = async () => {
    const before = taken()
    hog.write('more\\r')
    while (taken() === before && !hog.exit) await later(2)
  }
  ;(async () => {
    let status = registry.checkMemory()
    for (; status.level !== 'critical' && !hog.exit; status = registry.checkMemory()) await takeMore()
    const { cause, heaviest, refusing } = status
    for (let n = 0; n < 5; n++) {
      await later(50)
      registry.checkMemory()
    }
    const left = registry.list().map(({ id }) => id)
    console.log(JSON.stringify({ cause, heaviest: heaviest?.id, refusing, closed, left }))
    registry.shutdown()
  })()`

/** Runs the server in the group and returns what it says. */
function serve(closeHeaviest) {
  const script = SERVER.replace('CLOSE', String(closeHeaviest))
  const join = `${group.joining} && exec "$0" -e "$1"`
  const said = execFileSync('/bin/sh', ['-c', join, process.execPath, script], {
    cwd: path.join(__dirname, '..'),
    env: { ...process.env, HOG },
    encoding: 'utf8',
    timeout: PATIENCE,
  })
  return JSON.parse(said)
}

if (os.totalmem() > 2 * LIMIT) {
  inGroup('a program that fills the group costs no session that is used', () => {
    expect(serve(false)).toEqual({
      cause: 'cgroup',
      heaviest: 'hog',
      refusing: true,
      closed: [],
      left: ['one', 'two', 'three', 'hog'],
    })
  })

  inGroup('it is the one that goes, where that is asked for', () => {
    expect(serve(true)).toEqual({
      cause: 'cgroup',
      heaviest: 'hog',
      refusing: true,
      closed: ['hog memory'],
      left: ['one', 'two', 'three'],
    })
  })
} else {
  test.skip('this machine is too small', () => {})
}
