//! Pseudo terminals: one trait, one folder per platform.
//!
//! A [`Pty`] owns the master side and the leader process. Its output goes to
//! a [`Sink`] (the session) on the reactor thread, its input comes through a
//! bounded queue, and its exit is said once, after the last byte.

#![cfg_attr(
    test,
    allow(
        clippy::duration_suboptimal_units,
        clippy::format_collect,
        clippy::large_stack_arrays,
        clippy::needless_for_each,
        clippy::unchecked_time_subtraction,
        reason = "tests may be plain"
    )
)]

#[cfg(any(windows, test))]
pub mod command_line;
pub mod directory;
pub mod environment;
#[cfg(unix)]
mod errno;
mod kept;
mod options;
pub mod reactor;

#[cfg(unix)]
mod unix;
#[cfg(windows)]
mod windows;
#[cfg(any(windows, test))]
mod windows_rules;

#[cfg(unix)]
pub use unix::{Adopted, ExitReport, Holder, Launched, adopt, groups, launch};

#[cfg(all(test, unix))]
mod tests;

use std::io;
use std::sync::Arc;
use std::time::Instant;

#[cfg(unix)]
use errno::os_error;
#[cfg(unix)]
pub use errno::spawn_error;
pub use kept::{KeptTerminal, Manner};
#[cfg(unix)]
pub use unix::{BareTerminal, open_bare, process_of_descriptor, resize_descriptor};
#[cfg(windows)]
use windows_rules::failure::os_error;

pub use options::{
    DEFAULT_DRAIN, DEFAULT_GRACE, DEFAULT_MAX_INPUT, PtySize, SpawnError, SpawnOptions,
};

/// How the leader process ended, in node-pty's terms: a code, and the number
/// of the signal that ended it (0 when none did).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExitStatus {
    /// The exit code; 0 when a signal ended the process.
    pub code: i32,
    /// The signal's number; 0 when the process ended by itself.
    pub signal: i32,
}

impl ExitStatus {
    /// The process has ended, and how is not to be known: whoever could have
    /// waited for it has ended before.
    pub const UNKNOWN: Self = Self { code: -1, signal: 0 };
}

/// Whether the reader may take more bytes from the terminal now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// Read on.
    Open,
    /// Wait until the [`GateBell`] rings, or until the instant, if there is one,
    /// and ask again.
    Shut(Option<Instant>),
}

/// Rings when a gate may have opened.
#[derive(Debug, Default)]
pub struct GateBell(tokio::sync::Notify);

impl GateBell {
    /// Makes whoever waits at the gate ask again.
    pub fn ring(&self) {
        self.0.notify_one();
    }

    async fn rung(&self) {
        self.0.notified().await;
    }
}

/// Where a terminal's bytes and news go. All calls come from the reactor (or,
/// on Windows, from the terminal's own threads) and must not block.
pub trait Sink: Send + Sync + 'static {
    /// Output bytes, in order.
    fn output(&self, bytes: &[u8]);
    /// Takes what one read returns. `read` is called at most once, with the
    /// place that the bytes go to: `scratch`, or memory of the sink's own where
    /// they are safe from the moment they are read. Returns what `read` returns.
    ///
    /// # Errors
    /// What `read` returns.
    fn read(
        &self,
        scratch: &mut [u8],
        read: &mut dyn FnMut(&mut [u8]) -> io::Result<usize>,
    ) -> io::Result<usize> {
        let count = read(scratch)?;
        if count > 0 {
            self.output(&scratch[..count]);
        }
        Ok(count)
    }
    /// Asked before each read: is there room and interest?
    fn gate(&self) -> Gate;
    /// The bell that rings when [`Sink::gate`] may have changed.
    fn gate_bell(&self) -> &GateBell;
    /// Whether somebody reads the output as it comes.
    fn is_watched(&self) -> bool {
        true
    }
    /// The leader has ended and every byte before its end has been handed over.
    fn exited(&self, status: ExitStatus);
    /// The terminal has ended: no output will come any more. Mostly this is
    /// said together with the exit; later, when a background process holds the
    /// terminal past the drain bound.
    fn ended(&self);
    /// The input queue, which had bytes waiting, is empty again.
    fn drained(&self);
    /// Something panicked that had to do with this terminal alone, most likely
    /// in the sink itself. The terminal is being closed: its end and its exit
    /// follow.
    fn failed(&self) {}
}

