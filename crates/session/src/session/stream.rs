//! What one lock of a session guards: the history, the cursors into it, and
//! the pacing between the terminal and who reads.

use std::sync::Arc;
use std::time::Instant;

use offheap_wake::Signal;
use slab::Slab;

use super::cursor::{Cursor, Replay};
use super::frame::{self, Format, Frame, Gap};
use super::mirror::Mirror;
use crate::meter::{Counter, Gauge, Meter};
use offheap_pty::Gate;
use offheap_ring::Ring;
use offheap_screen::ScreenOptions;

/// Output that the screen may see late, while viewers are there, in bytes.
const MIRROR_LATE: usize = 32 * 1024;

/// Names a viewer within its session. Never reused within a session, so a
/// stale one reaches nobody.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ViewerKey {
    slot: usize,
    serial: u64,
}

/// Where a viewer begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Origin {
    /// At an offset; what is gone from there on is a gap.
    Offset(u64),
    /// At the oldest byte kept, moved to a safe boundary; nothing is missed.
    Start,
    /// At most this many bytes before the end, moved to a safe boundary.
    Tail(usize),
    /// At the end.
    Now,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Stream {
    ring: Ring,
    mirror: Mirror,
    /// The offset up to which the screen has followed the history.
    mirrored: u64,
    cursors: Slab<(u64, Cursor)>,
    serial: u64,
    meter: Arc<Meter>,
    /// No output follows: unfinished characters will stay so.
    ended: bool,
    closed: bool,
    paused: bool,
    /// Input was given, so the next output is likely its echo.
    echo: bool,
    /// Until when the first viewer is expected, if one is.
    first_viewer_by: Option<Instant>,
    last_output: Instant,
}

impl Stream {
    pub(super) fn new(history: usize, screen: Option<ScreenOptions>, meter: Arc<Meter>) -> Self {
        Self {
            ring: Ring::new(history),
            mirror: Mirror::new(screen, Arc::clone(&meter)),
            mirrored: 0,
            cursors: Slab::new(),
            serial: 0,
            meter,
            ended: false,
            closed: false,
            paused: false,
            echo: false,
            first_viewer_by: None,
            last_output: Instant::now(),
        }
    }

    pub(super) fn ring(&self) -> &Ring {
        &self.ring
    }

    /// Takes output. Questions that it asks of its terminal are answered into
    /// `answers` when nobody is there whose terminal could.
    pub(super) fn append(&mut self, bytes: &[u8], answers: &mut Vec<u8>, now: Instant) -> u64 {
        let late = self.may_mirror_late(bytes.len());
        if !late {
            self.catch_up();
        }
        let before = self.ring.allocated();
        let end = self.ring.write(bytes);
        self.account(before);
        if !late {
            self.mirror.feed(bytes, self.cursors.is_empty().then_some(answers));
            self.mirrored = end;
        }
        self.last_output = now;
        let echo = std::mem::take(&mut self.echo);
        for (_, (_, cursor)) in &mut self.cursors {
            cursor.output(end, bytes.len(), echo, now);
        }
        end
    }

    /// Whether the screen may see so many bytes more later, together with what
    /// follows: several reads at once cost it about half. With nobody there it
    /// has to answer now, and nothing may leave the history before it was seen.
    fn may_mirror_late(&self, bytes: usize) -> bool {
        let waiting = self.ring.end() - self.mirrored + bytes as u64;
        !self.cursors.is_empty() && waiting <= MIRROR_LATE.min(self.ring.capacity()) as u64
    }

    /// Shows the screen what it has not seen yet. It was there while viewers
    /// were, who answered what it asked.
    fn catch_up(&mut self) {
        let span = self.ring.slices(self.mirrored, usize::MAX);
        self.mirror.feed(span.head, None);
        self.mirror.feed(span.tail, None);
        self.mirrored = self.ring.end();
    }

    /// The next output answers input: it goes out without delay.
    pub(super) fn expect_echo(&mut self) {
        self.echo = true;
    }

    /// No more output will come; readers are told, so that they take what was
    /// held back as unfinished.
    pub(super) fn end(&mut self) {
        self.ended = true;
        for (_, (_, cursor)) in &self.cursors {
            if cursor.signal.is_waiting() {
                cursor.signal.raise();
            }
        }
    }

