// The texts of licences: from the folders of crates and npm packages, and, of
// what ships none, put together from its copyright lines.

const fs = require('node:fs')
const path = require('node:path')

const root = path.join(__dirname, '..')

/**
 * Licences under which we use others' code, the most preferred first, each with words
 * that its text has and no other's.
 */
const marks = {
  MIT: 'Permission is hereby granted, free of charge, to any person obtaining a copy of this software and associated',
  ISC: 'Permission to use, copy, modify, and/or distribute this software',
  'BSD-2-Clause': 'Redistribution and use in source and binary forms',
  'BSD-3-Clause': 'Neither the name',
  Zlib: 'The origin of this software must not be misrepresented',
  'Unicode-3.0': 'UNICODE LICENSE V3',
  'Apache-2.0': 'Apache License Version 2.0',
}

/** The copyright lines of crates that are published without a licence's text. */
const copyrights = {
  napi: ['Copyright (c) 2020 LongYinan', 'Copyright (c) 2018 GitHub'],
  'napi-sys': ['Copyright (c) 2020 LongYinan', 'Copyright (c) 2018 GitHub'],
}

const plain = (text) => text.replace(/\s+/g, ' ').toLowerCase()

/** Whether a text is that of a licence. */
const isText = (licence, text) => plain(text).includes(plain(marks[licence]))

/** The MIT licence with the copyright lines given. */
function mit(lines) {
  const ours = fs.readFileSync(path.join(root, 'LICENSE'), 'utf8')
  return `MIT License\n\n${lines.join('\n')}\n\n${ours.slice(ours.indexOf('Permission is'))}`
}

/** The files of a folder whose names match, with their texts. */
function texts(folder, pattern) {
  const names = fs.readdirSync(folder).filter((name) => pattern.test(name))
  return names.sort().map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
}

/**
 * The texts that a package asks to have passed on: of each licence it is used
 * under, and of its NOTICE file.
 */
function fromFolder(name, folder, licences) {
  const found = texts(folder, /licen[cs]e|copying/i)
  const chosen = licences.map((licence) => {
    const text = found.find((each) => isText(licence, each))
    if (text) return text
    if (licence === 'MIT' && copyrights[name]) return mit(copyrights[name])
    throw new Error(
      `${name} has no text of ${licence} in ${folder}: name its copyright in scripts/notices.js`,
    )
  })
  return [...new Set(chosen), ...texts(folder, /^notices?\b/i)]
}

module.exports = { fromFolder, isText, mit, preferred: Object.keys(marks) }
