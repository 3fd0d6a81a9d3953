// The client through a bundler, by the package's name, as an application has it.

const path = require('node:path')
const esbuild = require('esbuild')
const { findBrowser, launchBrowser } = require('../helpers/browser')
const { startLab } = require('../helpers/lab')
const { eventually } = require('../helpers/proc')
const { startServer } = require('../helpers/server')

const ROOT = path.join(__dirname, '../..')
const browserTest = findBrowser() ? test : test.skip

const APPLICATION = `
  import { Terminal } from '@xterm/xterm'
  import { OffheapAddon, TerminalClient } from 'offheap-terminal/client'

  export function start(url: string, path: string): Terminal {
    const client = new TerminalClient(url, { path })
    const terminal = new Terminal()
    terminal.loadAddon(new OffheapAddon(client))
    terminal.open(document.body)
    client.addEventListener('ready', ({ detail }) => client.input('echo it is $((6*7)) in ' + (detail.sessionId ? 'a session' : '') + '\\r'))
    client.connect()
    return terminal
  }
  Object.assign(window, { start })
`

async function bundle(options) {
  const { outputFiles, metafile } = await esbuild.build({
    stdin: { contents: APPLICATION, resolveDir: ROOT, loader: 'ts' },
    bundle: true,
    write: false,
    metafile: true,
    ...options,
  })
  return { text: outputFiles[0].text, inputs: Object.keys(metafile.inputs) }
}

test('a bundle has the client and xterm.js, and nothing else', async () => {
  const { inputs } = await bundle({ format: 'esm' })
  const packages = new Set(inputs.map((input) => /^(node_modules\/(?:@[^/]+\/)?[^/]+|[^/]+)/.exec(input)[0]))
  expect([...packages].sort()).toEqual(['<stdin>', 'client', 'node_modules/@xterm/xterm'])
})

browserTest.each([
  ['esm', 'type="module"'],
  ['iife', ''],
])('a minified %s bundle runs in the browser', async (format, type) => {
  const { text } = await bundle({ format, minify: true, target: 'es2022' })
  const page = `<!doctype html><link rel="icon" href="data:,"><body><script ${type} src="app.js"></script>`
  const lab = await startLab({ files: { '/': page, '/app.js': text } })
  const host = await startServer({ allowedOrigins: [lab.url] })
  const browser = await launchBrowser()
  try {
    const tab = await browser.newPage()
    const errors = []
    tab.on('pageerror', (error) => errors.push(error.stack))
    await tab.goto(lab.url)
    await tab.waitForFunction(() => window.start)
    await tab.evaluate(
      ([url, folder]) => Object.assign(window, { terminal: window.start(url, folder) }),
      [`${host.url}/`, host.folder],
    )
    const shown = () =>
      tab.evaluate(() => {
        const { active } = window.terminal.buffer
        return Array.from({ length: active.length }, (_, i) =>
          active.getLine(i).translateToString(true),
        ).join('\n')
      })
    await eventually('its output', async () => (await shown()).includes('\nit is 42 in a session\n'))
    expect(errors).toEqual([])
  } finally {
    await browser.close()
    lab.close()
    await host.stop()
  }
})
