//! Shells for sessions that were created without one.

use super::{Handle, Limit, Refusal, Registry};
use crate::pty::SpawnOptions;
use crate::registry::Event;

impl Registry {
    /// Starts a program on a session that has none yet. When it fails nothing
    /// has changed.
    ///
    /// # Errors
    /// [`Refusal::Closed`], [`Refusal::Started`], [`Refusal::SpawnRate`],
    /// [`Refusal::Spawn`].
    pub fn start(&self, handle: &Handle, options: &SpawnOptions) -> Result<(), Refusal> {
        if let Err(refusal) = self.reserve_start(handle) {
            if let Refusal::SpawnRate(_) = refusal {
                let project = handle.project.clone();
                self.tell(Event::LimitReached { limit: Limit::SpawnRate, project });
            }
            return Err(refusal);
        }
        let started = handle.session.spawn(options);
        let mut state = self.state.lock();
        if let Some(entry) = state.sessions.get_mut(&handle.key) {
            entry.starting = false;
            let name = entry.name.0.clone();
            if started.is_err() {
                // What did not start does not count against the limit.
                if let Some(project) = state.projects.get_mut(&name) {
                    project.spawns.pop_back();
                }
            } else if handle.session.exit_status().is_none() {
                state.set_hold(handle.key, true);
            }
        } else if started.is_ok() {
            // The session was closed meanwhile: its new program goes with it.
            drop(state);
            handle.session.end_program();
            return Err(Refusal::Closed);
        }
        started.map_err(Refusal::from)
    }

    /// Checks that a program may be started, and counts it.
    fn reserve_start(&self, handle: &Handle) -> Result<(), Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get_mut(&handle.key) else {
            return Err(Refusal::Closed);
        };
        if entry.starting || entry.exit.is_some() || handle.session.pid() != 0 {
            return Err(Refusal::Started);
        }
        let name = entry.name.0.clone();
        if let Some(limit) = self.spawn_rate_reached(&mut state, &name, now) {
            state.limits[Limit::SpawnRate as usize] += 1;
            return Err(Refusal::SpawnRate(limit));
        }
        state.projects.entry(name).or_default().spawns.push_back(now);
        if let Some(entry) = state.sessions.get_mut(&handle.key) {
            entry.starting = true;
        }
        Ok(())
    }
}
