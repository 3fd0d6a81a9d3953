//! Creation: the limits are checked and a place is kept in one step, the shell
//! starts without any lock, and the session takes its place in another step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::owner::RegistryOwner;
use super::state::RateKey;
use super::{
    Entry, Event, Handle, Key, Limit, Name, NewSession, OnProjectLimit, Reason, Refusal, Registry,
    State, handle, reached,
};
use crate::meter::Gauge;
use crate::session::Session;
use offheap_pty::SpawnOptions;

/// A place that is kept for a session whose shell is being started.
struct Place {
    key: Key,
    name: Name,
    /// Whom the shell was counted for.
    rate: Option<RateKey>,
    spawns: bool,
}

impl Registry {
    /// Creates a session, with a program on a terminal when `spawn` says so.
    /// When it fails nothing has changed.
    ///
    /// # Errors
    /// A [`Refusal`].
    pub fn create(
        self: &Arc<Self>,
        new: NewSession,
        spawn: Option<&SpawnOptions>,
    ) -> Result<Handle, Refusal> {
        let place = self.reserve(&new, spawn.is_some())?;
        let history = new.history.unwrap_or(self.options.history);
        let session = Session::new(history, new.screen, Arc::clone(&self.meter));
        let owner = RegistryOwner { registry: Arc::downgrade(self), key: place.key };
        session.set_owner(Arc::new(owner));
        if let Some(options) = spawn
            && let Err(error) = session.spawn(self.spawner.as_ref(), options)
        {
            self.cancel(&place);
            return Err(error.into());
        }
        self.commit(&place, new, session)
    }

