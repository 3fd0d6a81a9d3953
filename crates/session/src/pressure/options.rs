//! When memory counts as short, and what may be done about it.

use std::time::Duration;

use super::threshold::Threshold;

/// What a registry does about its memory.
#[derive(Clone, Debug)]
pub struct Options {
    /// From here on memory is short.
    pub warning: Threshold,
    /// From here on it is about to run out.
    pub critical: Threshold,
    /// Time between two checks; zero: only when asked.
    pub interval: Duration,
    /// A session without connection, viewer, input or output for this long is
    /// idle.
    pub idle_after: Duration,
    /// What an idle session's history is shrunk to.
    pub keep_history: usize,
    /// What may be done.
    pub actions: Actions,
}

/// What may be done when memory is short, in this order.
#[derive(Clone, Copy, Debug)]
#[expect(clippy::struct_excessive_bools, reason = "each is a choice of its own")]
pub struct Actions {
    /// At a warning: shrink the histories of idle sessions.
    pub shrink_histories: bool,
    /// At a warning: drop what is only kept for speed.
    pub drop_caches: bool,
    /// When critical: collect the V8 heap's garbage, where that is exposed.
    pub collect_garbage: bool,
    /// When critical: close idle sessions, the oldest first.
    pub close_inactive: bool,
    /// When critical: refuse new sessions.
    pub refuse: bool,
    /// When it stays critical: close the session that holds the most memory with
    /// its processes, if that is much.
    pub close_heaviest: bool,
    /// When it stays critical: close the oldest session, unwatched ones first.
    pub close_oldest: bool,
}

impl Default for Actions {
    fn default() -> Self {
        Self {
            shrink_histories: true,
            drop_caches: true,
            collect_garbage: true,
            close_inactive: true,
            refuse: true,
            close_heaviest: false,
            close_oldest: true,
        }
    }
}

impl Actions {
    /// Nothing is done.
    pub const NONE: Self = Self {
        shrink_histories: false,
        drop_caches: false,
        collect_garbage: false,
        close_inactive: false,
        refuse: false,
        close_heaviest: false,
        close_oldest: false,
    };
}

impl Default for Options {
    fn default() -> Self {
        Self {
            warning: Threshold::Share(0.80),
            critical: Threshold::Share(0.93),
            interval: Duration::from_secs(10),
            idle_after: Duration::from_mins(1),
            keep_history: 16 * 1024,
            actions: Actions::default(),
        }
    }
}
