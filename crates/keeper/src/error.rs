//! What can go wrong between a server and a keeper.

#[cfg(unix)]
use std::path::Path;
use std::path::PathBuf;

use offheap_pty::SpawnError;

/// Why a keeper could not be had, or not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum KeeperError {
    /// Another server has the terminals.
    #[error(
        "another server ({}) uses this directory: end it, or take over from it",
        process(*.holder)
    )]
    Busy {
        /// Its process id, 0 when it is not known.
        holder: u32,
    },
    /// The keeper did not answer in time. It is left alone.
    #[error("the keeper did not answer within {0} ms: it is stopped, or the machine is overloaded")]
    Timeout(u128),
    /// The keeper and this server have no version of the protocol in common.
    #[error("the keeper speaks no version that this server knows: end it, or use its version")]
    Version,
    /// The directory cannot be used.
    #[error("{}: {problem}", .path.display())]
    Directory {
        /// The directory.
        path: PathBuf,
        /// What is wrong with it.
        problem: String,
    },
    /// The keeper could not be started.
    #[error("the keeper could not be started: {0}")]
    Start(String),
    /// The connection to the keeper ended.
    #[error("the keeper is gone")]
    Lost,
    /// This process has no room for the descriptors of the terminals.
    #[error("too few free descriptors to take over the terminals: raise the limit (ulimit -n)")]
    Descriptors,
    /// The request is too long for a message.
    #[error("arguments and environment are longer than {0} bytes")]
    TooLong(usize),
    /// The system has no keeper.
    #[error("shells cannot outlive their server on this system")]
    Unsupported,
    /// The program could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

fn process(pid: u32) -> String {
    if pid == 0 { String::from("a process") } else { format!("process {pid}") }
}

impl KeeperError {
    /// The stable name that users see.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Busy { .. } => "ERR_KEEPER_BUSY",
            Self::Timeout(_) => "ERR_KEEPER_TIMEOUT",
            Self::Version => "ERR_KEEPER_VERSION",
            Self::Directory { .. } => "ERR_KEEPER_DIRECTORY",
            Self::Start(_) => "ERR_KEEPER_START",
            Self::Lost => "ERR_KEEPER_LOST",
            Self::Descriptors => "ERR_KEEPER_DESCRIPTORS",
            Self::TooLong(_) => "E2BIG",
            Self::Unsupported => "ERR_NOT_SUPPORTED",
            Self::Spawn(error) => error.code,
        }
    }

    #[cfg(unix)]
    pub(crate) fn directory(path: &Path, problem: impl Into<String>) -> Self {
        Self::Directory { path: path.to_owned(), problem: problem.into() }
    }
}
