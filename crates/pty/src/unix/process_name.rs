//! The name of the process in a terminal's foreground.

use std::os::fd::OwnedFd;

/// The foreground group's leader, or `None` when there is none any more.
pub(super) fn foreground(master: &OwnedFd, leader: u32) -> Option<String> {
    let group = rustix::termios::tcgetpgrp(master)
        .map_or(leader, |group| group.as_raw_pid().cast_unsigned());
    name(group)
}

/// The name it was started by, whole: `python3`, not `python3.11`, and
/// `/bin/bash` or `-bash` where it is called that.
#[cfg(target_os = "linux")]
pub(super) fn name(pid: u32) -> Option<String> {
    let command = std::fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    let first = command.split(|byte| *byte == 0).next().unwrap_or_default();
    if !first.is_empty() {
        return Some(String::from_utf8_lossy(first).into_owned());
    }
    let name = std::fs::read_to_string(format!("/proc/{pid}/comm")).ok()?;
    Some(name.trim_end().to_owned())
}

#[cfg(target_os = "macos")]
pub(super) fn name(pid: u32) -> Option<String> {
    let mut buffer = [0_u8; 64];
    // SAFETY: the call writes at most the length it is given into the buffer.
    let length = unsafe {
        libc::proc_name(pid.cast_signed(), buffer.as_mut_ptr().cast(), buffer.len() as u32)
    };
    let length = usize::try_from(length).ok().filter(|length| *length > 0)?;
    Some(String::from_utf8_lossy(&buffer[..length]).into_owned())
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
pub(super) fn name(_pid: u32) -> Option<String> {
    None
}
