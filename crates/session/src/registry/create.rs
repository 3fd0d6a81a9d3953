//! Creation: the limits are checked and a place is kept in one step, the shell
//! starts without any lock, and the session takes its place in another step.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Instant;

use super::core::{Registry, Step, reached};
use super::event::{Change, Event};
use super::index::{Entry, Index, RateKey};
use super::info::{Handle, Info, NewSession};
use super::options::OnProjectLimit;
use super::owner::RegistryOwner;
use super::reason::{Limit, Reason};
use super::refusal::Refusal;
use super::subject::{Incarnation, Subject};
use crate::meter::Gauge;
use crate::session::Session;
use offheap_pty::SpawnOptions;

/// A place that is kept for a session whose shell is being started.
struct Place {
    subject: Subject,
    /// Whom the shell is counted for, if one is started.
    rate: Option<RateKey>,
    created_ms: u64,
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
    ) -> Result<(Handle, Info), Refusal> {
        let place = self.reserve(&new, spawn.is_some())?;
        let session = match self.make_session(&place, &new) {
            Ok(session) => session,
            Err(refusal) => {
                self.cancel(&place);
                return Err(refusal);
            }
        };
        let key = place.subject.incarnation;
        session.set_owner(Arc::new(RegistryOwner { registry: Arc::downgrade(self), key }));
        // Begins before the program, so that nothing is missing.
        if let Err(refusal) = self.record_new(&session, &new, &place.subject, spawn) {
            self.cancel(&place);
            session.close();
            return Err(refusal);
        }
        session.integrate(new.integration.clone());
        if let Some(options) = spawn
            && let Err(error) = session.spawn(self.spawner.as_ref(), options)
        {
            self.cancel(&place);
            for recording in session.recordings() {
                recording.discard();
            }
            session.close();
            return Err(error.into());
        }
        let made = self.commit(place, new, session)?;
        // What the program said before there was anybody to be told.
        if made.0.session.has_news() {
            self.tell_shell_news(key);
        }
        Ok(made)
    }

    /// A session whose history lies in a journal, where the registry has such.
    fn make_session(&self, place: &Place, new: &NewSession) -> Result<Arc<Session>, Refusal> {
        let history = new.history.unwrap_or(self.options.history);
        let meter = Arc::clone(&self.meter);
        let Some(journals) = &self.journals else {
            return Ok(Session::new(history, new.screen, meter));
        };
        let (journal, ring) = journals.create(&place.subject, new, history, place.created_ms)?;
        Ok(Session::in_journal(journal, ring, new.screen, meter))
    }

    /// Checks the limits and keeps a place, so that creations that happen at
    /// the same time cannot exceed them together.
    fn reserve(&self, new: &NewSession, spawns: bool) -> Result<Place, Refusal> {
        let now = self.clock.now();
        let mut step = self.step();
        if step.is_shut() {
            return Err(Refusal::Closed);
        }
        let key = step.next_incarnation();
        let id = new.id.clone().unwrap_or_else(|| self.make_id(key));
        let subject = Subject::new((new.project.clone(), id), key);
        if step.is_taken(&subject.name()) {
            return Err(Refusal::Exists(subject.id.to_string()));
        }
        let rate = spawns.then(|| RateKey::of(new.rate_key.as_ref(), &subject));
        if let Err((limit, refusal)) = self.check_limits(&mut step, &subject, rate.as_ref(), now) {
            step.count_limit(limit);
            step.tell(Event::LimitReached { limit, project: subject.project });
            return Err(refusal);
        }
        step.reserve(&subject);
        if let Some(rate) = &rate {
            step.note_spawn(rate.clone(), now);
        }
        Ok(Place { subject, rate, created_ms: self.clock.to_epoch_ms(now) })
    }

    fn check_limits(
        &self,
        index: &mut Index,
        subject: &Subject,
        rate: Option<&RateKey>,
        now: Instant,
    ) -> Result<(), (Limit, Refusal)> {
        let options = &self.options;
        if index.is_refusing() {
            return Err((Limit::Memory, Refusal::Memory));
        }
        let occupied = index.occupied_in(&subject.project);
        let full = subject.project.is_some() && reached(occupied, options.max_per_project);
        if full && options.on_project_limit == OnProjectLimit::Reject {
            return Err((Limit::Project, Refusal::ProjectLimit(options.max_per_project)));
        }
        // In a full project another session closes for it, so the total stays.
        if !full && reached(index.occupied(), options.max_sessions) {
            return Err((Limit::Sessions, Refusal::SessionLimit(options.max_sessions)));
        }
        let spawns = rate.map_or(Ok(()), |rate| self.check_spawns(index, rate, now));
        spawns.map_err(|refusal| (Limit::SpawnRate, refusal))
    }

    pub(super) fn check_spawns(
        &self,
        index: &mut Index,
        rate: &RateKey,
        now: Instant,
    ) -> Result<(), Refusal> {
        let (each, all) = (self.options.spawns_per_minute, self.options.spawns_in_all);
        if reached(index.recent_spawns(rate, now), each) {
            Err(Refusal::SpawnRate(each))
        } else if reached(index.recent_spawns_in_all(now), all) {
            Err(Refusal::SpawnRate(all))
        } else {
            Ok(())
        }
    }

    fn cancel(&self, place: &Place) {
        let mut step = self.step();
        step.give_up(&place.subject);
        if let Some(rate) = &place.rate {
            step.take_back_spawn(rate);
        }
    }

    fn commit(
        &self,
        place: Place,
        new: NewSession,
        session: Arc<Session>,
    ) -> Result<(Handle, Info), Refusal> {
        let mut step = self.step();
        if step.is_shut() {
            step.give_up(&place.subject);
            drop(step);
            session.close();
            return Err(Refusal::Closed);
        }
        self.make_room(&mut step, &place.subject.project);
        Ok(self.enter(&mut step, place, new, session))
    }

    /// Puts a session into the indexes and tells of it, and of its exit if that
    /// was faster.
    fn enter(
        &self,
        step: &mut Step<'_>,
        place: Place,
        new: NewSession,
        session: Arc<Session>,
    ) -> (Handle, Info) {
        let (now, key) = (self.clock.now(), place.subject.incarnation);
        let exited = session.exit_status();
        let project = place.subject.project.clone();
        let has_room = step.has_focus_left(&project, self.options.max_focused);
        let focused = new.focused.unwrap_or(has_room);
        let entry = Entry::new(place.subject, new, session, now, place.created_ms);
        step.insert(entry, self.terms().inactive_after(now), focused);
        step.set_hold(key, place.rate.is_some());
        self.meter.add(Gauge::Sessions, 1);
        step.wake_timer(key);
        if step.len() == 1 {
            // Memory is watched while there are sessions.
            self.timer.notify_one();
        }
        let entry = step.get(key).expect("it was just inserted");
        let made = (entry.handle(), entry.info(&self.clock));
        step.tell_of(key, Change::Created(Box::new(made.clone())));
        self.yield_focus(step, &project);
        if let Some(status) = exited {
            self.note_exit(step, key, status);
        }
        made
    }

    /// Closes the oldest sessions of a full project to make room.
    fn make_room(&self, step: &mut Step<'_>, project: &Option<Arc<str>>) {
        let most = self.options.max_per_project;
        while project.is_some()
            && let Some(oldest) = step.oldest_of_full(project, most)
        {
            step.count_limit(Limit::Project);
            step.tell(Event::LimitReached { limit: Limit::Project, project: project.clone() });
            step.close(oldest, Reason::Limit);
        }
    }

    fn make_id(&self, key: Incarnation) -> Arc<str> {
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
