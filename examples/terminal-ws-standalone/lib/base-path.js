/** The path of a request below the server's own; `null` for one that is not below it. */
function pathBelow(basePath, pathname) {
  if (basePath === '') return pathname
  return pathname.startsWith(`${basePath}/`) ? pathname.slice(basePath.length) : null
}

module.exports = { pathBelow }
