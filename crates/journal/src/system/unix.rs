//! Directories and files on Unix: their owner is this user, nobody else may use
//! them, and none is a symbolic link. Files are opened by the directory's
//! descriptor, so that it cannot be replaced in between.

use std::fs::File;
use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::path::{Path, PathBuf};

use rustix::fs::{
    self, AtFlags, Dir, FallocateFlags, FileType, Mode, OFlags, Stat, fstat, mkdir, open, openat,
    renameat, stat, unlinkat,
};
use rustix::io::Errno;
use rustix::process::geteuid;

use super::FileId;
use crate::Error;

/// A directory of this user's.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    fd: OwnedFd,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        match mkdir(path, Mode::RWXU) {
            Ok(()) | Err(Errno::EXIST) => {}
            Err(errno) => return Err(failed(path, "mkdir", errno.into())),
        }
        let flags = OFlags::DIRECTORY | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::RDONLY;
        let fd = open(path, flags, Mode::empty()).map_err(|errno| match errno {
            Errno::LOOP | Errno::NOTDIR => refused(path, "it is a symbolic link, or no directory"),
            _ => failed(path, "open", errno.into()),
        })?;
        let folder = Self { path: path.to_owned(), fd };
        let stat = fstat(&folder.fd).map_err(|errno| failed(path, "fstat", errno.into()))?;
        check_owner(path, &stat)?;
        folder.check_path()?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether the path still leads to this directory.
    pub(crate) fn check_path(&self) -> Result<(), Error> {
        let ours = fstat(&self.fd).map_err(|errno| self.failed("", "fstat", errno.into()))?;
        let there = stat(&self.path).map_err(|errno| self.failed("", "stat", errno.into()))?;
        if (ours.st_dev, ours.st_ino) == (there.st_dev, there.st_ino) {
            Ok(())
        } else {
            Err(refused(&self.path, "it was replaced by another directory"))
        }
    }

    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let failed = |errno: Errno| self.failed("", "readdir", errno.into());
        let mut names = Vec::new();
        for entry in Dir::read_from(&self.fd).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            // The names that this crate gives are plain.
            if let Ok(name) = entry.file_name().to_str() {
                names.push(name.to_owned());
            }
        }
        Ok(names)
    }

    /// Opens a file that is there; its size, and which it is.
    pub(crate) fn open_file(&self, name: &str) -> Result<(File, u64, FileId), Error> {
        // A pipe that somebody put there must not hold this thread up.
        let flags = OFlags::RDWR | OFlags::NOFOLLOW | OFlags::CLOEXEC | OFlags::NONBLOCK;
        let path = self.path.join(name);
        let fd = openat(&self.fd, name, flags, Mode::empty()).map_err(|errno| match errno {
            Errno::LOOP => refused(&path, "it is a symbolic link"),
            _ => failed(&path, "open", errno.into()),
        })?;
        let stat = self.check_file(name, &fd)?;
        let size = u64::try_from(stat.st_size).unwrap_or(0);
        let id = id_of(&fd, &stat);
        Ok((File::from(fd), size, id))
    }

    fn check_file(&self, name: &str, fd: &OwnedFd) -> Result<Stat, Error> {
        let path = self.path.join(name);
        let stat = fstat(fd).map_err(|errno| failed(&path, "fstat", errno.into()))?;
        if FileType::from_raw_mode(stat.st_mode) != FileType::RegularFile {
            return Err(refused(&path, "it is no regular file"));
        }
        check_owner(&path, &stat)?;
        Ok(stat)
    }

    /// Makes a file that must not be there yet.
    pub(crate) fn make_file(&self, name: &str) -> Result<File, Error> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::EXCL | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR);
        fd.map(File::from).map_err(|errno| self.full_or_failed(name, "open", errno, 0))
    }

    /// Opens a file and makes it where there is none.
    pub(crate) fn open_or_make(&self, name: &str) -> Result<File, Error> {
        let flags = OFlags::RDWR | OFlags::CREATE | OFlags::NOFOLLOW | OFlags::CLOEXEC;
        let fd = openat(&self.fd, name, flags, Mode::RUSR | Mode::WUSR).map_err(|errno| {
            let path = self.path.join(name);
            match errno {
                Errno::LOOP => refused(&path, "it is a symbolic link"),
                _ => failed(&path, "open", errno.into()),
            }
        })?;
        self.check_file(name, &fd)?;
        Ok(File::from(fd))
    }

    /// Reserves all space of a file, so that no store into it can fail later.
    pub(crate) fn allocate(&self, name: &str, file: &File, size: u64) -> Result<(), Error> {
        let reserved = match fs::fallocate(file, FallocateFlags::empty(), 0, size) {
            // The file system has no such call: the space is written.
            Err(Errno::OPNOTSUPP | Errno::NOSYS | Errno::INVAL) => {
                let there = file.metadata().map_err(|error| self.failed(name, "fstat", error))?;
                if there.len() >= size {
                    return Ok(());
                }
                super::write_zeros(file, there.len(), size)
            }
            other => other.map_err(io::Error::from),
        };
        reserved.map_err(|error| match Errno::from_io_error(&error) {
            Some(errno) => self.full_or_failed(name, "fallocate", errno, size),
            None => self.failed(name, "write", error),
        })
    }

    fn full_or_failed(&self, name: &str, call: &'static str, errno: Errno, needed: u64) -> Error {
        let path = self.path.clone();
        match errno {
            Errno::NOSPC => Error::Full { path, needed, why: "the device is full" },
            Errno::DQUOT => Error::Full { path, needed, why: "the quota is used up" },
            Errno::FBIG => Error::Full { path, needed, why: "files may not be so large" },
            _ => self.failed(name, call, errno.into()),
        }
    }

    /// Which file it is.
    pub(crate) fn file_id(&self, name: &str, file: &File) -> Result<FileId, Error> {
        let stat = fstat(file).map_err(|errno| self.failed(name, "fstat", errno.into()))?;
        Ok(id_of(file, &stat))
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        renameat(&self.fd, from, &self.fd, to)
            .map_err(|errno| self.failed(from, "rename", errno.into()))
    }

    /// Deletes a file; one that is gone already is deleted.
    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        match unlinkat(&self.fd, name, AtFlags::empty()) {
            Ok(()) | Err(Errno::NOENT) => Ok(()),
            Err(errno) => Err(self.failed(name, "unlink", errno.into())),
        }
    }

    pub(crate) fn failed(&self, name: &str, call: &'static str, source: io::Error) -> Error {
        failed(&self.path.join(name), call, source)
    }
}

