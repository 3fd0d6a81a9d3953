//! What a registry tells its listener.

use std::sync::Arc;

use super::info::{Handle, Info};
use super::journals::JournalFault;
use super::reason::{Action, Limit, Reason};
use super::subject::Subject;
use crate::pressure::{Bound, Level};
use crate::session::ShellNews;
use offheap_pty::ExitStatus;

/// Who is told what happens in a registry.
///
/// The methods may be called from any thread and under the registry's lock:
/// they must return at once and must not call the registry.
pub trait EventListener: Send + Sync + 'static {
    /// Something happened.
    fn event(&self, event: Event);
    /// There is work for the JS thread. What comes of it is for
    /// [`Registry::heap_read`](super::Registry::heap_read).
    fn work(&self, work: Work);
}

/// What only the thread that runs JavaScript can do about memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Work {
    /// Read how much of the heap is used.
    ReadHeap,
    /// Collect garbage, then read how much of the heap is used.
    CollectGarbage,
    /// Drop what is kept for speed; nobody waits for it.
    DropCaches,
}

/// Memory is short, or is no longer; or something was done about it.
#[derive(Clone, Debug, PartialEq)]
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
    /// The session that holds the most memory, with its processes.
    pub heaviest: Option<Heaviest>,
}

/// The session that holds the most memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Heaviest {
    /// Which one.
    pub subject: Subject,
    /// What its history, its screen and its processes occupy.
    pub bytes: u64,
}

/// One event, with what its listeners need to know.
#[derive(Clone, Debug)]
pub enum Event {
    /// Something happened to one session.
    Session {
        /// To which.
        subject: Subject,
        /// What.
        change: Change,
    },
    /// A limit refused something, or made something give way.
    LimitReached {
        /// Which.
        limit: Limit,
        /// In which project, where the limit is a project's.
        project: Option<Arc<str>>,
    },
    /// Memory is short, or is no longer; or something was done about it.
    MemoryPressure(Pressure),
    /// A journal cannot be restored, or a recording of its session cannot go on.
    JournalError(JournalFault),
    /// The registry is closed: nothing follows.
    Shut,
}

/// What happened to a session.
#[derive(Clone, Debug)]
pub enum Change {
    /// It exists.
    Created(Box<(Handle, Info)>),
    /// It was restored from its journal.
    Restored {
        /// Its program runs.
        alive: bool,
    },
    /// The app says something else of it.
    Updated(Box<(Handle, Info)>),
    /// It is gone.
    Closed(Reason),
    /// Its program ended; its output can still be read.
    Exited(ExitStatus),
    /// It gained or lost focus.
    FocusChanged {
        /// What it has now.
        focused: bool,
        /// All focused sessions of the project, least recently active first.
        all: Vec<Arc<str>>,
    },
    /// It is marked as suspended.
    Suspended,
    /// It is no longer marked as suspended.
    Resumed,
    /// A connection uses it.
    Attached(Arc<str>),
    /// A connection has left it. Not told of a session that closes.
    Detached(Arc<str>),
    /// Input that had to wait has been taken.
    Drained,
    /// It is recorded from now on, or no longer.
    Recording(bool),
    /// There is something new about its shell.
    Shell(ShellNews),
}

/// The kinds of event that one can listen to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "they are named as the events are")]
pub enum EventName {
    SessionCreated,
    SessionRestored,
    SessionUpdated,
    SessionClosed,
    SessionExited,
    FocusChanged,
    SessionSuspended,
    SessionResumed,
    SessionAttached,
    SessionDetached,
    LimitReached,
    MemoryPressure,
    JournalError,
    Drain,
    RecordingChanged,
    TitleChanged,
    DirectoryChanged,
    CommandStarted,
    CommandFinished,
    ProgressChanged,
    Bell,
    Notification,
}

