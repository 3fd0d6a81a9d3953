//! Output that the screen has not seen yet: it stands in the history, and is
//! read when somebody needs the screen or when it would be lost.
//!
//! Only plain output may wait, since nothing in it needs an answer. Where many
//! lines wait, most of them will have left screen and scrollback before anybody
//! looks, and are leapt over.

use std::sync::Arc;

use super::skim;
use offheap_ring::text::plain::{Piece, PlainText};
use offheap_ring::{Ring, Span};
use offheap_screen::Screen;

/// Waiting output at which it is judged whether waiting is worth while, in bytes.
const SAMPLE: usize = 16 * 1024;
/// What may wait where nothing can be leapt over, in bytes: the screen takes
/// several reads at once faster than one by one.
const BATCH: usize = 32 * 1024;
/// What may wait for each line that screen and scrollback have room for, in bytes.
/// It bounds how long somebody waits who needs the screen.
const WINDOW_PER_LINE: usize = 256;
/// Pieces in a row that are not plain before output is no longer looked at, for a
/// while.
const PATIENCE: u32 = 4;
/// For how much output nothing waits once waiting was of no use, in bytes: at
/// first, and at most.
const SHORT_PAUSE: usize = 64 * 1024;
const LONG_PAUSE: usize = 1024 * 1024;

/// What is to be done with output that comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It may wait in the history with what waits already.
    Wait,
    /// The screen has to take it now, after what waits. It is plain, and has so
    /// many line feeds.
    TakePlain(usize),
    /// The screen has to take it now, after what waits, and may have to answer.
    Take,
}

/// Where the screen is in the history, and what is known of the output from there
/// on.
#[derive(Debug)]
pub(super) struct Backlog {
    /// The offset up to which the screen has seen everything.
    from: u64,
    /// Follows what waits.
    text: PlainText,
    /// Line feeds that wait.
    feeds: usize,
    widths: Widths,
    /// Pieces in a row that were not plain.
    refused: u32,
    /// Bytes for which nothing waits.
    paused: usize,
    next_pause: usize,
}

impl Backlog {
    pub(super) const fn new() -> Self {
        Self {
            from: 0,
            text: PlainText::new(),
            feeds: 0,
            widths: Widths::new(),
            refused: 0,
            paused: 0,
            next_pause: SHORT_PAUSE,
        }
    }

    /// Judges output whose first byte has, or will have, the offset `at`, and makes
    /// room for it by leaping ahead.
    pub(super) fn judge(
        &mut self,
        screen: &mut Arc<Screen>,
        ring: &Ring,
        at: u64,
        bytes: &[u8],
    ) -> Verdict {
        if self.paused > 0 {
            self.paused = self.paused.saturating_sub(bytes.len());
            return Verdict::Take;
        }
        let waiting = at - self.from;
        if waiting == 0 && !screen.is_at_rest() {
            return Verdict::Take;
        }
        let Some(Piece { feeds, columns }) = self.text.push(bytes) else {
            self.refuse();
            return Verdict::Take;
        };
        self.refused = 0;
        self.widths.add(feeds, columns);
        let waiting = usize::try_from(waiting).unwrap_or(usize::MAX).saturating_add(bytes.len());
        if waiting > window(screen, ring) {
            return self.make_room(screen, ring, at, bytes.len(), feeds);
        }
        self.feeds += feeds;
        if waiting < SAMPLE || self.will_leap(screen, ring, waiting) {
            return Verdict::Wait;
        }
        let (cols, _) = screen.size();
        if waiting > self.feeds * 2 * usize::from(cols) {
            // Lines this long gain nothing by coming many at a time.
            self.pause();
        } else if waiting < BATCH {
            return Verdict::Wait;
        }
        self.feeds -= feeds;
        Verdict::TakePlain(feeds)
    }

    /// Shows the screen what waits before an offset.
    pub(super) fn catch_up(&mut self, screen: &mut Arc<Screen>, ring: &Ring, to: u64) {
        let waiting = self.waiting(ring, to);
        if !waiting.is_empty() {
            skim::skim(to_change(screen), &waiting, self.feeds);
        }
        self.caught_up(to);
    }

