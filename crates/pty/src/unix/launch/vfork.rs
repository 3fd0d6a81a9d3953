//! By `clone` with `CLONE_VM | CLONE_VFORK`, as `posix_spawn` does it: the child
//! borrows this process's memory until it becomes the program, so starting one
//! does not copy the page tables of a large Node process, and a failure needs
//! no pipe to be told of: the child writes it down and the parent reads it.
//!
//! The price is that the child runs in memory that is not its own. It gets a
//! stack of its own, every signal is held off until its handlers are reset, and
//! it makes bare system calls only: the C library's `setuid` would stop and
//! change the parent's threads.

use std::ffi::{CString, OsStr, c_char, c_int, c_long, c_void};
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::ptr;

use rustix::io::retry_on_intr;
use rustix::process::{Pid, WaitOptions, waitpid};

use super::{Failure, descriptor_limit, reset_signals};
use crate::SpawnOptions;

/// Enough for a dozen system calls.
const STACK_BYTES: usize = 64 * 1024;
/// Where programs are looked for when the child's environment names no place.
const DEFAULT_PATH: &str = "/usr/local/bin:/usr/bin:/bin";

/// Everything the child needs, made before it exists: it must not allocate.
struct Plan {
    candidates: Vec<CString>,
    arguments: Vec<CString>,
    /// The arguments as the system takes them. There is room before the first
    /// for a shell, which runs files that say nothing of what they are.
    argv: Vec<*const c_char>,
    envp: Vec<*const c_char>,
    cwd: CString,
    slave: c_int,
    uid: Option<u32>,
    gid: Option<u32>,
    failed: Option<Failure>,
    _environment: Vec<CString>,
}

/// Starts the leader and returns its process id.
pub(in crate::unix) fn launch(options: &SpawnOptions, slave: &OwnedFd) -> Result<u32, Failure> {
    let invalid = Failure { syscall: "spawn", errno: libc::EINVAL };
    let mut plan = Plan::new(options, slave).ok_or(invalid)?;
    let mut stack = Vec::<u8>::with_capacity(STACK_BYTES);
    let top = stack.spare_capacity_mut().as_mut_ptr_range().end;
    let top = top.map_addr(|address| address & !0xF);
    let masked = MaskedSignals::all();
    // SAFETY: the parent waits until the child has left this memory, so stack
    // and plan outlive its use of them and are used by it alone.
    let pid = unsafe {
        let flags = libc::CLONE_VM | libc::CLONE_VFORK | libc::SIGCHLD;
        libc::clone(child, top.cast(), flags, (&raw mut plan).cast())
    };
    let errno = std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EAGAIN);
    drop(masked);
    if pid == -1 {
        return Err(Failure { syscall: "spawn", errno });
    }
    if let Some(failure) = plan.failed {
        // A signal may end the wait early, and nobody else would wait for it.
        let _ = retry_on_intr(|| waitpid(Pid::from_raw(pid), WaitOptions::empty()));
        return Err(failure);
    }
    Ok(pid.cast_unsigned())
}

impl Plan {
    fn new(options: &SpawnOptions, slave: &OwnedFd) -> Option<Self> {
        let own_name = options.argv0.as_ref().unwrap_or(&options.file);
        let arguments: Vec<CString> = std::iter::once(own_name)
            .chain(&options.args)
            .map(|argument| c_string(argument))
            .collect::<Option<_>>()?;
        let environment: Vec<CString> = options
            .env
            .iter()
            .map(|(name, value)| pair_string(name, value))
            .collect::<Option<_>>()?;
        let mut argv = vec![ptr::null()];
        argv.extend(arguments.iter().map(|argument| argument.as_ptr()));
        argv.push(ptr::null());
        let mut envp: Vec<_> = environment.iter().map(|pair| pair.as_ptr()).collect();
        envp.push(ptr::null());
        Some(Self {
            candidates: candidates(options)?,
            arguments,
            argv,
            envp,
            cwd: c_string(options.cwd.as_os_str())?,
            slave: slave.as_raw_fd(),
            uid: options.uid,
            gid: options.gid,
            failed: None,
            _environment: environment,
        })
    }
}

fn c_string(text: &OsStr) -> Option<CString> {
    CString::new(text.as_bytes()).ok()
}

fn pair_string(name: &OsStr, value: &OsStr) -> Option<CString> {
    CString::new([name.as_bytes(), b"=", value.as_bytes()].concat()).ok()
}

/// Where the program may be: at its path, or in one of the directories that
/// the child's own `PATH` names.
fn candidates(options: &SpawnOptions) -> Option<Vec<CString>> {
    let file = options.file.as_bytes();
    if file.contains(&b'/') {
        return Some(vec![c_string(&options.file)?]);
    }
    let known = options.env.iter().find(|(name, _)| name == "PATH");
    let path = known.map_or(OsStr::new(DEFAULT_PATH), |(_, value)| value);
    let join = |directory: &[u8]| {
        let directory = if directory.is_empty() { b"." } else { directory };
        CString::new([directory, b"/", file].concat()).ok()
    };
    path.as_bytes().split(|byte| *byte == b':').map(join).collect()
}

