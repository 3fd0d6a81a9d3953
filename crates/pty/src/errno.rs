//! The system's errors in the words that Node's own errors use.

use std::io;

use crate::SpawnError;

/// The error of a call on a path.
pub(crate) fn os_error(error: &io::Error, syscall: &'static str, path: &str) -> SpawnError {
    let errno = error.raw_os_error().unwrap_or(libc::EIO);
    SpawnError {
        code: errno_name(errno),
        errno,
        syscall,
        path: path.to_owned(),
        message: sentence(errno),
    }
}

/// An error that another process had for this one.
#[must_use]
pub fn spawn_error(errno: i32, syscall: &str, path: String, message: String) -> SpawnError {
    const CALLS: [&str; 7] =
        ["chdir", "openpty", "tcsetattr", "setsid", "ioctl", "setgroups", "recvmsg"];
    let known = CALLS.into_iter().find(|known| *known == syscall);
    SpawnError { code: errno_name(errno), errno, syscall: known.unwrap_or("spawn"), path, message }
}

/// The system's sentence, without the number that `std` adds.
fn sentence(errno: i32) -> String {
    let text = io::Error::from_raw_os_error(errno).to_string();
    text.rsplit_once(" (os error").map_or(text.clone(), |(sentence, _)| sentence.to_owned())
}

fn errno_name(errno: i32) -> &'static str {
    match errno {
        libc::ENOENT => "ENOENT",
        libc::EACCES => "EACCES",
        libc::EPERM => "EPERM",
        libc::ENOTDIR => "ENOTDIR",
        libc::EISDIR => "EISDIR",
        libc::ENOEXEC => "ENOEXEC",
        libc::E2BIG => "E2BIG",
        libc::ELOOP => "ELOOP",
        libc::ENAMETOOLONG => "ENAMETOOLONG",
        libc::ETXTBSY => "ETXTBSY",
        libc::EMFILE => "EMFILE",
        libc::ENFILE => "ENFILE",
        libc::ENOMEM => "ENOMEM",
        libc::EAGAIN => "EAGAIN",
        libc::ENOSPC => "ENOSPC",
        libc::EINVAL => "EINVAL",
        libc::EBADF => "EBADF",
        libc::ENOTTY => "ENOTTY",
        libc::ENXIO => "ENXIO",
        libc::ESRCH => "ESRCH",
        _ => "EIO",
    }
}
