//! Waiting for the leader process without touching Node's own children.
//!
//! Linux has a descriptor for it (`pidfd`), macOS an event in a queue that is
//! one. Where there is none (kernels before 5.3) the leader is asked after at
//! short intervals. No SIGCHLD handler is installed: it
//! would fight with the one that Node has.

use std::os::fd::OwnedFd;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use rustix::io::Errno;
use rustix::process::{Pid, WaitOptions, test_kill_process, waitpid};

use super::adopt::{Holder, Kept, Word, status_of};
use crate::ExitStatus;

type Descriptor = tokio::io::unix::AsyncFd<OwnedFd>;

pub(super) struct Leader {
    pid: u32,
    reaped: Arc<Mutex<bool>>,
    descriptor: Option<Descriptor>,
    /// How it ended, once it has been reaped.
    status: OnceLock<ExitStatus>,
    /// Whose child it is, when it is not this process's.
    kept: Option<Kept>,
}

impl Leader {
    /// Watches a child that has just been started; needs the reactor's context.
    pub(super) fn watch(pid: u32, reaped: Arc<Mutex<bool>>) -> Self {
        let descriptor = open_descriptor(pid).and_then(watched);
        Self { pid, reaped, descriptor, status: OnceLock::new(), kept: None }
    }

    /// Watches another process's child, of whose end its holder tells.
    pub(super) fn watch_kept(pid: u32, reaped: Arc<Mutex<bool>>, mut kept: Kept) -> Self {
        let own = kept.process.take();
        let shares = kept.holder.shares_processes();
        let process = own.or_else(|| open_descriptor(pid).filter(|_| shares));
        let descriptor = process.and_then(watched);
        Self { pid, reaped, descriptor, status: OnceLock::new(), kept: Some(kept) }
    }

    /// Whether its process id means something here.
    pub(super) fn has_number(&self) -> bool {
        self.stranger().is_none()
    }

    /// The holder, where it does not.
    pub(super) fn stranger(&self) -> Option<&dyn Holder> {
        let holder = self.kept.as_ref()?.holder.as_ref();
        (!holder.shares_processes()).then_some(holder)
    }

    /// Its end was told. A holder that waited for this reaps it now, and its
    /// number may belong to another process.
    pub(super) fn noted(&self) {
        if let Some(kept) = &self.kept {
            *self.reaped.lock() = true;
            kept.holder.noted();
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Whether it has been reaped: its number may belong to another process.
    pub(super) fn is_reaped(&self) -> bool {
        *self.reaped.lock()
    }

    /// Resolves when the leader has ended and is reaped, at once when it had
    /// been before. Cancel safe, and cheap to begin again: the system is asked
    /// only when there is news.
    pub(super) async fn exit(&self) -> ExitStatus {
        if let Some(status) = self.status.get() {
            return *status;
        }
        if let Some(kept) = &self.kept {
            return self.reported_exit(kept).await;
        }
        let mut pause = Duration::from_millis(2);
        loop {
            self.news(pause).await;
            if let Some(status) = self.reap() {
                return status;
            }
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    /// The end as the holder tells it. Without a holder it is seen in the process
    /// itself.
    async fn reported_exit(&self, kept: &Kept) -> ExitStatus {
        loop {
            match kept.report.word() {
                Word::Ended(status) => return *self.status.get_or_init(|| status),
                Word::None => kept.report.changed().await,
                Word::Silent => tokio::select! {
                    biased;
                    () = kept.report.changed() => {}
                    () = self.gone() => {
                        *self.reaped.lock() = true;
                        let status = self.unreported_status().await;
                        kept.report.tell(status);
                    }
                },
            }
        }
    }

    /// Resolves when there is no such process any more. Nothing but its end, or
    /// that its number is nobody's, says so.
    async fn gone(&self) {
        if let Some(descriptor) = &self.descriptor {
            return drop(descriptor.readable().await);
        }
        let pid =
            i32::try_from(self.pid).ok().and_then(Pid::from_raw).filter(|_| self.has_number());
        let Some(pid) = pid else { return std::future::pending().await };
        while test_kill_process(pid) != Err(Errno::SRCH) {
            tokio::time::sleep(Duration::from_millis(200)).await;
        }
    }

    /// What the system remembers of it, which it tells once it was reaped.
    async fn unreported_status(&self) -> ExitStatus {
        for _ in 0..20 {
            let process = self.descriptor.as_ref().map(Descriptor::get_ref);
            if let Some(status) = process.and_then(status_of) {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        ExitStatus::UNKNOWN
    }

    async fn news(&self, pause: Duration) {
        match &self.descriptor {
            Some(descriptor) => drop(descriptor.readable().await),
            None => tokio::time::sleep(pause).await,
        }
    }

    fn reap(&self) -> Option<ExitStatus> {
        let pid = i32::try_from(self.pid).ok().and_then(Pid::from_raw)?;
        // Held over the wait, so that nobody signals the number in between.
        let mut reaped = self.reaped.lock();
        let status = match waitpid(Some(pid), WaitOptions::NOHANG) {
            Ok(None) => return None,
            Ok(Some((_, status))) => ExitStatus {
                code: status.exit_status().unwrap_or(0),
                signal: status.terminating_signal().unwrap_or(0),
            },
            // Somebody else in the process has waited for it: it is gone, and
            // how it ended is not to be known.
            Err(_) => ExitStatus { code: 0, signal: 0 },
        };
        *reaped = true;
        Some(*self.status.get_or_init(|| status))
    }
}

fn watched(descriptor: OwnedFd) -> Option<Descriptor> {
    // SAFETY: an `OwnedFd` is open and stays the same descriptor until dropped.
    unsafe { Descriptor::register_with_interest(descriptor, tokio::io::Interest::READABLE) }.ok()
}

fn open_descriptor(pid: u32) -> Option<OwnedFd> {
    open_process(i32::try_from(pid).ok().and_then(Pid::from_raw)?)
}

#[cfg(target_os = "linux")]
fn open_process(pid: Pid) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};
    pidfd_open(pid, PidfdFlags::NONBLOCK).ok()
}

/// A queue of its own, which holds one event: the process has ended. It is a
/// descriptor like any other and becomes readable then.
#[cfg(target_vendor = "apple")]
fn open_process(pid: Pid) -> Option<OwnedFd> {
    use std::os::fd::{AsRawFd, FromRawFd};
    // SAFETY: the call makes a descriptor that is owned from here on.
    let queue = match unsafe { libc::kqueue() } {
        -1 => return None,
        // SAFETY: as above.
        raw => unsafe { OwnedFd::from_raw_fd(raw) },
    };
    rustix::io::fcntl_setfd(&queue, rustix::io::FdFlags::CLOEXEC).ok()?;
    let change = libc::kevent {
        ident: usize::try_from(pid.as_raw_pid()).ok()?,
        filter: libc::EVFILT_PROC,
        flags: libc::EV_ADD | libc::EV_ONESHOT,
        fflags: libc::NOTE_EXIT,
        data: 0,
        udata: std::ptr::null_mut(),
    };
    let none = std::ptr::null_mut();
    // SAFETY: one change to read, no room for events, no timeout.
    let result =
        unsafe { libc::kevent(queue.as_raw_fd(), &raw const change, 1, none, 0, std::ptr::null()) };
    // A process that has ended already cannot be watched: it is asked after.
    (result == 0).then_some(queue)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn open_process(_pid: Pid) -> Option<OwnedFd> {
    None
}
