//! Snapshots on their way to viewers, in pieces of a frame each.
//!
//! A snapshot may be megabytes long, and a viewer may take it slowly or not at
//! all. So all snapshots that wait share one bound: over it, those of viewers
//! that have taken nothing for a while are dropped (their viewers get a new one
//! when they read again), and as long as that is not enough, no new one is made.
//!
//! Making one keeps the thread of JavaScript busy. So they have at most a quarter of
//! its time once they have used up a burst: who asks for one after another waits, and
//! what else there is to do does not.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::allowance::Allowance;
use super::pacing::STALL;
use super::snapshot::Snapshot;

/// The most bytes of snapshots that wait to be sent, in all sessions of the
/// process together. One more is begun while they are fewer.
const MOST_WAITING: usize = 32 << 20;

/// The most snapshots that are being sent at a time, by the process.
const MOST_AT_ONCE: usize = 64;

/// How long the thread has for everything else after a snapshot, in times that it took.
const REST: u32 = 3;

/// How much of that may be outstanding, so that small ones can come together.
const BURST: Duration = Duration::from_millis(100);

/// A snapshot that some viewers of a session are being sent.
pub(super) struct Delivery {
    bytes: usize,
    /// `None` once it was dropped in favour of others.
    state: Mutex<Option<State>>,
}

struct State {
    snapshot: Arc<Snapshot>,
    taken: Instant,
}

/// A snapshot, what it was made of, and who is still being sent it.
pub(super) struct Latest {
    pub(super) end: u64,
    pub(super) lines: Option<usize>,
    pub(super) delivery: Weak<Delivery>,
}

/// Deliveries that share a bound.
pub(super) struct Deliveries {
    most: usize,
    waiting: Mutex<Vec<Weak<Delivery>>>,
    time: Mutex<Allowance>,
}

/// Those of the whole process.
pub(super) static DELIVERIES: Deliveries = Deliveries::new(MOST_WAITING);

impl Deliveries {
    const fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::new(Vec::new()), time: Mutex::new(Allowance::new(BURST)) }
    }

    /// Makes a snapshot, and counts the time that it takes.
    pub(super) fn make(&self, make: impl FnOnce() -> Option<Snapshot>) -> Option<Snapshot> {
        let begun = Instant::now();
        let mut snapshot = make();
        if let Some(snapshot) = &mut snapshot {
            // Its room has grown by doubling, and it may wait for long.
            snapshot.data.shrink_to_fit();
        }
        self.time.lock().take(REST * begun.elapsed());
        snapshot
    }

    pub(super) fn begin(&self, snapshot: Snapshot, now: Instant) -> Arc<Delivery> {
        let bytes = snapshot.data.len();
        let state = State { snapshot: Arc::new(snapshot), taken: now };
        let delivery = Arc::new(Delivery { bytes, state: Mutex::new(Some(state)) });
        let mut waiting = self.waiting.lock();
        waiting.retain(|other| other.strong_count() > 0);
        waiting.push(Arc::downgrade(&delivery));
        delivery
    }

    /// Whether another snapshot may be made now. Where there are too many, those
    /// that stall are dropped.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        // By the clock: the time that they take is real, whatever `now` is said to be.
        if !self.time.lock().is_left(Instant::now()) {
            return false;
        }
        let waiting: Vec<_> = self.waiting.lock().iter().filter_map(Weak::upgrade).collect();
        let mut bytes: usize = waiting.iter().map(|delivery| delivery.waiting()).sum();
        let mut count = waiting.iter().filter(|delivery| delivery.is_waiting()).count();
        for delivery in &waiting {
            if bytes < self.most && count < MOST_AT_ONCE {
                break;
            }
            if let Some(dropped) = delivery.drop_if_stalled(now) {
                bytes -= dropped;
                count -= 1;
            }
        }
        bytes < self.most && count < MOST_AT_ONCE
    }
}

impl Delivery {
    /// The snapshot, unless it was dropped.
    pub(super) fn take(&self, now: Instant) -> Option<Arc<Snapshot>> {
        let mut state = self.state.lock();
        let state = state.as_mut()?;
        state.taken = now;
        Some(Arc::clone(&state.snapshot))
    }

    /// Drops the snapshot if nobody has taken of it for a while; its bytes.
    fn drop_if_stalled(&self, now: Instant) -> Option<usize> {
        let stalled = |state: &mut State| now.saturating_duration_since(state.taken) >= STALL;
        self.state.lock().take_if(stalled).map(|_| self.bytes)
    }

    fn is_waiting(&self) -> bool {
        self.state.lock().is_some()
    }

    fn waiting(&self) -> usize {
        if self.is_waiting() { self.bytes } else { 0 }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stalls_gives_way_and_what_moves_does_not() {
        let (deliveries, now) = (Deliveries::new(1000), Instant::now());
        let begin = || {
            let data = vec![b'x'; 1000];
            deliveries.begin(Snapshot { data, offset: 0, cols: 80, rows: 24 }, now)
        };
        let (stalled, moving) = (begin(), begin());
        let later = now + STALL;
        assert!(moving.take(later).is_some());
        assert!(!deliveries.has_room(later), "one of them still moves");
        assert!(stalled.take(later).is_none(), "it was dropped");
        assert!(moving.take(later).is_some());
        drop(moving);
        assert!(deliveries.has_room(later), "nothing waits any more");
    }

    #[test]
    fn so_many_wait_at_a_time_however_small_they_are() {
        let (deliveries, now) = (Deliveries::new(1000), Instant::now());
        let begin =
            || deliveries.begin(Snapshot { data: Vec::new(), offset: 0, cols: 80, rows: 24 }, now);
        let all: Vec<_> = (0..MOST_AT_ONCE).map(|_| begin()).collect();
        assert!(!deliveries.has_room(now));
        assert!(deliveries.has_room(now + STALL), "one that stalls gives way");
        assert_eq!(all.iter().filter(|each| each.is_waiting()).count(), MOST_AT_ONCE - 1);
    }

    #[test]
    fn what_takes_long_is_not_followed_by_more_at_once() {
        let (deliveries, now) = (Deliveries::new(1000), Instant::now());
        let slow = || {
            while REST * now.elapsed() < BURST {}
            None
        };
        assert!(deliveries.make(slow).is_none());
        assert!(!deliveries.has_room(now));
        deliveries.time.lock().is_left(Instant::now() + Duration::from_secs(60));
        assert!(deliveries.has_room(now));
    }
}
