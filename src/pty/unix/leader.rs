//! Waiting for the leader process without touching Node's own children.
//!
//! Linux has a descriptor for it (`pidfd`); where there is none (older
//! kernels, other systems) the leader is asked after at short intervals. No SIGCHLD handler is installed: it
//! would fight with the one that Node has.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use rustix::process::{Pid, WaitOptions, waitpid};

use crate::pty::ExitStatus;

#[cfg(target_os = "linux")]
type Descriptor = tokio::io::unix::AsyncFd<std::os::fd::OwnedFd>;

pub(super) struct Leader {
    pid: u32,
    reaped: Arc<Mutex<bool>>,
    #[cfg(target_os = "linux")]
    descriptor: Option<Descriptor>,
}

impl Leader {
    /// Watches a child that has just been started; needs the reactor's context.
    pub(super) fn watch(pid: u32, reaped: Arc<Mutex<bool>>) -> Self {
        Self {
            pid,
            reaped,
            #[cfg(target_os = "linux")]
            descriptor: open_descriptor(pid),
        }
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// Resolves when the leader has ended and is reaped. Cancel safe.
    pub(super) async fn exit(&self) -> ExitStatus {
        let mut pause = Duration::from_millis(5);
        loop {
            if let Some(status) = self.reap() {
                return status;
            }
            self.sleep(pause).await;
            pause = (pause * 2).min(Duration::from_millis(100));
        }
    }

    #[cfg(target_os = "linux")]
    async fn sleep(&self, pause: Duration) {
        match &self.descriptor {
            Some(descriptor) => drop(descriptor.readable().await),
            None => tokio::time::sleep(pause).await,
        }
    }

    #[cfg(not(target_os = "linux"))]
    async fn sleep(&self, pause: Duration) {
        tokio::time::sleep(pause).await;
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
        Some(status)
    }
}

#[cfg(target_os = "linux")]
fn open_descriptor(pid: u32) -> Option<Descriptor> {
    use rustix::process::{PidfdFlags, pidfd_open};
    let pid = i32::try_from(pid).ok().and_then(Pid::from_raw)?;
    let descriptor = pidfd_open(pid, PidfdFlags::NONBLOCK).ok()?;
    // SAFETY: an `OwnedFd` is open and stays the same descriptor until dropped.
    unsafe { Descriptor::register_with_interest(descriptor, tokio::io::Interest::READABLE) }.ok()
}