    /// Leaps over what waits, as far as the lines behind it allow. Returns where the
    /// screen is then: what it shows there does not matter any more, since what waits
    /// pushes all of it out of sight. `None` where it does not.
    pub(super) fn leap(&mut self, screen: &mut Arc<Screen>, ring: &Ring) -> Option<u64> {
        if self.feeds < screen.lines_to_clear() || !screen.can_leap() {
            return None;
        }
        self.leap_before(ring.end(), screen, ring);
        Some(self.from)
    }

    /// The same for what waits before an offset. `false` when none of it is out of sight.
    fn leap_before(&mut self, at: u64, screen: &mut Arc<Screen>, ring: &Ring) -> bool {
        let visible = screen.lines_to_clear();
        if self.feeds <= visible || !screen.can_leap() {
            return false;
        }
        let is_narrow = self.widths.most() <= usize::from(screen.size().0);
        self.from += skim::leap_ahead(to_change(screen), &self.waiting(ring, at), is_narrow) as u64;
        self.feeds = visible;
        self.widths.leapt(visible);
        self.next_pause = SHORT_PAUSE;
        true
    }

    /// Whether so much more can be written to the history without losing what
    /// waits.
    pub(super) fn has_room(&self, ring: &Ring, bytes: usize) -> bool {
        ring.end() - self.from + bytes as u64 <= ring.capacity() as u64
    }

    /// The screen has seen everything up to an offset.
    pub(super) const fn caught_up(&mut self, to: u64) {
        self.from = to;
        self.text = PlainText::new();
        self.feeds = 0;
        self.widths = Widths::new();
    }

    fn waiting<'a>(&self, ring: &'a Ring, to: u64) -> Span<'a> {
        ring.slices(self.from, usize::try_from(to - self.from).unwrap_or(usize::MAX))
    }

    /// Leaps over what waits, as far as that is out of sight.
    fn make_room(
        &mut self,
        screen: &mut Arc<Screen>,
        ring: &Ring,
        at: u64,
        len: usize,
        feeds: usize,
    ) -> Verdict {
        if !self.leap_before(at, screen, ring) {
            self.pause();
        }
        let left = usize::try_from(at - self.from).unwrap_or(usize::MAX);
        if left.saturating_add(len) > window(screen, ring) {
            return Verdict::TakePlain(feeds);
        }
        self.feeds += feeds;
        Verdict::Wait
    }

    /// Whether a leap will gain something once the window is full, if lines go on
    /// as they are.
    fn will_leap(&self, screen: &Screen, ring: &Ring, waiting: usize) -> bool {
        let expected = self.feeds.saturating_mul(window(screen, ring)) / waiting;
        screen.can_leap() && expected > screen.lines_to_clear() / 4 * 5
    }

    fn refuse(&mut self) {
        self.refused += 1;
        if self.refused >= PATIENCE {
            self.refused = 0;
            self.pause();
        }
    }

    const fn pause(&mut self) {
        self.paused = self.next_pause;
        if self.next_pause < LONG_PAUSE {
            self.next_pause *= 2;
        }
    }
}

/// How wide the lines are that wait, at most.
#[derive(Debug)]
struct Widths {
    /// Columns of the widest line but for the newest ones.
    older: usize,
    /// And of those, of which there are so many.
    newer: usize,
    feeds: usize,
}

impl Widths {
    const fn new() -> Self {
        Self { older: 0, newer: 0, feeds: 0 }
    }

    fn add(&mut self, feeds: usize, columns: usize) {
        self.feeds += feeds;
        self.newer = self.newer.max(columns);
    }

    fn most(&self) -> usize {
        self.older.max(self.newer)
    }

    /// Forgets the older lines, once none of the so many that are left is one of them.
    fn leapt(&mut self, left: usize) {
        if self.feeds >= left {
            *self = Self { older: self.newer, newer: 0, feeds: 0 };
        }
    }
}

/// A screen, to change it: a copy of it if a snapshot is being made of it. Not inlined,
/// as there is much to copy.
#[inline(never)]
pub(super) fn to_change(screen: &mut Arc<Screen>) -> &mut Screen {
    Arc::make_mut(screen)
}

/// What may wait, in bytes.
fn window(screen: &Screen, ring: &Ring) -> usize {
    let lines = screen.lines_to_clear();
    lines.saturating_mul(WINDOW_PER_LINE).max(BATCH).min(ring.capacity())
}