/// Why input was not taken.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// The queue's bound would be passed; nothing of the data was taken.
    #[error("input queue is full: {queued} of {limit} bytes are waiting")]
    QueueFull {
        /// Bytes that wait now.
        queued: usize,
        /// The bound.
        limit: usize,
    },
    /// The terminal is gone.
    #[error("the terminal has exited")]
    Exited,
}

/// A running pseudo terminal. Every method returns at once.
pub trait Pty: Send + Sync {
    /// The leader's process id.
    fn pid(&self) -> u32;
    /// Starts reading. Until then the sink is told nothing, so that whoever
    /// started the terminal can put it in its place first. Idempotent; a close
    /// implies it.
    fn begin(&self);
    /// Queues input. `Ok(true)` says that nothing waits: all of it reached the
    /// terminal. All of the data is taken, or none of it.
    ///
    /// # Errors
    /// [`WriteError::QueueFull`] past the bound, [`WriteError::Exited`] when gone.
    fn write(&self, data: &[u8]) -> Result<bool, WriteError>;
    /// Input bytes that wait for the program to read.
    fn queued(&self) -> usize;
    /// Whether the terminal echoes what is typed, as far as the system can tell.
    /// It does not while a password is asked for, nor in programs that draw what
    /// is typed themselves.
    fn echoes(&self) -> bool {
        false
    }
    /// Sets the window size; a terminal that is gone ignores it.
    fn resize(&self, size: PtySize);
    /// Sends a signal to the leader's process group and the foreground group.
    fn kill(&self, signal: i32);
    /// Hangs up on the terminal's groups (SIGHUP), and kills what ignores it
    /// after the grace period. The terminal stays readable until it ends.
    fn hang_up(&self);
    /// The path of the program's side, such as `/dev/pts/3`; `None` once the
    /// terminal is gone, and on Windows.
    fn tty_name(&self) -> Option<String> {
        None
    }
    /// The number of the master's descriptor, which stays this terminal's;
    /// `None` once it is gone, and on Windows.
    fn descriptor(&self) -> Option<i32> {
        None
    }
    /// The name that the foreground process was started by, whole, where the
    /// system can tell. [`short_name`] is the part of it that people know.
    fn process_name(&self) -> Option<String>;
    /// The working directory of the foreground process, where the system can tell
    /// and the directory is still there.
    fn directory(&self) -> Option<String> {
        None
    }
    /// Lets go: hangs up, closes the master side and, after the grace period,
    /// kills what is left of the process group. Idempotent.
    fn close(&self);
    /// Lets go of the terminal without ending it: another process keeps it and
    /// its shell, and the sink is told nothing more. What was read before this
    /// has reached the sink once the reactor has come to rest
    /// ([`reactor::settle`]); nothing is read after. Input that waits is
    /// dropped. `false`, and nothing happens, where nobody else keeps it.
    fn leave(&self) -> bool {
        false
    }
    /// Another descriptor of the terminal's master, while the terminal is there.
    #[cfg(unix)]
    fn duplicate_master(&self) -> Option<std::os::fd::OwnedFd> {
        None
    }
}

/// A process's name without its directory, and without the dash of a login
/// shell.
#[must_use]
pub fn short_name(name: &str) -> &str {
    let base = name.rsplit('/').next().unwrap_or(name).trim_start_matches('-');
    if base.is_empty() { name } else { base }
}

/// Makes terminals. A session is given one, so that a terminal can come from
/// somewhere else than a process started here.
pub trait Spawner: Send + Sync {
    /// Starts `options.file` on a new pseudo terminal whose bytes go to `sink`
    /// once it has [begun](Pty::begin).
    ///
    /// # Errors
    /// A [`SpawnError`] with the errno's name, the system call and the path.
    fn spawn(
        &self,
        options: &SpawnOptions,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError>;
    /// What makes the terminal of the session with this journal, where that is
    /// somebody in particular: who keeps terminals has to know whose they are.
    fn for_journal(&self, _name: &str) -> Option<Box<dyn Spawner>> {
        None
    }
    /// No more terminals are wanted; those that were made are closed or left.
    fn leave(&self) {}
}

/// Starts programs as children of this process.
#[derive(Clone, Copy, Debug, Default)]
pub struct Local;

impl Spawner for Local {
    fn spawn(
        &self,
        options: &SpawnOptions,
        sink: Arc<dyn Sink>,
    ) -> Result<Arc<dyn Pty>, SpawnError> {
        #[cfg(unix)]
        return unix::spawn(options, sink);
        #[cfg(windows)]
        return windows::spawn(options, sink);
    }
}
