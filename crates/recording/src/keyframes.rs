//! The keyframe file beside a cast: screens, with the time and the position in
//! the cast from which each is followed by the rest.
//!
//! A header that names the cast it belongs to, then records. Each is its length
//! and its checksum, then the kind, the size, the time, the position, a checksum
//! of the cast just before the position, and for a keyframe the screen as bytes.
//! Numbers are little-endian. A torn last record is no record.

use std::fs::File;
use std::io::{self, Write};

use offheap_screen::Client;

use crate::blob::Blob;
use crate::client;
use crate::event;

const MAGIC: &[u8; 8] = b"OFFKEYS1";
/// The beginning of a file that a reader has made, of any cast.
const MADE_ANEW: &[u8; 8] = b"OFFKEYR1";
const HEADER: usize = 24;
/// The length and the checksum in front of each record.
const PREFIX: usize = 8;
/// The fields in front of the screen.
const FIELDS: usize = 28;
/// The longest record, in bytes.
const MAX_RECORD: usize = 16 << 20;
/// How many bytes before a position its checksum covers.
pub(crate) const ANCHOR: usize = 64;
/// What it may cost to play from one keyframe to the next, in bytes of a cast.
pub(crate) const SPACING: u64 = 256 * 1024;
/// The same at least, on average, however many resizes there are; where it is less,
/// the index is none of ours, and would be of any size.
const MIN_SPACING: u64 = 1024;
/// Lines of scrollback in a keyframe: what larger sizes bring back onto the screen.
/// In a flood, to draw and write them takes a recorder long.
pub(crate) const SCROLLBACK: usize = 256;
/// Plain lines are played so many times as fast as what full-screen programs draw.
const PLAIN_SPEED: u64 = 4;
/// What a resize counts as, in bytes: it may cost as much as so much output.
pub(crate) const RESIZE_COST: u64 = 2048;

/// What an event costs whose line has so many bytes.
pub(crate) fn cost(length: u64, is_plain: bool) -> u64 {
    if is_plain { length.div_ceil(PLAIN_SPEED) } else { length }
}

/// How a recording ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Ending {
    /// The program exited.
    Exited = 1,
    /// It was stopped.
    Stopped = 2,
    /// The session was closed.
    Closed = 3,
    /// It goes on in the next file.
    Rotated = 4,
    /// It was cut off: by a crash, or by a disk that took no more.
    Interrupted = 5,
    /// It goes on in another process. No file says so.
    Left = 6,
}

impl Ending {
    fn of(number: u8) -> Option<Self> {
        use Ending::{Closed, Exited, Interrupted, Rotated, Stopped};
        [Exited, Stopped, Closed, Rotated, Interrupted]
            .into_iter()
            .find(|each| *each as u8 == number)
    }
}

/// A place in a cast, and the size there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Place {
    /// Microseconds since the beginning.
    pub(crate) time: u64,
    /// Bytes from the beginning of the cast.
    pub(crate) position: u64,
    pub(crate) cols: u16,
    pub(crate) rows: u16,
    /// The checksum of the cast just before.
    pub(crate) anchor: u32,
}

/// A keyframe as the index knows it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Entry {
    pub(crate) place: Place,
    /// Where the screen is in the keyframe file, and how long it is.
    pub(crate) at: u64,
    pub(crate) length: usize,
    checksum: u32,
}

/// The header of the file that belongs to a cast which begins with `line`. One that
/// a reader makes is for terminals such as `made_for`, and for no others.
pub(crate) fn header(line: &[u8], made_for: Option<&Client>) -> [u8; HEADER] {
    let mut header = [0; HEADER];
    let mut sum = crc32fast::Hasher::new();
    sum.update(line);
    if let Some(client) = made_for {
        sum.update(client::to_json(client).to_string().as_bytes());
    }
    header[..8].copy_from_slice(if made_for.is_some() { MADE_ANEW } else { MAGIC });
    header[8..16].copy_from_slice(&(line.len() as u64).to_le_bytes());
    header[16..20].copy_from_slice(&sum.finalize().to_le_bytes());
    let check = crc32fast::hash(&header[..20]);
    header[20..].copy_from_slice(&check.to_le_bytes());
    header
}

/// Whether a file begins like a keyframe file that a recorder has written.
pub(crate) fn is_ours(start: &[u8]) -> bool {
    start.starts_with(MAGIC)
}

