//! A viewer's place in the inbox: it stands there at most once.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};

use super::{Inbox, News, Token};

/// The reader is at work, or has not asked to be told.
const BUSY: u8 = 0;
/// The reader has caught up and waits to be told.
const ARMED: u8 = 1;
/// Told at the next flush.
const DEFERRED: u8 = 2;
/// In the list of news.
const QUEUED: u8 = 3;

/// Tells one viewer's listener that there is something to read, once for each
/// time that it caught up.
#[derive(Debug)]
pub struct Signal {
    token: Token,
    state: AtomicU8,
    inbox: Arc<Inbox>,
}

impl Signal {
    /// A signal that is not armed.
    #[must_use]
    pub fn new(inbox: Arc<Inbox>, token: Token) -> Arc<Self> {
        Arc::new(Self { token, state: AtomicU8::new(BUSY), inbox })
    }

    /// Who is told.
    #[must_use]
    pub fn token(&self) -> Token {
        self.token
    }

    /// Whether the reader waits to be told and has not been.
    #[must_use]
    pub fn is_waiting(&self) -> bool {
        matches!(self.state.load(Ordering::Acquire), ARMED | DEFERRED)
    }

    /// Whether the reader was told, or is being told, and has not run yet: its
    /// thread is busy with something else.
    #[must_use]
    pub fn is_undelivered(&self) -> bool {
        self.state.load(Ordering::Acquire) == QUEUED
    }

    /// The reader has caught up and wants to be told of more.
    pub fn arm(&self) {
        let _ = self.state.compare_exchange(BUSY, ARMED, Ordering::AcqRel, Ordering::Acquire);
    }

    /// The news has been taken out of the list; the reader is at work.
    pub fn delivered(&self) {
        self.state.store(BUSY, Ordering::Release);
    }

    /// Tells the reader with the next wake-up of the JS thread.
    pub fn raise(self: &Arc<Self>) {
        let before = self.state.swap(QUEUED, Ordering::AcqRel);
        if before != QUEUED {
            self.inbox.push(News::Readable(Arc::clone(self)));
        }
    }

    /// Tells the reader a little later, with more to read.
    pub fn raise_soon(self: &Arc<Self>) {
        let armed =
            self.state.compare_exchange(ARMED, DEFERRED, Ordering::AcqRel, Ordering::Acquire);
        if armed.is_ok() {
            self.inbox.defer(Arc::clone(self));
        }
    }

    /// Whether the flush is to tell the reader: not if it has been told since.
    pub(super) fn undefer(&self) -> bool {
        self.state.compare_exchange(DEFERRED, QUEUED, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}
