//! What is known of a session, at one moment.

use std::sync::Arc;

use crate::session::{Integration, Session};
use offheap_pty::ExitStatus;
use offheap_screen::ScreenOptions;

use super::subject::Subject;

/// What a session is created with.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// The project it belongs to; `None` for one of its own.
    pub project: Option<Arc<str>>,
    /// Its id; made up when absent.
    pub id: Option<Arc<str>>,
    /// Bytes of history, when not the registry's default.
    pub history: Option<usize>,
    /// The screen it keeps, if any.
    pub screen: Option<ScreenOptions>,
    /// How its shell is integrated, if it is.
    pub integration: Option<Integration>,
    /// Where and how it is recorded, if it is.
    pub recording: Option<offheap_recording::Options>,
    /// It is not to be recorded, whatever a registry that restores it says.
    pub unrecorded: bool,
    /// Whom its shell is counted for in the spawn limit; its project when
    /// absent.
    pub rate_key: Option<Arc<str>>,
    /// Whether it takes the focus of its project, from another session if need
    /// be; when absent, where there is room.
    pub focused: Option<bool>,
    /// What the app says of it.
    pub details: Details,
}

/// What the app says of a session. The registry only keeps it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// The owner's user id.
    pub user: Option<Arc<str>>,
    /// An application-defined kind.
    pub mode: Option<Arc<str>>,
    /// The working directory, as the app names it.
    pub cwd: Option<Arc<str>>,
    /// The app's own data, as JSON text.
    pub metadata: Option<Arc<str>>,
}

/// A change of [`Details`]: `None` leaves a value as it is, `Some(None)` takes
/// it away.
#[derive(Clone, Debug, Default)]
pub struct Update {
    /// The owner's user id.
    pub user: Option<Option<Arc<str>>>,
    /// An application-defined kind.
    pub mode: Option<Option<Arc<str>>>,
    /// The working directory, as the app names it.
    pub cwd: Option<Option<Arc<str>>>,
    /// The app's own data, as JSON text.
    pub metadata: Option<Option<Arc<str>>>,
}

impl Update {
    pub(super) fn apply(self, details: &Details) -> Details {
        let keep = |change: Option<_>, kept: &Option<Arc<str>>| change.unwrap_or(kept.clone());
        Details {
            user: keep(self.user, &details.user),
            mode: keep(self.mode, &details.mode),
            cwd: keep(self.cwd, &details.cwd),
            metadata: keep(self.metadata, &details.metadata),
        }
    }
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct Info {
    /// What the app says of it.
    pub details: Arc<Details>,
    /// Whether it has the focus. Without a project it always has.
    pub focused: bool,
    /// Whether it is marked as suspended.
    pub suspended: bool,
    /// Connections attached to it.
    pub connections: usize,
    /// When it was created, in ms since the epoch.
    pub created_ms: u64,
    /// When it was last used, in ms since the epoch.
    pub active_ms: u64,
    /// How its program ended, once it has.
    pub exit: Option<ExitStatus>,
    /// It was restored without a program, and none was started on it since.
    pub lost: bool,
}

/// A session, and which one of its registry's it is.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The session.
    pub session: Arc<Session>,
    /// Its names.
    pub subject: Subject,
}
