//! Connections: which sessions they use, what happens when they go, and how
//! long one that comes too early waits.

use std::time::Duration;

use super::{Event, Key, Registry, State};

impl Registry {
    /// Notes that a connection uses a session. `false` for an unknown session.
    pub fn attach(&self, id: &str, project: Option<&str>, connection: &str) -> bool {
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        let new = state.attach(key, connection);
        self.touch(&mut state, key);
        if new && let Some(entry) = state.sessions.get(&key) {
            let (id, project) = (entry.id(), entry.project());
            let connection = connection.to_owned();
            self.tell(&state, Event::Attached { id, project, connection });
        }
        true
    }

    /// Notes that a connection is gone. Sessions that it leaves alone live for
    /// `keep_alive`, or until the inactivity time-out. How many it had.
    pub fn detach(&self, connection: &str, keep_alive: Option<Duration>) -> usize {
        let mut state = self.state.lock();
        let keys = state.detach(connection);
        for key in &keys {
            self.touch(&mut state, *key);
            self.promise(&mut state, *key, keep_alive);
            if let Some(entry) = state.sessions.get(key) {
                let (id, project) = (entry.id(), entry.project());
                let connection = connection.to_owned();
                self.tell(&state, Event::Detached { id, project, connection });
            }
        }
        keys.len()
    }

    /// Sets how long a session lives that its last connection has just left.
    fn promise(&self, state: &mut State, key: Key, keep_alive: Option<Duration>) {
        let now = self.clock.now();
        let Some(entry) = state.sessions.get_mut(&key) else { return };
        if !entry.connections.is_empty() || entry.exit.is_some() {
            return;
        }
        entry.keep_until = keep_alive.map(|keep| now + keep);
        let deadline = entry.keep_until.or_else(|| self.inactive_after(now));
        state.set_deadline(key, deadline);
        self.wake_timer(state, key);
    }

    /// How long to wait before the next try to register a connection with a
    /// session: twice as long each time, within the bounds of the options.
    /// `None` when the tries are used up or there is no such session. A
    /// connection that attaches ends the count.
    pub fn retry_delay(&self, id: &str, project: Option<&str>) -> Option<Duration> {
        let retry = self.options.retry;
        let mut state = self.state.lock();
        let key = state.find(id, project)?;
        let entry = state.sessions.get_mut(&key)?;
        if entry.tries >= retry.tries {
            return None;
        }
        let factor = 1_u32.checked_shl(entry.tries).unwrap_or(u32::MAX);
        entry.tries += 1;
        Some(retry.first.saturating_mul(factor).min(retry.longest))
    }
}
