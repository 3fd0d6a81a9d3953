//! Why a recording cannot be written or read.

use std::io;
use std::path::Path;

/// What went wrong, with a stable [code](Error::code).
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The system refused.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder.
        path: String,
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A file of that name exists.
    #[error("{0} exists already: a recording never overwrites a file")]
    Exists(String),
    /// A name that is no plain file name.
    #[error("\"{0}\" is not a plain file name: letters, digits, '.', '_' and '-', up to 200")]
    Name(String),
    /// The file is no asciicast, or damaged.
    #[error("not a valid asciicast at byte {position}: {reason}")]
    Invalid {
        /// Where, in bytes.
        position: u64,
        /// What is wrong.
        reason: &'static str,
    },
    /// An asciicast of a version that is not known.
    #[error("asciicast version {0} is not supported; versions 1 to 3 are")]
    Version(u64),
    /// The recording that was to go on has ended.
    #[error("the recording has ended")]
    Over,
    /// A bound was passed.
    #[error("the recording has {0}")]
    Limit(&'static str),
    /// The recorder's thread could not be started.
    #[error("the recorder cannot start: {0}")]
    Thread(#[source] io::Error),
}

impl Error {
    pub(crate) fn io(path: &Path, source: io::Error) -> Self {
        Self::Io { path: path.display().to_string(), source }
    }

    /// The code that programs compare.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Io { source, .. } | Self::Thread(source) => io_code(source),
            Self::Exists(_) => "ERR_RECORDING_EXISTS",
            Self::Name(_) => "ERR_RECORDING_NAME",
            Self::Invalid { .. } => "ERR_RECORDING_INVALID",
            Self::Version(_) => "ERR_RECORDING_VERSION",
            Self::Over => "ERR_CLOSED",
            Self::Limit(_) => "ERR_RECORDING_LIMIT",
        }
    }
}

fn io_code(error: &io::Error) -> &'static str {
    use io::ErrorKind as Kind;
    match error.kind() {
        Kind::NotFound => "ENOENT",
        Kind::PermissionDenied => "EACCES",
        Kind::AlreadyExists => "EEXIST",
        Kind::StorageFull => "ENOSPC",
        Kind::QuotaExceeded => "EDQUOT",
        Kind::FileTooLarge => "EFBIG",
        Kind::ReadOnlyFilesystem => "EROFS",
        Kind::IsADirectory => "EISDIR",
        Kind::NotADirectory => "ENOTDIR",
        Kind::ResourceBusy => "EBUSY",
        Kind::InvalidFilename => "ENAMETOOLONG",
        _ => "EIO",
    }
}
