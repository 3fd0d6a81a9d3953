//! Whether the recorder's thread waits for a disk at this moment.

use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long something may take that a disk takes part in, before it counts as
/// waiting for it: on a busy machine a thread may stop anywhere for some time.
const PATIENCE: Duration = Duration::from_millis(25);
/// No time: nothing is under way.
const NEVER: u64 = u64::MAX;

static BEGAN: LazyLock<Instant> = LazyLock::new(Instant::now);
static WATCH: Watch = Watch(AtomicU64::new(NEVER));

/// When what is under way began, in milliseconds.
struct Watch(AtomicU64);

impl Watch {
    fn is_waiting(&self) -> bool {
        let since = self.0.load(Ordering::Relaxed);
        since != NEVER && u128::from(now().saturating_sub(since)) >= PATIENCE.as_millis()
    }

    fn over<T>(&self, act: impl FnOnce() -> T) -> T {
        self.0.store(now(), Ordering::Relaxed);
        let done = act();
        self.0.store(NEVER, Ordering::Relaxed);
        done
    }
}

fn now() -> u64 {
    u64::try_from(BEGAN.elapsed().as_millis()).unwrap_or(NEVER - 1)
}

pub(crate) fn is_waiting() -> bool {
    WATCH.is_waiting()
}

/// Does something that may wait for a disk. Only the recorder's thread does.
pub(crate) fn on_disk<T>(act: impl FnOnce() -> T) -> T {
    WATCH.over(act)
}

#[cfg(test)]
mod tests {
    use super::{NEVER, PATIENCE, Watch};
    use std::sync::atomic::AtomicU64;
    use std::time::Instant;

    #[test]
    fn a_disk_is_waited_for_once_it_takes_long() {
        let watch = Watch(AtomicU64::new(NEVER));
        assert!(!watch.is_waiting());
        watch.over(|| {
            let begun = Instant::now();
            while !watch.is_waiting() {
                std::thread::yield_now();
            }
            // Times are cut to whole milliseconds.
            assert!(begun.elapsed() + std::time::Duration::from_millis(1) >= PATIENCE);
        });
        assert!(!watch.is_waiting());
    }
}
