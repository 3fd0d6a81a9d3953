//! What is known of a session, at one moment.

use crate::pty::ExitStatus;
use crate::screen::ScreenOptions;

/// What a session is created with.
#[derive(Clone, Debug, Default)]
pub struct NewSession {
    /// The project it belongs to; `None` for one of its own.
    pub project: Option<String>,
    /// Its id; made up when absent.
    pub id: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// The app's word for its kind.
    pub mode: Option<String>,
    /// The working directory, as the app names it.
    pub cwd: Option<String>,
    /// The app's own data, as JSON text.
    pub metadata: Option<String>,
    /// Bytes of history, when not the registry's default.
    pub history: Option<usize>,
    /// The screen it keeps, if any.
    pub screen: Option<ScreenOptions>,
}

/// A session as its owner sees it.
#[derive(Clone, Debug)]
pub struct Info {
    /// Its id, unique within its project.
    pub id: String,
    /// Its project.
    pub project: Option<String>,
    /// Whose it is.
    pub user: Option<String>,
    /// The app's word for its kind.
    pub mode: Option<String>,
    /// The working directory it was created with.
    pub cwd: Option<String>,
    /// The app's own data, as JSON text.
    pub metadata: Option<String>,
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
