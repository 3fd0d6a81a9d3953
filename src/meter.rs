//! What the native side holds and has moved, counted as it changes, so that
//! asking costs nothing however many sessions there are.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

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
            self.gauge(gauge).fetch_add(change, Ordering::Relaxed);
            if let Some(parent) = &self.parent {
                parent.add(gauge, change);
            }
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
            Counter::Stalls => &self.stalls,
        }
    }
}