/// Holds every signal off this thread while it lives: a handler of Node's must
/// not run in the child, on memory that both share.
struct MaskedSignals(libc::sigset_t);

impl MaskedSignals {
    fn all() -> Self {
        // SAFETY: both sets are local; the call changes this thread's mask.
        unsafe {
            let mut all = std::mem::zeroed();
            let mut before = std::mem::zeroed();
            libc::sigfillset(&raw mut all);
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const all, &raw mut before);
            Self(before)
        }
    }
}

impl Drop for MaskedSignals {
    fn drop(&mut self) {
        // SAFETY: the set is what the thread's mask was.
        unsafe {
            libc::pthread_sigmask(libc::SIG_SETMASK, &raw const self.0, ptr::null_mut());
        }
    }
}

/// The child. It never returns: it becomes the program, or says why not.
extern "C" fn child(plan: *mut c_void) -> c_int {
    // SAFETY: the parent passed its plan and waits.
    let plan = unsafe { &mut *plan.cast::<Plan>() };
    let Err(failure) = become_program(plan);
    plan.failed = Some(failure);
    // SAFETY: ends this process only; nothing of the parent's is cleaned up.
    unsafe { libc::_exit(127) }
}

fn become_program(plan: &mut Plan) -> Result<std::convert::Infallible, Failure> {
    take_terminal(plan.slave)?;
    close_inherited();
    reset_signals();
    // SAFETY: the path is a C string that the parent keeps.
    check("chdir", unsafe { libc::chdir(plan.cwd.as_ptr()) }.into())?;
    drop_privileges(plan.uid, plan.gid)?;
    Err(Failure { syscall: "spawn", errno: execute(plan) })
}

fn check(syscall: &'static str, result: c_long) -> Result<(), Failure> {
    if result == -1 { Err(Failure { syscall, errno: errno() }) } else { Ok(()) }
}

fn errno() -> i32 {
    std::io::Error::last_os_error().raw_os_error().unwrap_or(libc::EIO)
}

/// A session of its own, the slave as its terminal and as standard input,
/// output and error.
fn take_terminal(slave: c_int) -> Result<(), Failure> {
    // SAFETY: plain system calls with integers. The slave is moved out of the
    // way first, since a `dup2` onto itself would leave it closed on exec.
    unsafe {
        check("setsid", libc::setsid().into())?;
        let slave = libc::fcntl(slave, libc::F_DUPFD, 3);
        check("spawn", slave.into())?;
        check("ioctl", libc::ioctl(slave, libc::TIOCSCTTY, 0).into())?;
        for standard in 0..3 {
            check("spawn", libc::dup2(slave, standard).into())?;
        }
    }
    Ok(())
}

/// Closes every descriptor above standard error, other terminals' masters and
/// Node's own alike; the table is the child's, a copy.
fn close_inherited() {
    // SAFETY: plain system calls with integers; closing what is not open does
    // nothing.
    unsafe {
        if libc::syscall(libc::SYS_close_range, 3_u32, u32::MAX, 0_u32) == 0 {
            return;
        }
        for fd in 3..descriptor_limit() {
            libc::syscall(libc::SYS_close, fd);
        }
    }
}

/// Groups first: once the user is gone, so is the right to change them.
fn drop_privileges(uid: Option<u32>, gid: Option<u32>) -> Result<(), Failure> {
    if uid.is_none() && gid.is_none() {
        return Ok(());
    }
    // SAFETY: bare system calls with integers and a null list of length 0; they
    // change this process alone, which the C library's functions would not.
    unsafe {
        if libc::geteuid() == 0 {
            let none = ptr::null::<libc::gid_t>();
            check("setgroups", libc::syscall(libc::SYS_setgroups, 0_usize, none))?;
        }
        if let Some(gid) = gid {
            check("setgid", libc::syscall(libc::SYS_setgid, gid))?;
        }
        if let Some(uid) = uid {
            check("setuid", libc::syscall(libc::SYS_setuid, uid))?;
        }
    }
    Ok(())
}

/// Tries each candidate as `execvp` does and returns the errno of what came
/// nearest to success.
fn execute(plan: &mut Plan) -> i32 {
    let mut denied = None;
    for at in 0..plan.candidates.len() {
        let errno = try_candidate(plan, at);
        match errno {
            libc::ENOENT | libc::ENOTDIR if plan.candidates.len() > 1 => {}
            libc::EACCES => denied = Some(errno),
            _ => return errno,
        }
    }
    denied.unwrap_or(libc::ENOENT)
}

fn try_candidate(plan: &mut Plan, at: usize) -> i32 {
    let path = plan.candidates[at].as_ptr();
    // SAFETY: path and vectors are null-terminated and kept by the parent.
    unsafe { libc::execve(path, plan.argv[1..].as_ptr(), plan.envp.as_ptr()) };
    if errno() != libc::ENOEXEC || plan.arguments.is_empty() {
        return errno();
    }
    // A script without a `#!` line: the shell's.
    let shell = c"/bin/sh".as_ptr();
    plan.argv[0] = shell;
    plan.argv[1] = path;
    // SAFETY: as above.
    unsafe { libc::execve(shell, plan.argv.as_ptr(), plan.envp.as_ptr()) };
    libc::ENOEXEC
}
