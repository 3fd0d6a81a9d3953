//! News on its way to one consumer: one list, and at most one wake-up pending,
//! however much news there is.

use crate::sync::{AtomicBool, Lock, Ordering};

/// A list of news for one consumer. Any thread adds to it; the first piece of
/// news after a drain wakes the consumer, the rest rides along.
///
/// # Examples
/// ```
/// use std::sync::Arc;
/// use std::sync::atomic::{AtomicUsize, Ordering};
///
/// let wake_ups = Arc::new(AtomicUsize::new(0));
/// let counter = Arc::clone(&wake_ups);
/// let inbox = offheap_wake::Inbox::new(move || {
///     counter.fetch_add(1, Ordering::Relaxed);
/// });
/// inbox.push("one");
/// inbox.push("two");
/// let mut news = Vec::new();
/// inbox.drain(&mut news);
/// assert_eq!((news, wake_ups.load(Ordering::Relaxed)), (vec!["one", "two"], 1));
/// ```
pub struct Inbox<T> {
    news: Lock<Vec<T>>,
    /// A wake-up has been sent that has not drained the list yet.
    scheduled: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl<T> std::fmt::Debug for Inbox<T> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl<T> Inbox<T> {
    /// An empty inbox. `wake` makes the consumer call [`Inbox::drain`] soon; it
    /// may be called from any thread and must not block.
    #[must_use]
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Self {
        Self {
            news: Lock::new(Vec::new()),
            scheduled: AtomicBool::new(false),
            wake: Box::new(wake),
        }
    }

    /// Adds news and wakes the consumer unless a wake-up is pending.
    pub fn push(&self, news: T) {
        self.news.lock().push(news);
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            (self.wake)();
        }
    }

    /// Whether a wake-up has been sent for news that was not drained yet.
    #[must_use]
    pub fn is_pending(&self) -> bool {
        self.scheduled.load(Ordering::SeqCst)
    }

    /// Moves all news into `into`. News that comes later wakes the consumer again.
    pub fn drain(&self, into: &mut Vec<T>) {
        // Cleared first: news that is pushed between the two lines is taken
        // here and costs one empty wake-up, which is better than none.
        self.scheduled.store(false, Ordering::SeqCst);
        into.append(&mut self.news.lock());
    }
}
