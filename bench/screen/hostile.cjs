'use strict'

// Sequences that cost more than their bytes, for a screen of 1000×1000: what to
// feed before, and what to repeat.

const E = '\x1b'

module.exports = {
  'scroll in a region (LF)': [`${E}[2;1000r${E}[1000H`, '\n'],
  'scroll coloured rows off (LF)': [`${E}[41m${E}[1000H`, '\n'],
  'fill, scroll off (DECALN, LF)': ['', `${E}#8${E}[1000H\n\n\n\n`],
  'scroll back (RI)': [`${E}[H`, `${E}M`],
  'scroll by a row (SU)': ['', `${E}[S`],
  'scroll by a screen (SU)': ['', `${E}[999S`],
  'insert a row (IL)': [`${E}[2H`, `${E}[L`],
  'insert 500 rows (IL)': [`${E}[2H`, `${E}[500L`],
  'erase below (ED)': [`${E}[H`, `${E}[J`],
  'erase all (ED 2)': ['', `${E}[2J`],
  'erase above (ED 1)': [`${E}[20;1000H*`, `${E}[1J`],
  'erase unprotected (DECSED)': [`${E}[1"q${E}#8${E}[0"q${E}[H`, `${E}[?J`],
  'erase unprotected in a row (DECSEL)': [`${E}[1"q${E}#8${E}[0"q${E}[H`, `${E}[?K`],
  'shift columns (SR)': ['', `${E}[ A`],
  'insert columns (DECIC)': [`${E}[H`, `${E}['}`],
  'delete columns (DECDC)': [`${E}[H`, `${E}['~`],
  'insert a character (ICH)': [`${E}[H`, `${E}[@`],
  'print inserting (IRM)': [`${E}[H${E}[4h`, 'x\r'],
  'repeat (REP)': [`${E}[H`, `x${E}[99999b`],
  'repeat a wide character': [`${E}[H`, `漢${E}[99999b`],
  'repeat a cluster': [`${E}[H`, `e${'\u0301'.repeat(63)}${E}[9999999b`],
  'fill (DECALN)': ['', `${E}#8`],
  'reset (RIS)': ['', `${E}c`],
  'change buffers': ['', `${E}[?47h${E}[?47l`],
  'tab without stops': [`${E}[3g`, '\r\t'],
}
