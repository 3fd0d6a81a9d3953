//! Why a registry refuses.

use offheap_journal::Error as JournalError;
use offheap_pty::SpawnError;

/// Why a registry refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Too many sessions in all.
    #[error("{0} sessions are open, which is the limit; close one first")]
    SessionLimit(usize),
    /// Too many sessions in the project.
    #[error("the project has {0} sessions, which is its limit; close one first")]
    ProjectLimit(usize),
    /// Too many new shells in the last minute.
    #[error("{0} shells were started within a minute, which is the limit; wait a little")]
    SpawnRate(usize),
    /// Memory is about to run out.
    #[error("memory is short; close a session first")]
    Memory,
    /// The id is taken in that project.
    #[error("a session \"{0}\" exists already")]
    Exists(String),
    /// The session has, or had, a program already.
    #[error("the session was started before")]
    Started,
    /// The registry, or the session, is closed.
    #[error("the registry or the session is closed")]
    Closed,
    /// There is no journal to restore anything from.
    #[error("the registry has no journal; give it one with the option `journal`")]
    NoJournal,
    /// The session's journal could not be made or changed.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The shell could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}
