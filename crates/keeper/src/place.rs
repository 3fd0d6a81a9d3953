//! The directory that a keeper serves, with its socket and its lock.

use std::io;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use rustix::fs::{AtFlags, FileType, FlockOperation, Mode, OFlags, fstat};
use rustix::io::Errno;
use rustix::net::{AddressFamily, SocketAddrUnix, SocketFlags, SocketType, socket_with};

use crate::error::KeeperError;

/// The socket's name in the directory.
pub(crate) const SOCKET: &str = "keeper.sock";
/// The lock's name in the directory. Its holder is the directory's keeper.
pub(crate) const LOCK: &str = "keeper.lock";
/// Connections that may wait to be accepted.
const BACKLOG: i32 = 16;

/// An open directory.
#[derive(Debug)]
pub(crate) struct Place {
    path: PathBuf,
    directory: OwnedFd,
}

impl Place {
    /// Opens a directory that belongs to this process's user alone.
    ///
    /// # Errors
    /// [`KeeperError::Directory`].
    pub(crate) fn open(path: &Path) -> Result<Self, KeeperError> {
        let wrong = |problem: &str| KeeperError::directory(path, problem);
        let path = std::path::absolute(path).map_err(|error| wrong(&error.to_string()))?;
        let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let directory = rustix::fs::open(&path, flags, Mode::empty()).map_err(|error| {
            wrong(&match error {
                Errno::NOTDIR | Errno::LOOP => String::from("not a directory, or a symbolic link"),
                other => io::Error::from(other).to_string(),
            })
        })?;
        let known =
            fstat(&directory).map_err(|error| wrong(&io::Error::from(error).to_string()))?;
        if known.st_uid != rustix::process::geteuid().as_raw() {
            return Err(wrong("it belongs to another user"));
        }
        if Mode::from_raw_mode(known.st_mode).intersects(Mode::RWXG | Mode::RWXO) {
            return Err(wrong("others may enter it: its mode has to be 0700"));
        }
        Ok(Self { path, directory })
    }

    /// Its path, absolute.
    #[must_use]
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Takes the lock of the keeper; `None` when another process has it.
    ///
    /// # Errors
    /// When there can be no lock.
    pub(crate) fn lock(&self) -> io::Result<Option<OwnedFd>> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let mode = Mode::RUSR | Mode::WUSR;
        let lock = rustix::fs::openat(&self.directory, LOCK, flags, mode)?;
        match rustix::fs::flock(&lock, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(lock)),
            Err(Errno::WOULDBLOCK) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Listens. For the holder of the lock only: a socket that is there is one
    /// that a keeper left when it was killed.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn listen(&self) -> io::Result<OwnedFd> {
        self.remove_socket();
        let listener = stream()?;
        // The program's shells inherit the mask as the server had it.
        let mask = rustix::process::umask(Mode::from_raw_mode(0o177));
        let bound = rustix::net::bind(&listener, &self.address()?);
        rustix::process::umask(mask);
        bound?;
        rustix::net::listen(&listener, BACKLOG)?;
        Ok(listener)
    }

    /// Connects to the directory's keeper.
    ///
    /// # Errors
    /// What the system says: [`io::ErrorKind::NotFound`] and
    /// [`io::ErrorKind::ConnectionRefused`] when there is none.
    pub(crate) fn connect(&self) -> io::Result<OwnedFd> {
        let flags = AtFlags::SYMLINK_NOFOLLOW;
        let known = rustix::fs::statat(&self.directory, SOCKET, flags)?;
        if FileType::from_raw_mode(known.st_mode) != FileType::Socket {
            return Err(io::Error::other(format!("{SOCKET} is not a socket")));
        }
        let socket = stream()?;
        rustix::net::connect(&socket, &self.address()?)?;
        Ok(socket)
    }

    /// Removes the socket. For the holder of the lock only.
    pub(crate) fn remove_socket(&self) {
        let _ = rustix::fs::unlinkat(&self.directory, SOCKET, AtFlags::empty());
    }

    /// Whether the path still leads to this directory.
    #[must_use]
    pub(crate) fn is_in_place(&self) -> bool {
        let here = fstat(&self.directory);
        let there = rustix::fs::lstat(&self.path);
        matches!((here, there), (Ok(here), Ok(there))
            if (here.st_dev, here.st_ino) == (there.st_dev, there.st_ino))
    }

    /// A socket's path may be about 100 bytes long; there is a short one to
    /// every open directory where the system has `/proc`.
    fn address(&self) -> io::Result<SocketAddrUnix> {
        let path = self.path.join(SOCKET);
        if let Ok(address) = SocketAddrUnix::new(path.as_os_str().as_bytes()) {
            return Ok(address);
        }
        let short = format!("/proc/self/fd/{}/{SOCKET}", self.directory.as_raw_fd());
        if cfg!(target_os = "linux") && Path::new("/proc/self/fd").exists() {
            return Ok(SocketAddrUnix::new(short)?);
        }
        Err(io::Error::other(format!("the path is too long for a socket: {}", path.display())))
    }
}

/// A socket that blocks nobody and is closed on exec.
fn stream() -> io::Result<OwnedFd> {
    #[cfg(not(target_vendor = "apple"))]
    let flags = SocketFlags::CLOEXEC | SocketFlags::NONBLOCK;
    #[cfg(target_vendor = "apple")]
    let flags = SocketFlags::empty();
    let socket = socket_with(AddressFamily::UNIX, SocketType::STREAM, flags, None)?;
    rustix::io::ioctl_fionbio(&socket, true)?;
    rustix::io::fcntl_setfd(&socket, rustix::io::FdFlags::CLOEXEC)?;
    Ok(socket)
}
