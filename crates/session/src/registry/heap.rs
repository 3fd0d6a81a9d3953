//! Readings of the V8 heap, which only the JS thread can make: the last one,
//! and how to wait for another.

use std::time::Duration;

use parking_lot::{Condvar, Mutex};

use super::event::{EventListener, Work};
use crate::pressure::Usage;

/// Where the watch over memory and the JS thread meet. The watch asks and waits
/// for a while; the JS thread reads when it gets to it and never waits.
#[derive(Default)]
pub(super) struct HeapDesk {
    slot: Mutex<Slot>,
    read: Condvar,
}

#[derive(Default)]
struct Slot {
    last: Usage,
    reading: Request,
    collection: Request,
    /// Garbage cannot be collected on demand here.
    uncollectable: bool,
}

/// One kind of request; at most one is pending.
#[derive(Default)]
struct Request {
    pending: bool,
    served: u64,
}

impl Slot {
    fn request(&mut self, work: Work) -> &mut Request {
        if work == Work::CollectGarbage { &mut self.collection } else { &mut self.reading }
    }
}

impl HeapDesk {
    /// The heap's part of a reading: a new one if the JS thread makes it in
    /// time, else the last that it made.
    pub(super) fn read(&self, listener: &dyn EventListener, patience: Duration) -> Usage {
        self.ask(listener, Work::ReadHeap, patience);
        self.slot.lock().last
    }

    /// The same after a collection; `None` when none was made in time.
    pub(super) fn collect(
        &self,
        listener: &dyn EventListener,
        patience: Duration,
    ) -> Option<Usage> {
        let done = self.ask(listener, Work::CollectGarbage, patience);
        let slot = self.slot.lock();
        (done && !slot.uncollectable).then_some(slot.last)
    }

    /// Whether the work was done within the time.
    fn ask(&self, listener: &dyn EventListener, work: Work, patience: Duration) -> bool {
        let mut slot = self.slot.lock();
        if work == Work::CollectGarbage && slot.uncollectable {
            return false;
        }
        let request = slot.request(work);
        let served = request.served;
        if !std::mem::replace(&mut request.pending, true) {
            drop(slot);
            listener.work(work);
            slot = self.slot.lock();
        }
        let waits = |slot: &mut Slot| slot.request(work).served == served;
        !self.read.wait_while_for(&mut slot, waits, patience).timed_out()
    }

    /// The JS thread has done what it was asked for; `None`: it cannot.
    pub(super) fn serve(&self, work: Work, heap: Option<Usage>) {
        let mut slot = self.slot.lock();
        match heap {
            Some(heap) => slot.last = heap,
            None => slot.uncollectable |= work == Work::CollectGarbage,
        }
        let request = slot.request(work);
        request.pending = false;
        request.served += 1;
        self.read.notify_all();
    }
}
