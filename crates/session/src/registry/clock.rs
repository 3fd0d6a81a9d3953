//! The time that a registry goes by: the system's, or one that a test moves.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// A source of time. Clones of a manual clock share their time.
#[derive(Clone, Debug)]
pub struct Clock {
    start: Instant,
    start_ms: u64,
    /// Milliseconds that a manual clock has been moved by.
    moved: Option<Arc<AtomicU64>>,
}

impl Clock {
    /// The system's time.
    #[must_use]
    pub fn system() -> Self {
        Self { start: Instant::now(), start_ms: epoch_ms(), moved: None }
    }

    /// A clock that stands still until it is moved.
    #[cfg(test)]
    pub(crate) fn manual() -> Self {
        Self { moved: Some(Arc::default()), ..Self::system() }
    }

    /// Whether a test moves this clock.
    pub(crate) fn is_manual(&self) -> bool {
        self.moved.is_some()
    }

    /// Moves a manual clock forward; the system's is not to be moved.
    #[cfg(test)]
    pub(crate) fn advance(&self, by: Duration) {
        if let Some(moved) = &self.moved {
            moved.fetch_add(u64::try_from(by.as_millis()).unwrap_or(u64::MAX), Ordering::SeqCst);
        }
    }

    /// The present.
    pub(crate) fn now(&self) -> Instant {
        match &self.moved {
            Some(moved) => self.start + Duration::from_millis(moved.load(Ordering::SeqCst)),
            None => Instant::now(),
        }
    }

    /// An instant as milliseconds since the epoch.
    pub(crate) fn to_epoch_ms(&self, instant: Instant) -> u64 {
        let since = instant.saturating_duration_since(self.start);
        self.start_ms + u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }
}

#[expect(clippy::disallowed_methods, reason = "read once, and told")]
fn epoch_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
