/** Each shell gets the arguments that it knows, wherever this runs. */

const { loginArguments } = require('offheap-terminal/server')

test.each([
  ['C:\\Windows\\System32\\cmd.exe', []],
  ['CMD.EXE', []],
  ['cmd', []],
  ['C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe', ['-NoLogo']],
  ['C:/Program Files/PowerShell/7/pwsh.exe', ['-NoLogo']],
  ['C:\\Program Files\\Git\\bin\\bash.exe', ['--login', '-i']],
  ['wsl.exe', []],
  ['C:\\msys64\\usr\\bin\\zsh.exe', ['-l']],
  ['nu.exe', ['-l']],
])('%s on Windows', (file, expected) => {
  expect(loginArguments(file, 'win32')).toEqual(expected)
})

test.each([
  ['/bin/bash', ['-l']],
  ['zsh', ['-l']],
  ['/usr/bin/fish', ['-l']],
  ['/usr/bin/pwsh', ['-Login']],
])('%s elsewhere', (file, expected) => {
  expect(loginArguments(file, 'linux')).toEqual(expected)
})

test('nobody can change them for others', () => {
  loginArguments('cmd.exe', 'win32').push('-l')
  expect(loginArguments('cmd.exe', 'win32')).toEqual([])
})
