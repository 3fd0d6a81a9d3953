//! A command that a shell runs, or has run.

use std::sync::Arc;
use std::time::Duration;

/// A command of a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Its line, where the shell has told it.
    pub line: Option<Arc<str>>,
    /// When it began, in ms since the epoch.
    pub started_ms: u64,
    /// When it ended, in ms since the epoch; `None` while it runs.
    pub ended_ms: Option<u64>,
    /// How long it ran, once it has ended.
    pub duration: Option<Duration>,
    /// Its exit code, where the shell has told it.
    pub exit_code: Option<i32>,
    /// Where its output begins in the session's.
    pub output_start: u64,
    /// Where its output ends; `None` while it runs.
    pub output_end: Option<u64>,
    /// The shell has proved that it told this itself.
    pub trusted: bool,
}
