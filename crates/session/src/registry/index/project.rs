//! What the indexes hold of a project.

use std::collections::BTreeSet;

use crate::registry::subject::Incarnation;

#[derive(Default)]
pub(super) struct Project {
    pub(super) sessions: BTreeSet<Incarnation>,
    /// Of them, those whose programs have not ended: the limit is for them.
    pub(super) live: BTreeSet<Incarnation>,
    /// Ordered by last use: the first gives way when a focus is needed.
    pub(super) focused: BTreeSet<(u64, Incarnation)>,
    /// Sessions that are being created.
    pub(super) reserved: usize,
}

impl Project {
    pub(super) fn is_forgettable(&self) -> bool {
        self.sessions.is_empty() && self.reserved == 0
    }
}
