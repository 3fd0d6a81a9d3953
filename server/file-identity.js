/**
 * What is the same for as long as a file is, and another for one that gets its
 * name: numbers of files are used again.
 *
 * @param {import('node:fs').Stats} stats
 */
function identityOf({ dev, ino, birthtimeMs }) {
  return `${dev}-${ino}-${birthtimeMs}`
}

module.exports = { identityOf }
