// A control group of its own with a limit of memory, where this machine lets one be made (Linux, as root).

const fs = require('node:fs')
const path = require('node:path')

const HIERARCHIES = [
  ['/sys/fs/cgroup', 'memory.max'],
  ['/sys/fs/cgroup/memory', 'memory.limit_in_bytes'],
]

/**
 * A group whose processes may use so many bytes together; `null` where none can be made.
 *
 * @returns {{ folder: string, joining: string, remove: () => void } | null} `joining`: a command for a shell, after
 * which the shell and all that it starts are in the group
 */
function controlGroup(bytes) {
  for (const [root, limit] of process.platform === 'linux' ? HIERARCHIES : []) {
    const folder = path.join(root, `offheap-test-${process.pid}`)
    try {
      fs.mkdirSync(folder)
    } catch {
      continue
    }
    try {
      // What is no file of a group's is not to be made one.
      fs.accessSync(path.join(folder, limit))
      fs.writeFileSync(path.join(folder, limit), String(bytes))
      return { folder, joining: `echo $$ > '${folder}/cgroup.procs'`, remove: () => fs.rmdirSync(folder) }
    } catch {
      fs.rmdirSync(folder)
    }
  }
  return null
}

module.exports = { controlGroup }
