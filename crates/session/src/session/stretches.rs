//! What is known of the lines that wait for the screen: enough to leap over them
//! without another look.

use std::collections::VecDeque;

use memchr::memrchr;
use offheap_ring::text::plain::Piece;

/// How long stretches are, in bytes, at least.
const LEAST: u64 = 10 * 1024;
/// How many there are at most, but for two.
const MOST: u64 = 24;

/// Whole lines of plain output.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Stretch {
    /// The offset behind them.
    pub(super) end: u64,
    /// Line feeds.
    pub(super) feeds: usize,
    /// Controls, line feeds among them.
    pub(super) controls: usize,
    /// How often they go on in another row, if that is known and each ends with CR LF.
    pub(super) wraps: Option<usize>,
    /// Whether there are sequences.
    pub(super) has_sequences: bool,
}

impl Stretch {
    const fn empty(end: u64, has_sequences: bool) -> Self {
        Self { end, feeds: 0, controls: 0, wraps: Some(0), has_sequences }
    }

    fn add(&mut self, piece: Piece) {
        self.feeds += piece.feeds;
        self.controls += piece.controls;
        self.wraps = self.wraps.zip(piece.wraps).map(|(one, other)| one + other);
        self.has_sequences |= piece.has_sequences;
    }
}

/// Plain output that waits, stretch by stretch.
#[derive(Debug)]
pub(super) struct Stretches {
    whole: VecDeque<Stretch>,
    /// What came behind those, so far. Its `end` is where it begins.
    begun: Stretch,
}

impl Stretches {
    pub(super) const fn new() -> Self {
        Self { whole: VecDeque::new(), begun: Stretch::empty(0, false) }
    }

    /// Forgets everything; what waits begins at this offset from here on.
    pub(super) fn clear(&mut self, from: u64) {
        self.whole.clear();
        self.begun = Stretch::empty(from, false);
    }

    /// One more piece waits, whose first byte has the offset `at`, of a window of so
    /// many bytes.
    #[inline]
    pub(super) fn add(&mut self, at: u64, bytes: &[u8], piece: Piece, window: usize) {
        self.begun.add(piece);
        let length = at + bytes.len() as u64 - self.begun.end;
        if length >= LEAST.max(window as u64 / MOST)
            && let Some(last) = memrchr(b'\n', bytes)
        {
            let end = at + last as u64 + 1;
            // What is behind the last line feed may have some of the piece's sequences.
            let begun = Stretch::empty(end, piece.has_sequences);
            self.whole.push_back(Stretch { end, ..std::mem::replace(&mut self.begun, begun) });
        }
    }

    /// Takes the oldest stretch, if it has no more than so many line feeds.
    pub(super) fn take(&mut self, most: usize) -> Option<Stretch> {
        if self.whole.front()?.feeds > most { None } else { self.whole.pop_front() }
    }

    /// The oldest lines do not wait any more, of which there are so many: less than the
    /// oldest stretch has.
    pub(super) fn shorten(&mut self, feeds: usize) {
        let oldest = self.whole.front_mut().unwrap_or(&mut self.begun);
        oldest.feeds -= feeds;
        oldest.wraps = None;
    }
}
