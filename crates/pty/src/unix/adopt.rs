//! Terminals whose shells are another process's children: the keeper's, which
//! holds them while servers come and go.

use std::num::NonZeroI32;
use std::os::fd::OwnedFd;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::{Parts, UnixPty, watched};
use crate::{ExitStatus, Manner, Pty, Sink, SpawnError};

/// The keeper's part in a terminal that this process has adopted. No call may
/// block.
pub trait Holder: Send + Sync {
    /// Whether a process id means the same there and here. Otherwise nothing is
    /// signalled by its number here; the holder is asked to.
    fn shares_processes(&self) -> bool;
    /// Signals the terminal's process groups.
    fn signal(&self, signal: i32);
    /// The name of the foreground process, asked of the holder.
    fn process_name(&self) -> Option<String>;
    /// The exit was told to the sink: the holder may forget it.
    fn noted(&self);
    /// This process has closed the terminal. The holder lets go of it, too, and
    /// kills what ignores the hang-up.
    fn close(&self, grace: Duration);
}

/// A terminal of which this process has been given a descriptor.
pub struct Adopted {
    /// The master, non-blocking: that belongs to the open file, which is shared.
    pub master: OwnedFd,
    /// The leader's process id, as the holder sees it.
    pub pid: u32,
    /// The leader's own descriptor, where the system has such.
    pub process: Option<OwnedFd>,
    /// Where the leader's end is told.
    pub report: Arc<ExitReport>,
    /// Who holds the terminal.
    pub holder: Arc<dyn Holder>,
    /// How it is treated.
    pub manner: Manner,
}

impl std::fmt::Debug for Adopted {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Adopted").field("pid", &self.pid).finish_non_exhaustive()
    }
}

/// What a holder has said of a leader's end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Word {
    /// Nothing yet.
    #[default]
    None,
    /// It has ended.
    Ended(ExitStatus),
    /// Nothing, and it may never say anything: it is gone.
    Silent,
}

/// Where a holder tells of a leader's end.
#[derive(Debug, Default)]
pub struct ExitReport {
    word: Mutex<Word>,
    changed: Notify,
}

impl ExitReport {
    /// The leader has ended. Only the first call counts.
    pub fn tell(&self, status: ExitStatus) {
        let mut word = self.word.lock();
        if !matches!(*word, Word::Ended(_)) {
            *word = Word::Ended(status);
            self.changed.notify_one();
        }
    }

    /// Whether a holder is there who would tell. Where none is, the end is
    /// learnt from the process itself, and how it ended may stay unknown.
    pub fn set_held(&self, held: bool) {
        let mut word = self.word.lock();
        if !matches!(*word, Word::Ended(_)) {
            *word = if held { Word::None } else { Word::Silent };
            self.changed.notify_one();
        }
    }

    pub(super) fn word(&self) -> Word {
        *self.word.lock()
    }

    pub(super) async fn changed(&self) {
        self.changed.notified().await;
    }
}

/// Makes a terminal of what was handed over. Nothing is read before it
/// [begins](Pty::begin).
///
/// # Errors
/// A [`SpawnError`] when the descriptor cannot be watched; the holder keeps the
/// terminal.
pub fn adopt(adopted: Adopted, sink: Arc<dyn Sink>) -> Result<Arc<dyn Pty>, SpawnError> {
    let _context = crate::reactor::ready()?.enter();
    Ok(UnixPty::assemble(Parts {
        master: watched(adopted.master)?,
        pid: adopted.pid,
        kept: Some(Kept {
            process: adopted.process,
            report: adopted.report,
            holder: adopted.holder,
        }),
        manner: adopted.manner,
        sink,
    }))
}

/// What an adopted terminal has that one of this process's own has not.
pub(super) struct Kept {
    pub(super) process: Option<OwnedFd>,
    pub(super) report: Arc<ExitReport>,
    pub(super) holder: Arc<dyn Holder>,
}

/// How a process ended that is not a child of this one, where the system tells:
/// Linux 6.15 and newer, once it was reaped.
#[cfg(target_os = "linux")]
pub(super) fn status_of(process: &OwnedFd) -> Option<ExitStatus> {
    use std::os::fd::AsRawFd;
    const EXIT: u64 = 1 << 3;
    /// `_IOWR(0xFF, 11, struct pidfd_info)` with the structure's first size.
    const PIDFD_GET_INFO: u64 = 0xC040_FF0B;

    #[repr(C)]
    #[derive(Default)]
    struct Info {
        mask: u64,
        cgroup: u64,
        ids: [u32; 11],
        exit_code: i32,
    }
    const { assert!(size_of::<Info>() == 64) };

    let mut info = Info { mask: EXIT, ..Info::default() };
    // SAFETY: the call fills the 64 bytes that its number names, and no more.
    let result = unsafe { libc::ioctl(process.as_raw_fd(), PIDFD_GET_INFO as _, &raw mut info) };
    if result != 0 || info.mask & EXIT == 0 {
        return None;
    }
    let signalled = libc::WIFSIGNALED(info.exit_code);
    Some(ExitStatus {
        code: if signalled { 0 } else { libc::WEXITSTATUS(info.exit_code) },
        signal: if signalled { libc::WTERMSIG(info.exit_code) } else { 0 },
    })
}

#[cfg(not(target_os = "linux"))]
pub(super) fn status_of(_process: &OwnedFd) -> Option<ExitStatus> {
    None
}

/// A signal's number, unless it is none.
pub(super) fn signal_number(signal: i32) -> Option<rustix::process::Signal> {
    let number = NonZeroI32::new(signal)?;
    // SAFETY: it goes to `kill` alone, where the system refuses a number that
    // it does not know.
    Some(unsafe { rustix::process::Signal::from_raw_nonzero_unchecked(number) })
}
