// What the Rust compiler brings: its standard library is linked into every
// binary, and crates within it.

const { execFileSync } = require('node:child_process')
const fs = require('node:fs')
const path = require('node:path')
const { isText, mit, preferred } = require('./notices')
const { choose } = require('./spdx')

const project = [
  'Copyright (c) The Rust Project Contributors',
  'Copyright (c) 2014 Alex Crichton',
  'Copyright (c) 2019 The Crossbeam Project Developers',
]
const builtins = [
  'Copyright (c) 2009-2016 by the contributors listed in CREDITS.TXT of compiler-rt',
  'Copyright (c) 2018 Jorge Aparicio',
  'Copyright (c) 2005-2020 Rich Felker, et al.',
  'Copyright (c) 1993, 2004 Sun Microsystems',
  'Copyright (c) 2003-2011 David Schultz',
  'Copyright (c) 2003-2009 Steven G. Kargl',
  'Copyright (c) 2003-2009 Bruce D. Evans',
  'Copyright (c) 2008 Stephen L. Moshier',
  'Copyright (c) 2017-2018 Arm Limited',
]

/** Crates that the toolchain's own list of notices leaves out. */
const unlisted = {
  addr2line: ['Copyright (c) 2016-2018 The gimli Developers'],
  adler2: ['Copyright (c) Jonas Schievink'],
  compiler_builtins: builtins,
  memchr: ['Copyright (c) 2015 Andrew Gallant'],
  miniz_oxide: [
    'Copyright 2013-2014 RAD Game Tools and Valve Software',
    'Copyright 2010-2014 Rich Geldreich and Tenacious Software LLC',
    'Copyright (c) 2017 Frommi',
    'Copyright (c) 2017-2024 oyvindln',
  ],
  object: ['Copyright (c) 2015 The Gimli Developers'],
}

/** The Rust project's own crates, or never linked into a library like ours. */
const own =
  /^(std|core|alloc|panic_\w+|unwind|std_detect|sysroot|proc_macro|test|getopts|profiler_builtins|rustc_(std_workspace_\w+|literal_escaper))$/

const rustc = (...args) => execFileSync('rustc', args, { encoding: 'utf8' }).trim()

/** The crates of the installed standard library. */
function crates(sysroot) {
  const [, host] = rustc('-vV').match(/^host: (.*)$/m)
  const files = fs.readdirSync(path.join(sysroot, 'lib', 'rustlib', host, 'lib'))
  const names = files.map((file) => file.match(/^lib(\w+)-[0-9a-f]+\.rlib$/)?.[1])
  return names.filter((name) => name && !own.test(name)).sort()
}

const entities = { '&lt;': '<', '&gt;': '>', '&#60;': '<', '&#62;': '>', '&quot;': '"', '&#34;': '"' }

function unescaped(html) {
  const text = html.replace(/&(lt|gt|quot|#34|#60|#62);/g, (entity) => entities[entity])
  return text
    .replace(/&#(\d+);/g, (_, code) => String.fromCodePoint(Number(code)))
    .replace(/&(amp|apos|#x27);/g, (entity) => (entity === '&amp;' ? '&' : "'"))
}

/** The crates that the toolchain's list names: their licence and their texts. */
function listed(sysroot) {
  const html = fs.readFileSync(path.join(sysroot, 'share', 'doc', 'rust', 'COPYRIGHT-library.html'), 'utf8')
  const sections = html.split('<h3>').slice(1)
  return new Map(
    sections.map((section) => {
      const [, name, version] = section.match(/^\S+ ([\w-]+?)-(\d\S*?)<\/h3>/)
      const [, expression] = section.match(/<b>License:<\/b> ([^<]+)</)
      const texts = [...section.matchAll(/<pre>([\s\S]*?)<\/pre>/g)].map(([, text]) => unescaped(text))
      return [name.replaceAll('-', '_'), { name, version, expression, texts }]
    }),
  )
}

function entry(name, list) {
  if (unlisted[name]) return { name, version: '', licences: ['MIT'], texts: [mit(unlisted[name])] }
  const known = list.get(name)
  const licences = known && choose(known.expression, preferred)
  const texts = licences?.map((licence) => known.texts.find((text) => isText(licence, text)))
  if (!texts?.every(Boolean)) {
    throw new Error(`No notice of ${name}, in Rust's standard library: add it to scripts/standard-library.js`)
  }
  return { name: known.name, version: known.version, licences, texts }
}

/** Everything that comes with the compiler, each with its licences' texts. */
function standardLibrary() {
  const sysroot = rustc('--print', 'sysroot')
  const list = listed(sysroot)
  const unicode = fs.readFileSync(
    path.join(sysroot, 'share', 'doc', 'rust', 'licenses', 'Unicode-3.0.txt'),
    'utf8',
  )
  const version = rustc('--version').split(' ')[1]
  return [
    {
      name: "Rust's standard library",
      version,
      licences: ['MIT', 'Unicode-3.0'],
      texts: [mit(project), unicode],
    },
    ...crates(sysroot).map((name) => entry(name, list)),
  ]
}

module.exports = { standardLibrary }
