//! The process in a terminal's foreground: its name and its directory.

use std::os::fd::OwnedFd;
use std::path::PathBuf;

/// The foreground group's leader, or `None` when there is none any more.
pub(super) fn foreground(master: &OwnedFd, leader: u32) -> Option<String> {
    name(group(master, leader))
}

/// The working directory of the foreground group's leader, or that of the
/// terminal's leader where that is not to be known. `None` for one that is gone.
pub(super) fn directory(master: &OwnedFd, leader: u32) -> Option<String> {
    let path = directory_of(group(master, leader)).or_else(|| directory_of(leader))?;
    let is_there = std::fs::metadata(&path).is_ok_and(|found| found.is_dir());
    path.into_os_string().into_string().ok().filter(|_| is_there)
}

fn group(master: &OwnedFd, leader: u32) -> u32 {
    rustix::termios::tcgetpgrp(master).map_or(leader, |group| group.as_raw_pid().cast_unsigned())
}

#[cfg(target_os = "linux")]
fn directory_of(pid: u32) -> Option<PathBuf> {
    std::fs::read_link(format!("/proc/{pid}/cwd")).ok()
}

#[cfg(target_os = "macos")]
fn directory_of(pid: u32) -> Option<PathBuf> {
    use std::os::unix::ffi::OsStrExt;
    let mut info = std::mem::MaybeUninit::<libc::proc_vnodepathinfo>::zeroed();
    let size = size_of::<libc::proc_vnodepathinfo>();
    // SAFETY: the call writes at most the size it is given, and what it leaves out
    // is zero, which is a value of every field.
    let info = unsafe {
        let written = libc::proc_pidinfo(
            pid.cast_signed(),
            libc::PROC_PIDVNODEPATHINFO,
            0,
            info.as_mut_ptr().cast(),
            size as i32,
        );
        if usize::try_from(written) != Ok(size) {
            return None;
        }
        info.assume_init()
    };
    let path: Vec<u8> =
        info.pvi_cdir.vip_path.as_flattened().iter().map(|byte| *byte as u8).collect();
    let end = path.iter().position(|byte| *byte == 0)?;
    Some(PathBuf::from(std::ffi::OsStr::from_bytes(&path[..end])))
}

#[cfg(not(any(target_os = "linux", target_os = "macos")))]
fn directory_of(_pid: u32) -> Option<PathBuf> {
    None
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
