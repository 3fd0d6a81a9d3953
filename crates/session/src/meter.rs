//! What the native side holds and has moved, counted as it changes, so that
//! asking costs nothing however many sessions there are.

use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use tokio::sync::Notify;

/// Gauges and counters of one registry, added up into those of its
/// environment (the parent).
#[derive(Debug, Default)]
pub struct Meter {
    parent: Option<Arc<Meter>>,
    history: AtomicI64,
    screen: AtomicI64,
    viewers: AtomicI64,
    sessions: AtomicI64,
    bytes_out: AtomicU64,
    bytes_in: AtomicU64,
    bytes_sent: AtomicU64,
    gaps: AtomicU64,
    bytes_missed: AtomicU64,
    stalls: AtomicU64,
    held_at_close: AtomicU64,
    alarm: Alarm,
}

/// Rings once when the histories have grown past a mark.
#[derive(Debug)]
struct Alarm {
    mark: AtomicI64,
    rung: AtomicBool,
    bell: OnceLock<Arc<Notify>>,
}

impl Default for Alarm {
    fn default() -> Self {
        Self { mark: AtomicI64::new(i64::MAX), rung: AtomicBool::new(false), bell: OnceLock::new() }
    }
}

/// A gauge: a number of things, or of bytes, that exist now.
#[derive(Clone, Copy, Debug)]
pub enum Gauge {
    /// Bytes of memory that the histories occupy.
    History,
    /// Bytes of memory that the screens occupy.
    Screen,
    /// Open viewers.
    Viewers,
    /// Sessions.
    Sessions,
}

/// A counter: it only goes up.
#[derive(Clone, Copy, Debug)]
pub enum Counter {
    /// Bytes that programs printed.
    BytesOut,
    /// Bytes of input given to programs.
    BytesIn,
    /// Bytes that viewers were handed in frames.
    BytesSent,
    /// Times a viewer lost bytes.
    Gaps,
    /// Bytes that viewers lost.
    BytesMissed,
    /// Bytes of history that sessions held when they were closed.
    HeldAtClose,
    /// Times a viewer stalled.
    Stalls,
}

impl Meter {
    /// A meter whose numbers are added to `parent`'s too.
    #[must_use]
    pub fn new(parent: Option<Arc<Meter>>) -> Arc<Self> {
        Arc::new(Self { parent, ..Self::default() })
    }

    /// Changes a gauge.
    pub fn add(&self, gauge: Gauge, change: i64) {
        if change != 0 {
            let level = self.gauge(gauge).fetch_add(change, Ordering::Relaxed) + change;
            if matches!(gauge, Gauge::History) && level > self.alarm.mark.load(Ordering::Relaxed) {
                self.ring();
            }
            if let Some(parent) = &self.parent {
                parent.add(gauge, change);
            }
        }
    }

    /// Names what is notified when an alarm rings. Only the first call counts.
    pub(crate) fn set_bell(&self, bell: Arc<Notify>) {
        let _ = self.alarm.bell.set(bell);
    }

    /// Rings the bell once when histories occupy `growth` bytes more than now.
    pub(crate) fn set_alarm(&self, growth: u64) {
        let now = self.history.load(Ordering::Relaxed);
        let growth = i64::try_from(growth).unwrap_or(i64::MAX);
        self.alarm.mark.store(now.saturating_add(growth), Ordering::Relaxed);
    }

    /// Whether an alarm has rung since the last time that this was asked.
    #[must_use]
    pub(crate) fn take_alarm(&self) -> bool {
        self.alarm.rung.load(Ordering::Relaxed) && self.alarm.rung.swap(false, Ordering::AcqRel)
    }

    #[cold]
    fn ring(&self) {
        self.alarm.mark.store(i64::MAX, Ordering::Relaxed);
        self.alarm.rung.store(true, Ordering::Release);
        if let Some(bell) = self.alarm.bell.get() {
            bell.notify_one();
        }
    }

    /// Raises a counter.
    pub fn count(&self, counter: Counter, by: u64) {
        self.counter(counter).fetch_add(by, Ordering::Relaxed);
        if let Some(parent) = &self.parent {
            parent.count(counter, by);
        }
    }

    /// A gauge's value.
    #[must_use]
    pub fn level(&self, gauge: Gauge) -> u64 {
        self.gauge(gauge).load(Ordering::Relaxed).max(0).cast_unsigned()
    }

    /// A counter's value.
    #[must_use]
    pub fn total(&self, counter: Counter) -> u64 {
        self.counter(counter).load(Ordering::Relaxed)
    }

    /// All bytes of memory held.
    #[must_use]
    pub fn bytes_held(&self) -> u64 {
        self.level(Gauge::History) + self.level(Gauge::Screen)
    }

    fn gauge(&self, gauge: Gauge) -> &AtomicI64 {
        match gauge {
            Gauge::History => &self.history,
            Gauge::Screen => &self.screen,
            Gauge::Viewers => &self.viewers,
            Gauge::Sessions => &self.sessions,
        }
    }

    fn counter(&self, counter: Counter) -> &AtomicU64 {
        match counter {
            Counter::BytesOut => &self.bytes_out,
            Counter::BytesIn => &self.bytes_in,
            Counter::BytesSent => &self.bytes_sent,
            Counter::Gaps => &self.gaps,
            Counter::BytesMissed => &self.bytes_missed,
            Counter::HeldAtClose => &self.held_at_close,
            Counter::Stalls => &self.stalls,
        }
    }
}
