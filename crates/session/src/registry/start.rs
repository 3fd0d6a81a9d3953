//! Shells for sessions that were created without one.

use std::sync::Arc;

use super::core::Registry;
use super::event::Event;
use super::index::RateKey;
use super::info::Handle;
use super::reason::Limit;
use super::refusal::Refusal;
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
        named: Option<&Arc<str>>,
    ) -> Result<(), Refusal> {
        let key = handle.subject.incarnation;
        let rate = self.reserve_start(handle, named)?;
        let started = handle.session.spawn(self.spawner.as_ref(), options);
        let mut step = self.step();
        if started.is_err() {
            step.take_back_spawn(&rate);
        }
        let Some(entry) = step.get(key) else {
            // The session was closed meanwhile: its new program goes with it.
            drop(step);
            handle.session.hang_up();
            return Err(Refusal::Closed);
        };
        let runs = started.is_ok() && !entry.has_exited();
        step.set_starting(key, false);
        step.set_hold(key, runs);
        Ok(started?)
    }

    /// Checks that a program may be started, and counts it.
    fn reserve_start(&self, handle: &Handle, named: Option<&Arc<str>>) -> Result<RateKey, Refusal> {
        let now = self.clock.now();
        let mut step = self.step();
        let entry = step.get(handle.subject.incarnation).ok_or(Refusal::Closed)?;
        if !entry.may_start() {
            return Err(Refusal::Started);
        }
        let rate = RateKey::of(named.or(entry.rate_key()), &handle.subject);
        if let Err(refusal) = self.check_spawns(&mut step, &rate, now) {
            step.count_limit(Limit::SpawnRate);
            let project = handle.subject.project.clone();
            step.tell(Event::LimitReached { limit: Limit::SpawnRate, project });
            return Err(refusal);
        }
        step.note_spawn(rate.clone(), now);
        step.set_starting(handle.subject.incarnation, true);
        Ok(rate)
    }
}
