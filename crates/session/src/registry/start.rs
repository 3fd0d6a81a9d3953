//! Shells for sessions that were created without one.

use super::create::rate_key;
use super::state::RateKey;
use super::{Event, Handle, Limit, Refusal, Registry};
use offheap_pty::SpawnOptions;

impl Registry {
    /// Starts a program on a session that has none yet, counted for `named` or
    /// else as the session's creation says. When it fails nothing has changed.
    ///
    /// # Errors
    /// [`Refusal::Closed`], [`Refusal::Started`], [`Refusal::SpawnRate`],
    /// [`Refusal::Spawn`].
    pub fn start(
        &self,
        handle: &Handle,
        options: &SpawnOptions,
        named: Option<&str>,
    ) -> Result<(), Refusal> {
        let rate = self.reserve_start(handle, named)?;
        let started = handle.session.spawn(self.spawner.as_ref(), options);
        let mut state = self.state.lock();
        if started.is_err()
            && let Some(rate) = &rate
        {
            // What did not start does not count against the limit.
            state.spawns.take_back(rate);
        }
        let Some(entry) = state.sessions.get_mut(&handle.key) else {
            // The session was closed meanwhile: its new program goes with it.
            drop(state);
            handle.session.hang_up();
            return Err(Refusal::Closed);
        };
        entry.starting = false;
        let runs = started.is_ok() && entry.exit.is_none();
        state.set_hold(handle.key, runs);
        Ok(started?)
    }

    /// Checks that a program may be started, and counts it.
    fn reserve_start(
        &self,
        handle: &Handle,
        named: Option<&str>,
    ) -> Result<Option<RateKey>, Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get_mut(&handle.key) else {
            return Err(Refusal::Closed);
        };
        if entry.starting || entry.exit.is_some() || handle.session.pid() != 0 {
            return Err(Refusal::Started);
        }
        let rate = rate_key(named.or(entry.details.rate_key.as_deref()), &entry.name);
        if let Err(refusal) = self.check_spawns(&mut state, rate.as_ref(), now) {
            state.limits[Limit::SpawnRate as usize] += 1;
            let project = handle.project.as_deref().map(str::to_owned);
            self.tell(&state, Event::LimitReached { limit: Limit::SpawnRate, project });
            return Err(refusal);
        }
        if let Some(rate) = &rate {
            state.spawns.note(rate.clone(), now);
        }
        if let Some(entry) = state.sessions.get_mut(&handle.key) {
            entry.starting = true;
        }
        Ok(rate)
    }
}
