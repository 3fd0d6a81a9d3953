//! From a process that a server started to one that nothing ties to it.

use std::io;
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::path::PathBuf;

/// How a keeper begins.
#[derive(Debug)]
pub(crate) struct Start {
    /// The directory to serve.
    pub(crate) directory: PathBuf,
    /// Stay in the foreground, for something that watches over it, and listen
    /// for servers. Otherwise the connection to the first server is standard
    /// input.
    pub(crate) foreground: bool,
}

/// Cuts every tie: a process and a session of its own, nothing inherited but
/// the connection on standard input, which is returned. The process that the
/// server waits for ends here.
///
/// To be called while the process has one thread.
///
/// # Errors
/// What the system says.
pub(crate) fn detach(foreground: bool) -> io::Result<Option<OwnedFd>> {
    let first = if foreground { None } else { Some(take_standard_input()?) };
    close_inherited(first.as_ref().map(AsRawFd::as_raw_fd));
    if !foreground {
        leave_parent()?;
    }
    let nothing = std::fs::File::options().read(true).write(true).open("/dev/null")?;
    let kept = if foreground { 0..1 } else { 0..3 };
    for standard in kept {
        // SAFETY: both are descriptors; the call replaces the second.
        if unsafe { libc::dup2(nothing.as_raw_fd(), standard) } == -1 {
            return Err(io::Error::last_os_error());
        }
    }
    std::env::set_current_dir("/")?;
    Ok(first)
}

/// Moves the connection away from the number 0.
fn take_standard_input() -> io::Result<OwnedFd> {
    // SAFETY: the call makes a descriptor, which is owned from here on.
    match unsafe { libc::fcntl(0, libc::F_DUPFD_CLOEXEC, 3) } {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: as above.
        raw => Ok(unsafe { OwnedFd::from_raw_fd(raw) }),
    }
}

/// Closes every descriptor above standard error but one.
fn close_inherited(kept: Option<RawFd>) {
    let first = 3;
    match kept {
        Some(kept) => {
            close_range(first, kept - 1);
            close_range(kept + 1, RawFd::MAX);
        }
        None => close_range(first, RawFd::MAX),
    }
}

fn close_range(from: RawFd, to: RawFd) {
    if from > to {
        return;
    }
    #[cfg(target_os = "linux")]
    // SAFETY: nothing in this process owns one of these descriptors yet.
    if unsafe { libc::syscall(libc::SYS_close_range, from, to, 0) } == 0 {
        return;
    }
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
    let limit = limit.map_or(65_536, |most| RawFd::try_from(most.min(65_536)).unwrap_or(65_536));
    for descriptor in from..to.min(limit) {
        // SAFETY: as above; closing what is not open does nothing.
        unsafe { libc::close(descriptor) };
    }
}

/// Goes on in a child, in a session of its own.
fn leave_parent() -> io::Result<()> {
    // SAFETY: the process has one thread, so the child may do anything; the
    // parent ends without running what is to run at an end.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {}
        // SAFETY: nothing of this process is needed any more.
        _ => unsafe { libc::_exit(0) },
    }
    rustix::process::setsid()?;
    Ok(())
}
