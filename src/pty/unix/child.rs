//! Starting the leader process, with errors that say what went wrong.

use std::io;
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};

use rustix::fs::{Access, access};
use rustix::process::{Pid, Signal, WaitOptions, kill_process_group, waitpid};

use super::open::Pair;
use crate::pty::{SpawnError, SpawnOptions};

/// Starts the leader and returns its process id. `std` reports a failed exec
/// through a pipe of its own, so a missing program is an error here and not a
/// line of text in the terminal.
pub(super) fn start(options: &SpawnOptions, pair: &Pair) -> Result<u32, SpawnError> {
    check_cwd(options)?;
    give_to_user(options, pair);
    let mut command = command(options, pair).map_err(|error| spawn_error(&error, options))?;
    let child = command.spawn().map_err(|error| spawn_error(&error, options))?;
    Ok(child.id())
}

/// Kills and reaps a child whose terminal could not be watched after all.
pub(super) fn abandon(pid: u32) {
    if let Some(pid) = i32::try_from(pid).ok().and_then(Pid::from_raw) {
        let _ = kill_process_group(pid, Signal::KILL);
        let _ = waitpid(Some(pid), WaitOptions::empty());
    }
}

fn command(options: &SpawnOptions, pair: &Pair) -> io::Result<Command> {
    let mut command = Command::new(&options.file);
    command.args(&options.args).current_dir(&options.cwd).env_clear();
    command.envs(options.env.iter().map(|(name, value)| (name, value)));
    command.stdin(dup(pair.slave.as_fd())?);
    command.stdout(dup(pair.slave.as_fd())?);
    command.stderr(dup(pair.slave.as_fd())?);
    let (uid, gid) = (options.uid, options.gid);
    // SAFETY: the closure runs between fork and exec, in a copy of a process
    // with many threads; it makes system calls only, allocates nothing and
    // takes no lock.
    unsafe { command.pre_exec(move || become_leader(uid, gid)) };
    Ok(command)
}

fn dup(fd: BorrowedFd<'_>) -> io::Result<Stdio> {
    Ok(fd.try_clone_to_owned()?.into())
}

/// A directory that cannot be entered is told apart from a missing program:
/// after the fork both would be the same bare errno.
fn check_cwd(options: &SpawnOptions) -> Result<(), SpawnError> {
    let path = &options.cwd;
    let refuse = |error: &io::Error| os_error(error, "chdir", &path.to_string_lossy());
    let metadata = std::fs::metadata(path).map_err(|error| refuse(&error))?;
    if !metadata.is_dir() {
        return Err(refuse(&io::Error::from_raw_os_error(libc::ENOTDIR)));
    }
    access(path, Access::EXEC_OK).map_err(|error| refuse(&error.into()))
}

/// The slave belongs to who will use it, so that programs run as another user
/// can open their own terminal again (`tty`, `screen`, `mesg`).
fn give_to_user(options: &SpawnOptions, pair: &Pair) {
    if let Some(uid) = options.uid {
        let _ = rustix::fs::fchown(&pair.slave, Some(rustix::fs::Uid::from_raw(uid)), None);
    }
}

/// Runs in the child: a session of its own with the terminal in control, no
/// inherited signal dispositions, no descriptors of ours, no privileges left.
fn become_leader(uid: Option<u32>, gid: Option<u32>) -> io::Result<()> {
    rustix::process::setsid()?;
    // SAFETY: standard input is the slave; the call only reads its arguments.
    check(unsafe { libc::ioctl(0, libc::TIOCSCTTY as _, 0) })?;
    reset_signals();
    close_inherited();
    drop_privileges(uid, gid)
}

fn check(result: libc::c_int) -> io::Result<()> {
    if result == -1 { Err(io::Error::last_os_error()) } else { Ok(()) }
}

/// Every disposition back to its default and nothing masked: what Node or its
/// parent ignores must not be ignored by a shell.
fn reset_signals() {
    #[cfg(target_os = "linux")]
    let last = libc::SIGRTMAX();
    #[cfg(not(target_os = "linux"))]
    let last = 31;
    // SAFETY: plain system calls on local, initialised values. The numbers
    // that may not be changed (SIGKILL, SIGSTOP, the C library's own) are
    // refused by the system, which is fine.
    unsafe {
        let mut action: libc::sigaction = std::mem::zeroed();
        action.sa_sigaction = libc::SIG_DFL;
        for signal in 1..=last {
            libc::sigaction(signal, &raw const action, std::ptr::null_mut());
        }
        let mut mask = std::mem::zeroed();
        libc::sigemptyset(&raw mut mask);
        libc::sigprocmask(libc::SIG_SETMASK, &raw const mask, std::ptr::null_mut());
    }
}

/// Marks every descriptor above standard error as closed on exec, other
/// terminals' masters and Node's own alike. Marked and not closed: `std`'s
/// error pipe must live until the exec succeeds.
fn close_inherited() {
    #[cfg(target_os = "linux")]
    // SAFETY: the system call takes three integers.
    unsafe {
        let flags = libc::CLOSE_RANGE_CLOEXEC;
        if libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, flags) == 0 {
            return;
        }
    }
    for fd in 3..descriptor_limit() {
        // SAFETY: setting a flag on a descriptor that may not be open fails
        // with EBADF and changes nothing.
        unsafe { libc::fcntl(fd, libc::F_SETFD, libc::FD_CLOEXEC) };
    }
}

fn descriptor_limit() -> i32 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(65_536, |most| i32::try_from(most.min(65_536)).unwrap_or(65_536))
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

fn spawn_error(error: &io::Error, options: &SpawnOptions) -> SpawnError {
    let path = options.file.to_string_lossy();
    let mut made = os_error(error, "spawn", &path);
    let exists = path.contains('/') && std::fs::metadata(&options.file).is_ok();
    if made.code == "ENOENT" && exists {
        made.message = String::from("the file is there, but the interpreter it names is not");
    }
    made
}

/// An error of the system in the words that Node's own errors use.
pub(super) fn os_error(error: &io::Error, syscall: &'static str, path: &str) -> SpawnError {
    let errno = error.raw_os_error().unwrap_or(libc::EIO);
    SpawnError {
        code: errno_name(errno),
        errno,
        syscall,
        path: path.to_owned(),
        message: io::Error::from_raw_os_error(errno).to_string(),
    }
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
        libc::ENXIO => "ENXIO",
        _ => "EIO",
    }
}
