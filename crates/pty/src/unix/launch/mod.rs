//! Making the leader process: a session of its own with the terminal in
//! control, no inherited signal dispositions, no descriptors of ours, no
//! privileges left.

#[cfg(not(target_os = "linux"))]
mod fork;
#[cfg(target_os = "linux")]
mod vfork;

#[cfg(not(target_os = "linux"))]
pub(super) use fork::launch;
#[cfg(target_os = "linux")]
pub(super) use vfork::launch;

/// A child that could not be made, or not become the program.
#[derive(Clone, Copy, Debug)]
pub(super) struct Failure {
    /// What was being done: `spawn`, or `chdir`.
    pub(super) syscall: &'static str,
    /// The errno's number.
    pub(super) errno: i32,
}

/// Every disposition back to its default and nothing masked: what Node or its
/// parent ignores must not be ignored by a shell. For the child alone.
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

/// Where descriptors end when the system cannot close a range of them.
fn descriptor_limit() -> i32 {
    let limit = rustix::process::getrlimit(rustix::process::Resource::Nofile);
    limit.current.map_or(65_536, |most| i32::try_from(most.min(65_536)).unwrap_or(65_536))
}
