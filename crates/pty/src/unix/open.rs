//! Opening a master and its slave, closed on exec from birth.

use std::io;
use std::os::fd::OwnedFd;

use rustix::fs::{OFlags, fcntl_getfl, fcntl_setfl};
use rustix::pty::{OpenptFlags, grantpt, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

use crate::errno::os_error;
use crate::{PtySize, SpawnError};

/// Both ends of a new terminal. The slave is the child's; the parent drops it.
pub(super) struct Pair {
    pub(super) master: OwnedFd,
    pub(super) slave: OwnedFd,
}

pub(super) fn open(size: PtySize) -> Result<Pair, SpawnError> {
    let pair = open_pair().map_err(|error| os_error(&error, "openpty", "/dev/ptmx"))?;
    prepare(&pair, size).map_err(|error| os_error(&error, "tcsetattr", "pty"))?;
    Ok(pair)
}

pub(super) fn winsize(size: PtySize) -> Winsize {
    Winsize {
        ws_row: size.rows,
        ws_col: size.cols,
        ws_xpixel: size.pixel_width,
        ws_ypixel: size.pixel_height,
    }
}

/// The slave's path, such as `/dev/pts/3`.
pub(super) fn name(master: &OwnedFd) -> Option<String> {
    rustix::pty::ptsname(master, Vec::new()).ok()?.into_string().ok()
}

fn open_pair() -> io::Result<Pair> {
    let master = open_master()?;
    grantpt(&master)?;
    unlockpt(&master)?;
    let slave = open_slave(&master)?;
    Ok(Pair { master, slave })
}

/// Opened by its path: `openpt` would report ENOSPC, which says that there are
/// no more terminals, as EAGAIN.
#[cfg(target_os = "linux")]
fn open_master() -> io::Result<OwnedFd> {
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(c"/dev/ptmx", flags, rustix::fs::Mode::empty())?)
}

/// macOS knows no close-on-exec flag here; the moment between the two calls is
/// covered by the child's own closing of what it should not inherit.
#[cfg(not(target_os = "linux"))]
fn open_master() -> io::Result<OwnedFd> {
    let master = rustix::pty::openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY)?;
    rustix::io::fcntl_setfd(&master, rustix::io::FdFlags::CLOEXEC)?;
    Ok(master)
}

/// Asks the master for its peer: no path is involved, so this works in mount
/// namespaces without a `/dev/pts` of their own.
#[cfg(target_os = "linux")]
fn open_slave(master: &OwnedFd) -> io::Result<OwnedFd> {
    let flags = OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC;
    Ok(rustix::pty::ioctl_tiocgptpeer(master, flags)?)
}

#[cfg(not(target_os = "linux"))]
fn open_slave(master: &OwnedFd) -> io::Result<OwnedFd> {
    let name = rustix::pty::ptsname(master, Vec::new())?;
    let flags = OFlags::RDWR | OFlags::NOCTTY | OFlags::CLOEXEC;
    Ok(rustix::fs::open(name.as_c_str(), flags, rustix::fs::Mode::empty())?)
}

/// Sets what node-pty sets beyond the system's defaults: UTF-8 aware erasing
/// and a bell rather than a flush when the input line is full.
fn prepare(pair: &Pair, size: PtySize) -> io::Result<()> {
    tcsetwinsize(&pair.master, winsize(size))?;
    let slave = std::os::fd::AsRawFd::as_raw_fd(&pair.slave);
    let mut modes = std::mem::MaybeUninit::<libc::termios>::uninit();
    // SAFETY: the descriptor is open and `modes` has room for what is written.
    if unsafe { libc::tcgetattr(slave, modes.as_mut_ptr()) } != 0 {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: the call above succeeded, so it has filled it in.
    let mut modes = unsafe { modes.assume_init() };
    modes.c_iflag |= libc::IMAXBEL | libc::IUTF8 | libc::IXANY;
    // SAFETY: as above; the modes are a live value.
    if unsafe { libc::tcsetattr(slave, libc::TCSANOW, &raw const modes) } != 0 {
        return Err(io::Error::last_os_error());
    }
    let flags = fcntl_getfl(&pair.master)?;
    fcntl_setfl(&pair.master, flags | OFlags::NONBLOCK)?;
    Ok(())
}
