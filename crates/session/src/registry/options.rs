//! What a registry allows.

use std::time::Duration;

use offheap_screen::ScreenOptions;

/// What happens to a session too many in its project.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnProjectLimit {
    /// The project's oldest session is closed to make room.
    CloseOldest,
    /// The new session is refused.
    Reject,
}

/// Limits and clocks of a registry. A limit of 0 means none.
#[derive(Clone, Debug)]
pub struct Options {
    /// Sessions in all.
    pub max_sessions: usize,
    /// Sessions in one project.
    pub max_per_project: usize,
    /// What gives way when a project is full.
    pub on_project_limit: OnProjectLimit,
    /// Focused sessions in one project.
    pub max_focused: usize,
    /// How long a session lives without a connection and without input.
    pub inactive: Duration,
    /// New shells in any minute, for each project.
    pub spawns_per_minute: usize,
    /// New shells in any minute, in the whole registry.
    pub spawns_in_all: usize,
    /// Bytes of history for each session.
    pub history: usize,
    /// The screen that each session keeps, if any.
    pub screen: Option<ScreenOptions>,
    /// Input bytes that may wait, for each session.
    pub max_input: usize,
    /// How long an exited session stays, so that its last output can be read.
    pub linger: Duration,
    /// When memory counts as short, and what is done about it.
    pub memory: crate::pressure::Options,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            max_sessions: 20,
            max_per_project: 4,
            on_project_limit: OnProjectLimit::CloseOldest,
            max_focused: 4,
            inactive: Duration::from_mins(5),
            spawns_per_minute: 10,
            spawns_in_all: 60,
            history: 256 * 1024,
            screen: Some(ScreenOptions::default()),
            max_input: offheap_pty::DEFAULT_MAX_INPUT,
            linger: Duration::from_secs(1),
            memory: crate::pressure::Options::default(),
        }
    }
}
