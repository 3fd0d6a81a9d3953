//! Typing goes before floods.
//!
//! With as many terminals printing without end as the machine has processors,
//! all of them are always busy, and an echo waits for the scheduler at each of
//! its steps: the kernel's workers, the program, this thread, Node's. So while
//! somebody types, terminals that flood are read more slowly: their programs
//! wait, and a processor is free. Nothing is lost by it, since a program whose
//! terminal is not read waits. Nothing is slowed without typing; and with fewer
//! floods than processors only those that nobody watches.

mod keys;

#[cfg(test)]
mod tests;

use std::cell::RefCell;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

pub use keys::Keys;

/// Reads are counted in windows of this length.
const WINDOW: Duration = Duration::from_millis(50);

/// A terminal that prints this much within a window floods.
const FLOOD: usize = 32 * 1024;

/// What all floods together may print while somebody types, in bytes a
/// millisecond for each processor: 4 MB/s. Each echo then finds the machine
/// about as it is without floods.
const PACE: usize = 4000;

/// What each flood may print at least, in bytes a millisecond: 100 KB/s, which
/// is more than anybody reads.
const LEAST: usize = 100;

/// What a flood may print at most that nobody watches, while somebody types, in
/// bytes a millisecond: 1 MB/s.
const UNWATCHED: usize = 1000;

/// No terminal is left waiting for longer at a time.
const LONGEST: Duration = Duration::from_millis(10);

thread_local! {
    /// The reactor's count of floods.
    static FLOODS: RefCell<Floods> = RefCell::new(Floods::new(processors(), Instant::now()));
}

fn processors() -> usize {
    static COUNT: OnceLock<usize> = OnceLock::new();
    *COUNT.get_or_init(|| std::thread::available_parallelism().map_or(1, usize::from))
}

/// How many terminals flood: in the window that runs, and in the one before.
#[derive(Debug)]
struct Floods {
    processors: usize,
    began: Instant,
    window: u64,
    now: usize,
    before: usize,
}

impl Floods {
    fn new(processors: usize, now: Instant) -> Self {
        Self { processors, began: now, window: 1, now: 0, before: 0 }
    }

    /// Opens the next window in time. One that comes late follows a quiet time,
    /// and its number follows no other.
    fn roll(&mut self, now: Instant) {
        let age = now.saturating_duration_since(self.began);
        if age >= WINDOW {
            let at_once = age < 2 * WINDOW;
            self.before = if at_once { self.now } else { 0 };
            self.window += if at_once { 1 } else { 2 };
            self.now = 0;
            self.began = now;
        }
    }

    fn count(&self) -> usize {
        self.now.max(self.before)
    }

    /// What each flood may print while somebody types, in bytes a millisecond.
    fn pace(&self) -> usize {
        (PACE * self.processors / self.count().max(1)).max(LEAST)
    }
}

/// One terminal's part in it; the reactor's.
#[derive(Debug)]
pub struct Flow {
    keys: Arc<Keys>,
    window: u64,
    /// Bytes read in this window.
    bytes: usize,
    flooding: bool,
    /// Bytes read since the terminal was last left waiting.
    owed: usize,
}

impl Flow {
    /// The flow of a terminal whose input is noted in `keys`.
    #[must_use]
    pub fn new(keys: Arc<Keys>) -> Self {
        Self { keys, window: 0, bytes: 0, flooding: false, owed: 0 }
    }

    /// Counts a read; how long the terminal is to be left waiting after it.
    /// `is_watched` is asked only where it matters. Called on the reactor only.
    pub fn read(&mut self, bytes: usize, is_watched: impl FnOnce() -> bool) -> Option<Duration> {
        FLOODS.with_borrow_mut(|floods| {
            let now = Instant::now();
            self.count(bytes, floods, now);
            let pace = self.pace(floods, || Keys::somebody_types(now), is_watched);
            self.pause(bytes, pace)
        })
    }

    /// What the terminal may print now, in bytes a millisecond; `None` for as
    /// much as it likes.
    fn pace(
        &self,
        floods: &Floods,
        somebody_types: impl FnOnce() -> bool,
        is_watched: impl FnOnce() -> bool,
    ) -> Option<usize> {
        if !self.flooding || !somebody_types() {
            None
        } else if !is_watched() {
            Some(floods.pace().min(UNWATCHED))
        } else {
            (floods.count() >= floods.processors).then(|| floods.pace())
        }
    }

    fn count(&mut self, bytes: usize, floods: &mut Floods, now: Instant) {
        floods.roll(now);
        if self.window != floods.window {
            let went_on = self.bytes >= self.threshold(floods) && self.window + 1 == floods.window;
            self.set_flooding(self.flooding && went_on);
            self.window = floods.window;
            self.bytes = 0;
        }
        let threshold = self.threshold(floods);
        let below = self.bytes < threshold;
        self.bytes += bytes;
        if below && self.bytes >= threshold {
            floods.now += 1;
            self.set_flooding(true);
        }
    }

    /// How much makes a flood of this window. One that is held back prints less
    /// than it would, and is one all the same.
    fn threshold(&self, floods: &Floods) -> usize {
        let held_back = floods.pace().min(UNWATCHED) * WINDOW.as_millis() as usize / 2;
        if self.flooding { FLOOD.min(held_back) } else { FLOOD }
    }

    fn set_flooding(&mut self, flooding: bool) {
        if flooding != self.flooding {
            self.flooding = flooding;
            self.keys.set_flooding(flooding);
        }
    }

    fn pause(&mut self, bytes: usize, pace: Option<usize>) -> Option<Duration> {
        let Some(pace) = pace else {
            self.owed = 0;
            return None;
        };
        self.owed += bytes;
        if self.owed < pace {
            return None;
        }
        let pause = Duration::from_micros((self.owed * 1000 / pace) as u64).min(LONGEST);
        self.owed = 0;
        Some(pause)
    }
}

impl Drop for Flow {
    fn drop(&mut self) {
        self.set_flooding(false);
    }
}
