//! The one place that output, input, resizes and the exit of a session pass, in
//! one order.

use std::time::Instant;

use offheap_pty::{ExitStatus, PtySize};

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
}
