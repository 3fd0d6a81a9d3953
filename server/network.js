const net = require('node:net')

/** Groups of 16 bits in an IPv6 address, and those that name a network of one customer (/64). */
const GROUPS = 8
const NETWORK_GROUPS = 4

/**
 * Whom an address is counted for: an IPv4 address for itself, an IPv6 address for
 * its /64, since whoever has one has all 2^64 of its addresses. Peers on a Unix
 * socket, which have none, are counted together.
 *
 * @param {string | undefined} address
 */
function networkOf(address) {
  if (address === undefined) return ''
  if (!net.isIPv6(address)) return address
  const [head, tail] = address.replace(/%.*$/, '').split('::').map(groupsOf)
  const zeros = tail === undefined ? 0 : GROUPS - head.length - tail.length
  const groups = [...head, ...Array(zeros).fill('0'), ...(tail ?? [])]
  return `${groups
    .slice(0, NETWORK_GROUPS)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`
}

/** An IPv4 address at the end stands for two groups; which ones does not matter here. */
function groupsOf(text) {
  if (text === '') return []
  return text.split(':').flatMap((group) => (group.includes('.') ? ['0', '0'] : [group]))
}

module.exports = { networkOf }
