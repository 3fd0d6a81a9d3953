//! What one lock of a session guards: the history, the cursors into it, and
//! the pacing between the terminal and who reads.

use std::sync::Arc;
use std::time::Instant;

use offheap_wake::Signal;

use super::cursor::{Arrival, Cursor};
use super::delivery::{DELIVERIES, Deliveries, Latest, Readiness};
use super::frame;
use super::kept::Kept;
use super::mirror::{Mirror, Theme};
use super::tap::{Passage, Tap};
use super::view::{Frame, Origin, Replay, Stretch, ViewerOptions, ViewerPosition};
use super::viewers::{ViewerKey, Viewers};
use super::waits::Waits;
use crate::meter::{Counter, Gauge, Meter};
use offheap_pty::{ExitStatus, Gate, PtySize};
use offheap_ring::Ring;
use offheap_screen::{Client, ScreenOptions};

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(super) struct Stream {
    pub(super) ring: Ring,
    /// Where the history lies, when it is to outlive the process.
    pub(super) kept: Option<Kept>,
    pub(super) mirror: Mirror,
    pub(super) viewers: Viewers,
    pub(super) taps: Vec<Box<dyn Tap>>,
    pub(super) waits: Waits,
    /// The last snapshot that was begun, for others who want the same.
    pub(super) latest: Option<Latest>,
    pub(super) deliveries: &'static Deliveries,
    pub(super) meter: Arc<Meter>,
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
            waits: Waits::default(),
            latest: None,
            deliveries: &DELIVERIES,
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
        self.mirror.output(&self.ring, self.ring.end(), bytes, answers, now);
        let before = self.ring.allocated();
        let end = self.ring.write(bytes);
        self.account(before);
        self.pass(Passage::Output(bytes), end - bytes.len() as u64, now);
        self.announce(bytes.len(), now);
        end
    }

    /// Tells the readers of so many bytes that have just come.
    pub(super) fn announce(&mut self, count: usize, now: Instant) {
        self.last_output = now;
        self.waits.wake();
        let echo = std::mem::take(&mut self.echo);
        let arrival = self.arrival(count, echo);
        for cursor in self.viewers.iter_mut() {
            cursor.output(&arrival, now);
        }
    }

    /// What viewers are told of so many new bytes. A quarter of the history does not
    /// wait for more: at half of it the terminal would have to wait.
    fn arrival(&self, added: usize, echo: bool) -> Arrival {
        Arrival { end: self.ring.end(), added, echo, most_waiting: self.ring.capacity() / 4 }
    }

    /// The size that the terminal begins with, before any output of its own.
    pub(super) fn begin(&mut self, size: PtySize, now: Instant) {
        self.forget_snapshots();
        self.mirror().begin(size.cols, size.rows);
        self.set_cell_size(size);
        self.journal_resize(size);
        self.pass(Passage::Resize(size), self.ring.end(), now);
    }

    fn set_cell_size(&mut self, size: PtySize) {
        let width = size.pixel_width.checked_div(size.cols).unwrap_or(0);
        let height = size.pixel_height.checked_div(size.rows).unwrap_or(0);
        let exact = |pixels: u16, count: u16| f64::from(pixels) / f64::from(count.max(1));
        let exact = (exact(size.pixel_width, size.cols), exact(size.pixel_height, size.rows));
        self.mirror.set_cell_size(width, height, exact);
    }

    pub(super) fn set_theme(&mut self, theme: Theme) {
        self.mirror.set_theme(theme);
    }

    /// Says what the terminal of the clients is from here on; `false` where that
    /// changes nothing.
    pub(super) fn set_client(&mut self, client: Client) -> bool {
        let changed = self.mirror().set_client(client);
        if changed {
            self.forget_snapshots();
            if self.ring.end() > 0 {
                // What was printed so far is drawn for the client before.
                self.checkpoint();
            }
        }
        changed
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

    /// Forgets the taps that listen no more.
    pub(super) fn drop_taps(&mut self) {
        self.taps.retain(|tap| !tap.is_done());
    }

    /// Input is given to the program: the next output is likely its echo, and
    /// goes out without delay.
    pub(super) fn input(&mut self, bytes: &[u8], now: Instant) {
        self.echo = true;
        if self.mirror.shell.note_input() {
            self.keep_shell();
        }
        self.pass(Passage::Input(bytes), self.ring.end(), now);
    }

    pub(super) fn resize(&mut self, size: PtySize, now: Instant) {
        self.forget_snapshots();
        self.mirror().resize(size.cols, size.rows);
        self.set_cell_size(size);
        self.journal_resize(size);
        self.pass(Passage::Resize(size), self.ring.end(), now);
    }

    pub(super) fn exit(&mut self, status: ExitStatus, now: Instant) {
        if let Some(kept) = &mut self.kept {
            kept.set_exit(status);
        }
        self.mirror.shell.exited(self.ring.end(), now);
        self.waits.wake();
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
        self.waits.wake();
        for mut tap in std::mem::take(&mut self.taps) {
            let unread = tap.unread().unwrap_or(self.ring.end());
            tap.close(self.ring.slices(unread, usize::MAX), Instant::now());
        }
        let before = self.ring.allocated();
        self.ring.clear();
        self.account(before);
        self.mirror.close();
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
        let end = self.ring.end();
        let viewers = self.viewers.iter().map(|cursor| end - cursor.offset);
        let taps = self.taps.iter().filter_map(|tap| Some(end.saturating_sub(tap.unread()?)));
        let unread = usize::try_from(viewers.chain(taps).max().unwrap_or(0)).unwrap_or(usize::MAX);
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
        let cursor = self.viewers.get(key)?;
        let Cursor { offset, missed, .. } = *cursor;
        let screen_due = cursor.is_screen_due();
        Some(ViewerPosition { offset, lag: self.ring.end() - offset, missed, screen_due })
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
        let readiness = self.prepare_screen(key, now);
        let cursor = self.viewers.get_mut(key)?;
        if readiness != Readiness::Ready {
            cursor.wait_for_screen(readiness, now);
            return None;
        }
        let before = cursor.offset;
        let source = frame::Source { ring: &self.ring, ended: self.ended, mirror: &self.mirror };
        let frame = frame::next(cursor, &source, out, now);
        cursor.taken(now);
        if let Some(frame) = &frame {
            self.meter.count(Counter::BytesSent, frame.end.saturating_sub(before));
        } else if !cursor.wants_screen {
            cursor.caught_up = true;
            cursor.signal.arm();
        } else {
            // The snapshot was dropped on the way: another one is begun.
            return self.read_frame(key, out, now);
        }
        frame
    }

    pub(super) fn frame_done(&mut self, key: ViewerKey, now: Instant) {
        let arrival = self.arrival(0, false);
        let Some(cursor) = self.viewers.get_mut(key) else { return };
        cursor.taken(now);
        cursor.signal.arm();
        if cursor.is_screen_due() {
            cursor.signal.raise();
        } else if cursor.offset < arrival.end {
            cursor.output(&arrival, now);
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
        if let Some(shut) = self.tap_gate(now) {
            return shut;
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

    /// Whether a tap wants the terminal to wait.
    fn tap_gate(&self, now: Instant) -> Option<Gate> {
        let (end, capacity) = (self.ring.end(), self.ring.capacity());
        let mut gates = self.taps.iter().map(|tap| tap.gate(end, capacity, now));
        gates.find(|gate| *gate != Gate::Open)
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
        let has_all = |cursor: &Cursor| cursor.offset == end && !cursor.is_screen_due();
        self.viewers.iter().all(|cursor| has_all(cursor) || !cursor.is_live(now))
    }

    fn account(&self, before: usize) {
        let change = self.ring.allocated().cast_signed() - before.cast_signed();
        self.meter.add(Gauge::History, change as i64);
    }
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