/// Appends a keyframe.
pub(crate) fn put_keyframe(place: &Place, screen: &[u8], out: &mut Vec<u8>) {
    put(0, place, screen, out);
}

/// Appends the end.
pub(crate) fn put_end(place: &Place, ending: Ending, out: &mut Vec<u8>) {
    put(ending as u8, place, &[], out);
}

fn put(kind: u8, place: &Place, screen: &[u8], out: &mut Vec<u8>) {
    let length = u32::try_from(FIELDS + screen.len()).unwrap_or(u32::MAX);
    let begin = out.len();
    out.extend_from_slice(&length.to_le_bytes());
    out.extend_from_slice(&[0; 4]);
    out.extend_from_slice(&[kind, 0, 0, 0]);
    out.extend_from_slice(&place.cols.to_le_bytes());
    out.extend_from_slice(&place.rows.to_le_bytes());
    out.extend_from_slice(&place.time.to_le_bytes());
    out.extend_from_slice(&place.position.to_le_bytes());
    out.extend_from_slice(&place.anchor.to_le_bytes());
    out.extend_from_slice(screen);
    let check = crc32fast::hash(&out[begin + PREFIX..]);
    out[begin + 4..begin + PREFIX].copy_from_slice(&check.to_le_bytes());
}

/// The checksum of the last bytes of what precedes a position.
pub(crate) fn anchor_of(before: &[u8]) -> u32 {
    let from = before.len().saturating_sub(ANCHOR);
    crc32fast::hash(&before[from..])
}

/// The same, read from the cast.
pub(crate) fn anchor_at(cast: &Blob, position: u64) -> io::Result<u32> {
    let from = position.saturating_sub(ANCHOR as u64);
    let mut bytes = vec![0; usize::try_from(position - from).unwrap_or(0)];
    cast.read_exact_at(&mut bytes, from)?;
    Ok(crc32fast::hash(&bytes))
}

/// The keyframes of a cast. The screens stay in the file.
#[derive(Debug)]
pub(crate) struct Index {
    blob: Blob,
    pub(crate) entries: Vec<Entry>,
    /// How the recording ended, if that is known, and where.
    pub(crate) end: Option<(Ending, Place)>,
    /// Where the last whole record ends.
    pub(crate) length: u64,
}

impl Index {
    /// An index without keyframes.
    pub(crate) fn empty() -> Self {
        Self { blob: Blob::Memory(Vec::new()), entries: Vec::new(), end: None, length: 0 }
    }

    /// Reads a keyframe file; `None` when it is not that of the cast. One that a
    /// reader has made counts if it was made for such a `client`.
    pub(crate) fn load(
        blob: Blob,
        cast: &Blob,
        line: &[u8],
        client: Option<&Client>,
    ) -> Option<Self> {
        let cast_length = cast.len().ok()?;
        let mut start = [0; HEADER];
        blob.read_exact_at(&mut start, 0).ok()?;
        if start != header(line, None)
            && client.is_none_or(|client| start != header(line, Some(client)))
        {
            return None;
        }
        let mut index = Self { blob, entries: Vec::new(), end: None, length: HEADER as u64 };
        let mut before = Place { time: 0, position: 0, cols: 1, rows: 1, anchor: 0 };
        while let Some((kind, entry)) = index.record(index.length) {
            let place = entry.place;
            let ordered = place.time >= before.time && place.position >= before.position;
            event::check_size(place.cols, place.rows).ok()?;
            if !ordered || place.position > cast_length || place.cols == 0 || place.rows == 0 {
                return None;
            }
            index.length = entry.at + entry.length as u64;
            before = place;
            if kind == 0 {
                index.entries.push(entry);
                if index.entries.len() as u64 > cast_length / MIN_SPACING {
                    return None;
                }
            } else {
                index.end = Ending::of(kind).map(|ending| (ending, place));
            }
        }
        index.is_anchored(cast).then_some(index)
    }

