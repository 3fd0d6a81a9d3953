//! Which session something is about.

use std::sync::Arc;

/// Tells a session from every other that its registry has, had or will have.
pub type Incarnation = u64;

/// A project, if any, and an id: what a session is found by.
pub(super) type Name = (Option<Arc<str>>, Arc<str>);

/// Names one session for good: a later session of the same id is another one.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Subject {
    /// Its id, unique within its project.
    pub id: Arc<str>,
    /// Its project.
    pub project: Option<Arc<str>>,
    /// Counts up with each creation in a registry.
    pub incarnation: Incarnation,
}

impl Subject {
    pub(super) fn new((project, id): Name, incarnation: Incarnation) -> Self {
        Self { id, project, incarnation }
    }

    pub(super) fn name(&self) -> Name {
        (self.project.clone(), Arc::clone(&self.id))
    }
}
