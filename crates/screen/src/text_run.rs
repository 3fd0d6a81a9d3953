//! Printing many characters at once, beyond ASCII and within it.
//!
//! Most characters are put into their cells one after the other, as wide as the
//! client's table says. Whatever is more than that (marks, wraps, characters that
//! do not fit, insertion) is left to printing one by one.

use super::cell::Cell;
use super::charset::Charset;
use super::modes::Mode;
use super::parser::{printable, utf8};
use super::row::Row;
use super::terminal::Terminal;
use super::width::{Join, UnicodeVersion, width_of};

/// The first character beyond the C1 controls.
const FIRST: u32 = 0xa0;
/// A character that not all clients print.
const SOFT_HYPHEN: u32 = 0xad;

/// How far text was put into a row.
struct Written {
    bytes: usize,
    column: usize,
    /// Columns of the last character.
    width: usize,
}

impl Terminal {
    /// Prints text that begins with a character beyond ASCII, as far as that is
    /// simple; returns how many bytes that were.
    pub(super) fn print_text(&mut self, bytes: &[u8]) -> usize {
        let (x, unicode) = (self.active.x, self.tables.unicode);
        // A row may have been left with another width by a resize.
        let cols = self.cols.min(self.active.cursor_row().width());
        let room = cols.saturating_sub(x);
        let is_plain = self.charsets.current == Charset::Ascii
            && !self.modes.has(Mode::Insert)
            && unicode.separates_by_width();
        if !is_plain || simple(bytes, room, unicode).is_none() {
            return 0;
        }
        let null = self.pen_cell();
        self.begin_run(null);
        let written = write(self.active.cursor_row(), cols, x, bytes, null, unicode);
        self.active.x = written.column;
        self.join = Join::alone(written.width);
        self.mend_right(null);
        written.bytes
    }
}

/// Writes characters of one style from a column on, as far as they fit.
fn write(
    row: &mut Row,
    cols: usize,
    column: usize,
    bytes: &[u8],
    null: Cell,
    unicode: UnicodeVersion,
) -> Written {
    let mut done = Written { bytes: 0, column, width: 0 };
    while let Some(&first) = bytes.get(done.bytes)
        && done.column < cols
    {
        let rest = &bytes[done.bytes..];
        if first < 0x80 {
            let run = printable(&rest[..rest.len().min(cols - done.column)]);
            if run == 0 {
                break;
            }
            row.write_ascii(done.column, &rest[..run], null);
            done.bytes += run;
            done.column += run;
            done.width = 1;
            continue;
        }
        let Some((code, len, width)) = simple(rest, cols - done.column, unicode) else { break };
        row.put(done.column, Cell::new(code, width, null.style()), width);
        done.bytes += len;
        done.column += width;
        done.width = width;
    }
    done
}

/// How much of a row some characters take.
pub(super) struct Measured {
    pub(super) bytes: usize,
    pub(super) columns: usize,
    /// Whether the first of them is wide.
    pub(super) begins_wide: bool,
}

/// Marks in a row that are certain to be kept.
const MOST_MARKS: usize = 16;

/// The characters beyond ASCII that the bytes begin with, if all of them are simple, or
/// marks, and fit. Marks may come first where there is text right before.
#[inline(never)]
pub(super) fn measure(
    bytes: &[u8],
    room: usize,
    unicode: UnicodeVersion,
    is_after_text: bool,
) -> Option<Measured> {
    if !unicode.separates_by_width() {
        return None;
    }
    let mut measured = Measured { bytes: 0, columns: 0, begins_wide: false };
    let mut marks = if is_after_text { MOST_MARKS } else { 0 };
    while let Some(0x80..) = bytes.get(measured.bytes) {
        let (_, len, width) = character(&bytes[measured.bytes..], unicode)?;
        if width == 0 {
            marks = marks.checked_sub(1)?;
        } else if width <= room - measured.columns {
            measured.begins_wide |= measured.bytes == 0 && width == 2;
            marks = MOST_MARKS;
        } else {
            return None;
        }
        measured.bytes += len;
        measured.columns += width;
    }
    Some(measured)
}

/// The character beyond ASCII that the bytes begin with, their number, and its columns,
/// if it takes any and fits.
#[inline]
fn simple(bytes: &[u8], room: usize, unicode: UnicodeVersion) -> Option<(u32, usize, usize)> {
    character(bytes, unicode).filter(|&(_, _, width)| width > 0 && width <= room)
}

/// The character beyond ASCII that the bytes begin with, if all clients print it, their
/// number, and its columns.
#[inline]
fn character(bytes: &[u8], unicode: UnicodeVersion) -> Option<(u32, usize, usize)> {
    // Most have three bytes, of which nothing can be wrong but that they do not go on.
    let (code, len) = match *bytes {
        [first @ 0xe1..=0xec, second @ 0x80..=0xbf, third @ 0x80..=0xbf, ..] => {
            let [head, middle, last] = [first & 0x0f, second & 0x3f, third & 0x3f].map(u32::from);
            (head << 12 | middle << 6 | last, 3)
        }
        _ => match utf8::decode(bytes) {
            utf8::Step::Char(code @ FIRST.., len) => (code, len),
            _ => return None,
        },
    };
    (code != SOFT_HYPHEN).then(|| (code, len, width_of(code, unicode)))
}
