// `ws` is an optional peer: only who leaves the handshake to the package needs it.

jest.mock('ws', () => {
  throw Object.assign(new Error("Cannot find module 'ws'"), { code: 'MODULE_NOT_FOUND' })
})

const { SessionRegistry } = require('offheap-terminal')
const { TerminalServer } = require('offheap-terminal/server')

test('without it, upgrade says so as it is asked for, and the rest works', async () => {
  const registry = new SessionRegistry()
  const terminals = new TerminalServer({ registry })
  expect(() => terminals.upgrade).toThrow(
    expect.objectContaining({ code: 'ERR_MISSING_PEER', message: expect.stringContaining('npm install ws') }),
  )
  expect(terminals.share(registry.create())).toMatch(/^[\w-]{32}$/)
  await terminals.close()
  registry.shutdown()
})
