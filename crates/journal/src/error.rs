//! Why a journal cannot be made or read.

use std::io;
use std::path::{Path, PathBuf};

/// An error with the path it is about. Each concerns one directory or one file;
/// the others stay as they are.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A directory or file that somebody else could read, change or replace.
    #[error("\"{path}\" is not used as a journal: {why}")]
    Access {
        /// The directory or file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// Another process, or another registry of this one, uses the directory.
    #[error("\"{path}\" is in use by another registry")]
    Busy {
        /// The directory.
        path: PathBuf,
    },
    /// No space is left on the device, or within the limit that was set.
    #[error("no space for a journal of {needed} bytes in \"{path}\": {why}")]
    Full {
        /// The directory.
        path: PathBuf,
        /// How large the new file would be.
        needed: u64,
        /// Whose limit it is.
        why: &'static str,
    },
    /// A file that is torn, cut off, or no journal at all.
    #[error("\"{path}\" cannot be restored: {why}")]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: &'static str,
    },
    /// A file of a format that this version does not read.
    #[error("\"{path}\" has format version {found}; this version reads {known}")]
    Version {
        /// The file.
        path: PathBuf,
        /// The format version of the file.
        found: u32,
        /// The format version that is read.
        known: u32,
    },
    /// The texts that describe a session are too long for a journal.
    #[error("id, project, user, mode, cwd and metadata are {bytes} bytes, of which {limit} fit")]
    TooLarge {
        /// How many bytes they take.
        bytes: usize,
        /// How many fit.
        limit: usize,
    },
    /// The system refused a call.
    #[error("{call} \"{path}\": {source}")]
    System {
        /// The directory or file.
        path: PathBuf,
        /// The call.
        call: &'static str,
        /// What the system says.
        source: io::Error,
    },
}

impl Error {
    /// The directory or file that it is about.
    #[must_use]
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Access { path, .. }
            | Self::Busy { path }
            | Self::Full { path, .. }
            | Self::Damaged { path, .. }
            | Self::Version { path, .. }
            | Self::System { path, .. } => Some(path),
            Self::TooLarge { .. } => None,
        }
    }

    /// A name that stays the same between versions.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Access { .. } => "ERR_JOURNAL_ACCESS",
            Self::Busy { .. } => "ERR_JOURNAL_BUSY",
            Self::Full { .. } => "ERR_JOURNAL_FULL",
            Self::Damaged { .. } => "ERR_JOURNAL_DAMAGED",
            Self::Version { .. } => "ERR_JOURNAL_VERSION",
            Self::TooLarge { .. } => "ERR_JOURNAL_TOO_LARGE",
            Self::System { .. } => "ERR_JOURNAL_SYSTEM",
        }
    }
}
