//! Whether the recorder's thread waits for a disk at this moment.

use std::sync::atomic::{AtomicBool, Ordering};

static WAITING: AtomicBool = AtomicBool::new(false);

pub(crate) fn is_waiting() -> bool {
    WAITING.load(Ordering::Relaxed)
}

/// Does something that may wait for a disk. Only the recorder's thread does.
pub(crate) fn on_disk<T>(act: impl FnOnce() -> T) -> T {
    WAITING.store(true, Ordering::Relaxed);
    let done = act();
    WAITING.store(false, Ordering::Relaxed);
    done
}
