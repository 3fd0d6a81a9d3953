// The walls of the house, as docs/architecture.md draws them:
//
// - no crate under crates/ names napi, and crates depend on each other only in
//   the directions listed here;
// - no two files import each other, directly or in a circle, in Rust or in
//   JavaScript;
// - what a crate makes public, somebody outside it uses;
// - no Rust test is where none is run.
//
//   node scripts/check-walls.js

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')
const ARROWS = {
  journal: ['ring'],
  keeper: ['journal', 'pty', 'ring'],
  ring: [],
  screen: [],
  wake: [],
  wire: [],
  pty: [],
  recording: ['ring', 'screen'],
  session: ['journal', 'pty', 'recording', 'ring', 'screen', 'wake', 'wire'],
}

/** Public for those who embed a crate, though nothing here uses it. */
const FOR_USERS = new Set(['tap', 'Passage'])

const tracked = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
  cwd: root,
  encoding: 'utf8',
})
const files = tracked.split('\n').filter((file) => file !== '' && fs.existsSync(path.join(root, file)))
const texts = new Map()
const faults = []

function text(file) {
  if (!texts.has(file)) texts.set(file, fs.readFileSync(path.join(root, file), 'utf8'))
  return texts.get(file)
}

/** Rust without comments and strings, in which a name is only a name. */
function code(file) {
  return text(file)
    .replace(/\/\/.*/g, '')
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
}

function checkNapi() {
  for (const file of files.filter((each) => /^crates\/.*\.(rs|toml)$/.test(each))) {
    const source = file.endsWith('.rs') ? code(file) : text(file)
    if (/\bnapi\b/.test(source)) faults.push(`${file} names napi, which only src/ may`)
  }
}

