//! Directories and files on Windows, where a directory in a user's profile is
//! that user's alone.

use std::fs::{File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use super::FileId;
use crate::Error;

/// `ERROR_DISK_FULL` and `ERROR_HANDLE_DISK_FULL`.
const FULL: [i32; 2] = [112, 39];

/// A directory.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
}

impl Folder {
    pub(crate) fn open(path: &Path) -> Result<Self, Error> {
        let folder = Self { path: path.to_owned() };
        match std::fs::create_dir(path) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(folder.failed("", "mkdir", error));
            }
            _ => {}
        }
        folder.check_path()?;
        Ok(folder)
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn check_path(&self) -> Result<(), Error> {
        let there = std::fs::symlink_metadata(&self.path)
            .map_err(|error| self.failed("", "stat", error))?;
        if there.is_dir() {
            return Ok(());
        }
        let why = "it is a symbolic link, or no directory";
        Err(Error::Access { path: self.path.clone(), why })
    }

    pub(crate) fn names(&self) -> Result<Vec<String>, Error> {
        let failed = |error| self.failed("", "readdir", error);
        let mut names = Vec::new();
        for entry in std::fs::read_dir(&self.path).map_err(failed)? {
            // The names that this crate gives are plain.
            names.extend(entry.map_err(failed)?.file_name().into_string());
        }
        Ok(names)
    }

    /// Opens a file that is there; its size, and which it is.
    pub(crate) fn open_file(&self, name: &str) -> Result<(File, u64, FileId), Error> {
        let path = self.path.join(name);
        let there = std::fs::symlink_metadata(&path);
        if !there.map_err(|error| self.failed(name, "stat", error))?.is_file() {
            return Err(Error::Access { path, why: "it is no regular file" });
        }
        let file = OpenOptions::new().read(true).write(true).open(&path);
        let file = file.map_err(|error| self.failed(name, "open", error))?;
        let size = file.metadata().map_err(|error| self.failed(name, "stat", error))?.len();
        Ok((file, size, FileId::default()))
    }

    pub(crate) fn make_file(&self, name: &str) -> Result<File, Error> {
        let path = self.path.join(name);
        let file = OpenOptions::new().read(true).write(true).create_new(true).open(path);
        file.map_err(|error| self.full_or_failed(name, "open", error, 0))
    }

    pub(crate) fn open_or_make(&self, name: &str) -> Result<File, Error> {
        let path = self.path.join(name);
        let mut options = OpenOptions::new();
        let file = options.read(true).write(true).create(true).truncate(false).open(path);
        file.map_err(|error| self.failed(name, "open", error))
    }

    /// Reserves all space of a file: what is below its end has its place on the
    /// disk, unless the file is made sparse.
    pub(crate) fn allocate(&self, name: &str, file: &File, size: u64) -> Result<(), Error> {
        let there = file.metadata().map_err(|error| self.failed(name, "stat", error))?.len();
        if there >= size {
            return Ok(());
        }
        file.set_len(size)
            .map_err(|error| self.full_or_failed(name, "SetEndOfFile", error, size))?;
        super::write_zeros(file, there, size)
            .map_err(|error| self.full_or_failed(name, "WriteFile", error, size))
    }

    fn full_or_failed(
        &self,
        name: &str,
        call: &'static str,
        error: io::Error,
        needed: u64,
    ) -> Error {
        if error.raw_os_error().is_some_and(|code| FULL.contains(&code)) {
            return Error::Full { path: self.path.clone(), needed, why: "the device is full" };
        }
        self.failed(name, call, error)
    }

    /// The system has no number for files that is worth its calls here: what is
    /// beyond the published end is not looked for.
    #[expect(clippy::unused_self, clippy::unnecessary_wraps, reason = "as on Unix")]
    pub(crate) fn file_id(&self, _name: &str, _file: &File) -> Result<FileId, Error> {
        Ok(FileId::default())
    }

    pub(crate) fn rename(&self, from: &str, to: &str) -> Result<(), Error> {
        std::fs::rename(self.path.join(from), self.path.join(to))
            .map_err(|error| self.failed(from, "rename", error))
    }

    pub(crate) fn remove(&self, name: &str) -> Result<(), Error> {
        match std::fs::remove_file(self.path.join(name)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                Err(self.failed(name, "unlink", error))
            }
            _ => Ok(()),
        }
    }

    pub(crate) fn failed(&self, name: &str, call: &'static str, source: io::Error) -> Error {
        Error::System { path: self.path.join(name), call, source }
    }
}
