//! Terminals that somebody else keeps while no server is there.

use std::sync::Arc;
use std::time::Duration;

use crate::{DEFAULT_DRAIN, DEFAULT_GRACE, DEFAULT_MAX_INPUT, Pty, Sink, SpawnError, SpawnOptions};

/// A terminal that was kept for the next server. Dropped, it stays kept.
pub trait KeptTerminal: Send {
    /// The name of its session's journal.
    fn name(&self) -> &str;
    /// The leader's process id, as whoever keeps it sees it.
    fn pid(&self) -> u32;
    /// Makes a terminal of it, of which nothing is read before it
    /// [begins](Pty::begin).
    ///
    /// # Errors
    /// When it cannot be watched; it stays kept.
    fn adopt(
        self: Box<Self>,
        manner: Manner,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError>;
    /// Has it ended: nobody wants it.
    fn close(self: Box<Self>);
}

/// How a terminal is treated, whoever started its shell.
#[derive(Clone, Copy, Debug)]
pub struct Manner {
    /// Most input bytes that may wait for the program.
    pub max_input: usize,
    /// How long a background process may delay the exit.
    pub drain: Duration,
    /// Time between the hang-up at a close and the kill of what ignores it.
    pub grace: Duration,
}

impl Default for Manner {
    fn default() -> Self {
        Self { max_input: DEFAULT_MAX_INPUT, drain: DEFAULT_DRAIN, grace: DEFAULT_GRACE }
    }
}

impl From<&SpawnOptions> for Manner {
    fn from(options: &SpawnOptions) -> Self {
        Self { max_input: options.max_input, drain: options.drain, grace: options.grace }
    }
}