    pub(super) fn close(&mut self) {
        self.ended = true;
        self.closed = true;
        let before = self.ring.allocated();
        self.ring.clear();
        self.account(before);
        self.mirror.close();
        for (_, cursor) in self.cursors.drain() {
            self.meter.add(Gauge::Viewers, -1);
            // Told once more, so that the reader finds out that it is closed.
            cursor.signal.raise();
        }
    }

    pub(super) fn shrink(&mut self, keep: usize) -> usize {
        self.catch_up();
        let unread = self.cursors.iter().map(|(_, (_, cursor))| self.ring.end() - cursor.offset);
        let unread = usize::try_from(unread.max().unwrap_or(0)).unwrap_or(usize::MAX);
        let before = self.ring.allocated();
        let capacity = self.ring.capacity();
        self.ring.resize(keep.max(unread).clamp(1, capacity));
        self.ring.resize(capacity);
        self.account(before);
        before.saturating_sub(self.ring.allocated())
    }

    pub(super) fn last_output(&self) -> Instant {
        self.last_output
    }

    pub(super) fn set_paused(&mut self, paused: bool) {
        self.paused = paused;
    }

    pub(super) fn tail(&self, max: usize) -> Vec<u8> {
        let span = self.ring.tail(max);
        [span.head, span.tail].concat()
    }

    /// The screen, which has seen everything.
    pub(super) fn mirror(&mut self) -> &mut Mirror {
        self.catch_up();
        &mut self.mirror
    }

    /// Moves a cursor ahead: what lies between comes by other means, such as a
    /// snapshot, and is not missed.
    pub(super) fn seek(&mut self, key: ViewerKey, offset: u64) {
        let end = self.ring.end();
        if let Some(cursor) = self.cursor_mut(key) {
            cursor.offset = cursor.offset.max(offset.min(end));
            cursor.gap = None;
        }
    }

    pub(super) fn read_from(&self, offset: u64, max: usize) -> (Vec<u8>, u64, u64) {
        let span = self.ring.slices(offset, max);
        let missed = span.start.saturating_sub(offset);
        ([span.head, span.tail].concat(), span.start, missed)
    }

    pub(super) fn open_viewer(
        &mut self,
        origin: Origin,
        format: Format,
        max_frame: usize,
        signal: Arc<Signal>,
        now: Instant,
    ) -> ViewerKey {
        let offset = self.origin(origin);
        self.first_viewer_by = None;
        let cursor = Cursor::new(offset, format, max_frame, signal, now);
        self.serial += 1;
        let serial = self.serial;
        self.meter.add(Gauge::Viewers, 1);
        ViewerKey { slot: self.cursors.insert((serial, cursor)), serial }
    }

    fn origin(&self, origin: Origin) -> u64 {
        let (start, end) = (self.ring.start(), self.ring.end());
        match origin {
            Origin::Offset(offset) => offset.min(end),
            Origin::Start => self.ring.safe_start(start),
            Origin::Tail(bytes) => self.ring.tail(bytes).start,
            Origin::Now => end,
        }
    }

    /// `true` when there was such a viewer.
    pub(super) fn close_viewer(&mut self, key: ViewerKey) -> bool {
        let known = self.cursor(key).is_some();
        if known {
            // From here on the screen answers: not what a viewer was asked.
            self.catch_up();
            self.cursors.remove(key.slot);
            self.meter.add(Gauge::Viewers, -1);
        }
        known
    }

    fn cursor(&self, key: ViewerKey) -> Option<&Cursor> {
        self.cursors.get(key.slot).filter(|(serial, _)| *serial == key.serial).map(|(_, c)| c)
    }

    fn cursor_mut(&mut self, key: ViewerKey) -> Option<&mut Cursor> {
        let slot = self.cursors.get_mut(key.slot)?;
        (slot.0 == key.serial).then_some(&mut slot.1)
    }

    pub(super) fn expect_viewer(&mut self, until: Instant) {
        self.first_viewer_by = Some(until);
    }

    pub(super) fn set_patient(&mut self, key: ViewerKey) {
        if let Some(cursor) = self.cursor_mut(key) {
            cursor.patient = true;
        }
    }

    pub(super) fn viewers(&self) -> usize {
        self.cursors.len()
    }

    pub(super) fn viewer_state(&self, key: ViewerKey) -> Option<(u64, u64, u64)> {
        let cursor = self.cursor(key)?;
        Some((cursor.offset, self.ring.end() - cursor.offset, cursor.missed))
    }

