//! What is known of a session, at one moment.

use std::sync::Arc;

use crate::session::Session;
use offheap_pty::ExitStatus;
use offheap_screen::ScreenOptions;

use super::state::Key;

/// What a session is created with.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// The project it belongs to; `None` for one of its own.
    pub project: Option<String>,
    /// Its id; made up when absent.
    pub id: Option<String>,
    /// Bytes of history, when not the registry's default.
    pub history: Option<usize>,
    /// The screen it keeps, if any.
    pub screen: Option<ScreenOptions>,
    /// Where and how it is recorded, if it is.
    pub recording: Option<offheap_recording::Options>,
    /// What never changes.
    pub details: Details,
}

/// What the app says of a session at its creation and never changes.
#[derive(Clone, Debug, Default)]
pub struct Details {
    /// Whom its shell is counted for in the spawn limit; its project when
    /// absent.
    pub rate_key: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// The app's word for its kind.
    pub mode: Option<String>,
    /// The working directory, as the app names it.
    pub cwd: Option<String>,
    /// The app's own data, as JSON text.
    pub metadata: Option<String>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct Info {
    /// What it was created with.
    pub details: Arc<Details>,
    /// Whether it has the focus. Without a project it always has.
    pub focused: bool,
    /// Whether its output is held back.
    pub suspended: bool,
    /// Connections attached to it.
    pub connections: usize,
    /// When it was created, in ms since the epoch.
    pub created_ms: u64,
    /// When it was last used, in ms since the epoch.
    pub active_ms: u64,
    /// How its program ended, once it has.
    pub exit: Option<ExitStatus>,
}

/// A session with its place in its registry.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The session.
    pub session: Arc<Session>,
    /// Its id, unique within its project.
    pub id: Arc<str>,
    /// Its project.
    pub project: Option<Arc<str>>,
    pub(super) key: Key,
}