    /// Checks the limits and keeps a place, so that creations that happen at
    /// the same time cannot exceed them together.
    fn reserve(&self, new: &NewSession, spawns: bool) -> Result<Place, Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        if state.shut {
            return Err(Refusal::Closed);
        }
        state.next_key += 1;
        let key = state.next_key;
        let id = new.id.as_deref().map_or_else(|| self.make_id(key), Arc::from);
        let name: Name = (new.project.as_deref().map(Arc::from), id);
        if state.by_name.contains_key(&name) {
            return Err(Refusal::Exists(name.1.to_string()));
        }
        let rate = if spawns { rate_key(new.details.rate_key.as_deref(), &name) } else { None };
        if let Err((limit, refusal)) = self.check_limits(&mut state, &name, rate.as_ref(), now) {
            state.limits[limit as usize] += 1;
            self.tell(&state, Event::LimitReached { limit, project: new.project.clone() });
            return Err(refusal);
        }
        state.reserved += 1;
        state.projects.entry(name.0.clone()).or_default().reserved += 1;
        if let Some(rate) = &rate {
            state.spawns.note(rate.clone(), now);
        }
        // The name is taken from here on, though nobody finds it yet.
        state.by_name.insert(name.clone(), key);
        Ok(Place { key, name, rate, spawns })
    }

    fn check_limits(
        &self,
        state: &mut State,
        name: &Name,
        rate: Option<&RateKey>,
        now: Instant,
    ) -> Result<(), (Limit, Refusal)> {
        let options = &self.options;
        if state.refusing {
            return Err((Limit::Memory, Refusal::Memory));
        }
        let project = state.projects.get(&name.0);
        let occupied = project.map_or(0, |project| project.live.len() + project.reserved);
        let full = name.0.is_some() && reached(occupied, options.max_per_project);
        if full && options.on_project_limit == OnProjectLimit::Reject {
            return Err((Limit::Project, Refusal::ProjectLimit(options.max_per_project)));
        }
        // A full project gives one of its own places, so the total stays.
        if !full && reached(state.live + state.reserved, options.max_sessions) {
            return Err((Limit::Sessions, Refusal::SessionLimit(options.max_sessions)));
        }
        self.check_spawns(state, rate, now).map_err(|refusal| (Limit::SpawnRate, refusal))
    }

    pub(super) fn check_spawns(
        &self,
        state: &mut State,
        rate: Option<&RateKey>,
        now: Instant,
    ) -> Result<(), Refusal> {
        let limit = self.options.spawns_per_minute;
        let recent = rate.map_or(0, |rate| state.spawns.recent(rate, now));
        if rate.is_some() && reached(recent, limit) {
            Err(Refusal::SpawnRate(limit))
        } else {
            Ok(())
        }
    }

    fn cancel(&self, place: &Place) {
        let mut state = self.state.lock();
        release(&mut state, place);
        if let Some(rate) = &place.rate {
            state.spawns.take_back(rate);
        }
        state.tidy_project(&place.name.0);
    }

    fn commit(
        &self,
        place: &Place,
        new: NewSession,
        session: Arc<Session>,
    ) -> Result<Handle, Refusal> {
        let mut state = self.state.lock();
        release(&mut state, place);
        if state.shut {
            state.tidy_project(&place.name.0);
            drop(state);
            session.close();
            return Err(Refusal::Closed);
        }
        let victims = self.make_room(&mut state, &place.name.0);
        let handle = self.enter(&mut state, place, new, session);
        drop(state);
        for victim in victims {
            victim.hang_up();
        }
        Ok(handle)
    }

    /// Puts a session into the indexes and tells of it, and of its exit if that
    /// was faster.
    fn enter(
        &self,
        state: &mut State,
        place: &Place,
        new: NewSession,
        session: Arc<Session>,
    ) -> Handle {
        let now = self.clock.now();
        let exited = session.exit_status();
        let (seq, details) = (state.take_seq(), Arc::new(new.details));
        let mut entry = Entry::new(place.key, seq, place.name.clone(), details, session, now);
        let focused = state.projects.get(&place.name.0).map_or(0, |p| p.focused.len());
        entry.focused |= !reached(focused, self.options.max_focused);
        entry.deadline = self.inactive_after(now);
        entry.holds = place.spawns;
        let (handle, info) = (handle(&entry), entry.info(&self.clock));
        state.insert(entry);
        self.meter.add(Gauge::Sessions, 1);
        self.wake_timer(state, place.key);
        if state.sessions.len() == 1 {
            // Memory is watched while there are sessions.
            self.timer.notify_one();
        }
        self.tell(state, Event::Created(Box::new((handle.clone(), info))));
        if let Some(status) = exited {
            self.note_exit(state, place.key, status);
        }
        handle
    }

    /// Takes the oldest sessions of a full project out to make room.
    fn make_room(&self, state: &mut State, project: &Option<Arc<str>>) -> Vec<Arc<Session>> {
        let mut victims = Vec::new();
        while project.is_some() {
            let Some(live) = state.projects.get(project).map(|project| &project.live) else {
                break;
            };
            if !reached(live.len(), self.options.max_per_project) {
                break;
            }
            let Some(oldest) = live.first().copied() else { break };
            state.limits[Limit::Project as usize] += 1;
            let name = project.as_deref().map(str::to_owned);
            self.tell(state, Event::LimitReached { limit: Limit::Project, project: name });
            victims.extend(self.take_out(state, oldest, Reason::Limit));
        }
        victims
    }

    fn make_id(&self, key: Key) -> Arc<str> {
        use std::hash::BuildHasher;
        static SALT: AtomicU64 = AtomicU64::new(0);
        let salt = SALT.fetch_add(1, Ordering::Relaxed);
        let mut random = std::collections::hash_map::RandomState::new().hash_one((key, salt));
        let mut suffix = [0_u8; 8];
        for digit in &mut suffix {
            *digit = b"0123456789abcdefghijklmnopqrstuvwxyz"[(random % 36) as usize];
            random /= 36;
        }
        let suffix = String::from_utf8_lossy(&suffix);
        format!("session_{}_{suffix}", self.clock.to_epoch_ms(self.clock.now())).into()
    }
}

/// Whom a shell is counted for. Without a project there is nobody unless the
/// app names somebody, such as the address of who asks.
pub(super) fn rate_key(named: Option<&str>, name: &Name) -> Option<RateKey> {
    match named {
        Some(key) => Some(RateKey::Named(Arc::from(key))),
        None => name.0.clone().map(RateKey::Project),
    }
}

/// The place is free again, and so is the name.
fn release(state: &mut State, place: &Place) {
    state.reserved -= 1;
    state.by_name.remove(&place.name);
    if let Some(project) = state.projects.get_mut(&place.name.0) {
        project.reserved -= 1;
    }
}