    /// The record at a position, its checksum not yet compared.
    fn record(&self, at: u64) -> Option<(u8, Entry)> {
        let mut bytes = [0; PREFIX + FIELDS];
        self.blob.read_exact_at(&mut bytes, at).ok()?;
        let word = |from: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[from..from + 4]);
            u32::from_le_bytes(word)
        };
        let long = |from: usize| u64::from(word(from)) | u64::from(word(from + 4)) << 32;
        let half = |from: usize| u16::from_le_bytes([bytes[from], bytes[from + 1]]);
        let length = word(0) as usize;
        let whole = at.checked_add(PREFIX as u64 + length as u64)?;
        if !(FIELDS..=MAX_RECORD).contains(&length) || whole > self.blob.len().ok()? {
            return None;
        }
        let place = Place {
            time: long(16),
            position: long(24),
            cols: half(12),
            rows: half(14),
            anchor: word(32),
        };
        let entry = Entry {
            place,
            at: at + (PREFIX + FIELDS) as u64,
            length: length - FIELDS,
            checksum: word(4),
        };
        Some((bytes[PREFIX], entry))
    }

    /// Whether the last keyframe lies in this cast.
    fn is_anchored(&self, cast: &Blob) -> bool {
        let last = self.end.map(|(_, place)| place);
        let last = last.or_else(|| self.entries.last().map(|entry| entry.place));
        last.is_none_or(|place| {
            anchor_at(cast, place.position).is_ok_and(|anchor| anchor == place.anchor)
        })
    }

    /// A keyframe's screen; `None` when it is damaged, or not of this cast.
    pub(crate) fn screen(&self, entry: &Entry, cast: &Blob) -> Option<Vec<u8>> {
        let begin = entry.at - FIELDS as u64;
        let mut record = vec![0; FIELDS + entry.length];
        self.blob.read_exact_at(&mut record, begin).ok()?;
        let known = crc32fast::hash(&record) == entry.checksum
            && anchor_at(cast, entry.place.position).ok()? == entry.place.anchor;
        known.then(|| record.split_off(FIELDS))
    }

    /// The last keyframe at or before a position that lies in this cast.
    pub(crate) fn place_before(&self, position: u64, cast: &Blob) -> Option<Place> {
        let end = self.entries.partition_point(|entry| entry.place.position <= position);
        let is_here = |place: &Place| {
            anchor_at(cast, place.position).is_ok_and(|anchor| anchor == place.anchor)
        };
        self.entries[..end].iter().rev().map(|entry| entry.place).find(is_here)
    }

    /// The number of the last keyframe at or before a time.
    pub(crate) fn before(&self, time: u64) -> Option<usize> {
        self.entries.partition_point(|entry| entry.place.time <= time).checked_sub(1)
    }
}

/// Collects records in a file, and tells which it has.
pub(crate) struct Builder<W> {
    out: W,
    record: Vec<u8>,
    since: u64,
    /// Where the last whole record ends.
    length: u64,
}

impl Builder<File> {
    /// Removes what a write that failed has left: half a record.
    pub(crate) fn mend(&mut self) {
        // Where even this fails, readers stop there.
        let _ = self.out.set_len(self.length);
    }
}

impl<W: Write> Builder<W> {
    pub(crate) fn new(mut out: W, line: &[u8], made_for: Option<&Client>) -> io::Result<Self> {
        out.write_all(&header(line, made_for))?;
        Ok(Self { out, record: Vec::new(), since: 0, length: HEADER as u64 })
    }

    /// Counts what it costs to play what was written to the cast; `true` when a
    /// keyframe is due.
    pub(crate) fn count(&mut self, cost: u64) -> bool {
        self.since += cost;
        self.since >= SPACING
    }

    /// Whether a keyframe is due once so much more is counted.
    pub(crate) fn is_due(&self, cost: u64) -> bool {
        self.since + cost >= SPACING
    }

    /// Goes on behind the last whole record of a file.
    pub(crate) fn after(out: W, length: u64) -> Self {
        Self { out, record: Vec::new(), since: 0, length }
    }

    pub(crate) fn keyframe(&mut self, place: &Place, screen: &[u8]) -> io::Result<()> {
        self.since = 0;
        if FIELDS + screen.len() > MAX_RECORD {
            return Ok(());
        }
        self.record.clear();
        put_keyframe(place, screen, &mut self.record);
        self.write()
    }

    fn write(&mut self) -> io::Result<()> {
        self.out.write_all(&self.record)?;
        self.length += self.record.len() as u64;
        Ok(())
    }

    pub(crate) fn end(&mut self, place: &Place, ending: Ending) -> io::Result<()> {
        self.record.clear();
        put_end(place, ending, &mut self.record);
        self.write()
    }

    pub(crate) fn into_inner(self) -> W {
        self.out
    }
}
