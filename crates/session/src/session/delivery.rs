//! Snapshots on their way to viewers: made in pieces, and sent in pieces of a frame
//! each.
//!
//! A snapshot may be megabytes long, and a viewer may take it slowly or not at
//! all. So all snapshots that are being made or wait to be sent share one bound: over
//! it, those of viewers that have taken nothing for a while are dropped (their viewers
//! get a new one when they read again), and as long as that is not enough, no new one
//! is begun, and only the oldest of those that are being made goes on.
//!
//! Making them keeps the thread of JavaScript busy. So each is made in pieces, with
//! turns of the event loop between them, and they have at most a quarter of the thread's
//! time once they have used up a burst: who asks for one after another waits, and what
//! else there is to do does not.

use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;

use super::allowance::Allowance;
use super::making::Making;
use super::pacing::STALL;
use super::snapshot::Snapshot;

/// The most bytes of snapshots that are being made or wait to be sent, in all sessions
/// of the process together. One more is begun while they are fewer.
const MOST_WAITING: usize = 32 << 20;

/// The most snapshots that are being made or sent at a time, by the process.
const MOST_AT_ONCE: usize = 64;

/// How much time passes for each piece, in times that it took: a quarter is its own.
const SHARE: u32 = 4;

/// How much of that may be outstanding: small ones can come together, and all of them
/// keep the thread from other things for a quarter of this at once.
const BURST: Duration = Duration::from_millis(40);

/// A snapshot that some viewers of a session are to get.
pub(super) struct Delivery {
    /// The offset of the output that follows it.
    pub(super) offset: u64,
    /// `None` once it was dropped in favour of others.
    state: Mutex<Option<State>>,
}

struct State {
    stage: Stage,
    /// When a viewer last took of it, or waited for it.
    taken: Instant,
}

enum Stage {
    Making(Making),
    Made(Arc<Snapshot>),
}

/// How soon a viewer's screen can be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Readiness {
    /// There is nothing to wait for.
    Ready,
    /// In the next turns of the event loop: it is being made.
    Soon,
    /// When there is room or time for it.
    Later,
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
    /// The oldest first.
    all: Mutex<Vec<Weak<Delivery>>>,
    time: Mutex<Allowance>,
}

/// Those of the whole process.
pub(super) static DELIVERIES: Deliveries = Deliveries::new(MOST_WAITING, BURST);

impl Deliveries {
    pub(super) const fn new(most: usize, burst: Duration) -> Self {
        Self { most, all: Mutex::new(Vec::new()), time: Mutex::new(Allowance::new(burst)) }
    }

    /// Begins a snapshot, and counts the time that takes: the screen may have to catch
    /// up first.
    pub(super) fn begin(
        &self,
        begin: impl FnOnce() -> Option<Making>,
        now: Instant,
    ) -> Option<Arc<Delivery>> {
        let making = self.timed(begin)?;
        let offset = making.offset();
        let state = State { stage: Stage::Making(making), taken: now };
        let delivery = Arc::new(Delivery { offset, state: Mutex::new(Some(state)) });
        let mut all = self.all.lock();
        all.retain(|other| other.strong_count() > 0);
        all.push(Arc::downgrade(&delivery));
        Some(delivery)
    }

    /// Whether another snapshot may be begun now.
    pub(super) fn has_room(&self, now: Instant) -> bool {
        self.has_time() && self.fits(&self.kept(), now)
    }

    /// Makes the next piece of a snapshot, unless it is made, and counts the time that
    /// it takes. The first piece follows its beginning at once.
    pub(super) fn go_on(&self, delivery: &Arc<Delivery>, now: Instant) -> Readiness {
        match delivery.begun(now) {
            None => return Readiness::Ready,
            Some(true) if !self.may_go_on(delivery, now) => return Readiness::Later,
            Some(_) => {}
        }
        let is_made = self.timed(|| delivery.make_piece());
        if is_made { Readiness::Ready } else { Readiness::Soon }
    }

    fn timed<T>(&self, work: impl FnOnce() -> T) -> T {
        let begun = Instant::now();
        let result = work();
        self.time.lock().take(SHARE * begun.elapsed());
        result
    }

