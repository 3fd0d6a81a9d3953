/** What a host name says of where it leads. */

const net = require('node:net')

/** Whether a name or an address stays on this machine, whoever resolves it. */
function isLoopback(name) {
  const host = name.toLowerCase()
  if (host === 'localhost' || host.endsWith('.localhost')) return true
  if (net.isIPv4(host)) return host.startsWith('127.')
  return net.isIPv6(host) && (host === '::1' || /^::ffff:(127\.|7f[0-9a-f]{2}:)/.test(host))
}

/** The name in a `Host` header: no port, no brackets; empty when it is none. */
function hostname(host) {
  try {
    return new URL(`http://${host}`).hostname.replace(/^\[|\]$/g, '')
  } catch {
    return ''
  }
}

module.exports = { hostname, isLoopback }
