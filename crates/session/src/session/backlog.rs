//! Output that the screen has not seen yet: it stands in the history, and is
//! read when somebody needs the screen or when it would be lost.
//!
//! Only plain output may wait, since nothing in it needs an answer. Where many
//! lines wait, most of them will have left screen and scrollback before anybody
//! looks, and are leapt over.

use std::ops::Range;
use std::sync::Arc;

use super::skim;
use super::stretches::Stretches;
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
    /// The newest output that was judged: all of it is plain.
    plain: Range<u64>,
    /// Follows what waits.
    text: PlainText,
    /// Line feeds that wait.
    feeds: usize,
    /// What is known of the lines.
    stretches: Stretches,
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
            plain: 0..0,
            text: PlainText::new(),
            feeds: 0,
            stretches: Stretches::new(),
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
        let verdict = self.judge_next(screen, ring, at, bytes);
        let end = at + bytes.len() as u64;
        if verdict == Verdict::Take {
            self.plain = end..end;
        } else if self.plain.end == at {
            self.plain.end = end;
        } else {
            self.plain = at..end;
        }
        verdict
    }

    /// Whether it is known of all output from one offset to another that it is plain.
    pub(super) const fn is_plain(&self, from: u64, to: u64) -> bool {
        self.plain.start <= from && to <= self.plain.end
    }

    fn judge_next(
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
        let (cols, _) = screen.size();
        let Some(piece) = self.text.push_within(bytes, usize::from(cols)) else {
            self.refuse();
            return Verdict::Take;
        };
        self.refused = 0;
        let waiting = usize::try_from(waiting).unwrap_or(usize::MAX).saturating_add(bytes.len());
        let window = window(screen, ring);
        if waiting > window {
            return self.make_room(screen, ring, (at, bytes), piece);
        }
        let feeds = self.feeds + piece.feeds;
        let waits = waiting < SAMPLE || will_leap(screen, feeds, window, waiting);
        // Lines longer than this gain nothing by coming many at a time.
        let is_long = waiting > feeds * 2 * usize::from(cols);
        if waits || waiting < BATCH && !is_long {
            self.wait(at, bytes, piece, window);
            return Verdict::Wait;
        }
        if is_long {
            self.pause();
        }
        Verdict::TakePlain(piece.feeds)
    }

    /// Shows the screen what waits before an offset.
    pub(super) fn catch_up(&mut self, screen: &mut Arc<Screen>, ring: &Ring, to: u64) {
        if self.from < to {
            self.leap_stretches(screen, ring);
            skim::skim(to_change(screen), &self.waiting(ring, to), self.feeds);
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
        if !self.leap_stretches(screen, ring) {
            let waiting = self.waiting(ring, at);
            self.from += skim::leap_ahead(to_change(screen), &waiting) as u64;
            self.stretches.shorten(self.feeds - visible);
            self.feeds = visible;
        }
        self.next_pause = SHORT_PAUSE;
        true
    }

    /// Leaps over the stretches of what waits that are out of sight; `false` when there
    /// are none.
    fn leap_stretches(&mut self, screen: &mut Arc<Screen>, ring: &Ring) -> bool {
        let visible = screen.lines_to_clear();
        if self.feeds <= visible || !screen.can_leap() {
            return false;
        }
        let screen = to_change(screen);
        let before = self.from;
        while let Some(stretch) = self.stretches.take(self.feeds - visible) {
            skim::leap_over(screen, &self.waiting(ring, stretch.end), stretch);
            self.from = stretch.end;
            self.feeds -= stretch.feeds;
        }
        self.from > before
    }

    /// Whether so much more can be written to the history without losing what
    /// waits.
    pub(super) fn has_room(&self, ring: &Ring, bytes: usize) -> bool {
        ring.end() - self.from + bytes as u64 <= ring.capacity() as u64
    }

    /// The screen has seen everything up to an offset.
    pub(super) fn caught_up(&mut self, to: u64) {
        self.from = to;
        self.text = PlainText::new();
        self.feeds = 0;
        self.stretches.clear(to);
    }

    fn waiting<'a>(&self, ring: &'a Ring, to: u64) -> Span<'a> {
        ring.slices(self.from, usize::try_from(to - self.from).unwrap_or(usize::MAX))
    }

    /// Leaps over what waits, as far as that is out of sight, to have room for a piece.
    fn make_room(
        &mut self,
        screen: &mut Arc<Screen>,
        ring: &Ring,
        (at, bytes): (u64, &[u8]),
        piece: Piece,
    ) -> Verdict {
        if !self.leap_before(at, screen, ring) {
            self.pause();
        }
        let left = usize::try_from(at - self.from).unwrap_or(usize::MAX);
        let window = window(screen, ring);
        if left.saturating_add(bytes.len()) > window {
            return Verdict::TakePlain(piece.feeds);
        }
        self.wait(at, bytes, piece, window);
        Verdict::Wait
    }

    /// One more piece waits.
    fn wait(&mut self, at: u64, bytes: &[u8], piece: Piece, window: usize) {
        self.feeds += piece.feeds;
        self.stretches.add(at, bytes, piece, window);
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

/// Whether a leap will gain something once the window is full, if lines go on as they
/// are: so many in so many bytes.
fn will_leap(screen: &Screen, feeds: usize, window: usize, waiting: usize) -> bool {
    let expected = feeds.saturating_mul(window) / waiting;
    screen.can_leap() && expected > screen.lines_to_clear() / 4 * 5
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
