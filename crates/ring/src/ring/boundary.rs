//! Where the history may be cut.
//!
//! A safe boundary is a position inside neither a UTF-8 character nor an escape
//! sequence. The state at an ESC does not depend on what precedes it, so the
//! exact state anywhere follows from the last ESC before it, or from the state
//! at the oldest byte, which the ring carries along as bytes are evicted.

use memchr::memrchr;

use super::Ring;
use super::checkpoint::BLOCK;
use crate::text::scanner::{ESC, State};

/// The most bytes of an unfinished sequence that are held back, in bytes.
///
/// Longer sequences (images, clipboard contents) are streamed through in
/// pieces, cut between characters.
pub const MAX_HELD: u64 = 4096;

impl Ring {
    /// The smallest safe boundary at or after `from`, which is first brought
    /// into the kept range; the end if what is open at `from` never closes.
    #[must_use]
    pub fn safe_start(&self, from: u64) -> u64 {
        let from = from.clamp(self.start, self.end);
        let span = self.slices(from, usize::MAX);
        let (state, taken) = self.state_at(from).run_until_safe(span.head);
        let more = if state.is_safe() { 0 } else { state.run_until_safe(span.tail).1 };
        from + (taken + more) as u64
    }

    /// The largest boundary in `(from, to]` at which a reader that is at `from`
    /// should stop; `from` when it should wait. Both are first brought into the
    /// kept range.
    ///
    /// This is the largest safe boundary. Where there is none, because the
    /// sequence that is open at `to` began at or before `from` or more than
    /// [`MAX_HELD`] bytes ago, it is the last position between two characters,
    /// so that a reader with a small buffer or behind a long string makes
    /// progress.
    ///
    /// A sequence or character that begins at `from` and is cut by the end of
    /// the history is waited for. A reader that knows that nothing will follow
    /// takes the rest as it is.
    #[must_use]
    pub fn safe_end(&self, from: u64, to: u64) -> u64 {
        let from = from.clamp(self.start, self.end);
        let to = to.clamp(from, self.end);
        if to == from || self.state_at(to).is_safe() {
            return to;
        }
        let lowest = from.max(to.saturating_sub(MAX_HELD));
        let near = self.last(ESC, lowest, to);
        let near = near.filter(|&at| self.state_at(at).is_safe());
        if let Some(at) = self.last_safe(near.unwrap_or(lowest), to)
            && at > from
        {
            return at;
        }
        let awaited = to == self.end && to - from <= MAX_HELD && self.state_at(from).is_safe();
        if awaited { from } else { self.between_characters(from, to) }
    }

    /// The same where all of it is known to be [plain](crate::text::plain::PlainText):
    /// only the last line is looked at.
    #[must_use]
    pub fn safe_end_of_plain(&self, from: u64, to: u64) -> u64 {
        let from = from.clamp(self.start, self.end);
        let to = to.clamp(from, self.end);
        let lowest = from.max(to.saturating_sub(MAX_HELD));
        let Some(feed) = self.last(b'\n', lowest, to) else { return self.safe_end(from, to) };
        // Nothing that is plain goes on behind a line feed.
        let line = feed + 1;
        if self.run(State::GROUND, line, to).is_safe() {
            return to;
        }
        self.last_safe_of(State::GROUND, line, to).unwrap_or(line)
    }

    /// The largest safe boundary in `[from, to]`, found forwards.
    fn last_safe(&self, from: u64, to: u64) -> Option<u64> {
        self.last_safe_of(self.state_at(from), from, to)
    }

    /// The same, given the state at `from`.
    fn last_safe_of(&self, mut state: State, from: u64, to: u64) -> Option<u64> {
        let mut found = state.is_safe().then_some(from);
        let span = self.slices(from, distance(from, to));
        for (offset, &byte) in (from + 1..).zip(span.head.iter().chain(span.tail)) {
            state = state.step(byte);
            if state.is_safe() {
                found = Some(offset);
            }
        }
        found
    }

    /// The largest position in `[from, to]` that is not inside a character,
    /// where `from` counts as such.
    fn between_characters(&self, from: u64, to: u64) -> u64 {
        let low = from.max(to.saturating_sub(3));
        let span = self.slices(low, distance(low, to));
        let mut last = [0; 3];
        let last = &mut last[..span.len()];
        span.copy_to(last);
        low + crate::text::utf8::complete_prefix(last) as u64
    }

    /// The parser's state at `offset`, which must be in `[start, end]`.
    pub(super) fn state_at(&self, offset: u64) -> State {
        let block = offset / BLOCK;
        let low = self.start.max(block * BLOCK);
        if let Some(at) = self.last(ESC, low, offset) {
            return self.run(State::ESCAPE, at + 1, offset);
        }
        self.run(self.state_at_border(low), low, offset)
    }

    /// The state at `border`, which is a multiple of [`BLOCK`] or the start.
    fn state_at_border(&self, border: u64) -> State {
        let mut at = border;
        let mut state = loop {
            if at == self.start {
                break self.state;
            }
            if let Some(state) = self.checkpoints.get(at / BLOCK) {
                break state;
            }
            let low = self.start.max(at - BLOCK);
            if let Some(escape) = self.last(ESC, low, at) {
                let state = self.run(State::ESCAPE, escape + 1, at);
                self.checkpoints.set(at / BLOCK, state);
                break state;
            }
            at = low;
        };
        while at < border {
            let next = (at / BLOCK + 1) * BLOCK;
            state = self.run(state, at, next);
            self.checkpoints.set(next / BLOCK, state);
            at = next;
        }
        state
    }

    /// The state at `to`, given the one at `from` and no ESC between them.
    fn run(&self, state: State, from: u64, to: u64) -> State {
        let span = self.slices(from, distance(from, to));
        state.run(span.head).run(span.tail)
    }

    /// The offset of the last such byte in `[from, to)`.
    fn last(&self, byte: u8, from: u64, to: u64) -> Option<u64> {
        let span = self.slices(from, distance(from, to));
        let tail = || memrchr(byte, span.tail).map(|at| at + span.head.len());
        let at = tail().or_else(|| memrchr(byte, span.head))?;
        Some(from + at as u64)
    }
}

/// The bytes from one kept offset to another, which always fits: both lie in
/// one allocation.
fn distance(from: u64, to: u64) -> usize {
    usize::try_from(to - from).unwrap_or(usize::MAX)
}

impl Ring {
    /// At most the newest `max` bytes, from a safe boundary on.
    #[must_use]
    pub fn tail(&self, max: usize) -> super::Span<'_> {
        let from = self.end.saturating_sub(max as u64).max(self.start);
        self.slices(self.safe_start(from), max)
    }
}
