//! When somebody last typed.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Input of up to this many bytes is a key or an escape sequence; more is a
/// paste, whose echo nobody waits for.
const KEY_BYTES: usize = 32;

/// How long after a key the next one is expected.
const TYPING: Duration = Duration::from_millis(500);

/// When the last key was typed anywhere, in nanoseconds of [`clock`]; 0 for
/// never.
static TYPED: AtomicU64 = AtomicU64::new(0);

/// The keys typed into one terminal.
///
/// Those typed into a terminal that floods do not count, and neither does the
/// one that set the flood off: whoever typed it is not typing now.
#[derive(Debug, Default)]
pub struct Keys {
    typed: AtomicU64,
    flooding: AtomicBool,
}

impl Keys {
    /// Notes input of so many bytes.
    pub fn input(&self, bytes: usize) {
        if bytes <= KEY_BYTES && !self.flooding.load(Ordering::Relaxed) {
            let now = clock(Instant::now());
            self.typed.store(now, Ordering::Relaxed);
            TYPED.store(now, Ordering::Relaxed);
        }
    }

    pub(super) fn set_flooding(&self, flooding: bool) {
        self.flooding.store(flooding, Ordering::Relaxed);
        if flooding {
            let own = self.typed.load(Ordering::Relaxed);
            // When somebody else has typed since, that stands.
            let _ = TYPED.compare_exchange(own, 0, Ordering::Relaxed, Ordering::Relaxed);
        }
    }

    pub(super) fn somebody_types(now: Instant) -> bool {
        let typed = TYPED.load(Ordering::Relaxed);
        typed > 0 && Duration::from_nanos(clock(now).saturating_sub(typed)) < TYPING
    }
}

/// Nanoseconds since about the first call, never 0.
fn clock(now: Instant) -> u64 {
    static ORIGIN: OnceLock<Instant> = OnceLock::new();
    let origin = *ORIGIN.get_or_init(|| now);
    u64::try_from(now.saturating_duration_since(origin).as_nanos()).unwrap_or(u64::MAX).max(1)
}
