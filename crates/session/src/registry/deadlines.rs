//! The registry's clocks: one queue of deadlines and one timer for all sessions.
//!
//! A deadline is looked at when it comes, not moved at every use: a session
//! that was used meanwhile gets a later one.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::core::{Registry, Step};
use super::event::Change;
use super::index::Fate;
use super::reason::Reason;
use super::subject::{Incarnation, Subject};
use offheap_pty::ExitStatus;

/// When the clock goes on after a fault of its own.
const AFTER_FAULT: Duration = Duration::from_secs(1);

impl Registry {
    pub(super) fn start_clock(self: &Arc<Self>) {
        // A clock that a test moves has no timer: the test calls `tick`.
        if !self.clock.is_manual() {
            if !self.options.memory.interval.is_zero() {
                super::background::start();
            }
            offheap_pty::reactor::spawn(keep_time(Arc::downgrade(self), Arc::clone(&self.timer)));
        }
    }

    /// Notes that a session is in use.
    pub fn touch_session(&self, subject: &Subject) {
        self.touch(&mut self.step(), subject.incarnation);
    }

    pub(super) fn touch(&self, step: &mut Step<'_>, key: Incarnation) {
        if step.touch(key, self.clock.now(), false) {
            // The promise may have been longer than what holds from here on.
            self.reschedule(step, key);
        }
    }

    /// Sets a session's deadline to when it closes if nobody uses it any more.
    pub(super) fn reschedule(&self, step: &mut Step<'_>, key: Incarnation) {
        let Some(entry) = step.get(key).filter(|entry| !entry.has_exited()) else { return };
        let due = entry.due(self.terms());
        step.set_deadline(key, due);
        step.wake_timer(key);
    }

    pub(super) fn session_exited(&self, key: Incarnation, status: ExitStatus) {
        self.note_exit(&mut self.step(), key, status);
    }

    /// The program has ended. The session stays for a while, so that its last
    /// output can be read.
    pub(super) fn note_exit(&self, step: &mut Step<'_>, key: Incarnation, status: ExitStatus) {
        let now = self.clock.now();
        if step.set_exit(key, status, now) {
            step.set_deadline(key, Some(now + self.options.linger));
            step.wake_timer(key);
            step.tell_of(key, Change::Exited(status));
        }
    }

    /// Does what is due at the clock's present; when the next thing is due. A
    /// panic ends the session that it has to do with, and nothing else.
    pub(crate) fn tick(&self) -> Option<Instant> {
        let now = self.clock.now();
        self.step().expire_spawns(now);
        loop {
            // A step for each, so that others have their turn in between.
            let mut step = self.step();
            let first = step.first_deadline()?;
            if first.0 > now {
                return Some(first.0);
            }
            let handled = AssertUnwindSafe(|| self.meet(&mut step, first.1, now));
            if catch_unwind(handled).is_err() {
                let closed = AssertUnwindSafe(|| step.close(first.1, Reason::Fault));
                let _ = catch_unwind(closed);
                step.drop_deadline(first);
            }
        }
    }

    /// A session's deadline has come.
    fn meet(&self, step: &mut Step<'_>, key: Incarnation, now: Instant) {
        match step.get(key).map(|entry| entry.fate(now, self.terms())) {
            Some(Fate::Close(reason)) => drop(step.close(key, reason)),
            Some(Fate::Later(at)) => step.set_deadline(key, at),
            None => {}
        }
    }

    /// What the timer does each time; `None` when nothing is due any more.
    fn turn(self: &Arc<Self>) -> Option<Instant> {
        let next = AssertUnwindSafe(|| {
            let (deadline, check) = (self.tick(), self.watch_memory());
            deadline.into_iter().chain(check).min()
        });
        catch_unwind(next).unwrap_or_else(|_| Some(Instant::now() + AFTER_FAULT))
    }
}

/// The registry's one timer, for all its sessions and its watch over memory.
async fn keep_time(registry: Weak<Registry>, changed: Arc<Notify>) {
    loop {
        let next = match registry.upgrade() {
            Some(registry) if !registry.is_shut() => registry.turn(),
            _ => return,
        };
        match next {
            Some(at) => drop(tokio::time::timeout_at(at.into(), changed.notified()).await),
            None => changed.notified().await,
        }
    }
}
