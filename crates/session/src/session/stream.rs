//! What one lock of a session guards: the history, the cursors into it, and
//! the pacing between the terminal and who reads.

use std::sync::{Arc, Weak};
use std::time::Instant;

use offheap_wake::Signal;

use super::cursor::Cursor;
use super::delivery::{DELIVERIES, Delivery};
use super::frame;
use super::kept::Kept;
use super::mirror::{Mirror, Theme};
use super::pacing;
use super::snapshot::Snapshot;
use super::tap::{Passage, Tap};
use super::view::{Frame, Gap, Origin, Recovery, Replay, Stretch, ViewerOptions, ViewerPosition};
use super::viewers::{ViewerKey, Viewers};
use crate::meter::{Counter, Gauge, Meter};
use offheap_pty::{ExitStatus, Gate, PtySize};
use offheap_ring::Ring;
use offheap_screen::ScreenOptions;

/// A snapshot, what it was made of, and who is still being sent it.
struct Latest {
    end: u64,
    lines: Option<usize>,
    delivery: Weak<Delivery>,
}

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Stream {
    pub(super) ring: Ring,
    /// Where the history lies, when it is to outlive the process.
    pub(super) kept: Option<Kept>,
    pub(super) mirror: Mirror,
    pub(super) viewers: Viewers,
    pub(super) taps: Vec<Box<dyn Tap>>,
    /// The last snapshot that was made, for others who want the same.
    latest: Option<Latest>,
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
        Self::over(Ring::new(history), None, screen, meter)
    }

    /// A stream over a history, which may have begun before.
    pub(super) fn over(
        ring: Ring,
        kept: Option<Kept>,
        screen: Option<ScreenOptions>,
        meter: Arc<Meter>,
    ) -> Self {
        Self {
            ring,
            kept,
            mirror: Mirror::new(screen, Arc::clone(&meter)),
            viewers: Viewers::default(),
            taps: Vec::new(),
            latest: None,
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

    /// Takes output. What it asks its terminal is answered into `answers` if there
    /// is a screen; then no viewer does.
    pub(super) fn append(&mut self, bytes: &[u8], answers: &mut Vec<u8>, now: Instant) -> u64 {
        if self.kept.is_some() {
            return self.append_journaled(bytes, answers, now);
        }
        self.mirror.output(&self.ring, self.ring.end(), bytes, answers);
        let before = self.ring.allocated();
        let end = self.ring.write(bytes);
        self.account(before);
        self.pass(Passage::Output(bytes), end - bytes.len() as u64, now);
        self.announce(bytes.len(), now);
        end
    }

    /// Tells the readers of so many bytes that have just come.
    pub(super) fn announce(&mut self, count: usize, now: Instant) {
        let end = self.ring.end();
        self.last_output = now;
        let echo = std::mem::take(&mut self.echo);
        for cursor in self.viewers.iter_mut() {
            cursor.output(end, count, echo, now);
        }
    }

    /// The size that the terminal begins with, before any output of its own.
    pub(super) fn begin(&mut self, size: PtySize, now: Instant) {
        self.mirror().begin(size.cols, size.rows);
        self.set_cell_size(size);
        self.journal_resize(size);
        self.latest = None;
        self.pass(Passage::Resize(size), self.ring.end(), now);
    }

    fn set_cell_size(&mut self, size: PtySize) {
        let width = size.pixel_width.checked_div(size.cols).unwrap_or(0);
        let height = size.pixel_height.checked_div(size.rows).unwrap_or(0);
        self.mirror.set_cell_size(width, height);
    }

    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.mirror.set_theme(theme);
    }

    /// Shows the taps what passes: all of it comes by here.
    fn pass(&mut self, passage: Passage<'_>, offset: u64, now: Instant) {
        for tap in &mut self.taps {
            tap.pass(passage, offset, now);
        }
    }

    pub(super) fn tap(&mut self, tap: Box<dyn Tap>) {
        self.taps.push(tap);
    }

    /// Input is given to the program: the next output is likely its echo, and
    /// goes out without delay.
    pub(super) fn input(&mut self, bytes: &[u8], now: Instant) {
        self.echo = true;
        self.pass(Passage::Input(bytes), self.ring.end(), now);
    }

    pub(super) fn resize(&mut self, size: PtySize, now: Instant) {
        self.mirror().resize(size.cols, size.rows);
        self.set_cell_size(size);
        self.journal_resize(size);
        self.latest = None;
        self.pass(Passage::Resize(size), self.ring.end(), now);
    }

    pub(super) fn exit(&mut self, status: ExitStatus, now: Instant) {
        if let Some(kept) = &mut self.kept {
            kept.set_exit(status);
        }
        self.pass(Passage::Exit(status), self.ring.end(), now);
    }

    /// Shows the screen what it has not seen yet.
    pub(super) fn catch_up(&mut self) {
        self.draw_restored();
        self.mirror.catch_up(&self.ring);
    }

    /// No more output will come; readers are told, so that they take what was
    /// held back as unfinished.
    pub(super) fn end(&mut self) {
        self.ended = true;
        for cursor in self.viewers.iter() {
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
        self.taps = Vec::new();
        for cursor in self.viewers.drain() {
            self.meter.add(Gauge::Viewers, -1);
            // Told once more, so that the reader finds out that it is closed.
            cursor.signal.raise();
        }
    }

    pub(super) fn shrink(&mut self, keep: usize) -> usize {
        if self.ring.is_mapped() {
            // It is no memory of this process's own.
            return 0;
        }
        self.catch_up();
        let unread = self.viewers.iter().map(|cursor| self.ring.end() - cursor.offset);
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

    /// Memory that the history and the screen occupy, as they are.
    pub(super) fn memory(&mut self) -> usize {
        self.ring.allocated() + self.mirror.memory()
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
        if let Some(cursor) = self.viewers.get_mut(key) {
            cursor.move_to(cursor.offset.max(offset.min(end)));
            cursor.gap = None;
        }
    }

    pub(super) fn read_from(&self, offset: u64, max: usize) -> Stretch {
        let span = self.ring.slices(offset, max);
        let missed = span.start.saturating_sub(offset);
        Stretch { bytes: [span.head, span.tail].concat(), start: span.start, missed }
    }

    pub(super) fn open_viewer(
        &mut self,
        options: &ViewerOptions,
        signal: Arc<Signal>,
        now: Instant,
    ) -> ViewerKey {
        let offset = self.origin(options.origin);
        self.first_viewer_by = None;
        let mut cursor = Cursor::new(offset, options, signal, now);
        cursor.wants_screen = options.origin == Origin::Screen && self.mirror.is_wanted();
        self.meter.add(Gauge::Viewers, 1);
        self.viewers.insert(cursor)
    }

    fn origin(&self, origin: Origin) -> u64 {
        let (start, end) = (self.ring.start(), self.ring.end());
        match origin {
            Origin::Offset(offset) => offset.min(end),
            Origin::Start | Origin::Screen => self.ring.safe_start(start),
            Origin::Now => end,
        }
    }

    /// `true` when there was such a viewer.
    pub(super) fn close_viewer(&mut self, key: ViewerKey) -> bool {
        let known = self.viewers.get(key).is_some();
        if known {
            self.viewers.remove(key);
            self.meter.add(Gauge::Viewers, -1);
        }
        known
    }

    pub(super) fn expect_viewer(&mut self, until: Instant) {
        self.first_viewer_by = Some(until);
    }

    pub(super) fn set_patient(&mut self, key: ViewerKey) {
        if let Some(cursor) = self.viewers.get_mut(key) {
            cursor.patient = true;
        }
    }

    pub(super) fn viewers(&self) -> usize {
        self.viewers.len()
    }

    pub(super) fn position(&self, key: ViewerKey) -> Option<ViewerPosition> {
        let Cursor { offset, missed, .. } = *self.viewers.get(key)?;
        Some(ViewerPosition { offset, lag: self.ring.end() - offset, missed })
    }

    pub(super) fn replay(&mut self, key: ViewerKey, replay: Replay) -> u64 {
        let end = self.ring.end();
        if let Some(cursor) = self.viewers.get_mut(key) {
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
        if self.prepare_screen(key, now) == Prepared::Later {
            let cursor = self.viewers.get_mut(key)?;
            cursor.taken(now);
            cursor.signal.arm();
            pacing::defer(&cursor.signal);
            return None;
        }
        let cursor = self.viewers.get_mut(key)?;
        let before = cursor.offset;
        let is_answered = self.mirror.is_wanted();
        let source = frame::Source { ring: &self.ring, ended: self.ended, is_answered };
        let frame = frame::next(cursor, &source, out, now);
        cursor.taken(now);
        if let Some(frame) = &frame {
            self.meter.count(Counter::BytesSent, frame.end - before);
        } else if !cursor.wants_screen {
            cursor.caught_up = true;
            cursor.signal.arm();
        } else {
            // The snapshot was dropped on the way: another one is begun.
            return self.read_frame(key, out, now);
        }
        frame
    }

    /// Skips what a viewer has lost, and begins its snapshot where it is to get
    /// one.
    fn prepare_screen(&mut self, key: ViewerKey, now: Instant) -> Prepared {
        let Some(cursor) = self.viewers.get_mut(key) else { return Prepared::Now };
        if cursor.delivery.is_none() && cursor.offset < self.ring.start() {
            skip_gap(cursor, &self.ring, &self.meter);
            cursor.wants_screen |=
                matches!(cursor.recovery, Recovery::Screen(_)) && self.mirror.is_wanted();
        }
        if !cursor.wants_screen {
            return Prepared::Now;
        }
        let lines = match cursor.recovery {
            Recovery::Screen(lines) => lines,
            Recovery::Boundary => None,
        };
        let Some(delivery) = self.deliver(lines, now) else { return Prepared::Later };
        let Some(cursor) = self.viewers.get_mut(key) else { return Prepared::Now };
        cursor.wants_screen = false;
        if let Some(snapshot) = delivery.take(now) {
            cursor.move_to(snapshot.offset);
            cursor.replay = None;
        }
        cursor.delivery = Some((delivery, 0));
        Prepared::Now
    }

    /// The snapshot as it is now: the one that others are being sent, while
    /// nothing has changed since. `None` when too many wait already.
    fn deliver(&mut self, lines: Option<usize>, now: Instant) -> Option<Arc<Delivery>> {
        let end = self.ring.end();
        let same = |latest: &&Latest| latest.end == end && latest.lines == lines;
        let known = self.latest.as_ref().filter(same).and_then(|latest| latest.delivery.upgrade());
        if let Some(known) = known.filter(|known| known.take(now).is_some()) {
            return Some(known);
        }
        if !DELIVERIES.has_room(now) {
            return None;
        }
        let delivery = DELIVERIES.begin(self.snapshot(lines)?, now);
        self.latest = Some(Latest { end, lines, delivery: Arc::downgrade(&delivery) });
        Some(delivery)
    }

    /// The screen and the offset at which the output goes on; `None` without a
    /// screen. A character whose last bytes have not come yet is left to the
    /// output that follows.
    pub(super) fn snapshot(&mut self, lines: Option<usize>) -> Option<Snapshot> {
        let end = self.ring.end();
        let (mut data, open, (cols, rows)) = self.mirror().snapshot(lines)?;
        data.truncate(data.len() - open);
        Some(Snapshot { data, offset: end - open as u64, cols, rows })
    }

    pub(super) fn frame_done(&mut self, key: ViewerKey, now: Instant) {
        let end = self.ring.end();
        let Some(cursor) = self.viewers.get_mut(key) else { return };
        cursor.taken(now);
        cursor.signal.arm();
        if cursor.wants_screen || cursor.delivery.is_some() {
            cursor.signal.raise();
        } else if cursor.offset < end {
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
        for cursor in self.viewers.iter_mut() {
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
        self.viewers.iter().any(|cursor| cursor.is_live(now))
    }

    /// Whether every viewer is far behind, so that the terminal may have to
    /// wait for the fastest of them.
    pub(super) fn paces(&self) -> bool {
        let half = (self.ring.capacity() / 2) as u64;
        let end = self.ring.end();
        let far = |cursor: &Cursor| !cursor.caught_up && end - cursor.offset > half;
        !self.viewers.is_empty() && self.viewers.iter().all(far)
    }

    pub(super) fn is_drained(&self, now: Instant) -> bool {
        let end = self.ring.end();
        let has_all = |cursor: &Cursor| {
            cursor.offset == end && cursor.delivery.is_none() && !cursor.wants_screen
        };
        self.viewers.iter().all(|cursor| has_all(cursor) || !cursor.is_live(now))
    }

    fn account(&self, before: usize) {
        let change = self.ring.allocated().cast_signed() - before.cast_signed();
        self.meter.add(Gauge::History, change as i64);
    }
}

/// Whether a viewer's next frame can be made.
#[derive(PartialEq, Eq)]
enum Prepared {
    Now,
    /// Too many snapshots wait to be sent: to be tried again soon.
    Later,
}

/// Moves a cursor that the history has overtaken to the oldest safe boundary,
/// and remembers what was lost until the reader has been told.
fn skip_gap(cursor: &mut Cursor, ring: &Ring, meter: &Meter) {
    let from = cursor.gap.map_or(cursor.offset, |gap| gap.from);
    let to = ring.safe_start(ring.start());
    let lost = to - cursor.offset;
    cursor.gap = Some(Gap { from, to });
    cursor.missed += lost;
    cursor.move_to(to);
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
