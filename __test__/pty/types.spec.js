/** node-pty's types: its TypeScript users change the name of the import. */

const path = require('node:path')
const ts = require('typescript')

test('code written for node-pty compiles against ours', () => {
  const program = ts.createProgram([path.join(__dirname, 'swap.ts')], {
    strict: true,
    noEmit: true,
    skipLibCheck: false,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.Node16,
    moduleResolution: ts.ModuleResolutionKind.Node16,
    lib: ['lib.es2023.d.ts', 'lib.esnext.disposable.d.ts'],
    types: ['node'],
  })
  const problems = ts.getPreEmitDiagnostics(program).map((problem) => {
    const text = ts.flattenDiagnosticMessageText(problem.messageText, '\n')
    return problem.file ? `${path.basename(problem.file.fileName)}: ${text}` : text
  })
  expect(problems).toEqual([])
})
