//! Snapshots on their way to viewers, in pieces of a frame each.
//!
//! A snapshot may be megabytes long, and a viewer may take it slowly or not at
//! all. So all snapshots that wait share one bound: over it, those of viewers
//! that have taken nothing for a while are dropped (their viewers get a new one
//! when they read again), and as long as that is not enough, no new one is made.

use std::sync::{Arc, Weak};
use std::time::Instant;

use parking_lot::Mutex;

use super::pacing::STALL;
use super::snapshot::Snapshot;

/// The most bytes of snapshots that wait to be sent, in all sessions of the
/// process together. One more is begun while they are fewer.
const MOST_WAITING: usize = 64 << 20;

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
}

/// Those of the whole process.
pub(super) static DELIVERIES: Deliveries = Deliveries::new(MOST_WAITING);

impl Deliveries {
    const fn new(most: usize) -> Self {
        Self { most, waiting: Mutex::new(Vec::new()) }
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
        let waiting: Vec<_> = self.waiting.lock().iter().filter_map(Weak::upgrade).collect();
        let mut bytes: usize = waiting.iter().map(|delivery| delivery.waiting()).sum();
        for delivery in &waiting {
            if bytes < self.most {
                break;
            }
            bytes -= delivery.drop_if_stalled(now);
        }
        bytes < self.most
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
    fn drop_if_stalled(&self, now: Instant) -> usize {
        let mut state = self.state.lock();
        let stalled = |state: &State| now.saturating_duration_since(state.taken) >= STALL;
        if state.as_ref().is_some_and(stalled) {
            *state = None;
            return self.bytes;
        }
        0
    }

    fn waiting(&self) -> usize {
        if self.state.lock().is_some() { self.bytes } else { 0 }
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
}
