//! The shells of the last minute, counted for the spawn limit.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::table::shrink;
use crate::registry::subject::Subject;

/// The window of the spawn limit.
const SPAWN_WINDOW: Duration = Duration::from_mins(1);

/// Whom a new shell is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(in crate::registry) enum RateKey {
    /// Its project.
    Project(Arc<str>),
    /// Whom the app names, such as a peer's address.
    Named(Arc<str>),
    /// Nobody but the registry as a whole: it has no project, and the app names
    /// nobody.
    Nobody,
}

impl RateKey {
    pub(in crate::registry) fn of(named: Option<&Arc<str>>, subject: &Subject) -> Self {
        match (named, &subject.project) {
            (Some(name), _) => Self::Named(Arc::clone(name)),
            (None, Some(project)) => Self::Project(Arc::clone(project)),
            (None, None) => Self::Nobody,
        }
    }
}

/// One queue for all keys, so that what is over is forgotten in the order of
/// time and no key outlives its last shell's minute.
#[derive(Default)]
pub(super) struct Spawns {
    log: VecDeque<(Instant, RateKey)>,
    counts: HashMap<RateKey, usize>,
}

impl Spawns {
    /// How many shells were started within the window before `now`.
    pub(super) fn total(&mut self, now: Instant) -> usize {
        self.expire(now);
        self.log.len()
    }

    /// How many of them were a key's; nobody has none.
    pub(super) fn recent(&mut self, key: &RateKey, now: Instant) -> usize {
        self.expire(now);
        if *key == RateKey::Nobody {
            return 0;
        }
        self.counts.get(key).copied().unwrap_or(0)
    }

    pub(super) fn note(&mut self, key: RateKey, now: Instant) {
        *self.counts.entry(key.clone()).or_default() += 1;
        self.log.push_back((now, key));
    }

    /// The shell did not start after all. It was noted a moment ago, so it is
    /// found near the end.
    pub(super) fn take_back(&mut self, key: &RateKey) {
        if let Some(at) = self.log.iter().rposition(|(_, noted)| noted == key) {
            self.log.remove(at);
            self.discount(key);
        }
    }

    pub(super) fn expire(&mut self, now: Instant) {
        let over = |at: Instant| now.saturating_duration_since(at) >= SPAWN_WINDOW;
        while self.log.front().is_some_and(|(at, _)| over(*at)) {
            if let Some((_, key)) = self.log.pop_front() {
                self.discount(&key);
            }
        }
    }

    fn discount(&mut self, key: &RateKey) {
        let Some(count) = self.counts.get_mut(key) else { return };
        *count -= 1;
        if *count == 0 {
            self.counts.remove(key);
            shrink(&mut self.counts);
        }
    }

    #[cfg(test)]
    pub(super) fn assert_consistent(&self) {
        let mut counts: HashMap<RateKey, usize> = HashMap::new();
        for (_, key) in &self.log {
            *counts.entry(key.clone()).or_default() += 1;
        }
        assert_eq!(counts, self.counts, "shells of the last minute");
        assert!(self.log.iter().zip(self.log.iter().skip(1)).all(|(a, b)| a.0 <= b.0));
    }
}
