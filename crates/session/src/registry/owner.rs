//! How a session reaches its registry, which it does not keep alive.

use std::sync::Weak;

use super::{Event, Key, Registry};
use crate::session::{Owner, Session};
use offheap_pty::ExitStatus;

pub(super) struct RegistryOwner {
    pub(super) registry: Weak<Registry>,
    pub(super) key: Key,
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
}

impl Registry {
    fn session_drained(&self, key: Key) {
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get(&key) else { return };
        // More may have been written since.
        let empty = entry.session.queued_input() == 0;
        let event = Event::Drained { id: entry.id(), project: entry.project() };
        if empty {
            state.waiting.remove(&key);
        }
        self.tell(&state, event);
    }

    /// `waits` says that input was left waiting. It may have been taken since:
    /// then its end, which is told under the same lock, came first.
    fn session_active(&self, key: Key, session: &Session, waits: bool) {
        let mut state = self.state.lock();
        self.touch(&mut state, key);
        if waits && state.sessions.contains_key(&key) && session.queued_input() > 0 {
            state.waiting.insert(key);
        }
    }
}
