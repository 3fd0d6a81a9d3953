//! What a registry tells its listeners.

use super::info::{Handle, Info};
use crate::pressure::{Bound, Level, Usage};
use offheap_pty::ExitStatus;

/// Who is told what happens in a registry.
///
/// Both methods may be called from any thread and under the registry's lock:
/// they must return at once and must not call the registry.
pub trait EventListener: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: Event);
    /// Memory is to be checked: what is known of it but the V8 heap.
    fn memory_due(&self, usage: Usage);
}

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
    /// Memory.
    Memory,
}

impl Limit {
    /// Every limit, in the order of their declaration.
    pub const ALL: [Self; 5] =
        [Self::Sessions, Self::Project, Self::SpawnRate, Self::Focus, Self::Memory];

    /// The name that listeners and metrics see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Sessions => "sessions",
            Self::Project => "project",
            Self::SpawnRate => "spawnRate",
            Self::Focus => "focus",
            Self::Memory => "memory",
        }
    }
}

/// What was done because memory is short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Histories of idle sessions were shrunk.
    ShrinkHistories,
    /// What is only kept for speed was dropped.
    DropCaches,
    /// The V8 heap's garbage was collected.
    CollectGarbage,
    /// Idle sessions were closed.
    CloseInactive,
    /// New sessions are refused from here on.
    Refuse,
    /// The oldest session was closed.
    CloseOldest,
}

impl Action {
    /// The name that listeners see.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ShrinkHistories => "shrinkHistories",
            Self::DropCaches => "dropCaches",
            Self::CollectGarbage => "collectGarbage",
            Self::CloseInactive => "closeInactive",
            Self::Refuse => "refuse",
            Self::CloseOldest => "closeOldest",
        }
    }
}

/// Memory is short, or is no longer; or something was done about it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pressure {
    /// The level.
    pub level: Level,
    /// The level before.
    pub previous: Level,
    /// What was done; `None` when only the level is told.
    pub action: Option<Action>,
    /// Sessions that it was done to.
    pub sessions: usize,
    /// Native bytes that it freed.
    pub bytes: u64,
    /// The nearest limit.
    pub bound: Option<Bound>,
}

/// One event, with what its listeners need to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// A session exists.
    Created(Box<(Handle, Info)>),
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
    /// A connection uses a session.
    Attached {
        /// The session's id.
        id: String,
        /// Its project.
        project: Option<String>,
        /// The connection.
        connection: String,
    },
    /// A connection has left a session. It is not told of sessions that close.
    Detached {
        /// The session's id.
        id: String,
        /// Its project.
        project: Option<String>,
        /// The connection.
        connection: String,
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
    /// Memory is short, or is no longer; or something was done about it.
    MemoryPressure(Pressure),
    /// The registry is closed: nothing follows.
    Shut,
}

impl Event {
    /// The id and the project of the session that it is about.
    #[must_use]
    pub fn subject(&self) -> Option<(&str, Option<&str>)> {
        match self {
            Self::Closed { id, project, .. }
            | Self::Exited { id, project, .. }
            | Self::FocusChanged { id, project, .. }
            | Self::Suspended { id, project }
            | Self::Resumed { id, project }
            | Self::Attached { id, project, .. }
            | Self::Detached { id, project, .. }
            | Self::Drained { id, project } => Some((id, project.as_deref())),
            Self::Created(session) => Some((&session.0.id, session.0.project.as_deref())),
            Self::LimitReached { .. } | Self::MemoryPressure(_) | Self::Shut => None,
        }
    }

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
            Self::Attached { .. } => "sessionAttached",
            Self::Detached { .. } => "sessionDetached",
            Self::Drained { .. } => "drain",
            Self::LimitReached { .. } => "limitReached",
            Self::MemoryPressure(_) => "memoryPressure",
            // Not for listeners: it ends their registration.
            Self::Shut => "",
        }
    }
}