    pub(super) fn replay(&mut self, key: ViewerKey, replay: Replay) -> u64 {
        let end = self.ring.end();
        if let Some(cursor) = self.cursor_mut(key) {
            cursor.replay = (cursor.offset < end).then_some((replay, end));
        }
        end
    }

    pub(super) fn read_frame(
        &mut self,
        key: ViewerKey,
        out: &mut [u8],
        now: Instant,
    ) -> Option<Frame> {
        let slot = self.cursors.get_mut(key.slot).filter(|(serial, _)| *serial == key.serial)?;
        let cursor = &mut slot.1;
        if cursor.offset < self.ring.start() {
            skip_gap(cursor, &self.ring, &self.meter);
        }
        let before = cursor.offset;
        let frame = frame::next(cursor, &self.ring, self.ended, out);
        if let Some(frame) = &frame {
            cursor.taken(now);
            self.meter.count(Counter::BytesSent, frame.end - before);
        } else {
            cursor.caught_up = true;
            cursor.taken(now);
            cursor.signal.arm();
        }
        frame
    }

    pub(super) fn frame_done(&mut self, key: ViewerKey, now: Instant) {
        let end = self.ring.end();
        let Some(cursor) = self.cursor_mut(key) else { return };
        cursor.taken(now);
        cursor.signal.arm();
        if cursor.offset < end {
            cursor.output(end, 0, false, now);
        } else {
            cursor.caught_up = true;
        }
    }

    /// Whether the terminal is to be read now. It waits while every viewer that
    /// reads at all is more than half the history behind; a viewer that has
    /// taken nothing for a while does not count, and with none that counts the
    /// terminal runs free.
    pub(super) fn gate(&mut self, now: Instant) -> Gate {
        if self.closed {
            return Gate::Open;
        }
        if self.paused {
            return Gate::Shut(None);
        }
        if let Some(until) = self.first_viewer_by.filter(|until| now < *until) {
            // What is kept is left for whoever is about to come.
            let full = self.ring.len() > self.ring.capacity() / 2;
            return if full { Gate::Shut(Some(until)) } else { Gate::Open };
        }
        if !self.paces() {
            return Gate::Open;
        }
        let mut until = None;
        for (_, (_, cursor)) in &mut self.cursors {
            if cursor.newly_stalled(now) {
                self.meter.count(Counter::Stalls, 1);
            }
            if cursor.patient {
                // It is waited for until it reads, however long that takes.
                return Gate::Shut(None);
            }
            if cursor.is_live(now) {
                until = until.max(Some(cursor.stalls_at(now)));
            }
        }
        until.map_or(Gate::Open, |until| Gate::Shut(Some(until)))
    }

    /// Whether anybody reads: a viewer that has not stalled.
    pub(super) fn is_watched(&self, now: Instant) -> bool {
        self.cursors.iter().any(|(_, (_, cursor))| cursor.is_live(now))
    }

    /// Whether every viewer is far behind, so that the terminal may have to
    /// wait for the fastest of them.
    pub(super) fn paces(&self) -> bool {
        let half = (self.ring.capacity() / 2) as u64;
        let end = self.ring.end();
        let far = |cursor: &Cursor| !cursor.caught_up && end - cursor.offset > half;
        !self.cursors.is_empty() && self.cursors.iter().all(|(_, (_, cursor))| far(cursor))
    }

    pub(super) fn is_drained(&self, now: Instant) -> bool {
        let end = self.ring.end();
        self.cursors.iter().all(|(_, (_, cursor))| cursor.offset == end || !cursor.is_live(now))
    }

    fn account(&self, before: usize) {
        let change = self.ring.allocated().cast_signed() - before.cast_signed();
        self.meter.add(Gauge::History, change as i64);
    }
}

/// Moves a cursor that the history has overtaken to the oldest safe boundary,
/// and remembers what was lost until the reader has been told.
fn skip_gap(cursor: &mut Cursor, ring: &Ring, meter: &Meter) {
    let from = cursor.gap.map_or(cursor.offset, |gap| gap.from);
    let to = ring.safe_start(ring.start());
    let lost = to - cursor.offset;
    cursor.gap = Some(Gap { from, to });
    cursor.missed += lost;
    cursor.offset = to;
    meter.count(Counter::Gaps, 1);
    meter.count(Counter::BytesMissed, lost);
}

impl Drop for Stream {
    /// A session that is dropped without a close (its last handle is gone)
    /// still gives back what it was counted for.
    fn drop(&mut self) {
        if !self.closed {
            self.close();
        }
    }
}
