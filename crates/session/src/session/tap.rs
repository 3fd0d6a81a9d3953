//! The one place that output, input, resizes and the exit of a session pass, in
//! one order.

use std::time::Instant;

use offheap_pty::{ExitStatus, Gate, PtySize};
use offheap_ring::Span;

/// What passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Passage<'a> {
    /// Bytes that the program printed.
    Output(&'a [u8]),
    /// Bytes for the program.
    Input(&'a [u8]),
    /// The window has a new size.
    Resize(PtySize),
    /// The program has ended; its output came before.
    Exit(ExitStatus),
}

/// Listens to all that passes a session.
///
/// It is called under the session's lock, in the order in which things
/// happened: it must return at once, and must not call the session.
pub trait Tap: Send + 'static {
    /// Something passes. `offset` is that of the output's first byte, or for
    /// what is no output, that of the output that follows.
    fn pass(&mut self, passage: Passage<'_>, offset: u64, at: Instant);

    /// The offset from which on it still reads the history; `None` when it does
    /// not.
    fn unread(&self) -> Option<u64> {
        None
    }

    /// Whether the terminal may be read on, as far as this listener is
    /// concerned: the history ends at `end` and keeps `capacity` bytes.
    fn gate(&self, _end: u64, _capacity: usize, _now: Instant) -> Gate {
        Gate::Open
    }

    /// Whether it listens no more, and may be dropped.
    fn is_done(&self) -> bool {
        false
    }

    /// The session is closed, and its history goes: this is the rest of what
    /// [`Tap::unread`] says.
    fn close(&mut self, _rest: Span<'_>, _at: Instant) {}
}