    fn may_go_on(&self, delivery: &Arc<Delivery>, now: Instant) -> bool {
        if !self.has_time() {
            return false;
        }
        let kept = self.kept();
        let oldest = kept.iter().find(|other| other.is_being_made());
        oldest.is_some_and(|oldest| Arc::ptr_eq(oldest, delivery)) || self.fits(&kept, now)
    }

    fn has_time(&self) -> bool {
        // By the clock: the time that they take is real, whatever `now` is said to be.
        self.time.lock().is_left(Instant::now())
    }

    fn kept(&self) -> Vec<Arc<Delivery>> {
        self.all.lock().iter().filter_map(Weak::upgrade).collect()
    }

    /// Whether there are fewer than the bounds allow. Where there are too many, those
    /// that stall are dropped.
    fn fits(&self, kept: &[Arc<Delivery>], now: Instant) -> bool {
        let mut bytes: usize = kept.iter().map(|delivery| delivery.memory()).sum();
        let mut count = kept.iter().filter(|delivery| delivery.is_kept()).count();
        for delivery in kept {
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
    /// The snapshot, once it is made and unless it was dropped.
    pub(super) fn take(&self, now: Instant) -> Option<Arc<Snapshot>> {
        let mut state = self.state.lock();
        let State { stage: Stage::Made(snapshot), taken } = state.as_mut()? else { return None };
        *taken = now;
        Some(Arc::clone(snapshot))
    }

    /// Whether it was not dropped.
    pub(super) fn is_kept(&self) -> bool {
        self.state.lock().is_some()
    }

    pub(super) fn is_being_made(&self) -> bool {
        self.state.lock().as_ref().is_some_and(State::is_being_made)
    }

    /// Whether a piece of it has been made; `None` where there is nothing to make. A
    /// viewer waits for it now.
    fn begun(&self, now: Instant) -> Option<bool> {
        let mut state = self.state.lock();
        let State { stage: Stage::Making(making), taken } = state.as_mut()? else { return None };
        *taken = now;
        Some(making.is_begun())
    }

    /// Makes the next piece; whether that was the last one. Where that panics, the
    /// snapshot is dropped.
    fn make_piece(&self) -> bool {
        let mut kept = self.state.lock();
        let Some(State { stage: Stage::Making(mut making), taken }) =
            kept.take_if(|state| state.is_being_made())
        else {
            return true;
        };
        let made = making.go_on().map(|snapshot| Stage::Made(Arc::new(snapshot)));
        let is_last = made.is_some();
        *kept = Some(State { stage: made.unwrap_or(Stage::Making(making)), taken });
        is_last
    }

    /// Drops the snapshot if nobody has taken of it for a while; its bytes.
    fn drop_if_stalled(&self, now: Instant) -> Option<usize> {
        let stalled = |state: &mut State| now.saturating_duration_since(state.taken) >= STALL;
        self.state.lock().take_if(stalled).map(|state| state.memory())
    }

    fn memory(&self) -> usize {
        self.state.lock().as_ref().map_or(0, State::memory)
    }
}

impl State {
    const fn is_being_made(&self) -> bool {
        matches!(self.stage, Stage::Making(_))
    }

    fn memory(&self) -> usize {
        match &self.stage {
            Stage::Making(making) => making.memory(),
            Stage::Made(snapshot) => snapshot.data.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use offheap_screen::{Screen, ScreenOptions};

    use super::*;

    /// Deliveries that may take all the time there is.
    fn deliveries(most: usize) -> Deliveries {
        Deliveries::new(most, Duration::MAX)
    }

    fn begin(deliveries: &Deliveries, making: Making, now: Instant) -> Arc<Delivery> {
        deliveries.begin(|| Some(making), now).expect("it was given")
    }

    /// A snapshot that occupies so much memory.
    fn making(memory: usize) -> Making {
        let screen = Arc::new(Screen::new(&ScreenOptions::default()));
        Making::of(&screen, None, 0, memory)
    }

    /// One that takes several pieces, and the screen that it is made of.
    fn large() -> (Making, Arc<Screen>) {
        let mut screen =
            Screen::new(&ScreenOptions { cols: 1000, rows: 200, ..ScreenOptions::default() });
        screen.feed(&b"\x1b[38;2;1;2;3mx\x1b[38;2;3;2;1my".repeat(100_000));
        let screen = Arc::new(screen);
        (Making::of(&screen, None, 0, 1000), screen)
    }

    #[test]
    fn what_stalls_gives_way_and_what_moves_does_not() {
        let (deliveries, now) = (deliveries(1000), Instant::now());
        let begin = || begin(&deliveries, making(1000), now);
        let (stalled, moving) = (begin(), begin());
        let later = now + STALL;
        assert!(moving.begun(later).is_some());
        assert!(!deliveries.has_room(later), "one of them still moves");
        assert!(!stalled.is_kept(), "it was dropped");
        assert!(moving.is_kept());
        drop(moving);
        assert!(deliveries.has_room(later), "nothing waits any more");
    }

    #[test]
    fn what_is_made_counts_as_it_is_and_stalls_as_well() {
        let (deliveries, now) = (deliveries(2), Instant::now());
        let delivery = begin(&deliveries, making(0), now);
        assert_eq!(deliveries.go_on(&delivery, now), Readiness::Ready);
        let snapshot = delivery.take(now).expect("it is made");
        assert_eq!(delivery.memory(), snapshot.data.len());
        assert!(!deliveries.has_room(now));
        assert!(deliveries.has_room(now + STALL));
        assert!(delivery.take(now).is_none(), "it was dropped");
    }

    #[test]
    fn so_many_wait_at_a_time_however_small_they_are() {
        let (deliveries, now) = (deliveries(1000), Instant::now());
        let all: Vec<_> = (0..MOST_AT_ONCE).map(|_| begin(&deliveries, making(0), now)).collect();
        assert!(!deliveries.has_room(now));
        assert!(deliveries.has_room(now + STALL), "one that stalls gives way");
        assert_eq!(all.iter().filter(|each| each.is_kept()).count(), MOST_AT_ONCE - 1);
    }

    #[test]
    fn a_large_one_is_made_in_pieces_and_lets_go_of_its_screen() {
        let (deliveries, now) = (deliveries(usize::MAX), Instant::now());
        let (making, screen) = large();
        let delivery = begin(&deliveries, making, now);
        assert_eq!(Arc::strong_count(&screen), 2);
        let mut soon = 0;
        while deliveries.go_on(&delivery, now) == Readiness::Soon {
            assert!(delivery.take(now).is_none(), "it is not made yet");
            soon += 1;
        }
        assert!(soon > 2, "{soon} pieces");
        assert_eq!(Arc::strong_count(&screen), 1);
        let mut expected = Vec::new();
        screen.snapshot(None, &mut expected);
        assert!(delivery.take(now).expect("it is made").data == expected);
    }

    #[test]
    fn over_the_bound_the_oldest_goes_on_alone() {
        let (deliveries, now) = (deliveries(2000), Instant::now());
        let [oldest, next] = [(); 2].map(|()| begin(&deliveries, large().0, now));
        assert_eq!(deliveries.go_on(&next, now), Readiness::Soon, "it has begun");
        assert!(next.memory() > 2000);
        assert_eq!(deliveries.go_on(&next, now), Readiness::Later);
        assert_eq!(deliveries.go_on(&oldest, now), Readiness::Soon);
        assert_eq!(deliveries.go_on(&oldest, now), Readiness::Soon);
        assert_eq!(deliveries.go_on(&next, now), Readiness::Later);
        assert_eq!(deliveries.go_on(&next, now + STALL), Readiness::Later, "now it is the oldest");
        assert!(!oldest.is_kept(), "nobody waited for it");
        assert_eq!(deliveries.go_on(&next, now + STALL), Readiness::Soon);
    }

    #[test]
    fn what_takes_long_is_not_followed_by_more_at_once() {
        let (deliveries, now) = (Deliveries::new(usize::MAX, BURST), Instant::now());
        let delivery = begin(&deliveries, large().0, now);
        assert_eq!(deliveries.go_on(&delivery, now), Readiness::Soon);
        deliveries.time.lock().take(Duration::from_secs(60));
        assert!(!deliveries.has_room(now));
        assert_eq!(deliveries.go_on(&delivery, now), Readiness::Later);
        deliveries.time.lock().is_left(Instant::now() + Duration::from_secs(120));
        assert!(deliveries.has_room(now));
        assert_eq!(deliveries.go_on(&delivery, now), Readiness::Soon);
    }
}
