//! Who is at the other end of a socket.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal};

/// The process at the other end, as it was when it connected.
#[derive(Debug)]
pub(crate) struct Peer {
    /// Its process id; 0 when it is in a PID namespace that hides it.
    pub(crate) pid: u32,
    /// Its user.
    pub(crate) uid: u32,
    /// Its descriptor, where the system has such.
    descriptor: Option<OwnedFd>,
}

impl Peer {
    /// Asks the system.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn of(socket: BorrowedFd<'_>) -> io::Result<Self> {
        let (pid, uid) = credentials(socket)?;
        Ok(Self { pid, uid, descriptor: descriptor(pid) })
    }

    /// Becomes readable at the process's end.
    #[must_use]
    pub(crate) fn descriptor(&self) -> Option<BorrowedFd<'_>> {
        self.descriptor.as_ref().map(AsFd::as_fd)
    }

    /// Whether the process is known to have ended. One that nothing can be said
    /// of counts as ended: its connection is.
    #[must_use]
    pub(crate) fn has_ended(&self) -> bool {
        if let Some(descriptor) = self.descriptor() {
            return is_readable(descriptor);
        }
        self.process().is_none_or(|pid| {
            rustix::process::test_kill_process(pid) == Err(rustix::io::Errno::SRCH)
        })
    }

    /// Ends the process.
    pub(crate) fn kill(&self) {
        #[cfg(target_os = "linux")]
        if let Some(descriptor) = self.descriptor() {
            let _ = rustix::process::pidfd_send_signal(descriptor, Signal::KILL);
            return;
        }
        if let Some(pid) = self.process() {
            let _ = rustix::process::kill_process(pid, Signal::KILL);
        }
    }

    fn process(&self) -> Option<Pid> {
        Pid::from_raw(i32::try_from(self.pid).ok()?)
    }
}

/// Whether something could be read now.
#[must_use]
pub(crate) fn is_readable(descriptor: BorrowedFd<'_>) -> bool {
    let mut wanted = [PollFd::from_borrowed_fd(descriptor, PollFlags::IN)];
    let now = rustix::event::Timespec { tv_sec: 0, tv_nsec: 0 };
    matches!(poll(&mut wanted, Some(&now)), Ok(count) if count > 0)
}

/// The descriptor of a process, closed on exec; `None` where the system has no
/// such thing, or no such process.
#[cfg(target_os = "linux")]
#[must_use]
pub(crate) fn descriptor(pid: u32) -> Option<OwnedFd> {
    use rustix::process::{PidfdFlags, pidfd_open};
    pidfd_open(Pid::from_raw(i32::try_from(pid).ok()?)?, PidfdFlags::NONBLOCK).ok()
}

/// The number of a terminal's leader: 0 where this namespace hides it. `None` for
/// what is no terminal, and for one whose leader has ended.
///
/// By hand: `rustix` has no type for the number 0.
#[must_use]
pub(crate) fn leader_of(master: BorrowedFd<'_>) -> Option<i32> {
    use std::os::fd::AsRawFd;
    // SAFETY: the call reads a number of an open descriptor.
    let leader = unsafe { libc::tcgetsid(master.as_raw_fd()) };
    (leader >= 0).then_some(leader)
}

/// The process that a descriptor is of, by its number here: 0 where this
/// namespace hides it, -1 once it was reaped. `None` for a descriptor of something
/// else.
#[cfg(target_os = "linux")]
#[must_use]
pub(crate) fn process_of(descriptor: BorrowedFd<'_>) -> Option<i32> {
    use std::os::fd::AsRawFd;
    let path = format!("/proc/self/fdinfo/{}", descriptor.as_raw_fd());
    let text = std::fs::read_to_string(path).ok()?;
    let number = text.lines().find_map(|line| line.strip_prefix("Pid:"))?;
    number.trim().parse().ok()
}

/// Nobody sends one.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(crate) fn process_of(_descriptor: BorrowedFd<'_>) -> Option<i32> {
    None
}

/// macOS has none.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(crate) fn descriptor(_pid: u32) -> Option<OwnedFd> {
    None
}

/// The namespace in which this process's numbers of processes mean something.
#[cfg(target_os = "linux")]
#[must_use]
pub(crate) fn namespace() -> u64 {
    static OWN: std::sync::OnceLock<u64> = std::sync::OnceLock::new();
    *OWN.get_or_init(|| rustix::fs::stat("/proc/self/ns/pid").map_or(0, |known| known.st_ino))
}

/// There is one for all.
#[cfg(not(target_os = "linux"))]
#[must_use]
pub(crate) fn namespace() -> u64 {
    0
}

/// By hand: the process id is 0 for a process that this namespace hides, which
/// `rustix` has no type for.
#[cfg(target_os = "linux")]
fn credentials(socket: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    use std::os::fd::AsRawFd;
    let mut known = libc::ucred { pid: 0, uid: u32::MAX, gid: u32::MAX };
    let mut length = libc::socklen_t::try_from(size_of_val(&known)).map_err(io::Error::other)?;
    // SAFETY: the call writes at most `length` bytes, the size of what it is
    // given, and the descriptor is open.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_SOCKET,
            libc::SO_PEERCRED,
            (&raw mut known).cast(),
            &raw mut length,
        )
    };
    if result != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((u32::try_from(known.pid).unwrap_or(0), known.uid))
}

#[cfg(not(target_os = "linux"))]
fn credentials(socket: BorrowedFd<'_>) -> io::Result<(u32, u32)> {
    use std::os::fd::AsRawFd;
    let (mut uid, mut gid) = (libc::uid_t::MAX, libc::gid_t::MAX);
    // SAFETY: the call writes two numbers and the descriptor is open.
    if unsafe { libc::getpeereid(socket.as_raw_fd(), &raw mut uid, &raw mut gid) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok((peer_pid(socket), uid))
}

#[cfg(target_vendor = "apple")]
fn peer_pid(socket: BorrowedFd<'_>) -> u32 {
    use std::os::fd::AsRawFd;
    let mut pid: libc::pid_t = 0;
    let Ok(mut length) = libc::socklen_t::try_from(size_of_val(&pid)) else { return 0 };
    // SAFETY: the call writes at most `length` bytes, the size of what it is
    // given, and the descriptor is open.
    let result = unsafe {
        libc::getsockopt(
            socket.as_raw_fd(),
            libc::SOL_LOCAL,
            libc::LOCAL_PEERPID,
            (&raw mut pid).cast(),
            &raw mut length,
        )
    };
    if result == 0 { u32::try_from(pid).unwrap_or(0) } else { 0 }
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn peer_pid(_socket: BorrowedFd<'_>) -> u32 {
    0
}
