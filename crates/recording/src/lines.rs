//! The lines of an asciicast as events with absolute times.

use std::io;

use memchr::memchr;

use crate::blob::Blob;
use crate::error::Error;
use crate::event::{Event, Kind};
use crate::json_line;

/// The longest line, in bytes.
pub(crate) const MAX_LINE: usize = 16 << 20;
/// How much is read at once.
const READ: usize = 64 * 1024;
/// The latest time, in microseconds: what a JavaScript number holds exactly.
const MAX_TIME: u64 = (1 << 53) - 1;

/// A line without its line feed, where it ends, and whether it has a line feed.
type Found<'a> = (&'a [u8], u64, bool);

/// Lines from a position on.
#[derive(Debug)]
pub(crate) struct Lines<'a> {
    blob: &'a Blob,
    /// The position of `buffer[at]`.
    position: u64,
    buffer: Vec<u8>,
    at: usize,
    ended: bool,
}

impl<'a> Lines<'a> {
    pub(crate) fn new(blob: &'a Blob, position: u64) -> Self {
        Self { blob, position, buffer: Vec::new(), at: 0, ended: false }
    }

    /// The next line; `None` at the end.
    pub(crate) fn next(&mut self) -> Result<Option<Found<'_>>, Error> {
        let mut searched = 0;
        let (length, whole) = loop {
            if let Some(found) = memchr(b'\n', &self.buffer[self.at + searched..]) {
                break (searched + found, true);
            }
            searched = self.buffer.len() - self.at;
            if searched > MAX_LINE {
                return Err(Error::Limit("a line longer than 16 MiB"));
            }
            if self.ended {
                break (searched, false);
            }
            self.fill()?;
        };
        if length > MAX_LINE {
            return Err(Error::Limit("a line longer than 16 MiB"));
        }
        if length == 0 && !whole {
            return Ok(None);
        }
        let from = self.at;
        let taken = length + usize::from(whole);
        self.at += taken;
        self.position += taken as u64;
        Ok(Some((&self.buffer[from..from + length], self.position, whole)))
    }

    fn fill(&mut self) -> Result<(), Error> {
        self.buffer.drain(..self.at);
        self.at = 0;
        let held = self.buffer.len();
        // A long line is read in growing steps, so that it is moved seldom.
        self.buffer.resize(held + READ.max(held), 0);
        let from = self.position + held as u64;
        let count = loop {
            match self.blob.read_at(&mut self.buffer[held..], from) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                other => break other,
            }
        };
        let count = count.map_err(|source| Error::Io { path: "recording".into(), source });
        self.buffer.truncate(held + *count.as_ref().unwrap_or(&0));
        self.ended = count? == 0;
        Ok(())
    }
}

/// Events from a position on.
#[derive(Debug)]
pub(crate) struct Events<'a> {
    lines: Lines<'a>,
    relative: bool,
    /// The time of the event before, in microseconds.
    time: u64,
}

impl<'a> Events<'a> {
    /// `position` is that of a line, and `time` that of the event before it.
    pub(crate) fn new(blob: &'a Blob, version: u8, position: u64, time: u64) -> Self {
        Self { lines: Lines::new(blob, position), relative: version == 3, time }
    }

    /// The next event; `None` at the end. A last line that is torn is no event.
    pub(crate) fn next(&mut self) -> Result<Option<Event>, Error> {
        let mut event = Event { time: 0, kind: Kind::Other, data: String::new(), end: 0 };
        Ok(self.read(&mut event)?.then_some(event))
    }

    /// The same, in the place of another; `false` at the end.
    pub(crate) fn read(&mut self, event: &mut Event) -> Result<bool, Error> {
        loop {
            let begin = self.lines.position;
            let relative = self.relative;
            let Some((line, end, whole)) = self.lines.next()? else { return Ok(false) };
            let blank = line.iter().all(u8::is_ascii_whitespace);
            if blank || (relative && line.first() == Some(&b'#')) {
                continue;
            }
            let plain = json_line::read(line, &mut event.data);
            let Some((micros, kind)) = plain.or_else(|| parse(line, &mut event.data)) else {
                let reason = "a line is not an event";
                return if whole {
                    Err(Error::Invalid { position: begin, reason })
                } else {
                    Ok(false)
                };
            };
            let time = if relative { self.time.saturating_add(micros) } else { micros };
            self.time = time.min(MAX_TIME).max(self.time);
            (event.time, event.kind, event.end) = (self.time, kind, end);
            return Ok(true);
        }
    }
}

/// Any line that serde takes for an event: its microseconds and its kind.
fn parse(line: &[u8], text: &mut String) -> Option<(u64, Kind)> {
    text.clear();
    if let Ok((time, code, data)) = serde_json::from_slice::<(f64, String, String)>(line) {
        *text = data;
        return Some((micros(time), Kind::of(&code)));
    }
    // Events of other kinds may carry anything.
    let value: serde_json::Value = serde_json::from_slice(line).ok()?;
    let list = value.as_array()?;
    let (time, code) = (list.first()?.as_f64()?, list.get(1)?.as_str()?);
    (Kind::of(code) == Kind::Other).then_some((micros(time), Kind::Other))
}

/// Clocks that step back stand still.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "saturates, and negative times are none"
)]
fn micros(seconds: f64) -> u64 {
    ((seconds.max(0.0) * 1e6).round() as u64).min(MAX_TIME)
}
