//! Making a viewer's next frame, straight from the history into the buffer
//! that goes out.

use super::cursor::{Cursor, Replay};
use crate::ring::{Ring, Span};
use crate::text::json;
use crate::text::queries::QueryFilter;

/// How a viewer's frames look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// The bytes as the program printed them, cut only where a terminal may
    /// take over: not inside a character or an escape sequence.
    Bytes,
    /// The same, cut anywhere and held back never: for a reader of raw bytes,
    /// to whom an unfinished sequence may be all there is.
    Raw,
    /// The offset of the first byte as 8 bytes, big-endian, then the bytes: the
    /// binary frame of the `offheap.v1` protocol.
    Framed,
    /// The same behind the number of a channel as 4 bytes, big-endian: the
    /// binary frame of the `offheap.mux.v1` protocol.
    Channel(u32),
    /// `{"type":"stream","data":"…","offset":N}`, N being the end's offset.
    Json,
}

/// Bytes that were lost to a viewer: from one offset up to another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gap {
    /// Offset of the first byte lost.
    pub from: u64,
    /// Offset of the first byte kept after it.
    pub to: u64,
}

/// What a frame covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Offset of the first byte in it.
    pub start: u64,
    /// Offset past the last byte in it.
    pub end: u64,
    /// What was lost just before it. JSON viewers are told by a frame of its
    /// own and find `None` here.
    pub gap: Option<Gap>,
}

/// The most bytes that stand before the output in a binary frame.
const MAX_HEADER: usize = 12;
/// Room that a JSON frame needs beside the text: braces, type and offset.
const JSON_ROOM: usize = 96;

pub(super) fn next(
    cursor: &mut Cursor,
    ring: &Ring,
    ended: bool,
    out: &mut Vec<u8>,
) -> Option<Frame> {
    out.clear();
    if cursor.format == Format::Json {
        if let Some(gap) = cursor.gap.take() {
            return Some(json_gap(cursor.offset, gap, out));
        }
        return json_frame(cursor, ring, ended, out);
    }
    byte_frame(cursor, ring, ended, out)
}

fn byte_frame(cursor: &mut Cursor, ring: &Ring, ended: bool, out: &mut Vec<u8>) -> Option<Frame> {
    let to = reach(cursor, ring, ended, cursor.max_frame - MAX_HEADER)?;
    let start = cursor.offset;
    if let Format::Channel(channel) = cursor.format {
        out.extend_from_slice(&channel.to_be_bytes());
    }
    if matches!(cursor.format, Format::Framed | Format::Channel(_)) {
        out.extend_from_slice(&start.to_be_bytes());
    }
    let span = span(ring, start, to);
    out.extend_from_slice(span.head);
    out.extend_from_slice(span.tail);
    cursor.offset = to;
    Some(Frame { start, end: to, gap: cursor.gap.take() })
}

/// How far the next frame may go: to the end, or to a full frame, and in both
/// cases not into the middle of a character or an escape sequence. `None` when
/// nothing may be sent yet.
fn reach(cursor: &mut Cursor, ring: &Ring, ended: bool, most: usize) -> Option<u64> {
    let from = cursor.offset;
    if cursor.replay.is_some_and(|(_, until)| until <= from) {
        cursor.replay = None;
    }
    let limit = cursor.replay.map_or(ring.end(), |(_, until)| until);
    let wish = limit.min(from + most as u64);
    let whole = cursor.format == Format::Raw || (ended && wish == ring.end());
    let to = if whole { wish } else { ring.safe_end(from, wish) };
    if to > from {
        return Some(to);
    }
    // What the replay ends in is unfinished: it is live output from here on.
    if cursor.replay.take().is_some() {
        return reach(cursor, ring, ended, most);
    }
    // A frame too small for the sequence at its front is cut where it must be.
    (wish < ring.end() && wish > from).then_some(wish)
}

fn span(ring: &Ring, from: u64, to: u64) -> Span<'_> {
    ring.slices(from, usize::try_from(to - from).unwrap_or(usize::MAX))
}

fn json_gap(offset: u64, gap: Gap, out: &mut Vec<u8>) -> Frame {
    let text = format!(r#"{{"type":"gap","from":{},"to":{}}}"#, gap.from, gap.to);
    out.extend_from_slice(text.as_bytes());
    Frame { start: offset, end: offset, gap: None }
}

/// Encodes what fits. How much the text grows is known only afterwards, so a
/// frame that came out too large is made again from fewer bytes; the budget
/// remembers, and the next frame fits at the first try.
fn json_frame(cursor: &mut Cursor, ring: &Ring, ended: bool, out: &mut Vec<u8>) -> Option<Frame> {
    let room = cursor.max_frame - JSON_ROOM;
    let start = cursor.offset;
    let mut to = reach(cursor, ring, ended, cursor.budget.min(room))?;
    let replay = cursor.replay.map(|(replay, _)| replay);
    while let Some(fits) = try_json(span(ring, start, to), replay, room, out) {
        to = cut(ring, start, start + fits);
    }
    cursor.budget = usize::try_from(to - start).map_or(room, |taken| taken + taken / 8).max(1024);
    out.extend_from_slice(format!(r#"","offset":{to}}}"#).as_bytes());
    cursor.offset = to;
    Some(Frame { start, end: to, gap: None })
}

/// `None` when everything was encoded; otherwise how many raw bytes to try.
fn try_json(span: Span<'_>, replay: Option<Replay>, room: usize, out: &mut Vec<u8>) -> Option<u64> {
    out.clear();
    out.extend_from_slice(json_head(replay));
    let text = out.len();
    out.resize(text + room, 0);
    let raw = span.head.len() + span.tail.len();
    let filtered = replay.filter(|replay| *replay != Replay::Buffered).map(|_| answerless(&span));
    let (head, tail) = match &filtered {
        Some(bytes) => (&bytes[..], &[][..]),
        None => (span.head, span.tail),
    };
    let length = head.len() + tail.len();
    let encoded = json::encode(head, tail, &mut out[text..], true);
    out.truncate(text + encoded.written);
    if encoded.consumed == length {
        return None;
    }
    let fits =
        if filtered.is_some() { raw * encoded.consumed / length * 7 / 8 } else { encoded.consumed };
    Some(fits.max(1) as u64)
}

/// The last boundary before a point, or the point itself where a sequence is
/// longer than a frame.
fn cut(ring: &Ring, start: u64, at: u64) -> u64 {
    let safe = ring.safe_end(start, at);
    if safe > start { safe } else { at }
}

fn json_head(replay: Option<Replay>) -> &'static [u8] {
    match replay {
        None | Some(Replay::Resumed) => br#"{"type":"stream","data":""#,
        Some(Replay::History) => br#"{"type":"history","data":""#,
        Some(Replay::Buffered) => br#"{"type":"buffered","data":""#,
    }
}

/// Bytes that are sent again must not make the browser's terminal answer
/// questions that were answered, or given up on, long ago.
fn answerless(span: &Span<'_>) -> Vec<u8> {
    let mut kept = Vec::with_capacity(span.head.len() + span.tail.len());
    let mut filter = QueryFilter::default();
    filter.push(span.head, &mut kept);
    filter.push(span.tail, &mut kept);
    filter.finish(&mut kept);
    kept
}
