//! The end of sessions: one way out, whatever the reason.

use std::sync::Arc;

use super::{Event, Handle, Key, Reason, Registry, State};
use crate::meter::{Counter, Gauge};
use crate::session::Session;

impl Registry {
    /// Closes a session by name.
    pub fn close(&self, id: &str, project: Option<&str>) -> bool {
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        let session = self.take_out(&mut state, key, Reason::Closed);
        drop(state);
        hang_up(session)
    }

    /// Closes the session of a handle.
    pub fn close_handle(&self, handle: &Handle) -> bool {
        self.close_key(handle.key, Reason::Closed)
    }

    /// Closes a project's sessions; how many there were.
    pub fn close_project(&self, project: &str) -> usize {
        let keys = self.state.lock().keys_of(project);
        self.close_keys(&keys, Reason::Project)
    }

    /// Closes every session; how many there were.
    pub fn close_all(&self) -> usize {
        let keys = self.state.lock().keys();
        self.close_keys(&keys, Reason::Closed)
    }

    /// Closes every session and takes no more. Idempotent.
    pub fn shut(&self) {
        let mut state = self.state.lock();
        let first = !std::mem::replace(&mut state.shut, true);
        let keys = state.keys();
        drop(state);
        self.close_keys(&keys, Reason::Registry);
        if first {
            self.tell(&self.state.lock(), Event::Shut);
            self.timer.notify_one();
        }
    }

    fn close_keys(&self, keys: &[Key], reason: Reason) -> usize {
        keys.iter().filter(|key| self.close_key(**key, reason)).count()
    }

    pub(super) fn close_key(&self, key: Key, reason: Reason) -> bool {
        let session = self.take_out(&mut self.state.lock(), key, reason);
        hang_up(session)
    }

    /// Takes a session out of every index, frees its memory and tells of it.
    /// Its terminal is for the caller to hang up on, after the lock.
    pub(super) fn take_out(
        &self,
        state: &mut State,
        key: Key,
        reason: Reason,
    ) -> Option<Arc<Session>> {
        let entry = state.remove(key, reason)?;
        let held = entry.session.memory() as u64;
        entry.session.release();
        self.meter.count(Counter::HeldAtClose, held);
        self.meter.add(Gauge::Sessions, -1);
        self.tell(state, Event::Closed { id: entry.id(), project: entry.project(), reason });
        Some(entry.session)
    }
}

fn hang_up(session: Option<Arc<Session>>) -> bool {
    let found = session.is_some();
    if let Some(session) = session {
        session.hang_up();
    }
    found
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shut();
    }
}