/** The binding and the keeper's `main` are not compiled for tests: one there would never run. */
function checkTests() {
  for (const file of files.filter((each) => /^(?:src\/.*|crates\/keeper\/src\/main)\.rs$/.test(each))) {
    if (/#\[(?:test|cfg\(test\))\]/.test(code(file)))
      faults.push(`${file} has a test, which would not run: tests are in crates/ and __test__/`)
  }
}

function checkArrows() {
  const manifests = files.filter((each) => /^crates\/\w+\/Cargo\.toml$/.test(each))
  for (const file of manifests) {
    const crate = file.split('/')[1]
    const allowed = ARROWS[crate]
    if (!allowed) {
      faults.push(`crates/${crate} has no place in the map of scripts/check-walls.js`)
      continue
    }
    const dependencies = text(file).split('[dev-dependencies]')[0]
    for (const [, other] of dependencies.matchAll(/^offheap-(\w+)/gm)) {
      if (!allowed.includes(other)) faults.push(`crates/${crate} depends on crates/${other}`)
    }
  }
}

/** The module path of a Rust file within its crate, and the crate's folder. */
function moduleOf(file) {
  const [, folder, inner] = file.match(/^((?:crates\/\w+\/)?src)\/(.*)\.rs$/) ?? []
  if (folder === undefined) return null
  const parts = inner.split('/')
  if (['mod', 'lib', 'main'].includes(parts.at(-1))) parts.pop()
  return { folder, parts }
}

/** Each path of the `use` declarations of a file, groups written out. */
function uses(source) {
  const found = []
  for (const [, tree] of source.matchAll(/\buse\s+([^;]+);/g)) spread('', tree.replace(/\s+/g, ' '), found)
  for (const [, name] of source.matchAll(/\b((?:crate|super)(?:::\w+)+)/g)) found.push(name)
  return found
}

function spread(prefix, tree, found) {
  const group = tree.match(/^(.*?)\{(.*)\}$/)
  if (!group) {
    found.push(prefix + tree.trim().replace(/ as \w+$/, ''))
    return
  }
  let depth = 0
  let part = ''
  for (const char of `${group[2]},`) {
    if (char === '{') depth += 1
    if (char === '}') depth -= 1
    if (char === ',' && depth === 0) {
      if (part.trim() !== '') spread(prefix + group[1].trim(), part.trim(), found)
      part = ''
    } else part += char
  }
}

/** Which file of the crate a path leads to: the deepest module that it names. */
function target(parts, modules) {
  for (let length = parts.length; length >= 0; length -= 1) {
    const file = modules.get(parts.slice(0, length).join('::'))
    if (file) return { file, rest: parts.slice(length) }
  }
  return null
}

function resolve(use, own, modules) {
  const parts = use.split('::').map((part) => part.trim())
  let at
  if (parts[0] === 'crate') {
    at = []
    parts.shift()
  } else if (parts[0] === 'self' || parts[0] === 'super') {
    at = [...own]
    if (parts[0] === 'self') parts.shift()
    while (parts[0] === 'super') {
      at.pop()
      parts.shift()
    }
  } else if (modules.has([...own, parts[0]].join('::'))) at = [...own]
  else return null
  return target([...at, ...parts], modules)
}

/** What a module that is only passed through stands for: the file that its re-export names. */
function throughReexport(found, modules, file) {
  if (found.rest.length === 0) return found.file
  const [name] = found.rest
  const own = moduleOf(found.file).parts
  for (const use of uses(code(found.file))) {
    if (use.split('::').at(-1) !== name) continue
    const next = resolve(use, own, modules)
    if (next && next.file !== found.file && next.file !== file) return next.file
  }
  return found.file
}

function rustImports() {
  const graph = new Map()
  const byFolder = new Map()
  for (const file of files) {
    const module = moduleOf(file)
    if (!module || /(^|\/)tests(\/|\.rs$)/.test(file)) continue
    if (!byFolder.has(module.folder)) byFolder.set(module.folder, new Map())
    byFolder.get(module.folder).set(module.parts.join('::'), file)
  }
  for (const modules of byFolder.values()) {
    for (const [name, file] of modules) {
      const own = name === '' ? [] : name.split('::')
      const source = code(file).replace(/#\[cfg\(test\)\]\s*(pub(\([^)]*\))? )?mod tests? \{[\s\S]*$/, '')
      const imports = new Set()
      for (const use of uses(source)) {
        const found = resolve(use, own, modules)
        if (!found) continue
        const imported = throughReexport(found, modules, file)
        // A module and those inside it are one: a parent declares its children.
        const other = moduleOf(imported).parts
        const nested = other.every((part, index) => own[index] === part)
        const declares = own.every((part, index) => other[index] === part)
        if (imported !== file && !nested && !declares) imports.add(imported)
      }
      graph.set(file, imports)
    }
  }
  return graph
}

function scriptImports() {
  const graph = new Map()
  const scripts = files.filter((file) => /\.(c?js|mjs)$/.test(file) && file !== 'index.js')
  for (const file of scripts) {
    const imports = new Set()
    const source = text(file).replace(/^\s*(\/\/|\*).*$/gm, '')
    const pattern = /(?:require\(|from\s+|import\s+|import\()\s*['"](\.{1,2}\/[^'"]+)['"]/g
    for (const [, name] of source.matchAll(pattern)) {
      const base = path.posix.join(path.posix.dirname(file), name)
      const found = [base, `${base}.js`, `${base}.cjs`, `${base}/index.js`].find((each) =>
        scripts.includes(each),
      )
      if (found) imports.add(found)
    }
    graph.set(file, imports)
  }
  return graph
}

/** Circles: groups of files that reach each other, by Tarjan's algorithm. */
function circles(graph) {
  const index = new Map()
  const low = new Map()
  const stack = []
  const found = []
  function visit(file) {
    index.set(file, index.size)
    low.set(file, index.get(file))
    stack.push(file)
    for (const other of graph.get(file) ?? []) {
      if (!index.has(other)) {
        visit(other)
        low.set(file, Math.min(low.get(file), low.get(other)))
      } else if (stack.includes(other)) low.set(file, Math.min(low.get(file), index.get(other)))
    }
    if (low.get(file) !== index.get(file)) return
    const group = stack.splice(stack.indexOf(file))
    if (group.length > 1) found.push(group)
  }
  for (const file of graph.keys()) if (!index.has(file)) visit(file)
  return found
}

function checkCircles() {
  for (const graph of [rustImports(), scriptImports()]) {
    for (const group of circles(graph)) {
      const arrows = group.flatMap((file) =>
        [...graph.get(file)].filter((other) => group.includes(other)).map((other) => `  ${file} -> ${other}`),
      )
      faults.push(`files that import each other:\n${arrows.join('\n')}`)
    }
  }
}

/**
 * What is public and not used outside its crate is dead, or wants `pub(crate)`.
 * A type may also be there for what is used: in the signature of another item.
 */
function checkPublic() {
  const rust = files.filter((file) => file.endsWith('.rs'))
  const pattern = /^\s*pub (?:const |async |unsafe )*(fn|struct|enum|trait|const|static|type) (\w+)/gm
  for (const crate of Object.keys(ARROWS)) {
    const inside = rust.filter((file) => file.startsWith(`crates/${crate}/src/`))
    const outside = rust
      .filter((file) => !inside.includes(file))
      .map(code)
      .join('\n')
    const signatures = inside
      .map(code)
      .join('\n')
      .match(
        /pub (?:const |async |unsafe )*(?:fn [\s\S]*?[{;]|\w+: [^,\n]+,)|^\s+(?:fn [^{;]*|\w+[({][^{]*[)}]),?$/gm,
      )
    const signed = (signatures ?? []).join('\n')
    for (const file of inside) {
      if (/(^|\/)(tests?|reference)(\/|\.rs$)/.test(file)) continue
      const source = code(file).replace(/#\[cfg\(test\)\][\s\S]*?mod tests? \{[\s\S]*$/, '')
      for (const [, kind, name] of source.matchAll(pattern)) {
        const word = new RegExp(`\\b${name}\\b`)
        const known = FOR_USERS.has(name) || word.test(outside) || (kind !== 'fn' && word.test(signed))
        if (!known)
          faults.push(`${file}: ${kind} ${name} is public, and nobody outside crates/${crate} uses it`)
      }
    }
  }
}

checkNapi()
checkTests()
checkArrows()
checkCircles()
checkPublic()
for (const fault of faults) console.error(fault)
if (faults.length > 0) process.exitCode = 1
else console.log(`${Object.keys(ARROWS).length} crates within their walls`)
