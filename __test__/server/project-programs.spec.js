// A project's programs are found in its shells, behind the system's, also where the profile sets the PATH anew.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const { startServer } = require('../helpers/server')

const RESET = 'PATH=/usr/local/bin:/usr/bin:/bin\nexport PATH\n'
const PROMPT = 'shell> '
/** What a user's profile is, by shell; that of zsh keeps the PATH. */
const PROFILES = {
  bash: ['.bash_profile', `${RESET}PS1='${PROMPT}'\nbind 'set enable-bracketed-paste off' 2>/dev/null\n`],
  sh: ['.profile', `${RESET}PS1='${PROMPT}'\n`],
  zsh: ['.zshrc', `PS1='${PROMPT}'\nunsetopt zle prompt_sp\n`],
}

const has = (shell) => {
  try {
    return execFileSync('/bin/sh', ['-c', `command -v ${shell}`], { encoding: 'utf8' }).trim()
  } catch {
    return null
  }
}

const { SHELL } = process.env
let host
afterEach(async () => {
  process.env.SHELL = SHELL
  await host?.stop()
})

for (const [shell, [file, profile]] of Object.entries(PROFILES)) {
  const found = has(shell)
  ;(found ? test : test.skip)(`in ${shell}`, async () => {
    host = await startServer()
    process.env.SHELL = found
    fs.writeFileSync(host.file('.env'), `HOME=${host.file('home')}\n`)
    fs.writeFileSync(host.file(`home/${file}`), profile)
    const bin = host.file('node_modules/.bin')
    fs.mkdirSync(bin, { recursive: true })
    for (const name of ['its-own', 'ls']) {
      fs.writeFileSync(`${bin}/${name}`, '#!/bin/sh\necho the project\\"s\n', { mode: 0o755 })
    }
    const client = host.connect({ sessionId: 'programs' })
    await client.sees(PROMPT)
    client.type('its-own; command -v ls; echo do""ne\r')
    await client.sees('done\r\n')
    expect(client.output).toContain('the project"s\r\n')
    expect(client.output).toMatch(/\/(usr\/)?bin\/ls\r\n/)
    // Once, however many prompts there have been.
    client.type('echo "there are <$(echo "$PATH" | tr ":" "\\n" | grep -c "^$PROJECT_BIN\\$")>"\r')
    await client.sees('there are <1>\r\n')
  })
}
