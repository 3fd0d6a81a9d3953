// The checks of the server for an application's own routes.

const { Access, isLoopback } = require('offheap-terminal/server')

/** Node has no address for a peer on a Unix socket. */
const UNIX = 'a Unix socket'

const request = (headers = {}, address = '127.0.0.1') => ({
  headers: { host: 'localhost:4001', ...headers },
  socket: { remoteAddress: address === UNIX ? undefined : address },
})

describe('who a proxy speaks for', () => {
  const clientOf = (trustProxy, headers, address) =>
    new Access({ trustProxy }).clientOf(request(headers, address))
  const forwarded = (list) => ({ 'x-forwarded-for': list, 'x-forwarded-host': 'a.example' })

  test.each([
    ['nobody was named', [], '127.0.0.1', '192.0.2.1', '127.0.0.1'],
    ['loopback was named', ['loopback'], '127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['loopback of IPv6', ['loopback'], '::1', '192.0.2.1', '192.0.2.1'],
    ['loopback of IPv4, as IPv6 writes it', ['loopback'], '::ffff:127.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['another was named', ['10.0.0.1'], '127.0.0.1', '192.0.2.1', '127.0.0.1'],
    ['its network was named', ['10.0.0.0/8'], '10.1.2.3', '192.0.2.1', '192.0.2.1'],
    ['its network of IPv6', ['fd00::/8'], 'fd00::1', '2001:db8::1', '2001:db8::1'],
    ['outside that network', ['10.0.0.0/8'], '11.1.2.3', '192.0.2.1', '11.1.2.3'],
    ['a chain, of which the last is named', ['10.0.0.1'], '10.0.0.1', '1.1.1.1, 192.0.2.1', '192.0.2.1'],
    ['a chain of named ones', ['private'], '10.0.0.1', '1.1.1.1, 192.0.2.1, 10.0.0.7', '192.0.2.1'],
    ['a chain of named ones only', ['private'], '10.0.0.1', '10.0.0.9, 10.0.0.7', '10.0.0.9'],
    ['with ports', ['private'], '10.0.0.1', '192.0.2.1:1234, [fc00::1]:99', '192.0.2.1'],
    ['nonsense before a named one', ['private'], '10.0.0.1', 'evil, 10.0.0.7', '10.0.0.7'],
    ['nonsense', ['private'], '10.0.0.1', '<script>', '10.0.0.1'],
    ['empty', ['private'], '10.0.0.1', '', '10.0.0.1'],
    ['a peer on a Unix socket', ['unix'], UNIX, '192.0.2.1', '192.0.2.1'],
    ['one that was not named', ['private'], UNIX, '192.0.2.1', undefined],
  ])('%s', (_what, trustProxy, peer, list, address) => {
    expect(clientOf(trustProxy, forwarded(list), peer).address).toBe(address)
  })

  test('the host is the one that the nearest of them says', () => {
    expect(clientOf(['loopback'], { 'x-forwarded-host': 'evil.example, a.example' }).host).toBe('a.example')
    expect(clientOf(['loopback'], {}).host).toBe('localhost:4001')
    expect(clientOf([], { 'x-forwarded-host': 'a.example' }).host).toBe('localhost:4001')
  })

  test.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8/8',
    '10.0.0',
    'proxy.example',
    '',
    '::1/129',
    '1.2.3.4/ 8',
  ])('"%s" is none', (name) => {
    expect(() => new Access({ trustProxy: [name] })).toThrow(
      expect.objectContaining({ code: 'ERR_INVALID_ARG_VALUE' }),
    )
  })
})

test('a page behind a proxy that was named is of the server’s own origin', () => {
  const headers = { origin: 'https://a.example', 'x-forwarded-host': 'a.example' }
  expect(new Access({ trustProxy: ['loopback'] }).refuseOrigin(request(headers))).toBeNull()
  for (const access of [new Access(), new Access(null)]) {
    expect(access.refuseOrigin(request(headers))).toMatchObject({ status: 403 })
  }
})

test.each([
  ['localhost', true],
  ['LOCALHOST', true],
  ['a.localhost', true],
  ['127.9.9.9', true],
  ['::1', true],
  ['::ffff:127.0.0.1', true],
  ['localhost.example', false],
  ['127.0.0.1.example', false],
  ['0.0.0.0', false],
  ['::', false],
  ['', false],
])('isLoopback("%s") is %p', (name, expected) => {
  expect(isLoopback(name)).toBe(expected)
})
