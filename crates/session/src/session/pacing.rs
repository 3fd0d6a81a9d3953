//! How long output may wait, and for how long a terminal waits for its viewers.
//!
//! Output of a busy session waits a little, so that more of it travels together:
//! here are the signals of all viewers that are told later, and one timer for
//! them.

use std::sync::Arc;
use std::time::Duration;

use offheap_wake::Signal;
use parking_lot::Mutex;

/// How long output of a busy session may wait. Output after a quiet time, or
/// after input, does not wait.
pub(super) const COALESCE: Duration = Duration::from_millis(8);

/// A viewer that has taken nothing for this long, though there was something
/// to take, is stalled: its terminal waits for it no more.
pub(super) const STALL: Duration = Duration::from_secs(1);

static DEFERRED: Mutex<Vec<Arc<Signal>>> = Mutex::new(Vec::new());

/// Tells the reader of a signal with the next flush, at most [`COALESCE`] away.
pub(super) fn defer(signal: &Arc<Signal>) {
    if !signal.defer() {
        return;
    }
    let mut deferred = DEFERRED.lock();
    deferred.push(Arc::clone(signal));
    if deferred.len() == 1 {
        drop(deferred);
        offheap_pty::reactor::spawn(flush_soon());
    }
}

async fn flush_soon() {
    tokio::time::sleep(COALESCE).await;
    let deferred = std::mem::take(&mut *DEFERRED.lock());
    for signal in deferred {
        signal.flush();
    }
}
