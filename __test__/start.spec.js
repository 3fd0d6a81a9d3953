// The first lines that a newcomer reads after `npm start`.

const { spawnSync } = require('node:child_process')
const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { INSTALL, ROOT } = require('../scripts/prepare')

test('installing the packages warns of nothing', () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-start-'))
  for (const file of ['package.json', 'package-lock.json'])
    fs.copyFileSync(path.join(ROOT, file), path.join(folder, file))
  const windows = process.platform === 'win32'
  // Engines are looked at before anything is fetched.
  const { status, stderr } = spawnSync('npm', [...INSTALL, '--dry-run'], {
    cwd: folder,
    encoding: 'utf8',
    shell: windows,
  })
  fs.rmSync(folder, { recursive: true })
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
})
