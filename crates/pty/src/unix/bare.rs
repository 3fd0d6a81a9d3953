//! Terminals without a program, and descriptors of terminals that somebody else
//! owns: what node-pty's `open()` hands out.

use std::io;
use std::os::fd::{BorrowedFd, OwnedFd, RawFd};

use super::{open, process_name};
use crate::errno::os_error;
use crate::{PtySize, SpawnError};

/// Both ends of a terminal on which nothing runs.
#[derive(Debug)]
pub struct BareTerminal {
    /// The master, which does not block.
    pub master: OwnedFd,
    /// The program's side.
    pub slave: OwnedFd,
    /// The path of the program's side.
    pub name: String,
}

/// Opens a terminal without a program on it.
///
/// # Errors
/// A [`SpawnError`] of `openpty`.
pub fn open_bare(size: PtySize) -> Result<BareTerminal, SpawnError> {
    let open::Pair { master, slave } = open::open(size)?;
    let name = open::name(&master).unwrap_or_default();
    Ok(BareTerminal { master, slave, name })
}

/// Sets the window size of a terminal by the number of its descriptor.
///
/// # Errors
/// `EBADF` when it is not open, `ENOTTY` when it is no terminal.
pub fn resize_descriptor(descriptor: RawFd, size: PtySize) -> Result<(), SpawnError> {
    let size = open::winsize(size);
    // SAFETY: the call reads the size and fails on a descriptor that is none.
    let result = unsafe { libc::ioctl(descriptor, libc::TIOCSWINSZ, &raw const size) };
    if result == 0 {
        return Ok(());
    }
    Err(os_error(&io::Error::last_os_error(), "ioctl", &descriptor.to_string()))
}

/// The name of the process in the foreground of a terminal, by the number of
/// its master's descriptor; `None` when there is none.
#[must_use]
pub fn process_of_descriptor(descriptor: RawFd) -> Option<String> {
    // SAFETY: a negative number is no descriptor, and would be a wrong one.
    let descriptor = (descriptor >= 0).then(|| unsafe { BorrowedFd::borrow_raw(descriptor) })?;
    let group = rustix::termios::tcgetpgrp(descriptor).ok()?;
    process_name::name(group.as_raw_pid().cast_unsigned())
}
