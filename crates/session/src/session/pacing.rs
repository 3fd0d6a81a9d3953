//! How long output may wait, and for how long a terminal waits for its viewers.
//!
//! Output of a busy session waits a little, so that more of it travels together:
//! here are the signals of all viewers that are told later, and one timer for
//! them. It ticks; where there are many viewers, each is told with one of several
//! ticks, since what their thread does for all of them at once would hold up
//! everybody else's echo.

use std::sync::Arc;
use std::time::Duration;

use offheap_wake::Signal;
use parking_lot::Mutex;

/// How long output of a busy session may wait. Output after a quiet time, or
/// after input, does not wait.
pub(super) const COALESCE: Duration = Duration::from_millis(8);

/// How many ticks output may wait where many sessions are busy, for more of it to
/// travel together: two frames of a display.
const TICKS: usize = 4;

/// With more viewers than so many for each tick, output waits for one tick more:
/// each costs its thread a frame, and these would be small and without number.
const FEW: usize = 4;

/// A viewer that has taken nothing for this long, though there was something
/// to take, is stalled: its terminal waits for it no more.
pub(super) const STALL: Duration = Duration::from_secs(1);

static DEFERRED: Mutex<Deferred> = Mutex::new(Deferred::new());

/// The signals of the next ticks.
struct Deferred {
    ticks: [Vec<Arc<Signal>>; TICKS],
    waiting: usize,
    /// How many of those that the last tick told have not come again.
    told: usize,
    /// There is a timer.
    runs: bool,
}

impl Deferred {
    const fn new() -> Self {
        Self { ticks: [const { Vec::new() }; TICKS], waiting: 0, told: 0, runs: false }
    }

    /// Takes a signal for the last tick that has not its share yet; `true` when a
    /// timer is to be started.
    fn add(&mut self, signal: Arc<Signal>) -> bool {
        self.waiting += 1;
        self.told = self.told.saturating_sub(1);
        let busy = self.waiting + self.told;
        let ticks = busy.div_ceil(FEW).min(TICKS);
        let share = busy.div_ceil(ticks);
        let at = (0..ticks).rev().find(|&at| self.ticks[at].len() < share).unwrap_or(0);
        self.ticks[at].push(signal);
        !std::mem::replace(&mut self.runs, true)
    }

    /// Puts the signals of a tick into an empty list; `false` when it was the last.
    fn tick(&mut self, told: &mut Vec<Arc<Signal>>) -> bool {
        std::mem::swap(&mut self.ticks[0], told);
        self.ticks.rotate_left(1);
        self.told = told.len();
        self.waiting -= self.told;
        self.runs = self.waiting > 0;
        self.runs
    }
}

/// Tells the reader of a signal with one of the next ticks.
pub(super) fn defer(signal: &Arc<Signal>) {
    if signal.defer() && DEFERRED.lock().add(Arc::clone(signal)) {
        offheap_pty::reactor::spawn(tick());
    }
}

async fn tick() {
    let mut told = Vec::new();
    let mut goes_on = true;
    while goes_on {
        tokio::time::sleep(COALESCE).await;
        goes_on = DEFERRED.lock().tick(&mut told);
        for signal in told.drain(..) {
            signal.flush();
        }
    }
}

#[cfg(test)]
mod tests {
    use offheap_wake::{Reader, Signal};

    use super::*;

    struct Nobody;

    impl Reader for Nobody {
        fn readable(&self) {}
    }

    /// How many signals each of the next ticks tells, when all come again each time.
    fn told(viewers: usize) -> Vec<usize> {
        let mut deferred = Deferred::new();
        let signal = Arc::new(Signal::new(Box::new(Nobody)));
        let mut told = vec![signal; viewers];
        let ticks = (0..100).map(|_| {
            for signal in told.drain(..) {
                deferred.add(signal);
            }
            deferred.tick(&mut told);
            told.len()
        });
        ticks.collect()
    }

    #[test]
    fn few_viewers_are_told_with_each_tick() {
        for viewers in 1..=FEW {
            assert_eq!(told(viewers), [viewers; 100]);
        }
    }

    #[test]
    fn many_viewers_share_the_ticks_evenly_and_each_is_told_in_time() {
        for viewers in FEW + 1..200 {
            let ticks = viewers.div_ceil(FEW).min(TICKS);
            for told in told(viewers)[2 * TICKS..].windows(ticks) {
                assert_eq!(told.iter().sum::<usize>(), viewers, "{told:?}");
                let share = viewers.div_ceil(ticks);
                assert!(told.iter().all(|told| *told <= share), "{viewers}: {told:?}");
            }
        }
    }

    #[test]
    fn the_timer_runs_while_somebody_waits() {
        let mut deferred = Deferred::new();
        let signal = Arc::new(Signal::new(Box::new(Nobody)));
        let mut told = Vec::new();
        assert!(deferred.add(Arc::clone(&signal)));
        assert!((0..2 * FEW).all(|_| !deferred.add(Arc::clone(&signal))));
        // Those that are told with the last tick are all there are then.
        while deferred.tick(&mut told) {
            assert!(!told.is_empty() && told.len() <= FEW);
            told.clear();
        }
        assert!(deferred.ticks.iter().all(Vec::is_empty));
        assert!(deferred.add(signal));
    }
}
