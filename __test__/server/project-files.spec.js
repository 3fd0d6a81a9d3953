// A project's `.env` files in the environment of its shells.

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
