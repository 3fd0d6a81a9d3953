//! One reader's place among the news: it stands there at most once.

use crate::sync::{AtomicU8, Ordering};

/// The reader is at work, or has not asked to be told.
const BUSY: u8 = 0;
/// The reader has caught up and waits to be told.
const ARMED: u8 = 1;
/// The reader is told when the signal is flushed.
const DEFERRED: u8 = 2;
/// The reader has been told and has not started to read yet.
const TOLD: u8 = 3;

/// Whoever is told that there is something to read.
pub trait Reader: Send + Sync + 'static {
    /// There is something to read. Called from any thread, once for each time
    /// that the signal was armed; must not block.
    fn readable(&self);
}

/// Tells one reader that there is something to read, once for each time that it
/// has caught up.
///
/// The reader calls [`Signal::arm`] when it has read everything, and
/// [`Signal::delivered`] when it starts to read. The writer calls
/// [`Signal::raise`] or [`Signal::defer`] when there is more. Arming, and
/// looking whether the signal waits, belong under the lock of what is read.
pub struct Signal {
    state: AtomicU8,
    reader: Box<dyn Reader>,
}

impl std::fmt::Debug for Signal {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Signal").field("state", &self.state).finish_non_exhaustive()
    }
}

impl Signal {
    /// A signal that is not armed.
    #[must_use]
    pub fn new(reader: Box<dyn Reader>) -> Self {
        Self { state: AtomicU8::new(BUSY), reader }
    }

    /// Whether the reader waits to be told and has not been.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.state.load(Ordering::Acquire), ARMED | DEFERRED)
    }

    /// Whether the reader has been told and has not started to read: its
    /// thread is busy with something else.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        self.state.load(Ordering::Acquire) == TOLD
    }

    /// The reader has caught up and wants to be told of more.
    pub fn arm(&self) {
        let _ = self.state.compare_exchange(BUSY, ARMED, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The reader starts to read.
    pub fn delivered(&self) {
        self.state.store(BUSY, Ordering::Release);
    }

    /// Tells the reader now, armed or not, unless it has been told already.
    pub fn raise(&self) {
        if self.state.swap(TOLD, Ordering::AcqRel) != TOLD {
            self.reader.readable();
        }
    }

    /// Tells the reader a little later, with more to read. `true` when the
    /// caller has to [`Signal::flush`] it then.
    #[must_use]
    pub fn defer(&self) -> bool {
        self.state.compare_exchange(ARMED, DEFERRED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }

    /// Tells the reader of a deferred signal, unless it has been told since.
    pub fn flush(&self) {
        let deferred =
            self.state.compare_exchange(DEFERRED, TOLD, Ordering::AcqRel, Ordering::Acquire);
        if deferred.is_ok() {
            self.reader.readable();
        }
    }
}
