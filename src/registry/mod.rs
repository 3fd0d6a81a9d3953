//! The one place where sessions are: created, found, limited, timed and ended.
//!
//! All indexes change in one step under one lock, which is never held while a
//! shell starts, a session closes or a listener runs.

#![allow(clippy::ref_option, reason = "an index keyed by an option is asked by its reference")]

mod clock;
mod event;
mod info;
mod options;
mod start;
mod state;

#[cfg(test)]
mod tests;

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::inbox::{Inbox, News, Token};
use crate::meter::{Gauge, Meter};
use crate::pty::{ExitStatus, SpawnError, SpawnOptions};
use crate::session::{Owner, Session};

pub use clock::Clock;
pub use event::{Event, Limit, Reason};
pub use info::{Info, NewSession};
pub use options::{OnProjectLimit, Options};
use state::{Entry, Key, Name, State};

/// The window of the spawn limit.
const SPAWN_WINDOW: Duration = Duration::from_mins(1);
/// How soon an exited session whose viewers still read is looked at again.
const DRAIN_POLL: Duration = Duration::from_millis(250);

/// Why a registry refused.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// Too many sessions in all.
    #[error("{0} sessions are open, which is the limit; close one first")]
    SessionLimit(usize),
    /// Too many sessions in the project.
    #[error("the project has {0} sessions, which is its limit; close one first")]
    ProjectLimit(usize),
    /// Too many new shells in the last minute.
    #[error("{0} shells were started within a minute, which is the limit; wait a little")]
    SpawnRate(usize),
    /// The id is taken in that project.
    #[error("a session \"{0}\" exists already")]
    Exists(String),
    /// The session has, or had, a program already.
    #[error("the session was started before")]
    Started,
    /// The registry, or the session, is closed.
    #[error("the registry or the session is closed")]
    Closed,
    /// The shell could not be started.
    #[error(transparent)]
    Spawn(#[from] SpawnError),
}

/// Numbers of a registry, at one moment.
#[derive(Clone, Debug)]
pub struct Stats {
    /// Sessions that exist.
    pub sessions: usize,
    /// Of them, those whose program has ended.
    pub exited: usize,
    /// Of them, those whose output is held back.
    pub suspended: usize,
    /// Connections that are attached.
    pub connections: usize,
    /// Projects with sessions.
    pub projects: usize,
    /// Sessions ever created.
    pub created: u64,
    /// Sessions ever closed, by reason.
    pub closed: Vec<(Reason, u64)>,
    /// Limits ever hit.
    pub limits: Vec<(Limit, u64)>,
    /// Input bytes that wait for programs.
    pub input_queued: usize,
}

/// A set of sessions with its limits and clocks.
pub struct Registry {
    state: Mutex<State>,
    options: Options,
    clock: Clock,
    inbox: Arc<Inbox>,
    token: Token,
    meter: Arc<Meter>,
    /// Notified when an earlier deadline than the one waited for appears.
    timer: Arc<Notify>,
}

impl std::fmt::Debug for Registry {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.debug_struct("Registry").field("options", &self.options).finish_non_exhaustive()
    }
}

/// A session with its place in its registry.
#[derive(Clone, Debug)]
pub struct Handle {
    /// The session.
    pub session: Arc<Session>,
    /// Its id.
    pub id: String,
    /// Its project.
    pub project: Option<String>,
    key: Key,
}

impl Registry {
    /// A registry whose events go to `inbox` under `token`.
    #[must_use]
    pub fn new(
        options: Options,
        clock: Clock,
        inbox: Arc<Inbox>,
        token: Token,
        meter: Arc<Meter>,
    ) -> Arc<Self> {
        let registry = Arc::new(Self {
            state: Mutex::default(),
            options,
            clock,
            inbox,
            token,
            meter,
            timer: Arc::new(Notify::new()),
        });
        crate::reactor::spawn(keep_time(Arc::downgrade(&registry), Arc::clone(&registry.timer)));
        registry
    }

