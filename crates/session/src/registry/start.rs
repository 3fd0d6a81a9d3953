//! Shells for sessions that were created without one.

use std::sync::Arc;

use super::core::{Registry, reached};
use super::event::Event;
use super::index::{Index, RateKey};
use super::info::Handle;
use super::options::Options;
use super::reason::Limit;
use super::refusal::Refusal;
use super::subject::Subject;
use crate::session::Integration;
use offheap_pty::SpawnOptions;

impl Registry {
    /// Starts a program on a session that has none yet, counted for `named` or
    /// else as the session's creation says. When it fails nothing has changed.
    ///
    /// # Errors
    /// [`Refusal::Closed`], [`Refusal::Started`], [`Refusal::SpawnRate`],
    /// [`Refusal::Spawn`]; for a restored session, which counts for no limit
    /// until then, [`Refusal::SessionLimit`] and [`Refusal::ProjectLimit`].
    pub fn start(
        &self,
        handle: &Handle,
        options: &SpawnOptions,
        integration: Option<Integration>,
        named: Option<&Arc<str>>,
    ) -> Result<(), Refusal> {
        let key = handle.subject.incarnation;
        let (rate, dormant) = self.reserve_start(handle, named)?;
        let before = handle.session.integrate(integration);
        let started = handle.session.spawn(self.spawner.as_ref(), options);
        let mut step = self.step();
        if started.is_err() {
            handle.session.integrate(before);
            step.take_back_spawn(&rate);
            step.set_dormant(key, dormant);
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

    /// Checks that a program may be started, and counts it. Also says whether it
    /// is for a restored session.
    fn reserve_start(
        &self,
        handle: &Handle,
        named: Option<&Arc<str>>,
    ) -> Result<(RateKey, bool), Refusal> {
        let now = self.clock.now();
        let mut step = self.step();
        let entry = step.get(handle.subject.incarnation).ok_or(Refusal::Closed)?;
        if !entry.may_start() {
            return Err(Refusal::Started);
        }
        let dormant = entry.is_dormant();
        let rate = RateKey::of(named.or(entry.rate_key()), &handle.subject);
        let places = if dormant { self.check_places(&step, &handle.subject) } else { Ok(()) };
        let spawns = self.check_spawns(&mut step, &rate, now);
        let spawns = spawns.map_err(|refusal| (Limit::SpawnRate, refusal));
        if let Err((limit, refusal)) = places.and(spawns) {
            step.count_limit(limit);
            let project = handle.subject.project.clone();
            step.tell(Event::LimitReached { limit, project });
            return Err(refusal);
        }
        step.note_spawn(rate.clone(), now);
        step.set_starting(handle.subject.incarnation, true);
        step.set_dormant(handle.subject.incarnation, false);
        Ok((rate, dormant))
    }

    /// Whether one more live session may be.
    fn check_places(&self, index: &Index, subject: &Subject) -> Result<(), (Limit, Refusal)> {
        let Options { max_per_project: each, max_sessions: all, .. } = self.options;
        if subject.project.is_some() && reached(index.occupied_in(&subject.project), each) {
            Err((Limit::Project, Refusal::ProjectLimit(each)))
        } else if reached(index.occupied(), all) {
            Err((Limit::Sessions, Refusal::SessionLimit(all)))
        } else {
            Ok(())
        }
    }
}
