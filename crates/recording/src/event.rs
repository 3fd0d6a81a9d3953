//! One event of an asciicast, as a line and as a value.

use std::io::Write;

use offheap_screen::MAX_CELLS;

use crate::error::Error;
use crate::gathered::Gathered;

/// The longest label of a marker, and text of a header, in bytes.
const MAX_LABEL: usize = 4096;

/// What an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Bytes that the program printed.
    Output,
    /// Bytes for the program.
    Input,
    /// A marker.
    Marker,
    /// A new size.
    Resize,
    /// The program's exit.
    Exit,
    /// Something else, to be ignored.
    Other,
}

impl Kind {
    pub(crate) fn of(code: &str) -> Self {
        match code {
            "o" => Self::Output,
            "i" => Self::Input,
            "m" => Self::Marker,
            "r" => Self::Resize,
            "x" => Self::Exit,
            _ => Self::Other,
        }
    }

    /// Its code in asciicasts.
    #[must_use]
    pub fn code(self) -> char {
        match self {
            Self::Output => 'o',
            Self::Input => 'i',
            Self::Marker => 'm',
            Self::Resize => 'r',
            Self::Exit => 'x',
            Self::Other => '?',
        }
    }
}

/// An event with its time and its place in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Event {
    /// Microseconds since the recording's beginning.
    pub time: u64,
    /// What it is.
    pub kind: Kind,
    /// What it says; empty for events of other kinds.
    pub data: String,
    /// Where its line ends, in bytes from the beginning of the file.
    pub end: u64,
}

/// The size that a resize says, if it says one.
pub(crate) fn size(data: &str) -> Option<(u16, u16)> {
    let (cols, rows) = data.split_once('x')?;
    let (cols, rows) = (cols.parse().ok()?, rows.parse().ok()?);
    (cols > 0 && rows > 0).then_some((cols, rows))
}

/// Refuses a size that no screen has.
pub(crate) fn check_size(cols: u16, rows: u16) -> Result<(), Error> {
    if usize::from(cols) * usize::from(rows) > MAX_CELLS {
        return Err(Error::Limit("a terminal of more than 16777216 characters"));
    }
    Ok(())
}

/// A marker's label, or a text of a header, cut at its bound.
pub(crate) fn label(text: &str) -> &str {
    &text[..text.floor_char_boundary(MAX_LABEL)]
}

/// Appends a line: an interval in milliseconds, a code and text.
pub(crate) fn put(interval: u64, kind: Kind, text: &str, out: &mut Gathered) {
    begin(interval, kind, out);
    out.put_text(text);
    end(out);
}

/// Begins a line, up to its text.
pub(crate) fn begin(interval: u64, kind: Kind, out: &mut Gathered) {
    let (seconds, millis) = (interval / 1000, interval % 1000);
    // Writing to memory cannot fail.
    let _ = write!(out, "[{seconds}.{millis:03}, \"{}\", \"", kind.code());
}

/// Ends a line behind its text.
pub(crate) fn end(out: &mut Gathered) {
    out.put(b"\"]\n");
}

/// Appends a line of version 2: an absolute time.
pub(crate) fn put_v2(event: &Event, out: &mut Gathered) {
    let (seconds, micros) = (event.time / 1_000_000, event.time % 1_000_000);
    // Writing to memory cannot fail.
    let _ = write!(out, "[{seconds}.{micros:06}, \"{}\", \"", event.kind.code());
    out.put_text(&event.data);
    end(out);
}