impl EventName {
    /// Every name.
    pub const ALL: [Self; 22] = [
        Self::SessionCreated,
        Self::SessionRestored,
        Self::SessionUpdated,
        Self::SessionClosed,
        Self::SessionExited,
        Self::FocusChanged,
        Self::SessionSuspended,
        Self::SessionResumed,
        Self::SessionAttached,
        Self::SessionDetached,
        Self::LimitReached,
        Self::MemoryPressure,
        Self::JournalError,
        Self::Drain,
        Self::RecordingChanged,
        Self::TitleChanged,
        Self::DirectoryChanged,
        Self::CommandStarted,
        Self::CommandFinished,
        Self::ProgressChanged,
        Self::Bell,
        Self::Notification,
    ];

    /// The name that listeners use.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SessionCreated => "sessionCreated",
            Self::SessionRestored => "sessionRestored",
            Self::SessionUpdated => "sessionUpdated",
            Self::SessionClosed => "sessionClosed",
            Self::SessionExited => "sessionExited",
            Self::FocusChanged => "focusChanged",
            Self::SessionSuspended => "sessionSuspended",
            Self::SessionResumed => "sessionResumed",
            Self::SessionAttached => "sessionAttached",
            Self::SessionDetached => "sessionDetached",
            Self::LimitReached => "limitReached",
            Self::MemoryPressure => "memoryPressure",
            Self::JournalError => "journalError",
            Self::Drain => "drain",
            Self::RecordingChanged => "recordingChanged",
            Self::TitleChanged => "titleChanged",
            Self::DirectoryChanged => "directoryChanged",
            Self::CommandStarted => "commandStarted",
            Self::CommandFinished => "commandFinished",
            Self::ProgressChanged => "progressChanged",
            Self::Bell => "bell",
            Self::Notification => "notification",
        }
    }

    /// The event of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|known| known.as_str() == name)
    }
}

impl Event {
    /// The session that it is about.
    #[must_use]
    pub fn subject(&self) -> Option<&Subject> {
        match self {
            Self::Session { subject, .. } => Some(subject),
            Self::LimitReached { .. }
            | Self::MemoryPressure(_)
            | Self::JournalError(_)
            | Self::Shut => None,
        }
    }

    /// Whether it is told in its turn, also where a call finds or causes it: what a
    /// program does by itself, and the end of a registry, before which everything that
    /// has happened is told.
    #[must_use]
    pub fn waits_its_turn(&self) -> bool {
        match self {
            Self::Session { change, .. } => matches!(change, Change::Exited(_) | Change::Shell(_)),
            Self::Shut => true,
            _ => false,
        }
    }

    /// Its name; `None` for the end of a registry, which ends its listeners'
    /// registration instead of being told.
    #[must_use]
    pub fn name(&self) -> Option<EventName> {
        match self {
            Self::Session { change, .. } => Some(change.name()),
            Self::LimitReached { .. } => Some(EventName::LimitReached),
            Self::MemoryPressure(_) => Some(EventName::MemoryPressure),
            Self::JournalError(_) => Some(EventName::JournalError),
            Self::Shut => None,
        }
    }
}

impl Change {
    fn name(&self) -> EventName {
        match self {
            Self::Created(_) => EventName::SessionCreated,
            Self::Restored { .. } => EventName::SessionRestored,
            Self::Updated(_) => EventName::SessionUpdated,
            Self::Closed(_) => EventName::SessionClosed,
            Self::Exited(_) => EventName::SessionExited,
            Self::FocusChanged { .. } => EventName::FocusChanged,
            Self::Suspended => EventName::SessionSuspended,
            Self::Resumed => EventName::SessionResumed,
            Self::Attached(_) => EventName::SessionAttached,
            Self::Detached(_) => EventName::SessionDetached,
            Self::Drained => EventName::Drain,
            Self::Recording(_) => EventName::RecordingChanged,
            Self::Shell(news) => name_of(news),
        }
    }
}

const fn name_of(news: &ShellNews) -> EventName {
    match news {
        ShellNews::Title { .. } => EventName::TitleChanged,
        ShellNews::Directory { .. } => EventName::DirectoryChanged,
        ShellNews::Started(_) => EventName::CommandStarted,
        ShellNews::Finished(_) => EventName::CommandFinished,
        ShellNews::Progress(_) => EventName::ProgressChanged,
        ShellNews::Bell(_) => EventName::Bell,
        ShellNews::Notification(_) => EventName::Notification,
    }
}
