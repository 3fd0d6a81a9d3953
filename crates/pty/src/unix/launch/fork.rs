//! By `std`: a fork, then what a terminal's leader needs, then the program.

use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt;
use std::process::Command;

use rustix::fs::{Access, access};

use super::{Failure, descriptor_limit, reset_signals};
use crate::SpawnOptions;

/// Starts the leader and returns its process id.
pub(in crate::unix) fn launch(options: &SpawnOptions, slave: &OwnedFd) -> Result<u32, Failure> {
    check_cwd(options).map_err(|error| failure(&error, "chdir"))?;
    let mut command = command(options, slave).map_err(|error| failure(&error, "spawn"))?;
    let child = command.spawn().map_err(|error| failure(&error, "spawn"))?;
    Ok(child.id())
}

fn failure(error: &io::Error, syscall: &'static str) -> Failure {
    Failure { syscall, errno: error.raw_os_error().unwrap_or(libc::EIO) }
}

fn command(options: &SpawnOptions, slave: &OwnedFd) -> io::Result<Command> {
    let mut command = Command::new(&options.file);
    command.args(&options.args).current_dir(&options.cwd).env_clear();
    command.envs(options.env.iter().map(|(name, value)| (name, value)));
    if let Some(argv0) = &options.argv0 {
        command.arg0(argv0);
    }
    command.stdin(slave.try_clone()?);
    command.stdout(slave.try_clone()?);
    command.stderr(slave.try_clone()?);
    let (uid, gid) = (options.uid, options.gid);
    // SAFETY: the closure runs between fork and exec, in a copy of a process
    // with many threads; it makes system calls only, allocates nothing and
    // takes no lock.
    unsafe { command.pre_exec(move || become_leader(uid, gid)) };
    Ok(command)
}

/// A directory that cannot be entered is told apart from a missing program:
/// after the fork both would be the same bare errno.
fn check_cwd(options: &SpawnOptions) -> io::Result<()> {
    if !std::fs::metadata(&options.cwd)?.is_dir() {
        return Err(io::Error::from_raw_os_error(libc::ENOTDIR));
    }
    Ok(access(&options.cwd, Access::EXEC_OK)?)
}

/// Runs in the child.
fn become_leader(uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    rustix::process::setsid()?;
    // SAFETY: standard input is the slave; the call only reads its arguments.
    check(unsafe { libc::ioctl(0, libc::TIOCSCTTY.into(), 0) })?;
    reset_signals();
    close_inherited();
    drop_privileges(uid, gid)
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Marks every descriptor above standard error as closed on exec, other
/// terminals' masters and Node's own alike. Marked and not closed: `std`'s
/// error pipe must live until the exec succeeds.
fn close_inherited() {
    for fd in 3..descriptor_limit() {
        // SAFETY: setting a flag on a descriptor that may not be open fails
        // with EBADF and changes nothing.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

/// Groups first: once the user is gone, so is the right to change them.
fn drop_privileges(uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    if uid.is_none() && gid.is_none() {
        return Ok(());
    }
    // SAFETY: plain system calls with integers and a null list of length 0.
    unsafe {
        if libc::geteuid() == 0 {
            check(libc::setgroups(0, std::ptr::null()))?;
        }
        if let Some(gid) = gid {
            check(libc::setgid(gid))?;
        }
        if let Some(uid) = uid {
            check(libc::setuid(uid))?;
        }
    }
    Ok(())
}
