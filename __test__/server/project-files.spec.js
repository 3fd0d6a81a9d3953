// A project's `.env` files in the environment of its shells.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const { startServer } = require('../helpers/server')
const { PROMPT } = require('../helpers/workspace')

/** The one that wins first. */
const BY_RANK = [
  '.env',
  '.env.production',
  '.env.development',
  '.env.production.local',
  '.env.development.local',
  '.env.local',
]

test('six files are merged: .env wins, then .env.production', async () => {
  const host = await startServer()
  try {
    BY_RANK.forEach((name, rank) => {
      // Each sets a variable that it shares with those of a lower rank, and one of its own.
      const shared = BY_RANK.slice(0, rank + 1).map((_name, index) => `SHARED_${index}=${rank}`)
      fs.appendFileSync(host.file(name), `${shared.join('\n')}\nOWN_${rank}=${name}\n`)
    })
    const client = host.connect({ projectId: 'p' })
    await client.sees(PROMPT)
    client.type('env | grep -E "^(SHARED|OWN)_" | sort | tr "\\n" " "; echo do""ne\r')
    await client.sees('done\r\n')
    const shown = client.output.replaceAll('\r\n', '')
    for (const [rank, name] of BY_RANK.entries()) {
      // SHARED_n is in the files from rank n on: that of rank n wins.
      expect(shown).toContain(`SHARED_${rank}=${rank} `)
      expect(shown).toContain(`OWN_${rank}=${name} `)
    }
  } finally {
    await host.stop()
  }
})

describe('a file that cannot be used is named in the terminal, and the shell starts', () => {
  const utf16 = (text) => Buffer.from(`\ufeff${text}`, 'utf16le')
  test.each([
    ['with a NUL', (file) => fs.writeFileSync(file, 'A=1\nB=\0\n'), /it contains a NUL byte/],
    ['UTF-16', (file) => fs.writeFileSync(file, utf16('A=1\r\n')), /it is UTF-16/],
    ['UTF-16, big-endian', (file) => fs.writeFileSync(file, utf16('A=1\r\n').swap16()), /it is UTF-16/],
    [
      'UTF-16 without a mark',
      (file) => fs.writeFileSync(file, utf16('A=1').subarray(2)),
      /NUL byte, as UTF-16/,
    ],
    ['a directory', (file) => fs.mkdirSync(file), /it is a directory/],
    ['a FIFO', (file) => execFileSync('mkfifo', [file]), /it is no regular file/],
    ['huge', (file) => fs.writeFileSync(file, 'A='.padEnd(64 * 1024 + 1)), /it is larger than 64 KiB/],
    ['unreadable', (file) => fs.symlinkSync(file, file), /it cannot be read \(ELOOP\)/],
  ])('%s', async (_what, make, reason) => {
    const host = await startServer()
    try {
      make(host.file('.env.local'))
      fs.writeFileSync(host.file('.env.development'), '\ufeffOTHER=whole\n')
      const client = host.connect({ sessionId: 'told' })
      await client.sees(PROMPT)
      const [line] = client.output.split('\r\n')
      expect(line).toContain('.env.local is not used: ')
      expect(line).toMatch(reason)
      client.type('echo "A is <$A>, the other $OTHER"\r')
      await client.sees('A is <>, the other whole\r\n')
      // Who comes to the same shell later is told nothing anew.
      expect(client.output.match(/is not used/g)).toHaveLength(1)
    } finally {
      await host.stop()
    }
  })
})
