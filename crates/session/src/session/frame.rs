//! Making a viewer's next frame, straight from the history into the buffer
//! that goes out.

use std::cell::RefCell;
use std::sync::Arc;
use std::time::Instant;

use offheap_wire::{Header, Kind, Message, Position, ROOM, put_gap};

use super::cursor::Cursor;
use super::delivery::Delivery;
use super::mirror::Mirror;
use super::view::{Format, Frame, Gap, Replay, SnapshotHead};
use offheap_ring::text::json;
use offheap_ring::text::queries::{QueryFilter, Removed};
use offheap_ring::{Ring, Span};

impl Format {
    fn header(self) -> Header {
        match self {
            Self::Framed => Header::Position,
            Self::Channel(channel) => Header::Channel(channel),
            Self::Bytes | Self::Raw | Self::Json => Header::None,
        }
    }
}

/// What frames are made of.
pub(super) struct Source<'a> {
    pub(super) ring: &'a Ring,
    /// No output follows.
    pub(super) ended: bool,
    /// The screen, which answers what the output asks, so that viewers must not.
    pub(super) mirror: &'a Mirror,
}

impl Source<'_> {
    /// Whether nothing in the output from one offset to another would be removed, as
    /// far as a quick look shows.
    fn is_idle(&self, start: u64, to: u64) -> bool {
        let span = span(self.ring, start, to);
        let parts = [span.head, span.tail];
        if self.mirror.is_plain(start, to) && self.safe_end(start, to) == to {
            return QueryFilter::is_idle_in_plain(parts);
        }
        QueryFilter::is_idle(parts)
    }

    /// [`Ring::safe_end`], by less where the output is known to be plain.
    fn safe_end(&self, from: u64, to: u64) -> u64 {
        if self.mirror.is_plain(from, to) {
            self.ring.safe_end_of_plain(from, to)
        } else {
            self.ring.safe_end(from, to)
        }
    }
}

/// Makes the next frame in `out`, which is at least as long as the viewer's
/// frames may be.
pub(super) fn next(
    cursor: &mut Cursor,
    source: &Source<'_>,
    out: &mut [u8],
    now: Instant,
) -> Option<Frame> {
    if cursor.format == Format::Json
        && let Some(gap) = cursor.gap.take()
    {
        return Some(json_gap(cursor.offset, gap, out));
    }
    if let Some((delivery, sent)) = cursor.delivery.take() {
        return piece(cursor, &delivery, sent, out, now);
    }
    match cursor.format {
        Format::Json => json_frame(cursor, source, out),
        _ => byte_frame(cursor, source, out),
    }
}

/// The next piece of a snapshot that is made. `None` when it was dropped meanwhile: the
/// cursor then wants a new one.
fn piece(
    cursor: &mut Cursor,
    delivery: &Arc<Delivery>,
    sent: usize,
    out: &mut [u8],
    now: Instant,
) -> Option<Frame> {
    let Some(snapshot) = delivery.take(now) else {
        cursor.wants_screen = true;
        return None;
    };
    let rest = &snapshot.data[sent..];
    let (taken, length) = match cursor.format {
        Format::Json => json_piece(rest, snapshot.offset, cursor.max_frame, out),
        format => byte_piece(rest, snapshot.offset, format.header(), cursor.max_frame, out),
    };
    if sent + taken < snapshot.data.len() {
        cursor.delivery = Some((Arc::clone(delivery), sent + taken));
    }
    let head = SnapshotHead {
        offset: snapshot.offset,
        cols: snapshot.cols,
        rows: snapshot.rows,
        length: snapshot.data.len(),
    };
    let (start, end) = (snapshot.offset, snapshot.offset);
    let first = sent == 0;
    let gap = cursor.gap.take();
    Some(Frame { length, start, end, gap, snapshot: first.then_some(head) })
}

/// How many bytes of the snapshot the frame takes, and how long it is.
fn byte_piece(
    rest: &[u8],
    offset: u64,
    header: Header,
    max_frame: usize,
    out: &mut [u8],
) -> (usize, usize) {
    let at = header.put(Position::Snapshot(offset), out);
    let taken = rest.len().min(max_frame - header.length());
    out[at..at + taken].copy_from_slice(&rest[..taken]);
    (taken, at + taken)
}

/// The same as text; the last piece says at which offset the output goes on.
fn json_piece(rest: &[u8], offset: u64, max_frame: usize, out: &mut [u8]) -> (usize, usize) {
    let mut message = Message::begin(Kind::History, &mut out[..max_frame]);
    let encoded = json::encode(rest, &[], message.text(), true);
    let last = encoded.consumed == rest.len();
    (encoded.consumed, message.finish(encoded.written, last.then_some(offset)))
}