    /// The limits and clocks it was made with.
    #[must_use]
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// What its sessions hold and have moved.
    #[must_use]
    pub fn meter(&self) -> &Arc<Meter> {
        &self.meter
    }

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
        let (key, name) = self.reserve(&new, spawn.is_some())?;
        let history = new.history.unwrap_or(self.options.history);
        let session = Session::new(history, Arc::clone(&self.inbox), Arc::clone(&self.meter));
        let owner = RegistryOwner { registry: Arc::downgrade(self), key };
        session.set_owner(Arc::new(owner));
        if let Some(options) = spawn
            && let Err(error) = session.spawn(options)
        {
            self.cancel(&name);
            return Err(error.into());
        }
        Ok(self.commit(key, &name, new, session, spawn.is_some()))
    }

    /// Checks the limits and keeps a place, so that creations that happen at
    /// the same time cannot exceed them together.
    fn reserve(&self, new: &NewSession, spawns: bool) -> Result<(Key, Name), Refusal> {
        let now = self.clock.now();
        let mut state = self.state.lock();
        if state.shut {
            return Err(Refusal::Closed);
        }
        state.next_key += 1;
        let key = state.next_key;
        let id = new.id.clone().unwrap_or_else(|| self.make_id(key));
        let name: Name = (new.project.as_deref().map(Arc::from), Arc::from(id));
        if state.by_name.contains_key(&name) {
            return Err(Refusal::Exists(name.1.to_string()));
        }
        if let Err((limit, refusal)) = self.check_limits(&mut state, &name.0, spawns, now) {
            state.limits[limit as usize] += 1;
            state.tidy_project(&name.0);
            drop(state);
            self.tell(Event::LimitReached { limit, project: new.project.clone() });
            return Err(refusal);
        }
        state.reserved += 1;
        state.projects.entry(name.0.clone()).or_default().reserved += 1;
        // The name is taken from here on, though nobody finds it yet.
        state.by_name.insert(name.clone(), key);
        Ok((key, name))
    }

    fn check_limits(
        &self,
        state: &mut State,
        name: &Option<Arc<str>>,
        spawns: bool,
        now: Instant,
    ) -> Result<(), (Limit, Refusal)> {
        let options = &self.options;
        let total = state.live + state.reserved;
        let project = state.projects.entry(name.clone()).or_default();
        let occupied = project.sessions.len() + project.reserved;
        let full = name.is_some() && reached(occupied, options.max_per_project);
        if full && options.on_project_limit == OnProjectLimit::Reject {
            return Err((Limit::Project, Refusal::ProjectLimit(options.max_per_project)));
        }
        if let Some(limit) = spawns.then(|| self.spawn_rate_reached(state, name, now)).flatten() {
            return Err((Limit::SpawnRate, Refusal::SpawnRate(limit)));
        }
        // A full project gives one of its own places, so the total stays.
        if !full && reached(total, options.max_sessions) {
            return Err((Limit::Sessions, Refusal::SessionLimit(options.max_sessions)));
        }
        Ok(())
    }

    /// The limit of new programs in a minute, if a project has reached it.
    /// Sessions without a project have nothing to be counted by; their server
    /// counts them by address, or as it likes.
    fn spawn_rate_reached(
        &self,
        state: &mut State,
        name: &Option<Arc<str>>,
        now: Instant,
    ) -> Option<usize> {
        let limit = self.options.spawns_per_minute;
        let project = state.projects.entry(name.clone()).or_default();
        let old = |at: &Instant| now.saturating_duration_since(*at) >= SPAWN_WINDOW;
        while project.spawns.front().is_some_and(old) {
            project.spawns.pop_front();
        }
        let count = project.spawns.len() + project.reserved;
        (name.is_some() && reached(count, limit)).then_some(limit)
    }

    fn cancel(&self, name: &Name) {
        let mut state = self.state.lock();
        state.by_name.remove(name);
        release_place(&mut state, name);
        state.tidy_project(&name.0);
    }

    fn commit(
        self: &Arc<Self>,
        key: Key,
        name: &Name,
        new: NewSession,
        session: Arc<Session>,
        spawned: bool,
    ) -> Handle {
        let now = self.clock.now();
        let handle = Handle {
            session: Arc::clone(&session),
            id: name.1.to_string(),
            project: new.project.clone(),
            key,
        };
        let mut state = self.state.lock();
        release_place(&mut state, name);
        let victims = self.victims(&mut state, &name.0);
        let seq = state.take_seq();
        let mut entry = Entry::new(key, seq, name.clone(), new, session, now);
        let project = state.projects.entry(name.0.clone()).or_default();
        entry.focused |= !reached(project.focused.len(), self.options.max_focused);
        if spawned {
            project.spawns.push_back(now);
        }
        entry.deadline = self.inactive_after(now);
        entry.holds = spawned;
        let info = entry.info(&self.clock);
        let exited = entry.session.exit_status();
        state.insert(entry);
        drop(state);
        self.meter.add(Gauge::Sessions, 1);
        self.timer.notify_one();
        for victim in victims {
            self.tell(Event::LimitReached { limit: Limit::Project, project: victim.project() });
            self.bury(&victim, Reason::Limit);
        }
        self.tell(Event::Created(Box::new(info)));
        if let Some(status) = exited {
            self.session_exited(key, status);
        }
        handle
    }

    /// The oldest sessions of a full project, taken out to make room.
    fn victims(&self, state: &mut State, project: &Option<Arc<str>>) -> Vec<Entry> {
        let mut victims = Vec::new();
        while project.is_some()
            && state.projects.get(project).is_some_and(|project| {
                reached(project.sessions.len(), self.options.max_per_project)
            })
        {
            let oldest = state.projects.get(project).and_then(|p| p.sessions.first().copied());
            let Some(entry) = oldest.and_then(|key| state.remove(key, Reason::Limit)) else {
                break;
            };
            state.limits[Limit::Project as usize] += 1;
            victims.push(entry);
        }
        victims
    }

    fn inactive_after(&self, now: Instant) -> Option<Instant> {
        (!self.options.inactive.is_zero()).then(|| now + self.options.inactive)
    }

    fn make_id(&self, key: Key) -> String {
        static SALT: AtomicU64 = AtomicU64::new(0);
        use std::hash::BuildHasher;
        let salt = SALT.fetch_add(1, Ordering::Relaxed);
        let random = std::collections::hash_map::RandomState::new().hash_one((key, salt));
        let suffix: String = (0..8_u32)
            .map(|at| char::from_digit(((random >> (at * 8)) % 36) as u32, 36).unwrap_or('0'))
            .collect();
        format!("session_{}_{suffix}", self.clock.to_epoch_ms(self.clock.now()))
    }

    /// Finds a session by id, and by project where one is given; the oldest
    /// where several projects have that id.
    #[must_use]
    pub fn get(&self, id: &str, project: Option<&str>) -> Option<Handle> {
        let state = self.state.lock();
        let entry = state.sessions.get(&state.find(id, project)?)?;
        Some(handle(entry))
    }

    /// Sessions of a project, or all of them, oldest first.
    #[must_use]
    pub fn list(&self, project: Option<&str>) -> Vec<(Handle, Info)> {
        let state = self.state.lock();
        let keys: Vec<Key> = if let Some(name) = project {
            let project = state.projects.get(&Some(Arc::from(name)));
            project.map(|project| project.sessions.iter().copied().collect()).unwrap_or_default()
        } else {
            let mut keys: Vec<Key> = state.sessions.keys().copied().collect();
            keys.sort_unstable();
            keys
        };
        let entries = keys.iter().filter_map(|key| state.sessions.get(key));
        entries.map(|entry| (handle(entry), entry.info(&self.clock))).collect()
    }

    /// What is known of a session now; `None` once it is closed.
    #[must_use]
    pub fn info(&self, handle: &Handle) -> Option<Info> {
        let state = self.state.lock();
        state.sessions.get(&handle.key).map(|entry| entry.info(&self.clock))
    }

    /// Closes a session by name.
    pub fn close(&self, id: &str, project: Option<&str>) -> bool {
        let key = self.state.lock().find(id, project);
        key.is_some_and(|key| self.close_key(key, Reason::Closed))
    }

    /// Closes the session of a handle.
    pub fn close_handle(&self, handle: &Handle) -> bool {
        self.close_key(handle.key, Reason::Closed)
    }

    /// Closes a project's sessions; how many there were.
    pub fn close_project(&self, project: &str) -> usize {
        let keys: Vec<Key> = {
            let state = self.state.lock();
            let project = state.projects.get(&Some(Arc::from(project)));
            project.map(|project| project.sessions.iter().copied().collect()).unwrap_or_default()
        };
        self.close_keys(&keys, Reason::Project)
    }

    /// Closes every session; how many there were.
    pub fn close_all(&self) -> usize {
        let keys: Vec<Key> = self.state.lock().sessions.keys().copied().collect();
        self.close_keys(&keys, Reason::Closed)
    }

    /// Closes every session and takes no more. Idempotent.
    pub fn shut(&self) {
        let mut keys: Vec<Key> = {
            let mut state = self.state.lock();
            state.shut = true;
            state.sessions.keys().copied().collect()
        };
        keys.sort_unstable();
        self.close_keys(&keys, Reason::Registry);
        self.timer.notify_one();
    }

    /// Whether the registry was closed.
    #[must_use]
    pub fn is_shut(&self) -> bool {
        self.state.lock().shut
    }

    fn close_keys(&self, keys: &[Key], reason: Reason) -> usize {
        keys.iter().filter(|key| self.close_key(**key, reason)).count()
    }

    fn close_key(&self, key: Key, reason: Reason) -> bool {
        let entry = self.state.lock().remove(key, reason);
        match entry {
            Some(entry) => {
                self.bury(&entry, reason);
                true
            }
            None => false,
        }
    }

    /// A session that is in no index any more is freed and its end is told.
    fn bury(&self, entry: &Entry, reason: Reason) {
        entry.session.close();
        self.meter.add(Gauge::Sessions, -1);
        let (id, project) = (entry.name.1.to_string(), entry.project());
        self.tell(Event::Closed { id, project, reason });
    }

    /// Gives a session the focus of its project. Where too many have it, the
    /// least recently active one gives way. `false` for an unknown session.
    pub fn focus(&self, id: &str, project: Option<&str>) -> bool {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        state.touch(key, now);
        let mut events = Vec::new();
        if state.set_focus(key, true) {
            self.yield_focus(&mut state, key, &mut events);
            events.push(focus_event(&state, key, true));
        }
        drop(state);
        events.into_iter().flatten().for_each(|event| self.tell(event));
        true
    }

    fn yield_focus(&self, state: &mut State, winner: Key, events: &mut Vec<Option<Event>>) {
        let Some(name) = state.sessions.get(&winner).map(|entry| entry.name.0.clone()) else {
            return;
        };
        let most = self.options.max_focused;
        while most > 0 && state.projects.get(&name).is_some_and(|p| p.focused.len() > most) {
            let loser = state.projects.get(&name).and_then(|p| p.focused.first().copied());
            let Some((_, loser)) = loser else { return };
            state.set_focus(loser, false);
            state.limits[Limit::Focus as usize] += 1;
            events.push(focus_event(state, loser, false));
        }
    }

    /// Takes a session's focus away. `false` for an unknown session.
    pub fn blur(&self, id: &str, project: Option<&str>) -> bool {
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        let event = state.set_focus(key, false).then(|| focus_event(&state, key, false)).flatten();
        drop(state);
        if let Some(event) = event {
            self.tell(event);
        }
        true
    }

    /// Ids of a project's focused sessions, least recently active first.
    #[must_use]
    pub fn focused(&self, project: &str) -> Vec<String> {
        self.state.lock().focused(&Some(Arc::from(project)))
    }

    /// Holds back the output of a project's sessions; how many there are.
    pub fn suspend(&self, project: &str) -> usize {
        self.set_suspended(project, true).len()
    }

    /// Lets the output of a project's sessions go again; those that are
    /// released.
    pub fn resume(&self, project: &str) -> Vec<(Handle, Info)> {
        self.set_suspended(project, false)
    }

    fn set_suspended(&self, project: &str, suspended: bool) -> Vec<(Handle, Info)> {
        let mut state = self.state.lock();
        let project = state.projects.get(&Some(Arc::from(project)));
        let keys: Vec<Key> =
            project.map(|project| project.sessions.iter().copied().collect()).unwrap_or_default();
        let mut changed = Vec::new();
        for key in keys {
            if let Some(entry) = state.sessions.get_mut(&key)
                && std::mem::replace(&mut entry.suspended, suspended) != suspended
            {
                changed.push((handle(entry), entry.info(&self.clock)));
            }
        }
        drop(state);
        for (handle, _) in &changed {
            self.tell(suspension_event(handle, suspended));
        }
        changed
    }

    /// Holds back, or lets go, the output of one session.
    pub fn set_session_suspended(&self, handle: &Handle, suspended: bool) -> bool {
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get_mut(&handle.key) else { return false };
        let changed = std::mem::replace(&mut entry.suspended, suspended) != suspended;
        drop(state);
        if changed {
            self.tell(suspension_event(handle, suspended));
        }
        changed
    }

    /// Notes that a connection uses a session. `false` for an unknown session.
    pub fn attach(&self, id: &str, project: Option<&str>, connection: &str) -> bool {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let Some(key) = state.find(id, project) else { return false };
        state.attach(key, &Arc::from(connection));
        state.touch(key, now);
        true
    }

    /// Notes that a connection is gone. Sessions that it leaves alone live for
    /// `keep_alive`, or until the inactivity time-out. How many it had.
    pub fn detach(&self, connection: &str, keep_alive: Option<Duration>) -> usize {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let keys = state.detach(connection);
        for key in &keys {
            state.touch(*key, now);
            let Some(entry) = state.sessions.get_mut(key) else { continue };
            if entry.connections.is_empty() {
                entry.keep_until = keep_alive.map(|keep| now + keep);
                let deadline = entry.keep_until.or_else(|| self.inactive_after(now));
                if entry.exit.is_none() {
                    state.set_deadline(*key, deadline);
                }
            }
        }
        drop(state);
        self.timer.notify_one();
        keys.len()
    }

    /// Whether a live program is to keep the process running.
    #[must_use]
    pub fn holds(&self) -> bool {
        self.state.lock().holds > 0
    }

    /// Says whether a session's program is to keep the process running.
    pub fn set_hold(&self, handle: &Handle, holds: bool) {
        let runs = handle.session.pty().is_some();
        self.state.lock().set_hold(handle.key, holds && runs);
    }

    /// Notes that a session is in use.
    pub fn touch(&self, handle: &Handle) {
        self.touch_key(handle.key);
    }

    fn touch_key(&self, key: Key) {
        let now = self.clock.now();
        self.state.lock().touch(key, now);
    }

    fn session_exited(&self, key: Key, status: ExitStatus) {
        let now = self.clock.now();
        let mut state = self.state.lock();
        let Some(entry) = state.sessions.get_mut(&key) else { return };
        if entry.exit.is_some() {
            return;
        }
        entry.exit = Some((status, now));
        let (id, project) = (entry.name.1.to_string(), entry.project());
        state.set_hold(key, false);
        state.live -= 1;
        state.set_deadline(key, Some(now + self.options.linger));
        drop(state);
        self.timer.notify_one();
        self.tell(Event::Exited { id, project, status });
    }

    fn session_drained(&self, key: Key) {
        let state = self.state.lock();
        let Some(entry) = state.sessions.get(&key) else { return };
        let event = Event::Drained { id: entry.name.1.to_string(), project: entry.project() };
        drop(state);
        self.tell(event);
    }

    /// Does what is due at the clock's present; when the next thing is due.
    pub fn tick(&self) -> Option<Instant> {
        let now = self.clock.now();
        loop {
            let mut state = self.state.lock();
            let (due, key) = *state.deadlines.first()?;
            if due > now {
                return Some(due);
            }
            let verdict = state.sessions.get(&key).map(|entry| self.verdict(entry, now));
            match verdict {
                Some(Verdict::Later(at)) => state.set_deadline(key, at),
                Some(Verdict::Close(reason)) => {
                    drop(state);
                    self.close_key(key, reason);
                }
                None => {
                    state.deadlines.remove(&(due, key));
                }
            }
        }
    }

    /// A deadline is looked at when it comes, not moved at every use.
    fn verdict(&self, entry: &Entry, now: Instant) -> Verdict {
        if let Some((_, at)) = entry.exit {
            let over = now >= at + self.options.linger && entry.session.is_drained();
            let later = (at + self.options.linger).max(now + DRAIN_POLL);
            return if over { Verdict::Close(Reason::Exit) } else { Verdict::Later(Some(later)) };
        }
        let due = match entry.keep_until {
            Some(until) => until,
            None => entry.active + self.options.inactive,
        };
        let used = !entry.connections.is_empty() || entry.session.viewers() > 0;
        if used {
            return Verdict::Later(self.inactive_after(now));
        }
        if due <= now { Verdict::Close(Reason::Inactive) } else { Verdict::Later(Some(due)) }
    }

    /// The registry's numbers.
    #[must_use]
    pub fn stats(&self) -> Stats {
        let state = self.state.lock();
        let entries = state.sessions.values();
        Stats {
            sessions: state.sessions.len(),
            exited: state.sessions.len() - state.live,
            suspended: entries.clone().filter(|entry| entry.suspended).count(),
            connections: state.connections.len(),
            projects: state.projects.values().filter(|p| !p.sessions.is_empty()).count(),
            created: state.created,
            closed: Reason::ALL.iter().map(|r| (*r, state.closed[*r as usize])).collect(),
            limits: Limit::ALL.iter().map(|l| (*l, state.limits[*l as usize])).collect(),
            input_queued: entries.map(|entry| entry.session.queued_input()).sum(),
        }
    }

    fn tell(&self, event: Event) {
        self.inbox.push(News::Event(self.token, event));
    }
}

