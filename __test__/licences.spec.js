const fs = require('node:fs')
const os = require('node:os')
const path = require('node:path')
const { fromFolder } = require('../scripts/notices')
const { choose } = require('../scripts/spdx')

const allowed = ['MIT', 'Unicode-3.0', 'Apache-2.0', 'Apache-2.0 WITH LLVM-exception']

test.each([
  ['MIT', ['MIT']],
  ['GPL-3.0', undefined],
  ['Unlicense OR MIT', ['MIT']],
  ['Unlicense/MIT', ['MIT']],
  ['Apache-2.0 OR MIT', ['MIT']],
  ['Apache-2.0 OR Unlicense', ['Apache-2.0']],
  ['MIT AND GPL-3.0', undefined],
  ['(Apache-2.0 OR MIT) AND Unicode-3.0', ['MIT', 'Unicode-3.0']],
  ['MIT AND Unicode-3.0 OR Apache-2.0', ['Apache-2.0']],
  ['(MIT OR Apache-2.0) AND GPL-3.0', undefined],
  ['GPL-3.0 AND Zlib OR MIT', ['MIT']],
  ['MIT AND (MIT OR Apache-2.0)', ['MIT']],
  ['Apache-2.0 WITH LLVM-exception', ['Apache-2.0 WITH LLVM-exception']],
  ['Apache-2.0 WITH Classpath-exception', undefined],
])('%s is used under %j', (expression, expected) => {
  expect(choose(expression, allowed)).toEqual(expected)
})

describe('the notices of a crate', () => {
  const mit =
    'Permission is hereby granted, free of charge, to any\nperson obtaining a copy of this software and associated\ndocumentation'
  const apache = 'Apache License\n   Version 2.0, January 2004'
  let folder
  const write = (files) => {
    folder = fs.mkdtempSync(path.join(os.tmpdir(), 'offheap-notices-'))
    for (const [name, text] of Object.entries(files)) fs.writeFileSync(path.join(folder, name), text)
    return folder
  }
  afterEach(() => fs.rmSync(folder, { recursive: true }))

  test('are the text of its licence, whatever its file is called', () => {
    expect(fromFolder('some', write({ LICENSE: mit, 'src.rs': apache }), ['MIT'])).toEqual([mit])
    fs.rmSync(folder, { recursive: true })
    const both = { 'license-apache-2.0': apache, 'license-mit': mit }
    expect(fromFolder('some', write(both), ['MIT'])).toEqual([mit])
  })

  test('have what its NOTICE says', () => {
    const files = { 'LICENSE-APACHE': apache, NOTICE: 'Made by others.' }
    expect(fromFolder('some', write(files), ['Apache-2.0'])).toEqual([apache, 'Made by others.'])
  })

  test('are missed when the licence has no text', () => {
    expect(() => fromFolder('some', write({ LICENSE: apache }), ['MIT'])).toThrow(/no text of MIT/)
  })

  test('are put together for one that is known to ship none', () => {
    const [text] = fromFolder('napi', write({}), ['MIT'])
    expect(text).toContain('Copyright (c) 2020 LongYinan')
    expect(text).toContain('Permission is hereby granted, free of charge')
    expect(text).not.toContain('offheap')
  })
})