fn byte_frame(cursor: &mut Cursor, source: &Source<'_>, out: &mut [u8]) -> Option<Frame> {
    let header = cursor.format.header();
    let to = reach(cursor, source, cursor.max_frame - header.length())?;
    let start = cursor.offset;
    let at = header.put(Position::Output(start), out);
    let span = span(source.ring, start, to);
    let length = at + span.len();
    span.copy_to(&mut out[at..length]);
    cursor.offset = to;
    Some(Frame { length, start, end: to, gap: cursor.gap.take(), snapshot: None })
}

/// How far the next frame may go: to the end, or to a full frame, and in both
/// cases not into the middle of a character or an escape sequence. `None` when
/// nothing may be sent yet.
fn reach(cursor: &mut Cursor, source: &Source<'_>, most: usize) -> Option<u64> {
    let ring = source.ring;
    let from = cursor.offset;
    if cursor.replay.is_some_and(|(_, until)| until <= from) {
        cursor.replay = None;
    }
    let limit = cursor.replay.map_or(ring.end(), |(_, until)| until);
    let wish = limit.min(from + most as u64);
    let whole = cursor.format == Format::Raw || (source.ended && wish == ring.end());
    let to = if whole { wish } else { source.safe_end(from, wish) };
    if to > from {
        return Some(to);
    }
    // What the replay ends in is unfinished: it is live output from here on.
    if cursor.replay.take().is_some() {
        return reach(cursor, source, most);
    }
    // A frame too small for the sequence at its front is cut where it must be.
    (wish < ring.end() && wish > from).then_some(wish)
}

fn span(ring: &Ring, from: u64, to: u64) -> Span<'_> {
    ring.slices(from, usize::try_from(to - from).unwrap_or(usize::MAX))
}

fn json_gap(offset: u64, gap: Gap, out: &mut [u8]) -> Frame {
    let length = put_gap(gap.from, gap.to, out);
    Frame { length, start: offset, end: offset, gap: None, snapshot: None }
}

/// Encodes what fits.
fn json_frame(cursor: &mut Cursor, source: &Source<'_>, out: &mut [u8]) -> Option<Frame> {
    let start = cursor.offset;
    let to = reach(cursor, source, cursor.max_frame - ROOM)?;
    let replay = cursor.replay.map(|(replay, _)| replay);
    let mut message = Message::begin(kind(replay), &mut out[..cursor.max_frame]);
    let (to, written) = match removed(replay, source.mirror.is_wanted()) {
        Some(removed) => encode_filtered(cursor, source, (start, to), removed, message.text()),
        None => encode(source.ring, (start, to), message.text()),
    };
    let length = message.finish(written, Some(to));
    cursor.offset = to;
    Some(Frame { length, start, end: to, gap: None, snapshot: None })
}

/// What does not go to a viewer: queries that the screen answers or that were
/// answered, or given up on, long ago; and what it has seen or missed once must
/// not ring, notify or copy again.
fn removed(replay: Option<Replay>, is_answered: bool) -> Option<Removed> {
    match replay {
        Some(Replay::History | Replay::Resumed) => Some(Removed::QueriesAndSignals),
        Some(Replay::Buffered) if is_answered => Some(Removed::QueriesAndSignals),
        None if is_answered => Some(Removed::Queries),
        _ => None,
    }
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

/// The same without what is to be removed. How much that is differs, so a frame
/// that came out too large is made again from fewer bytes.
fn encode_filtered(
    cursor: &mut Cursor,
    source: &Source<'_>,
    (start, to): (u64, u64),
    removed: Removed,
    text: &mut [u8],
) -> (u64, usize) {
    thread_local! {
        static KEPT: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
    }
    let ring = source.ring;
    let begun = cursor.filter.take();
    if begun.is_none() && source.is_idle(start, to) {
        return encode(ring, (start, to), text);
    }
    KEPT.with_borrow_mut(|kept| {
        let mut to = to;
        loop {
            let span = span(ring, start, to);
            let mut filter = begun.clone().unwrap_or_else(|| QueryFilter::removing(removed).into());
            kept.clear();
            filter.push(span.head, kept);
            filter.push(span.tail, kept);
            filter.pass_held(kept);
            let encoded = json::encode(kept, &[], text, true);
            if encoded.consumed == kept.len() {
                cursor.filter = Some(filter).filter(|filter| !filter.is_outside());
                return (to, encoded.written);
            }
            let fits = span.len() * encoded.consumed / kept.len() * 7 / 8;
            to = cut(ring, start, start + fits.max(1) as u64);
        }
    })
}

/// The last boundary before a point, or the point itself where a sequence is
/// longer than a frame.
fn cut(ring: &Ring, start: u64, at: u64) -> u64 {
    let safe = ring.safe_end(start, at);
    if safe > start { safe } else { at }
}

fn kind(replay: Option<Replay>) -> Kind {
    match replay {
        None | Some(Replay::Resumed) => Kind::Stream,
        Some(Replay::History) => Kind::History,
        Some(Replay::Buffered) => Kind::Buffered,
    }
}
