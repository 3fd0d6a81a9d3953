// SPDX licence expressions, as far as crates use them.

/**
 * The licences under which something may be used, given those that are allowed
 * in the order in which they are preferred: one side of each OR, both of each
 * AND. Old manifests write OR as a slash.
 *
 * @returns {string[] | undefined} Nothing where the expression cannot be met.
 */
function choose(expression, allowed) {
  const tokens = expression.replaceAll('/', ' OR ').match(/[()]|[^\s()]+(?: WITH \S+)?/g) ?? []
  const primary = () => {
    const token = tokens.shift()
    if (token !== '(') return allowed.includes(token) ? [token] : undefined
    const inner = alternatives()
    tokens.shift()
    return inner
  }
  const chain = (operator, operand, combine) => {
    let result = operand()
    while (tokens[0] === operator) {
      tokens.shift()
      result = combine(result, operand())
    }
    return result
  }
  const all = () => chain('AND', primary, (a, b) => a && b && [...new Set([...a, ...b])])
  const alternatives = () => chain('OR', all, (a, b) => preferred(a, b, allowed))
  return alternatives()
}

/** The one with fewer licences, or else whose least liked is liked better. */
function preferred(a, b, allowed) {
  if (!a || !b) return a ?? b
  if (a.length !== b.length) return a.length < b.length ? a : b
  const worst = (licences) => Math.max(...licences.map((licence) => allowed.indexOf(licence)))
  return worst(b) < worst(a) ? b : a
}

module.exports = { choose }