enum Verdict {
    Later(Option<Instant>),
    Close(Reason),
}

/// Whether a count has reached a limit; 0 is no limit.
fn reached(count: usize, limit: usize) -> bool {
    limit > 0 && count >= limit
}

fn release_place(state: &mut State, name: &Name) {
    state.reserved -= 1;
    if let Some(project) = state.projects.get_mut(&name.0) {
        project.reserved -= 1;
    }
}

fn handle(entry: &Entry) -> Handle {
    Handle {
        session: Arc::clone(&entry.session),
        id: entry.name.1.to_string(),
        project: entry.project(),
        key: entry.key,
    }
}

fn focus_event(state: &State, key: Key, focused: bool) -> Option<Event> {
    let entry = state.sessions.get(&key)?;
    Some(Event::FocusChanged {
        id: entry.name.1.to_string(),
        project: entry.project(),
        focused,
        all: state.focused(&entry.name.0),
    })
}

fn suspension_event(handle: &Handle, suspended: bool) -> Event {
    let (id, project) = (handle.id.clone(), handle.project.clone());
    if suspended { Event::Suspended { id, project } } else { Event::Resumed { id, project } }
}

/// The registry's one timer, for all its sessions.
async fn keep_time(registry: Weak<Registry>, changed: Arc<Notify>) {
    loop {
        let next = match registry.upgrade() {
            Some(registry) if !registry.is_shut() => registry.tick(),
            _ => return,
        };
        match next {
            Some(at) => drop(tokio::time::timeout_at(at.into(), changed.notified()).await),
            None => changed.notified().await,
        }
    }
}

impl Drop for Registry {
    fn drop(&mut self) {
        self.shut();
    }
}

/// How a session reaches its registry; it does not keep it alive.
struct RegistryOwner {
    registry: Weak<Registry>,
    key: Key,
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

    fn active(&self, _session: &Session) {
        if let Some(registry) = self.registry.upgrade() {
            registry.touch_key(self.key);
        }
    }
}
