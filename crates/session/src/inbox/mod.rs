//! News on its way to the JS thread: one list, and at most one wake-up
//! outstanding, however many sessions have something to say.
//!
//! Every environment (the main thread, each worker) has one inbox. Sources put
//! news into it from any thread; the first piece of news after a drain wakes
//! the JS thread, the rest rides along.

mod signal;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use parking_lot::Mutex;

use crate::pressure::Usage;
use crate::registry::Event;
use offheap_pty::ExitStatus;

pub use signal::Signal;

/// Names who is told: the binding keeps the listeners under these numbers.
pub type Token = u64;

/// How long output of a busy session may wait so that more of it travels
/// together. Output after a quiet time, or after input, does not wait.
pub const COALESCE: Duration = Duration::from_millis(8);

/// Something that a listener wants to know.
#[derive(Debug)]
pub enum News {
    /// A viewer that had caught up has something to read.
    Readable(Arc<Signal>),
    /// A terminal took all the input that had waited.
    Drained(Token),
    /// A terminal's leader has ended, after its last byte.
    Exited(Token, ExitStatus),
    /// A terminal is gone: no output will come any more.
    Ended(Token),
    /// A registry has an event to emit.
    Event(Token, Event),
    /// A registry's memory is to be checked: what is known of it but the V8
    /// heap, which only its own thread can read.
    MemoryDue(Token, Box<Usage>),
}

/// The list of news of one environment.
pub struct Inbox {
    news: Mutex<Vec<News>>,
    deferred: Mutex<Vec<Arc<Signal>>>,
    /// A wake-up has been sent that has not drained the list yet.
    scheduled: AtomicBool,
    wake: Box<dyn Fn() + Send + Sync>,
}

impl std::fmt::Debug for Inbox {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Inbox").finish_non_exhaustive()
    }
}

impl Inbox {
    /// An inbox whose `wake` makes the JS thread call [`Inbox::drain`] soon. It
    /// may be called from any thread and must not block.
    pub fn new(wake: impl Fn() + Send + Sync + 'static) -> Arc<Self> {
        Arc::new(Self {
            news: Mutex::default(),
            deferred: Mutex::default(),
            scheduled: AtomicBool::new(false),
            wake: Box::new(wake),
        })
    }

    /// Adds news and wakes the JS thread unless it has been woken already.
    pub fn push(&self, news: News) {
        self.news.lock().push(news);
        self.schedule();
    }

    /// Moves all news into `into`. News that comes from here on wakes again.
    pub fn drain(&self, into: &mut Vec<News>) {
        // Cleared first: news that is pushed between the two lines is taken
        // here and costs one empty wake-up, which is better than none.
        self.scheduled.store(false, Ordering::SeqCst);
        into.append(&mut self.news.lock());
    }

    fn schedule(&self) {
        if !self.scheduled.swap(true, Ordering::SeqCst) {
            (self.wake)();
        }
    }

    /// Holds a signal back until the next flush, at most [`COALESCE`] away.
    fn defer(self: &Arc<Self>, signal: Arc<Signal>) {
        let mut deferred = self.deferred.lock();
        deferred.push(signal);
        if deferred.len() == 1 {
            drop(deferred);
            offheap_pty::reactor::spawn(Arc::clone(self).flush_soon());
        }
    }

    async fn flush_soon(self: Arc<Self>) {
        tokio::time::sleep(COALESCE).await;
        let deferred = std::mem::take(&mut *self.deferred.lock());
        let mut any = false;
        let mut news = self.news.lock();
        for signal in deferred {
            if signal.undefer() {
                news.push(News::Readable(signal));
                any = true;
            }
        }
        drop(news);
        if any {
            self.schedule();
        }
    }
}