/// Only this user may own it, and nobody else may do anything with it.
fn check_owner(path: &Path, stat: &Stat) -> Result<(), Error> {
    if stat.st_uid != geteuid().as_raw() {
        return Err(refused(path, "it belongs to another user"));
    }
    if stat.st_mode & 0o077 != 0 {
        return Err(refused(path, "others may use it: its mode must be 0700, that of files 0600"));
    }
    Ok(())
}

#[allow(
    clippy::unnecessary_cast,
    clippy::cast_lossless,
    clippy::cast_sign_loss,
    reason = "systems differ in the types"
)]
fn id_of(fd: impl AsFd, stat: &Stat) -> FileId {
    FileId { device: stat.st_dev as u64, number: stat.st_ino as u64, born: born(fd, stat) }
}

#[cfg(target_os = "linux")]
fn born(fd: impl AsFd, _stat: &Stat) -> u64 {
    use rustix::fs::{StatxFlags, statx};
    let known = statx(fd, c"", AtFlags::EMPTY_PATH, StatxFlags::BTIME);
    let known = known.ok().filter(|known| known.stx_mask & StatxFlags::BTIME.bits() != 0);
    known.map_or(0, |known| {
        let seconds = u64::try_from(known.stx_btime.tv_sec).unwrap_or(0);
        seconds.wrapping_mul(1_000_000_000) + u64::from(known.stx_btime.tv_nsec)
    })
}

#[cfg(target_vendor = "apple")]
fn born(_fd: impl AsFd, stat: &Stat) -> u64 {
    let part = |value: i64| u64::try_from(value).unwrap_or(0);
    part(stat.st_birthtime).wrapping_mul(1_000_000_000) + part(stat.st_birthtime_nsec)
}

#[cfg(not(any(target_os = "linux", target_vendor = "apple")))]
fn born(_fd: impl AsFd, _stat: &Stat) -> u64 {
    0
}

fn refused(path: &Path, why: &'static str) -> Error {
    Error::Access { path: path.to_owned(), why }
}

fn failed(path: &Path, call: &'static str, source: io::Error) -> Error {
    Error::System { path: path.to_owned(), call, source }
}
