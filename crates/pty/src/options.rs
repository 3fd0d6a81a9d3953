//! What a pseudo terminal is started with, and how starting can fail.

use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// A window size in characters, with the pixel size where it is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PtySize {
    /// Columns.
    pub cols: u16,
    /// Rows.
    pub rows: u16,
    /// Width in pixels, 0 when unknown.
    pub pixel_width: u16,
    /// Height in pixels, 0 when unknown.
    pub pixel_height: u16,
}

impl PtySize {
    /// A size in characters alone.
    #[must_use]
    pub const fn new(cols: u16, rows: u16) -> Self {
        Self { cols, rows, pixel_width: 0, pixel_height: 0 }
    }
}

/// Everything that decides how a terminal is started.
#[derive(Clone, Debug)]
pub struct SpawnOptions {
    /// The program: a path, or a name that is looked up in the child's `PATH`.
    pub file: OsString,
    /// What the program sees as its own name; `file` without it. A shell takes
    /// a name with a leading dash for a login. Windows has no such thing.
    pub argv0: Option<OsString>,
    /// The arguments after the program's own name.
    pub args: Vec<OsString>,
    /// The whole environment of the child, in order.
    pub env: Vec<(OsString, OsString)>,
    /// The working directory; it must exist.
    pub cwd: PathBuf,
    /// The first window size.
    pub size: PtySize,
    /// The user to run as (needs privileges). Supplementary groups are dropped.
    pub uid: Option<u32>,
    /// The group to run as (needs privileges). Supplementary groups are dropped.
    pub gid: Option<u32>,
    /// Most input bytes that may wait for the program.
    pub max_input: usize,
    /// How long a background process that holds the terminal open may delay
    /// the exit after the leader's death.
    pub drain: Duration,
    /// Time between the hang-up at a close and the kill of what ignores it.
    pub grace: Duration,
}

/// The default bound of the input queue: 16 MiB.
pub const DEFAULT_MAX_INPUT: usize = 16 << 20;
/// The default bound on the delay of an exit by a background process.
pub const DEFAULT_DRAIN: Duration = Duration::from_secs(1);
/// The default time between SIGHUP and SIGKILL at a close.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(2);

/// A terminal could not be started: the errno, and what was being done.
#[derive(Debug, thiserror::Error)]
#[error("{syscall} {path}: {message}")]
pub struct SpawnError {
    /// The errno's name, for example `ENOENT`.
    pub code: &'static str,
    /// The errno's number.
    pub errno: i32,
    /// The call that failed: `spawn`, `chdir`, `openpty`, ….
    pub syscall: &'static str,
    /// The path it failed on.
    pub path: String,
    /// A sentence for a person.
    pub message: String,
}
