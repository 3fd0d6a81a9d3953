/** Shells that are no login shells by `-l`, by their names without `.exe`. */
const OTHERS = new Map([
  ['cmd', []],
  ['powershell', ['-NoLogo']],
  ['pwsh', ['-NoLogo']],
  ['wsl', []],
  // Git's: without `-i` it reads its input to the end, and runs it then.
  ['bash', ['--login', '-i']],
])

/**
 * The arguments that make a program a login shell, as it takes them.
 *
 * @param {string} file the shell's path or name
 * @param {string | null} [platform] `process.platform` of where it runs
 * @returns {string[]}
 */
function loginArguments(file, platform) {
  if ((platform ?? process.platform) !== 'win32') return /(?:^|\/)pwsh$/.test(file) ? ['-Login'] : ['-l']
  const name = file
    .split(/[\\/]/)
    .at(-1)
    .toLowerCase()
    .replace(/\.exe$/, '')
  return [...(OTHERS.get(name) ?? ['-l'])]
}

module.exports = { loginArguments }
