//! What a registry tells its listeners.

use super::info::Info;
use crate::pty::ExitStatus;

/// Why a session was closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Reason {
    /// Somebody asked for it.
    Closed,
    /// Its whole project was closed.
    Project,
    /// Its program ended.
    Exit,
    /// Nobody was connected, and nothing was typed, for too long.
    Inactive,
    /// It was its project's oldest, and another was created.
    Limit,
    /// Memory was short.
    Memory,
    /// The registry was closed.
    Registry,
}

impl Reason {
    /// Every reason, in the order of their declaration.
    pub const ALL: [Self; 7] = [
        Self::Closed,
        Self::Project,
        Self::Exit,
        Self::Inactive,
        Self::Limit,
        Self::Memory,
        Self::Registry,
    ];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Closed => "closed",
            Self::Project => "project",
            Self::Exit => "exit",
            Self::Inactive => "inactive",
            Self::Limit => "limit",
            Self::Memory => "memory",
            Self::Registry => "registry",
        }
    }
}

/// Which limit was hit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Limit {
    /// Sessions in all.
    Sessions,
    /// Sessions in a project.
    Project,
    /// New shells in a minute.
    SpawnRate,
    /// Focused sessions in a project.
    Focus,
}

impl Limit {
    /// Every limit, in the order of their declaration.
    pub const ALL: [Self; 4] = [Self::Sessions, Self::Project, Self::SpawnRate, Self::Focus];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Project => "project",
            Self::SpawnRate => "spawnRate",
            Self::Focus => "focus",
        }
    }
}

/// One event, with what its listeners need to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// A session exists.
    Created(Box<Info>),
    /// A session is gone.
    Closed {
        /// Its id.
        id: String,
        /// Its project.
        project: Option<String>,
        /// Why.
        reason: Reason,
    },
    /// A session's program ended; its output can still be read.
    Exited {
        /// Its id.
        id: String,
        /// Its project.
        project: Option<String>,
        /// How it ended.
        status: ExitStatus,
    },
    /// A session gained or lost focus.
    FocusChanged {
        /// Its id.
        id: String,
        /// Its project.
        project: Option<String>,
        /// What it has now.
        focused: bool,
        /// All focused sessions of the project, least recently active first.
        all: Vec<String>,
    },
    /// A session's output is kept and not sent.
    Suspended {
        /// Its id.
        id: String,
        /// Its project.
        project: Option<String>,
    },
    /// A session's output is sent again.
    Resumed {
        /// Its id.
        id: String,
        /// Its project.
        project: Option<String>,
    },
    /// Input that had to wait has been taken.
    Drained {
        /// The session's id.
        id: String,
        /// Its project.
        project: Option<String>,
    },
    /// A limit refused something, or made something give way.
    LimitReached {
        /// Which.
        limit: Limit,
        /// In which project, where the limit is a project's.
        project: Option<String>,
    },
}

impl Event {
    /// The name that `on(event, …)` knows it by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Created(_) => "sessionCreated",
            Self::Closed { .. } => "sessionClosed",
            Self::Exited { .. } => "sessionExited",
            Self::FocusChanged { .. } => "focusChanged",
            Self::Suspended { .. } => "sessionSuspended",
            Self::Resumed { .. } => "sessionResumed",
            Self::Drained { .. } => "drain",
            Self::LimitReached { .. } => "limitReached",
        }
    }
}
