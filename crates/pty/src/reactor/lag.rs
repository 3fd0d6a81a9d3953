//! How late the reactor is: measured only when somebody asks, by a task that
//! notes how long it had to wait for its turn.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The last measured delay.
#[derive(Debug, Default)]
pub struct Lag {
    nanos: AtomicU64,
    under_way: AtomicBool,
}

impl Lag {
    /// What the last probe found, and starts the next one unless one is still
    /// waiting: the lag is then at least what it has waited, and is told when
    /// its turn comes.
    pub fn probe(self: &Arc<Self>) -> Duration {
        if !self.under_way.swap(true, Ordering::AcqRel) {
            let (lag, asked) = (Arc::clone(self), Instant::now());
            super::spawn(async move {
                let nanos = u64::try_from(asked.elapsed().as_nanos()).unwrap_or(u64::MAX);
                lag.nanos.store(nanos, Ordering::Release);
                lag.under_way.store(false, Ordering::Release);
            });
        }
        Duration::from_nanos(self.nanos.load(Ordering::Acquire))
    }
}
