//! How a session reaches its registry, which it does not keep alive.

use std::sync::Weak;

use super::core::Registry;
use super::event::Change;
use super::reason::Reason;
use super::subject::Incarnation;
use crate::session::{Owner, Session};
use offheap_pty::ExitStatus;

pub(super) struct RegistryOwner {
    pub(super) registry: Weak<Registry>,
    pub(super) key: Incarnation,
}

impl Owner for RegistryOwner {
    fn exited(&self, _session: &Session, status: ExitStatus) {
        if let Some(registry) = self.registry.upgrade() {
            registry.session_exited(self.key, status);
        }
    }

    fn drained(&self, _session: &Session) {
        if let Some(registry) = self.registry.upgrade() {
            registry.session_drained(self.key);
        }
    }

    fn active(&self, session: &Session, waits: bool) {
        if let Some(registry) = self.registry.upgrade() {
            registry.session_active(self.key, session, waits);
        }
    }

    fn unwatched(&self, _session: &Session) {
        if let Some(registry) = self.registry.upgrade() {
            registry.session_unwatched(self.key);
        }
    }

    fn recorded(&self, _session: &Session, recorded: bool) {
        if let Some(registry) = self.registry.upgrade() {
            registry.step().tell_of(self.key, Change::Recording(recorded));
        }
    }

    fn failed(&self, _session: &Session) {
        if let Some(registry) = self.registry.upgrade() {
            registry.step().close(self.key, Reason::Fault);
        }
    }
}

impl Registry {
    fn session_drained(&self, key: Incarnation) {
        let mut step = self.step();
        let Some(entry) = step.get(key) else { return };
        // More may have been written since.
        if entry.session().queued_input() == 0 {
            step.set_waiting(key, false);
        }
        step.tell_of(key, Change::Drained);
    }

    /// `waits` says that input was left waiting. It may have been taken since:
    /// then its end, which is told under the same lock, came first.
    fn session_active(&self, key: Incarnation, session: &Session, waits: bool) {
        let mut step = self.step();
        self.touch(&mut step, key);
        if waits && session.queued_input() > 0 {
            step.set_waiting(key, true);
        }
    }

    /// The last viewer has gone: the time without anybody counts from here on,
    /// and so does what the last connection was promised.
    fn session_unwatched(&self, key: Incarnation) {
        let now = self.clock.now();
        let mut step = self.step();
        if step.touch(key, now, true) {
            self.reschedule(&mut step, key);
        }
    }
}
