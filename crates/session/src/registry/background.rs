//! The one thread that checks memory for every registry of the process: it reads
//! files, waits a moment for the JS thread and makes the allocator give memory
//! back, all of which the JS thread and the reactor have no time for.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Weak;
use std::sync::mpsc::{Receiver, Sender, channel};

use parking_lot::Mutex;

use super::core::Registry;
use crate::pressure::trim_allocator;
use offheap_pty::reactor;

/// What the thread does.
pub(super) enum Job {
    /// A check of memory that is due.
    Check(Weak<Registry>),
    /// Hands what the allocator keeps back to the system.
    Trim,
}

/// The way to the thread, once there is one.
static JOBS: Mutex<Option<Sender<Job>>> = Mutex::new(None);

/// Starts the thread unless it runs. Where the system gives none, the next call
/// tries again.
pub(super) fn start() {
    let mut jobs = JOBS.lock();
    if jobs.is_none() {
        let (sender, receiver) = channel();
        *jobs =
            reactor::thread("offheap-memory", move || work(&receiver)).is_ok().then_some(sender);
    }
}

/// Has a job done soon. `false` when there is nobody to do it.
pub(super) fn run(job: Job) -> bool {
    start();
    JOBS.lock().as_ref().is_some_and(|jobs| jobs.send(job).is_ok())
}

fn work(jobs: &Receiver<Job>) {
    for job in jobs {
        // The panic hook has said it; the next check is another one.
        let _ = catch_unwind(AssertUnwindSafe(|| match job {
            Job::Check(registry) => {
                if let Some(registry) = registry.upgrade() {
                    registry.check_in_background();
                }
            }
            Job::Trim => trim_allocator(),
        }));
    }
}
