//! Signals, by way of a pipe.

use std::io;
use std::os::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use std::sync::atomic::{AtomicI32, Ordering};

/// The pipe's end that handlers write to.
static PIPE: AtomicI32 = AtomicI32::new(-1);

/// The signals that the keeper acts on.
#[derive(Debug)]
pub(super) struct Signals {
    read: OwnedFd,
    /// What the handlers write to.
    _write: OwnedFd,
}

/// What has come since the last look.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Seen {
    /// It is to end.
    pub(super) terminate: bool,
}

impl Signals {
    /// Catches what ends shells and what ends the keeper, ignores what a
    /// terminal or a broken connection raises, and blocks nothing.
    pub(super) fn catch() -> io::Result<Self> {
        let (read, write) = rustix::pipe::pipe()?;
        for end in [&read, &write] {
            rustix::io::ioctl_fionbio(end, true)?;
            rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
        }
        PIPE.store(write.as_raw_fd(), Ordering::SeqCst);
        let note = note as extern "C" fn(libc::c_int) as libc::sighandler_t;
        for signal in [libc::SIGCHLD, libc::SIGTERM, libc::SIGINT] {
            set(signal, note)?;
        }
        for signal in [libc::SIGHUP, libc::SIGPIPE] {
            set(signal, libc::SIG_IGN)?;
        }
        block(false);
        Ok(Self { read, _write: write })
    }

    pub(super) fn descriptor(&self) -> BorrowedFd<'_> {
        self.read.as_fd()
    }

    /// Empties the pipe.
    pub(super) fn take(&self) -> Seen {
        let mut seen = Seen::default();
        let mut bytes = [0_u8; 64];
        while let Ok(count) = rustix::io::read(&self.read, &mut bytes) {
            seen.terminate |= bytes[..count]
                .iter()
                .any(|signal| [libc::SIGTERM, libc::SIGINT].contains(&i32::from(*signal)));
            if count < bytes.len() {
                break;
            }
        }
        seen
    }
}

/// Holds every signal off, or none.
pub(super) fn block(all: bool) {
    // SAFETY: the set is initialised before it is read; the call changes the
    // mask of the only thread.
    unsafe {
        let mut mask = std::mem::zeroed();
        if all {
            libc::sigfillset(&raw mut mask);
        } else {
            libc::sigemptyset(&raw mut mask);
        }
        libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut());
    }
}

fn set(signal: libc::c_int, handler: libc::sighandler_t) -> io::Result<()> {
    // SAFETY: the structure is initialised; the handler makes one system call
    // that is allowed in a handler.
    let result = unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = handler;
        action.sa_flags = libc::SA_RESTART | libc::SA_NOCLDSTOP;
        libc::sigemptyset(&raw mut action.sa_mask);
        libc::sigaction(signal, &raw const action, std::ptr::null_mut())
    };
    if result == 0 { Ok(()) } else { Err(io::Error::last_os_error()) }
}

/// Writes the signal's number to the pipe. When that is full there is news in
/// it anyway.
extern "C" fn note(signal: libc::c_int) {
    let byte = u8::try_from(signal).unwrap_or(0);
    let saved = std::io::Error::last_os_error().raw_os_error();
    // SAFETY: the call reads one byte; a descriptor that is not open fails.
    unsafe { libc::write(PIPE.load(Ordering::SeqCst), (&raw const byte).cast(), 1) };
    if let Some(errno) = saved {
        restore_errno(errno);
    }
}

/// The interrupted code may be about to read it.
fn restore_errno(errno: i32) {
    #[cfg(target_os = "linux")]
    // SAFETY: the call returns the address of this thread's own errno.
    unsafe {
        *libc::__errno_location() = errno;
    }
    #[cfg(target_vendor = "apple")]
    // SAFETY: as above.
    unsafe {
        *libc::__error() = errno;
    }
    #[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
    let _ = errno;
}
