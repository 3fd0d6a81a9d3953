//! Sessions that outlive the process: where their journals are, and how they
//! come back.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use offheap_journal::{Directory, Error, Identity, Journal, Life, Lock, Sizes};
use offheap_pty::SpawnError;
use offheap_ring::Ring;
use parking_lot::Mutex;

use super::info::{Details, NewSession};
use super::subject::Subject;
use crate::session::{checkpoint_size, shape};

/// Where the histories of a registry's sessions are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalOptions {
    /// The directory. It is made where there is none.
    pub dir: PathBuf,
    /// The most bytes that all journals together may have.
    pub max_bytes: Option<u64>,
}

/// A directory of journals that is in use by one registry.
#[derive(Debug)]
pub struct Journals {
    directory: Directory,
    /// Given back when the registry is closed, so that the next one can have it.
    lock: Mutex<Option<Lock>>,
}

impl Journals {
    /// Opens the directory, and takes it for this process.
    ///
    /// # Errors
    /// [`Error::Access`], [`Error::Busy`], [`Error::System`].
    pub fn open(options: &JournalOptions) -> Result<Self, Error> {
        let journals = Self::open_later(options)?;
        journals.claim()?;
        Ok(journals)
    }

    /// Opens the directory, which is taken when it is first used: until then
    /// another process may have it, which is about to leave it.
    ///
    /// # Errors
    /// [`Error::Access`], [`Error::System`].
    pub fn open_later(options: &JournalOptions) -> Result<Self, Error> {
        let directory = Directory::open(&options.dir, options.max_bytes)?;
        Ok(Self { directory, lock: Mutex::default() })
    }

    /// Takes the directory for this process, if it has not been yet.
    pub(super) fn claim(&self) -> Result<(), Error> {
        let mut lock = self.lock.lock();
        if lock.is_none() {
            *lock = Some(self.directory.lock()?);
        }
        Ok(())
    }

    pub(super) fn directory(&self) -> &Directory {
        &self.directory
    }

    pub(super) fn path_of(&self, name: &str) -> PathBuf {
        Path::join(self.directory.path(), name)
    }

    /// Makes the journal of a new session.
    pub(super) fn create(
        &self,
        subject: &Subject,
        new: &NewSession,
        history: usize,
        created_ms: u64,
    ) -> Result<(Journal, Ring), Error> {
        self.claim()?;
        let checkpoint = checkpoint_size(new.screen.as_ref());
        let life = Life { incarnation: subject.incarnation, ..Life::default() };
        let identity = identity(subject, new, created_ms);
        self.directory.create(&identity, life, Sizes { capacity: history, checkpoint })
    }

    /// Lets others have the directory.
    pub(super) fn unlock(&self) {
        drop(self.lock.lock().take());
    }
}

fn identity(subject: &Subject, new: &NewSession, created_ms: u64) -> Identity {
    let mut identity = Identity {
        id: subject.id.to_string(),
        project: text(subject.project.as_ref()),
        rate_key: text(new.rate_key.as_ref()),
        screen: new.screen.as_ref().map(shape),
        created_ms,
        recordings: new.unrecorded.then(Vec::new),
        ..Identity::default()
    };
    describe(&mut identity, &new.details);
    identity
}

/// What the app says of a session, as its journal keeps it.
pub(super) fn describe(identity: &mut Identity, details: &Details) {
    identity.user = text(details.user.as_ref());
    identity.mode = text(details.mode.as_ref());
    identity.cwd = text(details.cwd.as_ref());
    identity.metadata = text(details.metadata.as_ref());
}

fn text(text: Option<&Arc<str>>) -> Option<String> {
    text.map(ToString::to_string)
}

/// What a restored session is created with.
pub(super) fn remember(identity: Identity) -> NewSession {
    let text = |text: Option<String>| text.map(Arc::from);
    NewSession {
        project: text(identity.project),
        id: Some(identity.id.into()),
        history: None,
        screen: None,
        // It goes on as the journal has it.
        integration: None,
        // What becomes of its recordings is seen to once it is here.
        recording: None,
        unrecorded: false,
        rate_key: text(identity.rate_key),
        focused: None,
        details: Details {
            user: text(identity.user),
            mode: text(identity.mode),
            cwd: text(identity.cwd),
            metadata: text(identity.metadata),
        },
    }
}

/// A journal that could not be restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JournalFault {
    /// The file, which stays where it is.
    pub path: PathBuf,
    /// A name that stays the same between versions.
    pub code: &'static str,
    /// What is wrong with it.
    pub message: String,
}

impl JournalFault {
    pub(super) fn new(path: PathBuf, error: &Error) -> Self {
        Self { path, code: error.code(), message: error.to_string() }
    }

    /// A recording could not go on, or not begin.
    pub(super) fn recording(path: &Path, error: &offheap_recording::Error) -> Self {
        Self { path: path.to_path_buf(), code: error.code(), message: error.to_string() }
    }

    /// The terminal that was kept for the session could not be had.
    pub(super) fn terminal(path: PathBuf, error: &SpawnError) -> Self {
        Self { path, code: error.code, message: error.to_string() }
    }

    /// A session of the same name exists already.
    pub(super) fn taken(path: PathBuf, subject: &Subject) -> Self {
        let message = format!("a session \"{}\" exists already", subject.id);
        Self { path, code: "ERR_SESSION_EXISTS", message }
    }
}
