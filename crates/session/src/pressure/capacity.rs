//! How many sessions fit, from what sessions were seen to need.

/// What has been measured of the sessions of a registry.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Measured {
    /// Sessions that exist.
    pub(crate) sessions: u64,
    /// Bytes that their histories, screens and input occupy.
    pub(crate) held: u64,
    /// Sessions that have been closed.
    pub(crate) closed: u64,
    /// Bytes that those occupied when they were closed, in all.
    pub(crate) held_at_close: u64,
    /// What a session needs beside that, whatever it does.
    pub(crate) fixed: u64,
    /// The most that a history and a screen's scrollback may occupy.
    pub(crate) ceiling: u64,
}

impl Measured {
    /// Bytes that a session needs on average: the fixed part, and what sessions
    /// hold now or held at their ends. Before there was any, and never more
    /// than, a full history and scrollback.
    #[must_use]
    pub(crate) fn per_session(&self) -> u64 {
        let seen = self.sessions + self.closed;
        let mean = (self.held + self.held_at_close).checked_div(seen);
        self.fixed + mean.map_or(self.ceiling, |mean| mean.min(self.ceiling))
    }
}

/// How many sessions fit into `memory` bytes; at least one.
#[must_use]
pub(crate) fn sessions_for(memory: u64, measured: &Measured) -> u64 {
    (memory / measured.per_session().max(1)).max(1)
}
