/**
 * What leaves the modes that the programs of an earlier shell may have set: the
 * cursor stays where it is, on a line of its own, and the text above is kept.
 * The saved cursor is this one where no alternate screen is shown, so that to
 * leave it moves nothing.
 */
const END_OF_SHELL =
  '\x18\x1b7\x1b[?1049l\x1b[!p\x1b[0m\x1b[?7h\x1b[?9;1000;1002;1003;1004;1005;1006;1015;2004;2026l\x1b>\r\n'

/** Prepares the screen of a session whose shell is gone for the next one. */
function leaveOldScreen(session) {
  if (session.end > 0) session.append(END_OF_SHELL)
}

module.exports = { leaveOldScreen }
