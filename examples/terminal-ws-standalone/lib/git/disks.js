/** Disks of other machines: what changes there tells nobody here. */

const fs = require('node:fs/promises')

/** The types of `statfs(2)`: NFS, SMB, CIFS, SMB2, FUSE, 9P, AFS, Coda, Ceph, Lustre, GPFS. */
const REMOTE = new Set([
  0x6969, 0x517b, 0xff534d42, 0xfe534d42, 0x65735546, 0x01021997, 0x5346414f, 0x73757245, 0x00c36400,
  0x0bd00bd0, 0x47504653,
])

/** Whether a directory is on one, or may be. */
async function isRemote(directory) {
  if (process.platform !== 'linux') return false
  const { type } = await fs.statfs(directory).catch(() => ({ type: 0 }))
  return REMOTE.has(type >>> 0)
}

module.exports = { isRemote }
