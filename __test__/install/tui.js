// Tests in the words of a terminal testing framework, @microsoft/tui-test, which
// drives shells through node-pty: here that is the package, by an override.

const manifest = (name, version) =>
  JSON.stringify({
    name,
    version: '1.0.0',
    private: true,
    type: 'module',
    dependencies: { '@microsoft/tui-test': '0.0.2', 'offheap-terminal': version },
    overrides: { 'node-pty': `npm:offheap-terminal@${version}` },
  })

const tests = `
import { expect, test } from '@microsoft/tui-test'

test.use({ shell: 'bash', columns: 100, rows: 24 })

test('a shell runs what is typed', async ({ terminal }) => {
  terminal.submit('echo sum=$((6 * 7))')
  await expect(terminal.getByText('sum=42')).toBeVisible()
})

test('a key interrupts a program', async ({ terminal }) => {
  terminal.submit('sleep 1000; echo status=$?')
  await expect(terminal.getByText('sleep 1000')).toBeVisible()
  terminal.keyCtrlC()
  terminal.submit('echo after=$((40 + 2))')
  await expect(terminal.getByText('after=42')).toBeVisible()
})

test('a resize reaches the program', async ({ terminal }) => {
  terminal.resize(61, 17)
  terminal.submit('stty size')
  await expect(terminal.getByText('17 61')).toBeVisible()
})

test('an exit is told with its code', async ({ terminal }) => {
  terminal.submit('exit 3')
  const code = await new Promise((resolve) => terminal.onExit(({ exitCode }) => resolve(exitCode)))
  if (code !== 3) throw new Error(\`The exit code is \${code}\`)
})

test.describe('a program', () => {
  test.use({ program: { file: 'bash', args: ['-c', 'printf "\\\\033[1;31mred\\\\033[0m\\\\n"; read line; echo "got $line"; exit 4'] } })

  test('prints, reads and ends', async ({ terminal }) => {
    await expect(terminal.getByText('red')).toBeVisible()
    terminal.submit('word')
    await expect(terminal.getByText('got word')).toBeVisible()
  })
})
`

module.exports = { manifest, tests }
