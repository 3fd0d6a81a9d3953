//! What the indexes hold of a session and of a project.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use crate::registry::clock::Clock;
use crate::registry::info::{Details, Info};
use crate::session::Session;
use offheap_pty::ExitStatus;

pub(in crate::registry) type Key = u64;

/// A session's names: its project, if any, and its id.
pub(in crate::registry) type Name = (Option<Arc<str>>, Arc<str>);

#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
pub(in crate::registry) struct Entry {
    pub(in crate::registry) key: Key,
    pub(in crate::registry) session: Arc<Session>,
    pub(in crate::registry) name: Name,
    pub(in crate::registry) details: Arc<Details>,
    pub(in crate::registry) focused: bool,
    pub(in crate::registry) suspended: bool,
    pub(in crate::registry) connections: BTreeSet<Arc<str>>,
    pub(in crate::registry) created: Instant,
    pub(in crate::registry) active: Instant,
    /// Orders sessions by their last use, also within one clock tick.
    pub(in crate::registry) active_seq: u64,
    /// Overrides the inactivity time-out since the last connection went.
    pub(in crate::registry) keep_until: Option<Instant>,
    pub(in crate::registry) exit: Option<(ExitStatus, Instant)>,
    /// Its program keeps the process running for as long as it runs.
    pub(in crate::registry) holds: bool,
    /// Its program is being started.
    pub(in crate::registry) starting: bool,
    /// Where the session stands in the queue of deadlines.
    pub(in crate::registry) deadline: Option<Instant>,
    /// How often a connection was tried to be registered in vain.
    pub(in crate::registry) tries: u32,
}

impl Entry {
    pub(in crate::registry) fn new(
        key: Key,
        seq: u64,
        name: Name,
        details: Arc<Details>,
        session: Arc<Session>,
        now: Instant,
    ) -> Self {
        Self {
            key,
            session,
            focused: name.0.is_none(),
            name,
            details,
            suspended: false,
            connections: BTreeSet::new(),
            created: now,
            active: now,
            active_seq: seq,
            keep_until: None,
            exit: None,
            holds: false,
            starting: false,
            deadline: None,
            tries: 0,
        }
    }

    /// Where the session stands in the orders of use.
    pub(in crate::registry) fn place(&self) -> (u64, Key) {
        (self.active_seq, self.key)
    }

    /// Whether it stands among its project's focused sessions. One without a
    /// project has focus too, but takes it from nobody.
    pub(in crate::registry) fn takes_focus(&self) -> bool {
        self.focused && self.name.0.is_some()
    }

    /// Whether its state is "suspended": once exited it is that.
    pub(super) fn is_held_back(&self) -> bool {
        self.suspended && self.exit.is_none()
    }

    /// Whether somebody looks at it: a connection, or a viewer without one.
    pub(in crate::registry) fn is_watched(&self) -> bool {
        !self.connections.is_empty() || self.session.viewers() > 0
    }

    pub(in crate::registry) fn id(&self) -> String {
        self.name.1.to_string()
    }

    pub(in crate::registry) fn project(&self) -> Option<String> {
        self.name.0.as_deref().map(str::to_owned)
    }

    pub(in crate::registry) fn info(&self, clock: &Clock) -> Info {
        Info {
            details: Arc::clone(&self.details),
            focused: self.focused,
            suspended: self.suspended,
            connections: self.connections.len(),
            created_ms: clock.to_epoch_ms(self.created),
            active_ms: clock.to_epoch_ms(self.active),
            exit: self.exit.map(|(status, _)| status),
        }
    }
}

#[derive(Default)]
pub(in crate::registry) struct Project {
    pub(in crate::registry) sessions: BTreeSet<Key>,
    /// Of them, those whose programs have not ended: the limit is for them.
    pub(in crate::registry) live: BTreeSet<Key>,
    /// Ordered by last use: the first gives way when a focus is needed.
    pub(in crate::registry) focused: BTreeSet<(u64, Key)>,
    /// Sessions that are being created.
    pub(in crate::registry) reserved: usize,
}

impl Project {
    pub(super) fn is_forgettable(&self) -> bool {
        self.sessions.is_empty() && self.reserved == 0
    }
}
