//! How long output may wait, and for how long a terminal waits for its viewers.
//!
//! Output of a busy session waits a little, so that more of it travels together:
//! here are the signals of all viewers that are told later, and one timer for
//! them.

use std::sync::Arc;
use std::time::Duration;

use offheap_wake::Signal;
use parking_lot::Mutex;

/// How long output of a busy session may wait. Output after a quiet time, or
/// after input, does not wait.
pub(super) const COALESCE: Duration = Duration::from_millis(8);

/// What each viewer that is told of a flood adds to how long the next one waits,
/// from [`COALESCE`] on and up to [`LONGEST`]: each costs its thread a frame, and
/// with many of them those would be small and without number.
const EACH: Duration = Duration::from_millis(2);

/// How long output may wait where many sessions are busy: two frames of a display.
const LONGEST: Duration = Duration::from_millis(32);

/// A viewer that has taken nothing for this long, though there was something
/// to take, is stalled: its terminal waits for it no more.
pub(super) const STALL: Duration = Duration::from_secs(1);

/// The signals of the next flush.
static DEFERRED: Mutex<Deferred> = Mutex::new(Deferred { signals: Vec::new(), before: 0 });

struct Deferred {
    signals: Vec<Arc<Signal>>,
    /// How many the last flush told.
    before: u32,
}

impl Deferred {
    /// How long the next flush waits.
    fn wait(&self) -> Duration {
        EACH.saturating_mul(self.before).clamp(COALESCE, LONGEST)
    }

    fn take(&mut self) -> Vec<Arc<Signal>> {
        let signals = std::mem::take(&mut self.signals);
        self.before = u32::try_from(signals.len()).unwrap_or(u32::MAX);
        signals
    }
}

/// Tells the reader of a signal with the next flush, at most [`LONGEST`] away.
pub(super) fn defer(signal: &Arc<Signal>) {
    if !signal.defer() {
        return;
    }
    let mut deferred = DEFERRED.lock();
    deferred.signals.push(Arc::clone(signal));
    if deferred.signals.len() == 1 {
        let wait = deferred.wait();
        drop(deferred);
        offheap_pty::reactor::spawn(flush_after(wait));
    }
}

async fn flush_after(wait: Duration) {
    tokio::time::sleep(wait).await;
    let deferred = DEFERRED.lock().take();
    for signal in deferred {
        signal.flush();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_more_viewers_there_are_to_tell_the_longer_output_waits_within_bounds() {
        let wait = |before| Deferred { signals: Vec::new(), before }.wait();
        assert_eq!([wait(0), wait(1), wait(4)], [COALESCE; 3]);
        assert_eq!(wait(8), Duration::from_millis(16));
        assert_eq!([wait(16), wait(1000), wait(u32::MAX)], [LONGEST; 3]);
    }
}
