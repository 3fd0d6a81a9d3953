//! Shells for sessions that were created without one.

use std::sync::Arc;

use super::state::RateKey;
use super::{Event, Handle, Limit, Refusal, Registry, reached};
use crate::pty::SpawnOptions;

impl Registry {
    /// Starts a program on a session that has none yet, counted for `rate_key`
    /// or else for the session's project. When it fails nothing has changed.
    ///
    /// # Errors
    /// [`Refusal::Closed`], [`Refusal::Started`], [`Refusal::SpawnRate`],
    /// [`Refusal::Spawn`].
    pub fn start(
        &self,
        handle: &Handle,
        options: &SpawnOptions,
        rate_key: Option<&str>,
    ) -> Result<(), Refusal> {
        let project = handle.project.as_deref().map(Arc::from);
        let rate = rate_key.map_or(RateKey::Project(project), |key| RateKey::Named(Arc::from(key)));
        self.reserve_start(handle, &rate)?;
        let started = handle.session.spawn(options);
        let mut state = self.state.lock();
        if started.is_err() {
            state.spawns.take_back(&rate);
        }
        let Some(entry) = state.sessions.get_mut(&handle.key) else {
            // The session was closed meanwhile: its new program goes with it.
            drop(state);
            handle.session.hang_up();
            return Err(Refusal::Closed);
        };
        entry.starting = false;
        let runs = started.is_ok() && handle.session.exit_status().is_none();
        state.set_hold(handle.key, runs);
        Ok(started?)
    }

    /// Checks that a program may be started, and counts it.
    fn reserve_start(&self, handle: &Handle, rate: &RateKey) -> Result<(), Refusal> {
        let now = self.clock.now();
        let limit = self.options.spawns_per_minute;
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get(&handle.key) else {
            return Err(Refusal::Closed);
        };
        if entry.starting || entry.exit.is_some() || handle.session.pid() != 0 {
            return Err(Refusal::Started);
        }
        if reached(state.spawns.recent(rate, now), limit) {
            state.limits[Limit::SpawnRate as usize] += 1;
            let project = handle.project.as_deref().map(str::to_owned);
            self.tell(&state, Event::LimitReached { limit: Limit::SpawnRate, project });
            return Err(Refusal::SpawnRate(limit));
        }
        state.spawns.note(rate.clone(), now);
        if let Some(entry) = state.sessions.get_mut(&handle.key) {
            entry.starting = true;
        }
        Ok(())
    }
}
