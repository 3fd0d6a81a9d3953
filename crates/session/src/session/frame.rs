//! Making a viewer's next frame, straight from the history into the buffer
//! that goes out.

use std::io::Write as _;

use super::cursor::{Cursor, Replay};
use offheap_ring::text::json;
use offheap_ring::text::queries::QueryFilter;
use offheap_ring::{Ring, Span};

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
    /// How many bytes it is long.
    pub length: usize,
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

/// Makes the next frame in `out`, which is at least as long as the viewer's
/// frames may be.
pub(super) fn next(cursor: &mut Cursor, ring: &Ring, ended: bool, out: &mut [u8]) -> Option<Frame> {
    if cursor.format == Format::Json {
        if let Some(gap) = cursor.gap.take() {
            return Some(json_gap(cursor.offset, gap, out));
        }
        return json_frame(cursor, ring, ended, out);
    }
    byte_frame(cursor, ring, ended, out)
}

fn byte_frame(cursor: &mut Cursor, ring: &Ring, ended: bool, out: &mut [u8]) -> Option<Frame> {
    let to = reach(cursor, ring, ended, cursor.max_frame - MAX_HEADER)?;
    let start = cursor.offset;
    let header = put_header(cursor.format, start, out);
    let span = span(ring, start, to);
    let length = header + span.len();
    span.copy_to(&mut out[header..length]);
    cursor.offset = to;
    Some(Frame { length, start, end: to, gap: cursor.gap.take() })
}

/// Writes what stands before the output; its length.
fn put_header(format: Format, start: u64, out: &mut [u8]) -> usize {
    let mut header = 0;
    if let Format::Channel(channel) = format {
        out[..4].copy_from_slice(&channel.to_be_bytes());
        header = 4;
    }
    if matches!(format, Format::Framed | Format::Channel(_)) {
        out[header..header + 8].copy_from_slice(&start.to_be_bytes());
        header += 8;
    }
    header
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

fn json_gap(offset: u64, gap: Gap, out: &mut [u8]) -> Frame {
    let (from, to) = (gap.from, gap.to);
    let length = put(out, 0, format_args!(r#"{{"type":"gap","from":{from},"to":{to}}}"#));
    Frame { length, start: offset, end: offset, gap: None }
}

/// Writes the text at a place for which there is room; the place after it.
fn put(out: &mut [u8], at: usize, text: std::fmt::Arguments<'_>) -> usize {
    let mut rest = &mut out[at..];
    let room = rest.len();
    // The frame's words and numbers always fit; `JSON_ROOM` is kept for them.
    let _ = rest.write_fmt(text);
    at + room - rest.len()
}

/// Encodes what fits.
fn json_frame(cursor: &mut Cursor, ring: &Ring, ended: bool, out: &mut [u8]) -> Option<Frame> {
    let room = cursor.max_frame - JSON_ROOM;
    let start = cursor.offset;
    let to = reach(cursor, ring, ended, room)?;
    let replay = cursor.replay.map(|(replay, _)| replay);
    let at = put(out, 0, format_args!(r#"{{"type":"{}","data":""#, json_type(replay)));
    let text = &mut out[at..at + room];
    let (to, written) = match replay {
        Some(Replay::History | Replay::Resumed) => encode_answerless(ring, (start, to), text),
        None | Some(Replay::Buffered) => encode(ring, (start, to), text),
    };
    let length = put(out, at + written, format_args!(r#"","offset":{to}}}"#));
    cursor.offset = to;
    Some(Frame { length, start, end: to, gap: None })
}

/// Encodes the output up to a boundary: how far that is, and how many bytes it
/// became. Where the room ends inside an escape sequence it is made again, up
/// to the sequence.
fn encode(ring: &Ring, (start, to): (u64, u64), text: &mut [u8]) -> (u64, usize) {
    let mut to = to;
    loop {
        let span = span(ring, start, to);
        let encoded = json::encode(span.head, span.tail, text, true);
        let reached = start + encoded.consumed as u64;
        let cut = if reached == to { to } else { cut(ring, start, reached) };
        if cut == reached {
            return (cut, encoded.written);
        }
        to = cut;
    }
}

/// The same without what a terminal would answer. How much that is differs, so
/// a frame that came out too large is made again from fewer bytes.
fn encode_answerless(ring: &Ring, (start, to): (u64, u64), text: &mut [u8]) -> (u64, usize) {
    let mut to = to;
    loop {
        let span = span(ring, start, to);
        let kept = answerless(&span);
        let encoded = json::encode(&kept, &[], text, true);
        if encoded.consumed == kept.len() {
            return (to, encoded.written);
        }
        let fits = span.len() * encoded.consumed / kept.len() * 7 / 8;
        to = cut(ring, start, start + fits.max(1) as u64);
    }
}

/// The last boundary before a point, or the point itself where a sequence is
/// longer than a frame.
fn cut(ring: &Ring, start: u64, at: u64) -> u64 {
    let safe = ring.safe_end(start, at);
    if safe > start { safe } else { at }
}

fn json_type(replay: Option<Replay>) -> &'static str {
    match replay {
        None | Some(Replay::Resumed) => "stream",
        Some(Replay::History) => "history",
        Some(Replay::Buffered) => "buffered",
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
