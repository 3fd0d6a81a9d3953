//! What the threads of a terminal wait for before they tell anybody anything.

use parking_lot::{Condvar, Mutex};

/// Shut until it is opened, once and for good.
#[derive(Default)]
pub(super) struct Latch {
    open: Mutex<bool>,
    changed: Condvar,
}

impl Latch {
    pub(super) fn open(&self) {
        *self.open.lock() = true;
        self.changed.notify_all();
    }

    pub(super) fn wait(&self) {
        let mut open = self.open.lock();
        while !*open {
            self.changed.wait(&mut open);
        }
    }
}
